"""What the journal tells of interchanges that we write."""

from typing import Annotated
from uuid import UUID

from models.base.events import Event, event
from models.base.payloads import IdOf
from models.messages.outbox import OutgoingInterchange


@event("outgoing_interchange.written", OutgoingInterchange)
class OutgoingInterchangeWritten(Event):
    """It waits to be sent."""

    answers_id: Annotated[
        Annotated[UUID, IdOf("Interchange")] | None, "The one to which it is the answer, if any."
    ]


@event("outgoing_interchange.sent", OutgoingInterchange)
class OutgoingInterchangeSent(Event):
    """It was handed to its partner."""


@event("outgoing_interchange.replaced", OutgoingInterchange)
class OutgoingInterchangeReplaced(Event):
    """It does not leave any more: another answer to the same took its place before it left."""

    by: Annotated[Annotated[UUID, IdOf("OutgoingInterchange")], "The one that leaves instead."]


@event("outgoing_interchange.wanted_again", OutgoingInterchange)
class OutgoingInterchangeWantedAgain(Event):
    """What it answers came once more: it waits to be sent again."""
