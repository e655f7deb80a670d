"""Interchanges of ours, and the bytes of any interchange, for clients."""

import base64
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from sqlalchemy import Text, func

from admission.costs import Cost
from commands.messages import outbox
from execution.fields import DECLARED, Written, related
from execution.texts import constant, quoted
from loaders.messages import interchanges as interchange_loaders
from loaders.messages import outbox as loaders
from loaders.messages import partners as partner_loaders
from models.access.viewers import Scope
from models.messages.outbox import InterchangeContent as InterchangeContentRow
from models.messages.outbox import OutgoingInterchange as OutgoingInterchangeRow
from models.messages.outbox import OutgoingState
from schema.access.journal import Timeline, timeline
from schema.access.journal.events import Events, events
from schema.graphql.connections import Connection, connection
from schema.graphql.enums import described
from schema.graphql.mutations import Payload, mutation
from schema.graphql.nodes import Node, node
from schema.messages.partners.profiles import PartnerProfile

if TYPE_CHECKING:
    from schema.messages.interchanges.types import Interchange

described(
    OutgoingState,
    "OutgoingState",
    "Whether an interchange of ours has left.",
    PENDING="It is to be handed to its partner.",
    SENT="It was handed to its partner.",
    REPLACED="It is not handed to its partner: before it was, another answer to the same took its"
    " place.",
)
described(
    loaders.OutgoingSort,
    "OutgoingSort",
    "Order of a list of interchanges of ours.",
    OLDEST_FIRST="The oldest first.",
    NEWEST_FIRST="The newest first.",
)


def _in_sql(row: Any, _type_name: str) -> Any:
    """Write Base64; PostgreSQL breaks it into lines."""
    lines = func.encode(row.content, constant("base64"), type_=Text())
    return quoted(func.translate(lines, constant("\n"), constant(""), type_=Text()))


_BASE64 = Written(_in_sql, lambda row, _type_name: base64.b64encode(row.content).decode())
_BYTES = Cost(weight=100)
"""Whatever led to them: few interchanges fit into one answer."""


@node(
    InterchangeContentRow,
    loaders.content,
    Scope.MESSAGES_READ,
    "The bytes of an interchange; of one that was too large, its beginning.",
)
class InterchangeContent(Node):
    """The bytes."""

    @strawberry.field(
        description="The bytes in Base64.", metadata={DECLARED: _BASE64}, directives=[_BYTES]
    )
    def base64(self: Any) -> str:
        """Write the bytes."""
        return base64.b64encode(self.content).decode()


@node(
    OutgoingInterchangeRow,
    loaders.by_id,
    Scope.MESSAGES_READ,
    "An interchange that was written for a partner.",
)
class OutgoingInterchange(Node):
    """An interchange of ours."""

    partner: PartnerProfile | None = related(
        partner_loaders.by_id, "The partner.", key="partner_id"
    )
    answers: (
        Annotated["Interchange", strawberry.lazy("schema.messages.interchanges.types")] | None
    ) = related(interchange_loaders.by_id, "To which it is the answer.", key="answers_id")
    message_type: str = strawberry.field(description="Type of its message, for example CONTRL.")
    reference: str = strawberry.field(description="Its control reference (0020).")
    is_test: bool = strawberry.field(description="Whether it is marked as a test.")
    size_bytes: int = strawberry.field(description="How many bytes it has.")
    state: OutgoingState = strawberry.field(description="Whether it has left.")
    created_at: datetime = strawberry.field(description="When it was written.")
    sent_at: datetime | None = strawberry.field(description="When it was handed to its partner.")
    content: InterchangeContent | None = related(loaders.content, "Its bytes.")
    events: Events = events()
    timeline: Timeline = timeline()


@strawberry.type(description="Outcome of `outgoingInterchangeSend`.")
class OutgoingInterchangeSendPayload(Payload):
    """The interchange."""

    outgoing_interchange: OutgoingInterchange | None = related(
        loaders.by_id, "The interchange; null when refused.", key="outgoing_interchange_id"
    )


@strawberry.type
class OutboxQuery:
    """Root fields that read the outbox."""

    outgoing_interchanges: Connection[OutgoingInterchange] | None = connection(
        loaders.every,
        "The outbox: interchanges that were written for partners.",
        key=None,
        filters=loaders.OutgoingInterchangeFilter,
        sorts=loaders.OutgoingSort,
    )


@strawberry.type
class OutboxMutation:
    """Mutations of the outbox."""

    outgoing_interchange_send: OutgoingInterchangeSendPayload = mutation(outbox.send)
