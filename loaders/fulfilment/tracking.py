"""Tracking events as they are read."""

from enum import Enum
from typing import Any

from sqlalchemy import ColumnElement, CompoundSelect, Select, func, select, union_all

from loaders.access.journal.events import Feed, alone
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import One, Part, Reader, Relation
from models.base.records import record
from models.base.visibility import seen_by
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.fulfilment.parcels import Parcel
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


def _parcels_of(reader: Reader, delivery: ColumnElement[bool], parcel: Any) -> Select[Any]:
    """Select the ids of the parcels that the reader sees of deliveries."""
    rows = select(parcel.id).where(delivery, *seen_by(reader.viewer, parcel))
    return rows.correlate_except(parcel)


def _of_delivery(reader: Reader, key: Any) -> CompoundSelect[Any]:
    """Select the ids of a delivery and its parcels."""
    parcel = reader.table(Parcel)
    return union_all(alone(key), _parcels_of(reader, parcel.delivery_id == key, parcel))


def _of_order(reader: Reader, key: Any) -> CompoundSelect[Any]:
    """Select the ids of an order, of its deliveries and of their parcels."""
    line, delivery, parcel = (reader.table(it) for it in (DeliveryLine, Delivery, Parcel))
    lines = select(line.delivery_id).where(line.order_id == key, *seen_by(reader.viewer, line))
    own = delivery.id.in_(lines.correlate_except(line))
    deliveries = select(delivery.id).where(own, *seen_by(reader.viewer, delivery))
    deliveries = deliveries.correlate_except(delivery)
    parcels = _parcels_of(reader, parcel.delivery_id.in_(deliveries), parcel)
    return union_all(alone(key), deliveries, parcels)


events_of_delivery = Feed(objects=_of_delivery)
"""The events of a delivery and its parcels."""
events_of_order = Feed(objects=_of_order)
"""The events of an order, its deliveries and their parcels."""
