"""Sessions of the portal for clients."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from commands.access import sessions
from execution.fields import related
from loaders.access import sessions as loaders
from loaders.master import parties as party_loaders
from models.access.sessions import PortalSession as PortalSessionRow
from models.access.viewers import Actor, CompanyRole, Scope
from schema.access.journal.events import Events, events
from schema.graphql.connections import Connection, connection
from schema.graphql.mutations import Payload, mutation
from schema.graphql.nodes import Node, node

if TYPE_CHECKING:
    from schema.master.parties import Contact


@node(
    PortalSessionRow,
    loaders.by_id,
    Scope.MASTER_DATA_READ,
    "A person who is signed in to the portal, in one browser. It is forgotten an hour after its"
    " latest end.",
)
class PortalSession(Node):
    """A session."""

    name: str = strawberry.field(description="Who it is, for people.")
    actor: Actor = strawberry.field(description="What kind of actor it is.")
    role: CompanyRole | None = strawberry.field(
        description="What a buyer may do for its company; null for others."
    )
    created_at: datetime = strawberry.field(description="When it signed in.")
    used_at: datetime = strawberry.field(
        description="When it was used last, a minute late at most; it ends an hour after that."
    )
    ends_at: datetime = strawberry.field(description="When it ends however much it is used.")
    ended_at: datetime | None = strawberry.field(
        description="When somebody ended it before that; it may be answered for five seconds more."
    )
    contact: Annotated["Contact", strawberry.lazy("schema.master.parties")] | None = related(
        party_loaders.contact_by_id, "The person at a buyer's company that it is.", key="contact_id"
    )
    events: Events = events()


@strawberry.type(description="Outcome of `sessionRevoke`.")
class SessionRevokePayload(Payload):
    """The session that has ended."""

    session: PortalSession | None = related(
        loaders.by_id, "The session; null when refused.", key="session_id"
    )


@strawberry.type
class SessionsQuery:
    """Root fields that read sessions."""

    sessions: Connection[PortalSession] | None = connection(
        loaders.every,
        "Sessions of the portal, newest first: all for staff, those of their company or location"
        " for others.",
        key=None,
    )


@strawberry.type
class SessionsMutation:
    """The mutation of sessions."""

    session_revoke: SessionRevokePayload = mutation(sessions.revoke)
