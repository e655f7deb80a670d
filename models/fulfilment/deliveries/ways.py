"""The ways of parcels: when they leave, where they end, and whose numbers they have meanwhile."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_

from models.base.acts import AllRows, Some
from models.base.tasks import is_among
from models.fulfilment.deliveries.customers import customer_in_sql
from models.fulfilment.deliveries.tables import Delivery
from models.fulfilment.parcels import WITH_CARRIER, Parcel, ParcelStatus, TrackingNumber

TERMINAL = frozenset({ParcelStatus.DELIVERED, ParcelStatus.RETURNED_TO_SENDER, ParcelStatus.LOST})
"""Where a parcel's way ends; only a correction leads out of it."""

NUMBERED_WITHIN = timedelta(days=30)
"""How far apart parcels of one consignment get its number; carriers let numbers rest for longer."""


def has_left(parcel: Any, delivery: Any) -> ColumnElement[bool]:
    """Tell whether a parcel has left, as the house or its carrier tells, for tables or aliases.

    Of those that share a number these alone are meant once there are any: what stands in the house
    does not arrive.
    """
    return or_(delivery.dispatched_at.is_not(None), is_among(parcel.status, WITH_CARRIER))


def left_at(parcel: Any, delivery: Any) -> ColumnElement[datetime]:
    """Return when a parcel left, for tables or aliases; NULL while it has not (`has_left`).

    Where its carrier alone tells that, nobody knows when: at the earliest when it was packed.
    """
    packed_at = case((is_among(parcel.status, WITH_CARRIER), parcel.packed_at))
    return func.coalesce(delivery.dispatched_at, packed_at)


def ended_at(parcel: Any) -> ColumnElement[datetime]:
    """Return when a parcel's way was over, for a table or an alias; NULL while it is not."""
    return case((is_among(parcel.status, TERMINAL), parcel.status_at))


def has_packed_number(number: Any, parcel: Any) -> ColumnElement[bool]:
    """Tell whether a number is a parcel's, and it was packed with it: no report has added it."""
    return and_(
        number.parcel_id == parcel.id, ~number.is_voided, number.added_at <= parcel.packed_at
    )


def _is_anothers(rows: AllRows, delivery: Any, number: Any, parcel: Any) -> ColumnElement[bool]:
    """Tell whether another customer's parcel is on its way with a number of one that is here."""

    def is_on_its_way(its: Any, its_parcel: Any, other: Any) -> ColumnElement[bool]:
        ended = ended_at(its_parcel)
        carriers = (number.carrier_id.is_(None), its.carrier_id.is_(None))
        return and_(
            its.number_compared == number.number_compared,
            its.added_at > rows.now - NUMBERED_WITHIN,
            or_(*carriers, its.carrier_id == number.carrier_id),
            has_packed_number(its, its_parcel),
            its_parcel.delivery_id == other.id,
            has_left(its_parcel, other),
            or_(ended.is_(None), ended > rows.now),
            customer_in_sql(rows.merchant, other) != customer_in_sql(rows.merchant, delivery),
        )

    return and_(
        parcel.delivery_id == delivery.id,
        has_packed_number(number, parcel),
        ~is_among(parcel.status, WITH_CARRIER),
        rows.some(TrackingNumber, Parcel, Delivery, where=is_on_its_way),
    )


NUMBER_TAKEN = Some(
    "another customer's parcel is on its way with a number of one of its parcels",
    (TrackingNumber, Parcel),
    _is_anothers,
    rule="P2",
)
