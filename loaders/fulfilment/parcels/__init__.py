"""Parcels as they are read."""

from typing import Any

from sqlalchemy import ColumnElement, Text, case, func, select

from kit.standards.written import UNESCAPED
from loaders.fulfilment.parcels.numbered import BySscc, ByTrackingNumber, Sharing
from loaders.reading.relations import Computed, Many, One, Reader, Through
from models.base.tables import fixed
from models.base.visibility import seen_by
from models.fulfilment.parcels import (
    Parcel,
    ParcelContent,
    ParcelLineage,
    TrackingNumber,
)
from models.master.parties import Party


def _address(reader: Reader, number: Any) -> ColumnElement[Any]:
    """Put a number, without its spaces, into its carrier's address."""
    carrier = reader.table(Party)
    template = (
        select(carrier.tracking_url)
        .where(carrier.id == number.carrier_id, *seen_by(reader.viewer, carrier))
        .correlate_except(carrier)
        .scalar_subquery()
    )
    plain = func.replace(number.number, fixed(" "), fixed(""))
    address = func.replace(template, fixed("{number}"), plain, type_=Text())
    return case((plain.op("~")(fixed(UNESCAPED)), address))


addresses = Computed(TrackingNumber, {"url": _address})
by_id = One(Parcel)
by_sscc = BySscc()
tracking_numbers = Many(TrackingNumber, "parcel_id", order_by=("added_at", "number"), typical=1)
contents = Many(ParcelContent, "parcel_id", order_by=("delivery_line_id", "lot", "id"), typical=3)
children = Many(Parcel, "parent_id", order_by=("parcel_no", "id"), typical=3)
of_delivery = Many(Parcel, "delivery_id", order_by=("packing", "parcel_no"), typical=2)
repacked_from = Many(
    Parcel,
    Through(ParcelLineage, "parcel_id", "repacked_from_id"),
    order_by=("packing", "parcel_no"),
    typical=1,
)
repacked_into = Many(
    Parcel,
    Through(ParcelLineage, "repacked_from_id", "parcel_id"),
    order_by=("packing", "parcel_no"),
    typical=1,
)
by_tracking_number = ByTrackingNumber()
sharing = Sharing()
