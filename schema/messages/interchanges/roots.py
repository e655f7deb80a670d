"""Root fields of the inbox."""

import strawberry

from commands.messages.interchanges import decide, receive
from execution.fields import related
from loaders.messages import interchanges as loaders
from schema.graphql.bulk import UpsertResult
from schema.graphql.connections import Connection, connection
from schema.graphql.mutations import Payload, mutation
from schema.messages.interchanges.types import Interchange, InterchangeMessage


@strawberry.type(description="What happened to one interchange of a file.")
class InterchangeReceiveResult(UpsertResult):
    """One result."""

    interchange: Interchange | None = related(
        loaders.by_id, "The interchange, new or there already.", key="interchange_id"
    )


@strawberry.type(description="Outcome of `interchangeReceive`.")
class InterchangeReceivePayload(Payload):
    """The results, in the order of the file."""

    results: list[InterchangeReceiveResult] | None = strawberry.field(
        description="One result for each interchange of the file; null when the call was refused."
    )


@strawberry.type(description="Outcome of a decision on one interchange.")
class InterchangePayload(Payload):
    """The interchange."""

    interchange: Interchange | None = related(
        loaders.by_id, "The interchange; null when refused.", key="interchange_id"
    )


@strawberry.type(description="Outcome of `interchangeReplay`.")
class InterchangeReplayPayload(InterchangePayload):
    """The interchange as it was read once more."""


@strawberry.type(description="Outcome of `interchangeReject`.")
class InterchangeRejectPayload(InterchangePayload):
    """The rejected interchange."""


@strawberry.type(description="What happened to one message that is to be read once more.")
class InterchangeMessageReplayResult(UpsertResult):
    """One result."""

    message: InterchangeMessage | None = related(
        loaders.message_by_id, "The message, which waits; null when refused.", key="message_id"
    )


@strawberry.type(description="Outcome of `interchangeMessagesReplay`.")
class InterchangeMessagesReplayPayload(Payload):
    """The results, in the order of the input."""

    results: list[InterchangeMessageReplayResult] | None = strawberry.field(
        description="One result for each message; null when the whole call was refused."
    )


@strawberry.type
class InterchangesQuery:
    """Root fields that read the inbox."""

    interchanges: Connection[Interchange] | None = connection(
        loaders.every,
        "The inbox: interchanges that came in.",
        key=None,
        filters=loaders.InterchangeFilter,
        sorts=loaders.ReceivedSort,
    )
    interchange_messages: Connection[InterchangeMessage] | None = connection(
        loaders.every_message,
        "Messages of all interchanges that came in.",
        key=None,
        filters=loaders.InterchangeMessageFilter,
        sorts=loaders.ReceivedSort,
    )


@strawberry.type
class InterchangesMutation:
    """Mutations of the inbox."""

    interchange_receive: InterchangeReceivePayload = mutation(receive.receive)
    interchange_replay: InterchangeReplayPayload = mutation(decide.replay)
    interchange_reject: InterchangeRejectPayload = mutation(decide.reject)
    interchange_messages_replay: InterchangeMessagesReplayPayload = mutation(decide.replay_messages)
