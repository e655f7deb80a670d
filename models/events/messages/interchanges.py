"""What the journal tells of interchanges that came in, and of their messages."""

from typing import Annotated
from uuid import UUID

from models.base.events import Event, event
from models.base.payloads import IdOf
from models.messages.interchanges import (
    Interchange,
    InterchangeMessage,
    InterchangeSource,
    InterchangeState,
    MessageFate,
)

_State = Annotated[InterchangeState, "What became of it."]


@event("interchange.received", Interchange)
class InterchangeReceived(Event):
    """It came in for the first time."""

    state: _State
    source: Annotated[InterchangeSource, "How it came."]
    messages: Annotated[int, "Messages in it that were taken in."]


@event("interchange.replayed", Interchange)
class InterchangeReplayed(Event):
    """Its bytes were read once more."""

    state: _State
    messages: Annotated[int, "Messages in it that were taken in."]


@event("interchange.rejected", Interchange)
class InterchangeRejected(Event):
    """Somebody decided that nothing of it is taken in."""


@event("interchange_message.settled", InterchangeMessage)
class InterchangeMessageSettled(Event):
    """It was read, or nobody could."""

    interchange_id: Annotated[UUID, IdOf("Interchange"), "The interchange in which it came."]
    fate: Annotated[MessageFate, "What became of it."]


@event("interchange_message.replayed", InterchangeMessage)
class InterchangeMessageReplayed(Event):
    """It waits to be read once more."""
