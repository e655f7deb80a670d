"""Sessions: from a browser's cookie to who is signed in; lists of sessions."""

import hashlib
import hmac
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from kit.db.database import Database
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import One
from models.access.sessions import IDLE, PortalSession, SessionHolder
from models.access.tokens import session_parts
from models.access.viewers import Documents, Viewer, usual

by_id = One(PortalSession)
every = Paged(PortalSession, {None: Sorted("id", descending=True)})
_SESSION = (
    PortalSession.merchant_id,
    PortalSession.actor,
    PortalSession.key_id,
    PortalSession.name,
    PortalSession.scopes,
    PortalSession.bound_to,
    PortalSession.role,
    PortalSession.contact_id,
    PortalSession.subject,
    PortalSession.secret_sha256,
    PortalSession.used_at,
    PortalSession.ends_at,
)


@dataclass(frozen=True)
class HeldSession:
    """A session, and when it was used last."""

    viewer: Viewer
    used_at: datetime

    def has_ended(self, now: datetime) -> bool:
        """Tell whether it was idle for too long, or lasts for too long."""
        return self.viewer.has_ended(now) or self.used_at + IDLE <= now


async def session_of(token: str, database: Database) -> HeldSession | None:
    """Return the session of a cookie, None for one that is unknown or was ended.

    Whether its time is over is not asked here.
    """
    found = session_parts(token)
    if found is None:
        return None
    merchant_id, session_id, secret = found
    own = (PortalSession.merchant_id == merchant_id, PortalSession.id == session_id)
    lasting = PortalSession.ended_at.is_(None)
    reads = database.reading(merchant_id)
    try:
        rows = await reads.rows(select(*_SESSION).where(*own, lasting))
    finally:
        await reads.close()
    if not rows or not hmac.compare_digest(hashlib.sha256(secret).digest(), rows[0].secret_sha256):
        return None
    (row,) = rows
    viewer = Viewer(
        row.merchant_id,
        row.actor,
        row.key_id,
        row.name,
        frozenset(it for it in usual(row.actor, row.role) if it in row.scopes),
        row.bound_to,
        role=row.role,
        documents=Documents.REGISTERED,
        expires_at=row.ends_at,
        subject=row.subject,
        contact_id=row.contact_id,
        session_id=session_id,
    )
    return HeldSession(viewer, row.used_at)


async def held_by(
    database: Database, key_id: UUID | None, provider_sid: UUID | None
) -> Mapping[UUID, Sequence[UUID]]:
    """Return merchant -> sessions of a person, or of one of its sessions at a provider, or both."""
    of = SessionHolder
    wanted = {of.key_id: key_id, of.provider_sid: provider_sid}
    own = [column == value for column, value in wanted.items() if value is not None]
    reads, found = database.reading(None), defaultdict[UUID, list[UUID]](list)
    try:
        for row in await reads.rows(select(of.merchant_id, of.id).where(*own)) if own else ():
            found[row.merchant_id].append(row.id)
    finally:
        await reads.close()
    return found
