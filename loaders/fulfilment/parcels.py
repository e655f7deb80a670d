"""Parcels as they are read."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import aliased

from loaders.reading.records import columns, record
from loaders.reading.relations import Many, One, Reader, Through, among_keys
from models.fulfilment.parcels import (
    Parcel,
    ParcelContent,
    ParcelLineage,
    ParcelStatus,
    TrackingNumber,
)
from models.base.visibility import seen_by

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


class _ByTrackingNumber(One):
    """Tracking number -> its parcel.

    Carriers use numbers again, and two carriers may use the same one: the parcel that counts
    goes before voided ones, then the one whose number was added last.
    """

    def __init__(self) -> None:
        """Take numbers as keys."""
        super().__init__(Parcel)
        self.key_type = TrackingNumber.number.type

    def statement(self, reader: Reader) -> Select[Any]:
        """Select the first parcel of each number."""
        number = TrackingNumber.number
        rows = select(number.label("parent_key"), *columns(Parcel, Parcel))
        rows = rows.join(TrackingNumber, TrackingNumber.parcel_id == Parcel.id)
        rows = rows.where(
            among_keys(number),
            *seen_by(reader.viewer, TrackingNumber),
            *seen_by(reader.viewer, Parcel),
        )
        return rows.ext(distinct_on(number)).order_by(number, *_first(Parcel, TrackingNumber))

    def part(self, reader: Reader, key: ColumnElement[Any]) -> tuple[Any, Select[Any]]:
        """Return the parcels and the select of one number's first, without columns yet."""
        parcel, number = aliased(Parcel), aliased(TrackingNumber)
        rows = select().select_from(parcel).join(number, number.parcel_id == parcel.id)
        rows = rows.correlate_except(parcel, number).where(
            number.number == key,
            *seen_by(reader.viewer, number),
            *seen_by(reader.viewer, parcel),
        )
        return parcel, rows.order_by(*_first(parcel, number)).limit(1)

    def results(self, keys: Sequence[Any], rows: Sequence[Any]) -> list[Any]:
        """Give each number its parcel."""
        found = {row[0]: record(Parcel)._make(row[1:]) for row in rows}
        return [found.get(key) for key in keys]


def _first(parcel: Any, number: Any) -> tuple[ColumnElement[Any], ...]:
    return parcel.status == ParcelStatus.VOIDED, number.added_at.desc(), number.id.desc()


by_tracking_number = _ByTrackingNumber()
