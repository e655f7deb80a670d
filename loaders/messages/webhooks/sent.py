"""What was sent to webhooks, as it is read."""

from collections.abc import Iterable
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, Text, case, exists, or_
from sqlalchemy.dialects.postgresql import array

from kit.ids import Names
from kit.inputs import Instant
from loaders.access.journal import EventNames
from loaders.reading.filters import Filter, one_of
from loaders.reading.leading import Leads
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import Computed, One, Reader
from models.access.viewers import allowed
from models.base.tables import entity_named, fixed
from models.base.visibility import merchant
from models.messages.webhooks.states import WebhookFault, WebhookMessageState
from models.messages.webhooks.tables import WebhookAttempt, WebhookMessage

message_by_id = One(WebhookMessage)
attempt_by_id = One(WebhookAttempt)


def _within(reader: Reader, row: Any, version: ColumnElement[Any]) -> ColumnElement[bool]:
    """Tell whether what an endpoint was sent as it was then is within the reader's own rights.

    They are all that the endpoint has, and it was not changed since; or all that anybody may have,
    whoever had written it then.
    """
    of: Any = entity_named("Webhook")
    own = (of.merchant_id == merchant(reader.viewer), of.id == row.webhook_id)
    mine = exists().where(*own, of.version == version, _are_among(of.scopes, reader))
    return or_(_are_among(_all_of(reader), reader), mine.correlate_except(of))


def _all_of(reader: Reader) -> ColumnElement[Any]:
    return array([fixed(it.value) for it in sorted(allowed(reader.viewer.actor))], type_=Text())


def _are_among(scopes: ColumnElement[Any], reader: Reader) -> ColumnElement[bool]:
    return scopes.op("<@", is_comparison=True)(reader.scopes)


def _body(reader: Reader, row: Any) -> ColumnElement[Any]:
    return case((_within(reader, row, row.body_version), row.body))


def _answer(reader: Reader, row: Any) -> ColumnElement[Any]:
    """Return what was answered, which may repeat what was sent; why there was none is our word."""
    return case((or_(row.status.is_(None), _within(reader, row, row.version)), row.answer))


sent = Computed(WebhookMessage, {"body": _body})
answered = Computed(WebhookAttempt, {"answer": _answer})


class WebhookMessageFilter(Filter):
    """Which messages of a webhook to list."""

    states: tuple[WebhookMessageState, ...] | None = Field(
        None, description="State is one of these."
    )
    types: EventNames | None = Field(
        None, description="What happened is one of these, for example `order.placed`."
    )
    created_from: Instant | None = Field(None, description="Kept at this instant or later.")
    created_to: Instant | None = Field(None, description="Kept before this instant.")


def _of_message(
    _reader: Reader, row: Any, filter_by: WebhookMessageFilter
) -> Iterable[ColumnElement[bool]]:
    if filter_by.states is not None:
        yield one_of(row.state, filter_by.states)
    if filter_by.types is not None:
        yield one_of(row.type, filter_by.types)
    if filter_by.created_from is not None:
        yield row.created_at >= filter_by.created_from
    if filter_by.created_to is not None:
        yield row.created_at < filter_by.created_to


messages = Paged(
    WebhookMessage,
    {None: Sorted("created_at", descending=True)},
    of="webhook_id",
    matching=_of_message,
    leads=Leads(
        {
            "states": "state",
            "types": "type",
            **dict.fromkeys(("created_from", "created_to"), "created_at"),
        }
    ),
)
attempts_of_message = Paged(WebhookAttempt, {None: Sorted("attempted_at")}, of="message_id")


class WebhookAttemptFilter(Filter):
    """Which attempts to list."""

    webhook_id: Annotated[UUID, Names("Webhook")] | None = Field(
        None, description="To this webhook."
    )
    is_failed: bool | None = Field(None, description="Whether it has failed.")
    faults: tuple[WebhookFault, ...] | None = Field(
        None, description="There was no answer for one of these reasons."
    )
    types: EventNames | None = Field(
        None, description="What happened is one of these, for example `order.placed`."
    )
    attempted_from: Instant | None = Field(None, description="Sent at this instant or later.")
    attempted_to: Instant | None = Field(None, description="Sent before this instant.")


def _attempted(
    _reader: Reader, row: Any, filter_by: WebhookAttemptFilter
) -> Iterable[ColumnElement[bool]]:
    if filter_by.webhook_id is not None:
        yield row.webhook_id == filter_by.webhook_id
    if filter_by.is_failed is not None:
        yield row.is_failed == filter_by.is_failed
    if filter_by.faults is not None:
        yield one_of(row.fault, filter_by.faults)
    if filter_by.types is not None:
        yield one_of(row.type, filter_by.types)
    if filter_by.attempted_from is not None:
        yield row.attempted_at >= filter_by.attempted_from
    if filter_by.attempted_to is not None:
        yield row.attempted_at < filter_by.attempted_to


attempts = Paged(
    WebhookAttempt,
    {None: Sorted("attempted_at", descending=True)},
    matching=_attempted,
    leads=Leads(
        {
            "webhook_id": "webhook_id",
            "is_failed": "is_failed",
            "faults": "fault",
            "types": "type",
            **dict.fromkeys(("attempted_from", "attempted_to"), "attempted_at"),
        },
        above=("webhook_id", "Webhook"),
    ),
)
