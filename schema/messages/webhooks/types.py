"""Webhooks, their messages and attempts as clients read them."""

from datetime import datetime
from typing import Annotated, Any

import strawberry
from sqlalchemy import Text, func

from execution.fields import DECLARED, Listed, Written, related
from execution.texts import constant, quoted
from kit.standards.webhooks import message_name
from loaders.master import parties as party_loaders
from loaders.messages import webhooks as loaders
from loaders.messages.webhooks import sent
from models.access.viewers import Scope
from models.messages.webhooks.states import (
    WebhookDisabling,
    WebhookFault,
    WebhookMessageState,
    WebhookState,
)
from models.messages.webhooks.tables import Webhook as WebhookRow
from models.messages.webhooks.tables import WebhookAttempt as WebhookAttemptRow
from models.messages.webhooks.tables import WebhookMessage as WebhookMessageRow
from schema.access.journal import Timeline, timeline
from schema.access.journal.events import Events, events
from schema.graphql.connections import Connection, connection
from schema.graphql.enums import described
from schema.graphql.nodes import Node, node
from schema.graphql.scopes import Requires
from schema.master.parties import Party

described(
    WebhookState,
    "WebhookState",
    "Whether an endpoint is sent anything.",
    ACTIVE="It is sent what happens.",
    PAUSED="What happens is kept for it, and not sent.",
    DISABLED="It is told nothing, since it wants nothing or does not answer well.",
    DELETED="It is no longer wanted.",
)
described(
    WebhookDisabling,
    "WebhookDisabling",
    "Why an endpoint was disabled.",
    GONE="It has answered 410: it wants no more.",
    FAILING="It has not answered well for three days.",
)
described(
    WebhookMessageState,
    "WebhookMessageState",
    "What became of a message.",
    PENDING="It is still to be sent, or to be sent again.",
    DELIVERED="The endpoint has taken it: it has answered 200 to 299.",
    FAILED="It was sent ten times in three days, and given up.",
    WITHDRAWN="Its owner did not see any more what it tells: it was not sent.",
)
described(
    WebhookFault,
    "WebhookFault",
    "Why there was no answer.",
    FORBIDDEN="The endpoint is not one that may be asked: not of the public Internet, for example.",
    UNRESOLVED="The name of the host is not known.",
    UNREACHABLE="Nobody takes connections there.",
    UNTRUSTED="There was no secure connection: its certificate is not valid for the host.",
    LATE="There was no answer within 15 seconds.",
    BROKEN="The connection ended, or what came was no HTTP.",
    UNWRITTEN="It was not sent: we failed to write its body. It says nothing of the endpoint.",
)


@strawberry.type(
    description="What an event must say to be sent.",
    directives=[Requires(scope=Scope.WEBHOOKS_MANAGE)],
)
class WebhookCondition:
    """A condition."""

    field: str = strawberry.field(description="Field of the event's payload.")
    values: list[str] = strawberry.field(description="It must be one of these.")


_NAME = Written(
    lambda row, _type_name: quoted(
        constant("msg_").concat(func.encode(func.uuid_send(row.id), constant("hex"), type_=Text()))
    ),
    lambda row, _type_name: message_name(row.id),
)


@node(
    WebhookMessageRow,
    sent.message_by_id,
    Scope.WEBHOOKS_MANAGE,
    "An event that is sent to an endpoint, under the same name however often.",
)
class WebhookMessage(Node):
    """A message."""

    webhook: Annotated["Webhook", strawberry.lazy("schema.messages.webhooks.types")] | None = (
        related(loaders.by_id, "To whom it is sent.", key="webhook_id")
    )
    type: str = strawberry.field(description="What happened, for example `order.placed`.")
    occurred_at: datetime = strawberry.field(description="When it happened.")
    position: int | None = strawberry.field(
        description="Where it stands in the merchant's journal, 0 for a test; null for others than"
        " staff."
    )
    state: WebhookMessageState = strawberry.field(description="What became of it.")
    attempts: int = strawberry.field(
        description="How often it was tried since it was last wanted; probes do not count."
    )
    next_at: datetime = strawberry.field(
        description="From when on it is tried again, while it is PENDING and its webhook ACTIVE;"
        " not before those of its object that wait before it."
    )
    created_at: datetime = strawberry.field(description="When it was kept for the endpoint.")
    settled_at: datetime | None = strawberry.field(
        description="When it was taken, given up or withdrawn."
    )
    is_replay: bool = strawberry.field(description="Whether a replay has wanted it once more.")
    body: str | None = related(
        sent.sent,
        "What is sent, letter by letter. Null before the first attempt, and where your key lacks a"
        " scope that the endpoint had then: who has not all scopes that there are for it reads what"
        " was sent since it was changed last, with all that it has now.",
        attribute="body",
    )
    tried: Connection["WebhookAttempt"] = connection(
        sent.attempts_of_message, "Its attempts, the first one first."
    )

    @strawberry.field(
        description="Its name in the header `webhook-id`.", metadata={DECLARED: _NAME}
    )
    def name(self: Any) -> str:
        return message_name(self.id)


@node(
    WebhookAttemptRow,
    sent.attempt_by_id,
    Scope.WEBHOOKS_MANAGE,
    "A message that was sent once, and what was answered.",
)
class WebhookAttempt(Node):
    """An attempt."""

    message: WebhookMessage | None = related(sent.message_by_id, "What was sent.", key="message_id")
    attempted_at: datetime = strawberry.field(description="When it was sent.")
    duration_ms: int = strawberry.field(description="Milliseconds until the answer was there.")
    status: int | None = strawberry.field(
        description="Status of HTTP that was answered; null without an answer."
    )
    fault: WebhookFault | None = strawberry.field(description="Why there was no answer.")
    answer: str | None = related(
        sent.answered,
        "The first 2 kB of the answer, or what is known of why there was none. An answer may repeat"
        " what was sent: null to whom its body is.",
        attribute="answer",
    )
    next_at: datetime | None = strawberry.field(
        description="When the message was to be tried again; null where it was not."
    )


@node(
    WebhookRow,
    loaders.by_id,
    Scope.WEBHOOKS_MANAGE,
    "An endpoint that is told what happens, as Standard Webhooks 1.0.0 say.",
)
class Webhook(Node):
    """An endpoint."""

    party: Party | None = related(
        party_loaders.by_id, "The client whose it is; null: the merchant's.", key="party_id"
    )
    url: str = strawberry.field(description="Where messages are sent to.")
    description: str | None = strawberry.field(description="What it is for; for people.")
    event_types: list[str] = strawberry.field(
        description="What it is told: events, `order.*` for all of a kind, `*` for all."
    )
    triggers: list[str] = strawberry.field(
        description="Only events that change one of these are sent; without any, all."
    )
    document: str | None = strawberry.field(
        description="Name of the registered document that is asked for each event; null for none."
    )
    per_second: int = strawberry.field(description="Messages that it is sent in a second at most.")
    scopes: list[Scope] = strawberry.field(
        description="Its rights: those of who wrote it last, as far as its kind may have them."
    )
    state: WebhookState = strawberry.field(description="Whether it is sent anything.")
    state_since: datetime = strawberry.field(description="Since when.")
    disabled_for: WebhookDisabling | None = strawberry.field(description="Why it was disabled.")
    created_at: datetime = strawberry.field(description="When it was set up.")
    version: int = strawberry.field(description="Counts changes; for `expectedVersion`.")
    position: int | None = related(
        loaders.standing,
        "Every event up to this position of the journal was taken by the endpoint or given up;"
        " null for others than staff.",
        attribute="position",
    )
    waiting: int = related(
        loaders.standing, "Messages that are still to be sent.", attribute="waiting"
    )
    failures: int = related(
        loaders.standing, "Attempts that failed since one was taken.", attribute="failures"
    )
    failing_since: datetime | None = related(
        loaders.standing, "Since when every attempt has failed.", attribute="failing_since"
    )
    is_probed: bool = related(
        loaders.standing,
        "Whether it is sent one message at a time only, until it answers well.",
        attribute="is_probed",
    )
    messages: Connection[WebhookMessage] = connection(
        sent.messages,
        "What was sent to it, and what is still to be, the newest first.",
        filters=sent.WebhookMessageFilter,
    )
    events: Events = events()
    timeline: Timeline = timeline()

    @strawberry.field(
        description="Only events that say all of this are sent.",
        metadata={DECLARED: Listed(loaders.conditions)},
    )
    def conditions(self: Any) -> list[WebhookCondition]:
        return [WebhookCondition(field=it["field"], values=it["values"]) for it in self.conditions]
