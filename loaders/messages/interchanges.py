"""Interchanges that came in, their messages, and what was found in them."""

from collections.abc import Iterable, Mapping
from enum import Enum
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import Boolean, ColumnElement, Integer, cast, column, exists, func, select
from sqlalchemy.dialects.postgresql import JSONB

from kit.ids import Names
from kit.inputs import Instant, Reference
from loaders.reading.filters import Filter, one_of
from loaders.reading.leading import Leads
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import Nested, One, Part, Reader
from models.base.visibility import seen_by
from models.messages.interchanges import (
    Interchange,
    InterchangeMessage,
    InterchangeState,
    MessageFate,
    MessageRelease,
)
from models.trade.releases.tables import Release

by_id = One(Interchange)
message_by_id = One(InterchangeMessage)
_TEXTS, _NUMBERS = ("code", "text", "tag"), ("syntax_code", "segment_no", "element_no")
FINDING = (*_TEXTS, *_NUMBERS, "component_no", "offset", "is_error")
"""What is known of a finding."""


def _finding(value: Any) -> SimpleNamespace:
    """Read one object of `findings`."""
    numbers = (*_NUMBERS, "component_no", "offset")
    return SimpleNamespace(
        **{name: value[name].astext for name in _TEXTS},
        **{name: cast(value[name].astext, Integer) for name in numbers},
        is_error=cast(value["is_error"].astext, Boolean),
    )


def _kept(_reader: Reader, row: Any) -> Part:
    kept = func.jsonb_array_elements(row.findings)
    each = kept.table_valued(column("value", JSONB), with_ordinality="place").render_derived()
    rows = select().select_from(each).order_by(each.c.place)
    return _finding(each.c.value), rows.correlate_except(each)


findings = Nested(_finding(column("value", JSONB)), _kept)


class ReceivedSort(Enum):
    """Orders of lists of what came in."""

    NEWEST_FIRST = "NEWEST_FIRST"
    OLDEST_FIRST = "OLDEST_FIRST"


class InterchangeFilter(Filter):
    """Which interchanges to list."""

    states: tuple[InterchangeState, ...] | None = Field(None, description="State is one of these.")
    partner_id: Annotated[UUID, Names("PartnerProfile")] | None = Field(
        None, description="From this partner."
    )
    reference: Reference | None = Field(None, description="Control reference (0020) is this.")
    is_test: bool | None = Field(None, description="Marked as a test, or not.")
    received_from: Instant | None = Field(None, description="Came in at this instant or later.")
    received_to: Instant | None = Field(None, description="Came in before this instant.")


class InterchangeMessageFilter(Filter):
    """Which messages to list."""

    fates: tuple[MessageFate, ...] | None = Field(None, description="Fate is one of these.")
    types: tuple[Reference, ...] | None = Field(
        None, description="Type is one of these, for example `DELFOR`."
    )
    received_from: Instant | None = Field(None, description="Came in at this instant or later.")
    received_to: Instant | None = Field(None, description="Came in before this instant.")


def _received(row: Any, filter_by: Any) -> Iterable[ColumnElement[bool]]:
    if filter_by.received_from is not None:
        yield row.received_at >= filter_by.received_from
    if filter_by.received_to is not None:
        yield row.received_at < filter_by.received_to


def _matching(
    _reader: Reader, row: Any, filter_by: InterchangeFilter
) -> Iterable[ColumnElement[bool]]:
    if filter_by.states is not None:
        yield one_of(row.state, filter_by.states)
    for name in ("partner_id", "reference", "is_test"):
        if (value := getattr(filter_by, name)) is not None:
            yield getattr(row, name) == value
    yield from _received(row, filter_by)


def _matching_messages(
    _reader: Reader, row: Any, filter_by: InterchangeMessageFilter
) -> Iterable[ColumnElement[bool]]:
    if filter_by.fates is not None:
        yield one_of(row.fate, filter_by.fates)
    if filter_by.types is not None:
        yield one_of(row.type, filter_by.types)
    yield from _received(row, filter_by)


_SORTS: Mapping[Enum | None, Sorted] = {
    ReceivedSort.NEWEST_FIRST: Sorted("received_at", descending=True),
    ReceivedSort.OLDEST_FIRST: Sorted("received_at"),
}


class _Brought(Paged):
    """The releases that a message brought, which its reader sees as any other ones."""

    def whole(self, reader: Reader, table: Any, key: Any) -> list[ColumnElement[bool]]:
        """Return the conditions of a message's whole list."""
        link = reader.table(MessageRelease)
        own = (link.message_id == key, link.release_id == table.id)
        brought = exists().where(*own, *seen_by(reader.viewer, link)).correlate_except(link)
        return [brought, *seen_by(reader.viewer, table)]


_RECEIVED = dict.fromkeys(("received_from", "received_to"), "received_at")
_OF_STATES = {"states": "state", "partner_id": "partner_id", "reference": "reference"}
every = Paged(
    Interchange,
    _SORTS,
    matching=_matching,
    leads=Leads({**_OF_STATES, "is_test": "is_test", **_RECEIVED}),
)
every_message = Paged(
    InterchangeMessage,
    _SORTS,
    matching=_matching_messages,
    leads=Leads({"fates": "fate", "types": "type", **_RECEIVED}),
)
releases = _Brought(Release, {None: Sorted("id")}, of="message_id")
messages = Paged(InterchangeMessage, {None: Sorted("number")}, of="interchange_id")
