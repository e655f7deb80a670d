"""Parcels as they are read."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import distinct_on

from loaders.records import columns, record
from loaders.relations import Asking, Many, One, Through, among_keys
from models.parcels import Parcel, ParcelContent, ParcelLineage, ParcelStatus, TrackingNumber
from models.sight import seen_by

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

    def statement(self, asking: Asking) -> Select[Any]:
        """Select the first parcel of each number."""
        number = TrackingNumber.number
        rows = select(number.label("parent_key"), *columns(Parcel, Parcel))
        rows = rows.join(TrackingNumber, TrackingNumber.parcel_id == Parcel.id)
        rows = rows.where(
            among_keys(number),
            *seen_by(asking.viewer, TrackingNumber),
            *seen_by(asking.viewer, Parcel),
        )
        voided = Parcel.status == ParcelStatus.VOIDED
        last = (TrackingNumber.added_at.desc(), TrackingNumber.id.desc())
        return rows.ext(distinct_on(number)).order_by(number, voided, *last)

    def results(self, keys: Sequence[Any], rows: Sequence[Any]) -> list[Any]:
        """Give each number its parcel."""
        found = {row[0]: record(Parcel)._make(row[1:]) for row in rows}
        return [found.get(key) for key in keys]


by_tracking_number = _ByTrackingNumber(Parcel)
