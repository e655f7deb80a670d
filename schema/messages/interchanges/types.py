"""Interchanges that came in and their messages, as clients see them."""

from datetime import datetime
from typing import Any

import strawberry

from execution.fields import DECLARED, Listed, related
from loaders.messages import interchanges as loaders
from loaders.messages import outbox as outbox_loaders
from loaders.messages import partners as partner_loaders
from models.access.viewers import Scope
from models.messages.interchanges import Interchange as InterchangeRow
from models.messages.interchanges import InterchangeMessage as InterchangeMessageRow
from models.messages.interchanges import InterchangeSource, InterchangeState, MessageFate
from schema.access.journal import Timeline, timeline
from schema.access.journal.events import Events, events
from schema.graphql.connections import Connection, connection
from schema.graphql.enums import described
from schema.graphql.nodes import Node, node
from schema.graphql.scopes import Authenticated
from schema.messages.outbox import InterchangeContent, OutgoingInterchange
from schema.messages.partners.profiles import PartnerProfile
from schema.trade.releases.types import Release

described(
    InterchangeState,
    "InterchangeState",
    "What became of an interchange.",
    HELD="Somebody is to decide: its sender is unknown, or its reference was used within 90 days.",
    ACCEPTED="Its messages are taken in, each as its fate tells.",
    REJECTED="Nothing of it is taken in; findings tell why.",
    TESTED="It is marked as a test: checked and answered, not read.",
)
described(
    InterchangeSource,
    "InterchangeSource",
    "How an interchange came.",
    UPLOAD="By `interchangeReceive`.",
    FOLDER="From a folder.",
)
described(
    MessageFate,
    "MessageFate",
    "What became of a message.",
    WAITING="It is to be read.",
    READ="Something of it was taken in; findings tell what was not, and while one of them is an"
    " error it can be replayed: what it brought already stays as it is.",
    UNREAD="Nobody reads its type yet; it can be replayed.",
    REFUSED="Nothing of it was taken in; findings tell why. It can be replayed.",
    FAILED="We failed to read it, and nothing of it was taken in. It can be replayed.",
    BROKEN="Its syntax is wrong, so that it is not read.",
    TESTED="It is marked as a test, and not read.",
)
described(
    loaders.ReceivedSort,
    "ReceivedSort",
    "Order of a list of what came in.",
    NEWEST_FIRST="The newest first.",
    OLDEST_FIRST="The oldest first.",
)


@strawberry.type(
    description="Something that was found in an interchange or in a message of it.",
    directives=[Authenticated()],
)
class InterchangeFinding:
    """One object of `findings`."""

    code: str = strawberry.field(description="What it is, for example COUNTS_DIFFER.")
    syntax_code: int | None = strawberry.field(
        description="The same as CONTRL tells it (EDIFACT 0085)."
    )
    text: str = strawberry.field(description="What it is, for people.")
    is_error: bool = strawberry.field(
        description="Whether it is an error; else a habit that was read past."
    )
    offset: int = strawberry.field(
        description="Where its segment begins, in bytes from the beginning of the interchange; of"
        " what was found when a message was read, of the message."
    )
    tag: str | None = strawberry.field(description="Tag of its segment.")
    segment_no: int | None = strawberry.field(
        description="Its segment's number in the message, UNH being 1."
    )
    element_no: int | None = strawberry.field(description="Number of the data element, from 1.")
    component_no: int | None = strawberry.field(description="Number of the component, from 1.")


def _findings(row: Any) -> list[InterchangeFinding]:
    return [
        InterchangeFinding(**{name: each[name] for name in loaders.FINDING})
        for each in row.findings
    ]


@node(
    InterchangeRow,
    loaders.by_id,
    Scope.MESSAGES_READ,
    "An interchange that came in, whatever it is. What its UNB says is null where it has none.",
)
class Interchange(Node):
    """An interchange."""

    received_at: datetime = strawberry.field(description="When it came in.")
    source: InterchangeSource = strawberry.field(description="How it came.")
    file_name: str | None = strawberry.field(description="What its file was called.")
    size_bytes: int = strawberry.field(description="How many bytes it has, 2,147,483,647 at most.")
    sha256: str = strawberry.field(
        description="SHA-256 of its bytes, without what is blank around them; hexadecimal."
    )
    state: InterchangeState = strawberry.field(description="What became of it.")
    partner: PartnerProfile | None = related(
        partner_loaders.by_id, "Who has sent it, where that is known.", key="partner_id"
    )
    sender: str | None = strawberry.field(description="Who says to have sent it (0004).")
    sender_qualifier: str | None = strawberry.field(description="Of that (0007).")
    recipient: str | None = strawberry.field(description="To whom it is sent (0010).")
    recipient_qualifier: str | None = strawberry.field(description="Of that (0007).")
    reference: str | None = strawberry.field(
        description="Its control reference (0020), once within 90 days: one that its partner used"
        " for something else before counts anew, since most begin at 1 again every year."
    )
    prepared: str | None = strawberry.field(
        description="When it was prepared, by the clock of its sender: ISO 8601 without an offset."
    )
    syntax: str | None = strawberry.field(
        description="Syntax identifier and version, for example UNOC:3."
    )
    application: str | None = strawberry.field(description="Application reference (0026).")
    wants_answer: bool = strawberry.field(description="Whether UNB asks for CONTRL (0031).")
    is_test: bool = strawberry.field(description="Whether it is marked as a test (0035).")
    codec: str = strawberry.field(description="In which characters its bytes were read.")
    service_characters: str = strawberry.field(description="The six characters of its UNA.")
    messages: Connection["InterchangeMessage"] = connection(
        loaders.messages, "Its messages, in order; none while nothing of it is taken in."
    )
    answers: list[OutgoingInterchange] = related(
        outbox_loaders.answers, "What it was answered with, oldest first."
    )
    content: InterchangeContent | None = related(outbox_loaders.content, "Its bytes.")
    events: Events = events()
    timeline: Timeline = timeline()

    @strawberry.field(
        description="What was found in its envelope.", metadata={DECLARED: Listed(loaders.findings)}
    )
    def findings(self: Any) -> list[InterchangeFinding]:
        """List what was found."""
        return _findings(self)


@node(
    InterchangeMessageRow,
    loaders.message_by_id,
    Scope.MESSAGES_READ,
    "A message of an interchange that came in.",
)
class InterchangeMessage(Node):
    """A message."""

    interchange: Interchange | None = related(
        loaders.by_id, "In which it came.", key="interchange_id"
    )
    number: int = strawberry.field(description="Its number in the interchange, from 1.")
    received_at: datetime = strawberry.field(description="When it came in.")
    reference: str = strawberry.field(description="Its reference (0062).")
    type: str = strawberry.field(description="Its type, for example DELFOR; empty where none.")
    version: str = strawberry.field(description="Version of the directory, for example D.")
    release: str = strawberry.field(description="Release of the directory, for example 97A.")
    agency: str = strawberry.field(description="Who controls it, for example UN.")
    association: str = strawberry.field(description="Code of an association; empty for none.")
    group_reference: str | None = strawberry.field(description="Reference of its group (UNG).")
    start: int = strawberry.field(description="Where it begins in the interchange, in bytes.")
    length: int = strawberry.field(description="How many bytes it has, from UNH to UNT.")
    segment_count: int = strawberry.field(description="How many segments it has, UNH and UNT too.")
    fate: MessageFate = strawberry.field(description="What became of it.")
    read_at: datetime | None = strawberry.field(description="When that was decided by reading it.")
    releases: Connection[Release] = connection(
        loaders.releases, "The releases that it brought, in the order of its articles."
    )
    events: Events = events()
    timeline: Timeline = timeline()

    @strawberry.field(
        description="What was found in it.", metadata={DECLARED: Listed(loaders.findings)}
    )
    def findings(self: Any) -> list[InterchangeFinding]:
        """List what was found."""
        return _findings(self)
