"""Tracking events as they are read."""

from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, func, select

from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import One, Part, Reader, Relation
from models.base.records import record
from models.base.visibility import seen_by
from models.fulfilment.tracking.events import TrackingEvent
from models.fulfilment.tracking.standing import FAST

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
    """parcel id -> the event that occurred last, or None.

    What states a time to come counts as `standing` says.
    """

    source, record = TrackingEvent, record(TrackingEvent)

    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return the table and the select of one parcel's last event."""
        event = reader.table(TrackingEvent)
        rows = select().select_from(event).correlate_except(event).limit(1)
        rows = rows.where(event.parcel_id == key, *seen_by(reader.viewer, event))
        at = func.least(event.occurred_at, event.recorded_at + FAST)
        return event, rows.order_by(at.desc(), event.occurred_at.desc(), event.id.desc())


latest_of_parcel = _Latest()
