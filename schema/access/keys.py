"""API keys for clients."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from commands.access.keys import manage
from execution.fields import DECLARED, Listed, Written, related
from execution.texts import quoted
from loaders.access import keys as loaders
from loaders.master import channels as channel_loaders
from loaders.master import locations as location_loaders
from loaders.master import parties as party_loaders
from models.access.keys import ApiKey as ApiKeyRow
from models.access.tokens import prefix, prefix_in_sql
from models.access.viewers import Actor, CompanyRole, Documents, Scope
from schema.access.journal import Timeline, timeline
from schema.access.journal.events import Events, events
from schema.access.viewers import KeyLimit
from schema.graphql.connections import Connection, connection
from schema.graphql.enums import described
from schema.graphql.mutations import Payload, mutation
from schema.graphql.nodes import Node, node

if TYPE_CHECKING:
    from schema.master.channels import Channel
    from schema.master.locations import Location
    from schema.master.parties import Contact, Party

described(
    CompanyRole,
    "CompanyRole",
    "What a buyer may do for its company.",
    BUYER="Order; above the company's limit, an approver must approve it.",
    APPROVER="Order without limit, and approve what others ordered.",
    VIEWER="Only read.",
)
described(
    Documents,
    "Documents",
    "Which documents a key may send.",
    ANY="Any document.",
    REGISTERED="Only documents that were registered before.",
    REGISTERED_AND_EXPLORE="Those, and any document that only reads.",
)


_PREFIX = Written(
    lambda key, _type_name: quoted(prefix_in_sql(key.id)), lambda key, _type_name: prefix(key.id)
)


@node(ApiKeyRow, loaders.by_id, Scope.KEYS_MANAGE, "A bearer token of the API, without its secret.")
class ApiKey(Node):
    """A key."""

    name: str = strawberry.field(description="Name for people; the journal shows it.")
    actor: Actor = strawberry.field(description="Who uses it.")
    role: CompanyRole | None = strawberry.field(description="What a buyer may do for its company.")
    scopes: list[Scope] = strawberry.field(description="What it allows.")
    documents: Documents = strawberry.field(description="Which documents it may send.")
    created_at: datetime = strawberry.field(description="When it was made.")
    expires_at: datetime | None = strawberry.field(
        description="When it ends by itself; null: when it is revoked."
    )
    revoked_at: datetime | None = strawberry.field(
        description="When it was revoked; it may answer for five seconds more."
    )
    last_used_at: datetime | None = strawberry.field(
        description="When it was used last, about a minute late at most; null: never."
    )
    party: Annotated["Party", strawberry.lazy("schema.master.parties")] | None = related(
        party_loaders.by_id, "The company of a buyer, or the carrier.", key="party_id"
    )
    channel: Annotated["Channel", strawberry.lazy("schema.master.channels")] | None = related(
        channel_loaders.by_id, "The channel of a storefront.", key="channel_id"
    )
    location: Annotated["Location", strawberry.lazy("schema.master.locations")] | None = related(
        location_loaders.by_id, "The location of a warehouse.", key="location_id"
    )
    contact: Annotated["Contact", strawberry.lazy("schema.master.parties")] | None = related(
        party_loaders.contact_by_id,
        "The person at a buyer's company that it is for; null: several people's, or a program's.",
        key="contact_id",
    )
    events: Events = events()
    timeline: Timeline = timeline()

    @strawberry.field(
        description="What its token begins with; no secret.", metadata={DECLARED: _PREFIX}
    )
    def prefix(self: Any) -> str:
        """Name the key as in its token."""
        return prefix(self.id)

    @strawberry.field(
        description="Its own limits, in place of the server's.",
        metadata={DECLARED: Listed(loaders.limits)},
    )
    def limits(self: Any) -> list[KeyLimit]:
        """List the limits by name."""
        return [KeyLimit(limit=name, value=it) for name, it in sorted(self.limits.items())]


@strawberry.type(description="Outcome of a mutation of one key.")
class ApiKeyPayload(Payload):
    """The key."""

    api_key: ApiKey | None = related(loaders.by_id, "The key; null when refused.", key="api_key_id")


@strawberry.type(description="Outcome of `apiKeyCreate`.")
class ApiKeyCreatePayload(ApiKeyPayload):
    """The new key."""

    token: str | None = strawberry.field(
        description="The token, shown only now: neither a later read nor a repetition of this call"
        " has it."
    )


@strawberry.type(description="Outcome of `apiKeyRevoke`.")
class ApiKeyRevokePayload(ApiKeyPayload):
    """The key that has ended."""


@strawberry.type
class KeysQuery:
    """Root fields that read keys."""

    api_keys: Connection[ApiKey] | None = connection(
        loaders.every, "API keys of the merchant, oldest first; for staff.", key=None
    )


@strawberry.type
class KeysMutation:
    """Mutations of keys."""

    api_key_create: ApiKeyCreatePayload = mutation(manage.create)
    api_key_revoke: ApiKeyRevokePayload = mutation(manage.revoke)
