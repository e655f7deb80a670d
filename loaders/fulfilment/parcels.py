"""Parcels as they are read."""

from typing import Any

from sqlalchemy import ColumnElement, select

from loaders.reading.relations import Many, One, Part, Reader, Relation, Through
from models.base.records import record
from models.base.visibility import seen_by
from models.fulfilment.parcels import (
    Parcel,
    ParcelContent,
    ParcelLineage,
    ParcelStatus,
    TrackingNumber,
)

by_id = One(Parcel)
by_sscc = One(Parcel, "sscc")
tracking_numbers = Many(TrackingNumber, "parcel_id", order_by=("added_at", "number"))
contents = Many(ParcelContent, "parcel_id", order_by=("delivery_line_id", "lot", "id"))
children = Many(Parcel, "parent_id", order_by=("parcel_no", "id"))
of_delivery = Many(Parcel, "delivery_id", order_by=("packing", "parcel_no"))
repacked_from = Many(
    Parcel,
    Through(ParcelLineage, "parcel_id", "repacked_from_id"),
    order_by=("packing", "parcel_no"),
)
repacked_into = Many(
    Parcel,
    Through(ParcelLineage, "repacked_from_id", "parcel_id"),
    order_by=("packing", "parcel_no"),
)


class _ByTrackingNumber(Relation):
    """Tracking number -> its parcel.

    Carriers use numbers again, and two carriers may use the same one: the parcel that counts
    goes before voided ones, then the one whose number was added last.
    """

    source, record = Parcel, record(Parcel)
    key_type = TrackingNumber.number.type

    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return the parcels and the select of one number's first."""
        parcel, number = reader.table(Parcel), reader.table(TrackingNumber)
        rows = select().select_from(parcel).join(number, number.parcel_id == parcel.id)
        rows = rows.correlate_except(parcel, number).where(
            number.number == key,
            *seen_by(reader.viewer, number),
            *seen_by(reader.viewer, parcel),
        )
        return parcel, rows.order_by(*_first(parcel, number)).limit(1)


def _first(parcel: Any, number: Any) -> tuple[ColumnElement[Any], ...]:
    return parcel.status == ParcelStatus.VOIDED, number.added_at.desc(), number.id.desc()


by_tracking_number = _ByTrackingNumber()
