"""Sessions: who is signed in to the portal, as a person in a browser that holds a cookie."""

from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, Index
from sqlalchemy.orm import Mapped, mapped_column

from kit.db.statements import UNRECORDED
from models.access.viewers import Actor, CompanyRole, Scope
from models.base.tables import OneOf, Owned, Secret, check, indexed, known, to
from models.base.visibility import Seen, own

IDLE = timedelta(minutes=60)
"""After so long without a request a session has ended."""
LONGEST_SESSION = timedelta(hours=12)
"""After so long it has ended, however much it is used."""
USED_EVERY = timedelta(minutes=1)
"""How often its last use is written at most."""


class PortalSession(Owned):
    """A person who is signed in; of the cookie only the SHA-256 of its secret is kept.

    bound_to: the party or location of its kind, None for staff. key_id: the person, however often
    it signs in; subject: what it is called where it came from. name: for people. used_at: when it
    was used last, a minute late at most. ends_at: the latest end; ended_at: when somebody ended it
    before that.
    """

    __tablename__ = "portal_sessions"
    __seen__: ClassVar[Seen] = dict.fromkeys((Actor.BUYER, Actor.WAREHOUSE), own("bound_to"))
    __table_args__ = (
        to("contacts", "contact_id", ondelete="CASCADE"),
        known("actor", Actor),
        known("role", CompanyRole),
        check("bound_unless_staff", "(actor = 'STAFF') = (bound_to IS NULL)"),
        check("role_of_buyers", "(actor = 'BUYER') = (role IS NOT NULL)"),
        check("contact_of_buyers", "contact_id IS NULL OR actor = 'BUYER'"),
        check("hash_is_sha256", "length(secret_sha256) = 32"),
        indexed("portal_sessions", "ends_at"),
        indexed("portal_sessions", "contact_id"),
    )

    actor: Mapped[Actor] = mapped_column(OneOf(Actor))
    bound_to: Mapped[UUID | None]
    role: Mapped[CompanyRole | None] = mapped_column(OneOf(CompanyRole))
    contact_id: Mapped[UUID | None]
    key_id: Mapped[UUID]
    subject: Mapped[str]
    name: Mapped[str]
    scopes: Mapped[list[Scope]] = mapped_column(ARRAY(OneOf(Scope)))
    secret_sha256: Mapped[Secret]
    created_at: Mapped[datetime]
    used_at: Mapped[datetime] = mapped_column(info=UNRECORDED)
    ends_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class SessionHolder(Owned):
    """Whose a session is, found before its merchant is known: as an identity provider ends it.

    id: the session's. key_id: the person. provider_sid: made of the provider's own session, None
    where it names none.
    """

    __tablename__ = "session_holders"
    __seen__: ClassVar[Seen] = {}
    __found__ = True
    __table_args__ = (
        to("portal_sessions", "id", ondelete="CASCADE"),
        Index("ix_session_holders_key_id", "key_id"),
        Index("ix_session_holders_provider_sid", "provider_sid"),
        {"info": UNRECORDED},
    )

    key_id: Mapped[UUID]
    provider_sid: Mapped[UUID | None]
