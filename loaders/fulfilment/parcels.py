"""Parcels as they are read."""

from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, func, or_, select

from loaders.reading.acts import everything
from loaders.reading.relations import Computed, Many, One, Part, Reader, Relation, Through
from models.base.records import record
from models.base.tables import entity_named, fixed
from models.base.visibility import merchant, seen_by
from models.fulfilment.parcels import (
    Parcel,
    ParcelContent,
    ParcelLineage,
    ParcelStatus,
    TrackingNumber,
)
from models.fulfilment.tracking.standing import NUMBERED_WITHIN, TERMINAL
from models.master.parties import Party

_PLAIN = "^[A-Za-z0-9._-]+$"
"""What needs no escape in an address."""


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
    return case((plain.op("~")(fixed(_PLAIN)), address))


addresses = Computed(TrackingNumber, {"url": _address})
by_id = One(Parcel)
by_sscc = One(Parcel, "sscc")
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


class _ByTrackingNumber(Relation):
    """Tracking number, spaces and case aside -> its parcel.

    Carriers use numbers again, and two carriers may use the same one: the parcel that counts
    goes before voided ones, then the one whose number was added last, then the first of those that
    share it.
    """

    source, record = Parcel, record(Parcel)
    key_type = TrackingNumber.number.type

    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return the parcels and the select of one number's first."""
        parcel, number = reader.table(Parcel), reader.table(TrackingNumber)
        rows = select().select_from(parcel).join(number, number.parcel_id == parcel.id)
        rows = rows.correlate_except(parcel, number).where(
            number.is_called(key),
            *seen_by(reader.viewer, number),
            *seen_by(reader.viewer, parcel),
        )
        return parcel, rows.order_by(*_first(parcel, number)).limit(1)


def _first(parcel: Any, number: Any) -> tuple[ColumnElement[Any], ...]:
    order = (number.added_at.desc(), parcel.delivery_id.desc(), parcel.parcel_no)
    return parcel.status == ParcelStatus.VOIDED, *order


by_tracking_number = _ByTrackingNumber()


class _Sharing(Relation):
    """Parcel -> the others of its consignment: those that share a number with it.

    As `models.fulfilment.tracking.standing.has_shared` says of a parcel and the newest one: who has
    the number still shares it with none of those that had it before.
    """

    source, record, many, typical = Parcel, record(Parcel), True, 1

    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return the parcels and the select of those that share a number with one."""
        found, own, other = (reader.table(Parcel) for _ in range(3))
        mine, its = reader.table(TrackingNumber), reader.table(TrackingNumber)
        sharing = (
            select(other.id)
            .select_from(mine)
            .join(own, own.id == mine.parcel_id)
            .join(its, its.number_compared == mine.number_compared)
            .join(other, other.id == its.parcel_id)
            .where(mine.parcel_id == key, other.id != key)
            .where(_may_be_of_one_carrier(mine, its))
            .where(_had(reader, own, mine, other, its), _had(reader, other, its, own, mine))
            .where(_lost(reader, own, mine) == _lost(reader, other, its))
            .where(*(it.merchant_id == merchant(reader.viewer) for it in (mine, own, its, other)))
            .correlate_except(mine, own, its, other)
        )
        rows = select().select_from(found).correlate_except(found)
        rows = rows.where(found.id.in_(sharing), *seen_by(reader.viewer, found))
        return found, rows.order_by(found.delivery_id, found.packing, found.parcel_no)


def _may_be_of_one_carrier(number: Any, other: Any) -> ColumnElement[bool]:
    unknown = (it.carrier_id.is_(None) for it in (number, other))
    return or_(*unknown, number.carrier_id == other.carrier_id)


def _had(reader: Reader, parcel: Any, number: Any, other: Any, others: Any) -> ColumnElement[bool]:
    """Tell whether a parcel still had its number when another one got it. others: its number."""
    was_over = and_(parcel.status.in_(TERMINAL), parcel.status_at < others.added_at)
    apart = others.added_at - number.added_at > NUMBERED_WITHIN
    ended = or_(was_over, apart, _goes_elsewhere(reader, parcel, other))
    came_later = others.added_at > number.added_at
    return and_(parcel.status != ParcelStatus.VOIDED, ~and_(came_later, ended))


def _goes_elsewhere(reader: Reader, parcel: Any, other: Any) -> ColumnElement[bool]:
    """Tell whether two parcels go to two customers: parties, or guests by their addresses."""

    def are_apart(delivery: Any, another: Any) -> ColumnElement[bool]:
        guests = and_(
            delivery.party_id.is_(None), delivery.ship_to.is_distinct_from(another.ship_to)
        )
        return and_(
            delivery.id == parcel.delivery_id,
            another.id == other.delivery_id,
            or_(delivery.party_id.is_distinct_from(another.party_id), guests),
        )

    delivery = entity_named("Delivery")
    return everything(reader).some(delivery, delivery, where=are_apart)


def _lost(reader: Reader, parcel: Any, number: Any) -> ColumnElement[bool]:
    """Tell whether a parcel has its number no more, since another one got it after its end."""
    other, newer = reader.table(Parcel), reader.table(TrackingNumber)
    return (
        select(newer.id)
        .select_from(newer)
        .join(other, other.id == newer.parcel_id)
        .where(newer.number_compared == number.number_compared)
        .where(other.status != ParcelStatus.VOIDED, ~_had(reader, parcel, number, other, newer))
        .where(_may_be_of_one_carrier(number, newer))
        .where(*(it.merchant_id == merchant(reader.viewer) for it in (newer, other)))
        .correlate_except(newer, other)
        .exists()
    )


sharing = _Sharing()
