"""Tracking events as they are read."""

from collections.abc import Sequence
from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from loaders.reading.pages import Paged, Sorted
from loaders.reading.records import columns, record
from loaders.reading.relations import One, Reader, Relation, among_keys
from models.fulfilment.tracking.events import TrackingEvent
from models.base.visibility import seen_by

by_id = One(TrackingEvent)


class TrackingEventSort(Enum):
    """Orders of a parcel's events."""

    OCCURRED_AT = "OCCURRED_AT"
    OCCURRED_AT_DESC = "OCCURRED_AT_DESC"
    RECORDED_AT = "RECORDED_AT"


of_parcel = Paged(
    TrackingEvent,
    {
        TrackingEventSort.OCCURRED_AT: Sorted("occurred_at"),
        TrackingEventSort.OCCURRED_AT_DESC: Sorted("occurred_at", descending=True),
        TrackingEventSort.RECORDED_AT: Sorted("recorded_at"),
    },
    of="parcel_id",
)


class _Latest(Relation):
    """parcel id -> the event that occurred last, or None."""

    source = TrackingEvent

    def statement(self, reader: Reader) -> Select[Any]:
        """Select the last event of each parcel."""
        event = TrackingEvent
        rows = select(event.parcel_id.label("parent_key"), *columns(event, event))
        rows = rows.where(among_keys(event.parcel_id), *seen_by(reader.viewer, event))
        last = (event.parcel_id, event.occurred_at.desc(), event.id.desc())
        return rows.ext(distinct_on(event.parcel_id)).order_by(*last)

    def part(self, reader: Reader, key: ColumnElement[Any]) -> tuple[Any, Select[Any]]:
        """Return the table and the select of one parcel's last event, without columns yet."""
        event = aliased(TrackingEvent)
        rows = select().select_from(event).correlate_except(event).limit(1)
        rows = rows.where(event.parcel_id == key, *seen_by(reader.viewer, event))
        return event, rows.order_by(event.occurred_at.desc(), event.id.desc())

    def results(self, keys: Sequence[Any], rows: Sequence[Any]) -> list[Any]:
        """Give each parcel its event."""
        found = {row[0]: record(TrackingEvent)._make(row[1:]) for row in rows}
        return [found.get(key) for key in keys]


latest_of_parcel = _Latest()
