"""Sessions begin when somebody signs in, are used, and end."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, update

from commands.writing.running.expired import SPARED, clear
from commands.writing.transaction import Writing
from kit.ids import new_id
from models.access.dues import DueKind
from models.access.sessions import LONGEST_SESSION, USED_EVERY, PortalSession
from models.access.tokens import issue_session
from models.access.viewers import Viewer


async def begin(viewer: Viewer, writing: Writing) -> str:
    """Sign somebody in; returns the token for its cookie, shown only here."""
    session_id = new_id()
    token, secret_sha256 = issue_session(viewer.merchant_id, session_id)
    ends_at = writing.now + LONGEST_SESSION
    session = PortalSession(
        merchant_id=viewer.merchant_id,
        id=session_id,
        actor=viewer.actor,
        bound_to=viewer.bound_to,
        role=viewer.role,
        contact_id=viewer.contact_id,
        key_id=viewer.key_id,
        subject=viewer.subject,
        name=viewer.name,
        scopes=sorted(viewer.scopes),
        secret_sha256=secret_sha256,
        created_at=writing.now,
        used_at=writing.now,
        ends_at=ends_at,
    )
    writing.session.add(session)
    writing.later(DueKind.FORGET_SESSIONS, viewer.merchant_id, ends_at + SPARED)
    return token


async def use(viewer: Viewer, writing: Writing) -> None:
    """Write that a session is used, where that was not done in the minute before."""
    own = (PortalSession.merchant_id == viewer.merchant_id, PortalSession.id == viewer.session_id)
    used = update(PortalSession).where(*own, PortalSession.used_at <= writing.now - USED_EVERY)
    await writing.session.execute(used.values(used_at=writing.now))


async def end(viewer: Viewer, writing: Writing) -> None:
    """Sign out."""
    own = (PortalSession.merchant_id == viewer.merchant_id, PortalSession.id == viewer.session_id)
    await writing.session.execute(delete(PortalSession).where(*own))


async def forget(writing: Writing, due: Sequence[UUID]) -> Mapping[UUID, datetime]:
    """Delete sessions that have ended; returns when more of them are to go."""
    return await clear(writing, PortalSession.ends_at, due)
