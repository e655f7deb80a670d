"""Sessions begin when somebody signs in, are used, and end."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, update

from commands.writing.running.expired import SPARED, clear
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.errors import Code, Refused
from kit.ids import Names, new_id
from kit.inputs import Command
from models.access.dues import DueKind
from models.access.sessions import LONGEST_SESSION, USED_EVERY, PortalSession, SessionHolder
from models.access.tokens import issue_session
from models.access.viewers import Scope, Viewer
from models.base.acts import Act
from models.events.access.sessions import PortalSessionBegan, PortalSessionEnded


async def begin(viewer: Viewer, provider_sid: UUID | None, writing: Writing) -> str:
    """Sign somebody in; returns the token for its cookie, shown only here.

    provider_sid: made of the session that it has at an identity provider, if that names one.
    """
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
    await writing.session.flush()
    own = {"merchant_id": viewer.merchant_id, "id": session_id, "key_id": viewer.key_id}
    writing.session.add(SessionHolder(**own, provider_sid=provider_sid))
    began = PortalSessionBegan(
        session_id, actor=viewer.actor, role=viewer.role, contact_id=viewer.contact_id
    )
    writing.record(began)
    writing.later(DueKind.FORGET_SESSIONS, viewer.merchant_id, ends_at + SPARED)
    return token


async def use(viewer: Viewer, writing: Writing) -> None:
    """Write that a session is used, where that was not done in the minute before."""
    own = (PortalSession.merchant_id == viewer.merchant_id, PortalSession.id == viewer.session_id)
    used = update(PortalSession).where(*own, PortalSession.used_at <= writing.now - USED_EVERY)
    await writing.session.execute(used.values(used_at=writing.now))


async def end(viewer: Viewer, writing: Writing) -> None:
    """Sign out."""
    await end_those(writing, PortalSession.id == viewer.session_id)


async def end_those(writing: Writing, *which: ColumnElement[bool]) -> None:
    """End sessions of the merchant that last. which: conditions on them."""
    of = PortalSession
    own = (of.merchant_id == writing.viewer.merchant_id, of.ended_at.is_(None), *which)
    ended = update(of).where(*own).values(ended_at=writing.now).returning(of.id)
    for session_id in (await writing.session.scalars(ended)).all():
        writing.record(PortalSessionEnded(session_id))


class SessionRevoke(Command):
    """The end of a session."""

    portal_session_id: Annotated[UUID, Names("PortalSession")] = Field(description="The session.")


@verb(
    Act(Scope.MASTER_DATA_READ),
    "End a session of the portal: within five seconds no process answers to it. People end their"
    " own; who has `KEYS_MANAGE` ends everybody's.",
)
async def revoke(writing: Writing, command: SessionRevoke) -> Outcome:
    """End a session; one that was ended before keeps its time.

    Refused: NOT_FOUND; NOT_ALLOWED for that of another person.
    """
    wanted = {command.portal_session_id: ("portal_session_id",)}
    session = (await writing.lock(PortalSession, wanted))[command.portal_session_id]
    if session.key_id != writing.viewer.key_id and not writing.viewer.may(Scope.KEYS_MANAGE):
        text = "Another person's session ends who has the scope KEYS_MANAGE."
        raise Refused(Code.NOT_ALLOWED, text, ("portal_session_id",))
    await end_those(writing, PortalSession.id == session.id)
    return {"session_id": session.id}


async def forget(writing: Writing, due: Sequence[UUID]) -> Mapping[UUID, datetime]:
    """Delete sessions that have ended; returns when more of them are to go."""
    return await clear(writing, PortalSession.ends_at, due)
