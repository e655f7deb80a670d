"""What is said of webhooks."""

from typing import Annotated
from uuid import UUID

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

from commands.access.documents import DocumentKey
from kit.errors import Code
from kit.ids import Names
from kit.inputs import Command, Input, Instant, Link, Note, Reference, StandIns, Upsert
from models.base.events import nearest
from models.messages.webhooks.matching import means

MOST_PATTERNS, MOST_CONDITIONS = 50, 20
MOST_PER_SECOND = 1_000


def _known(pattern: str) -> str:
    if not means(pattern):
        known = f"`{nearest(pattern)}` is the nearest, `order.*` and `*` mean all"
        text = f"There is no such event; {known}."
        raise PydanticCustomError(Code.INVALID.value, "{text}", {"text": text})
    return pattern


def _a_url(url: str) -> str:
    if not url.isascii() or " " in url or not url.startswith(("https://", "http://")):
        text = "This must begin with https://, and be of ASCII only."
        raise PydanticCustomError(Code.INVALID.value, "{text}", {"text": text})
    return url


WebhookUrl = Annotated[
    Link,
    AfterValidator(_a_url),
    StandIns("https://example.com/", "https://example.com/webhooks?of=abruf"),
]
EventPattern = Annotated[
    Reference, AfterValidator(_known), StandIns("order.placed", "delivery.dispatched")
]


class WebhookCondition(Input):
    """What an event must say to be sent."""

    field: Reference = Field(description="Field of the event's payload, for example `reason`.")
    values: list[Reference] = Field(
        min_length=1,
        max_length=MOST_PATTERNS,
        description="It must be one of these, as it is written in JSON; of a list one item, of a"
        " mapping one key.",
    )


class WebhookTerms(Upsert):
    """What an endpoint is told, and how."""

    description: Note | None = Field(None, description="What it is for; for people.")
    triggers: list[Reference] = Field(
        [],
        max_length=MOST_PATTERNS,
        description="Only events that change one of these are sent: columns, counters, `state` or"
        " `window`; without any, all.",
    )
    conditions: list[WebhookCondition] = Field(
        [],
        max_length=MOST_CONDITIONS,
        description="Only events that say all of this are sent.",
    )
    document: DocumentKey | None = Field(
        None,
        description="Name of the registered document that is asked for each event, with its"
        " object's id as `$id`, and sent with it; null for ids and what changed alone.",
    )
    per_second: int = Field(
        100, ge=1, le=MOST_PER_SECOND, description="Messages that it is sent in a second at most."
    )


class WebhookCreate(WebhookTerms, Command):
    """An endpoint to be: of the merchant, or of the client whose key this is."""

    url: WebhookUrl = Field(description="Where messages are sent to: https, and a public host.")
    event_types: list[EventPattern] = Field(
        min_length=1,
        max_length=MOST_PATTERNS,
        description="What it is told: events, `order.*` for all of a kind, `*` for all.",
    )


class WebhookCommand(Command):
    """Base of what is done with one webhook."""

    webhook_id: Annotated[UUID, Names("Webhook")] = Field(description="The webhook.")


class WebhookUpdate(WebhookTerms, WebhookCommand):
    """What changes in a webhook."""

    expected_version: int | None = Field(
        None, description="Refuse unless the webhook still has this version."
    )
    url: WebhookUrl = Field("", description="Where messages are sent to: https, and a public host.")
    event_types: list[EventPattern] = Field(
        [],
        min_length=1,
        max_length=MOST_PATTERNS,
        description="What it is told: events, `order.*` for all of a kind, `*` for all.",
    )


class WebhookDelete(WebhookCommand):
    """A webhook that is no longer wanted."""


class WebhookRotateSecret(WebhookCommand):
    """A webhook that needs another secret."""


class WebhookTest(WebhookCommand):
    """A webhook that is tried."""


class WebhookPause(WebhookCommand):
    """A webhook that is not to be sent anything for a while."""


class WebhookResume(WebhookCommand):
    """A webhook that is to be sent something again."""


class WebhookRedeliver(Command):
    """A message that is wanted once more."""

    message_id: Annotated[UUID, Names("WebhookMessage")] = Field(description="The message.")


class WebhookReplay(WebhookCommand):
    """What has happened, once more."""

    since: Instant | None = Field(
        None,
        description="What was recorded at this instant or later, and what was up to a minute"
        " before, lest anything that was written meanwhile is missed; or give a position.",
    )
    after_position: int | None = Field(
        None,
        ge=0,
        le=2**53,
        description="What stands behind this position of the journal; for staff.",
    )
    until: Instant | None = Field(
        None,
        description="What was recorded before this instant, and what was up to a minute after;"
        " null for all there is now.",
    )
