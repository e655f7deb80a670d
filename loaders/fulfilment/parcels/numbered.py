"""Parcels by the numbers that carriers give them: who has one, and who shares it."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Text, and_, case, cast, false, func, or_, select

from kit.standards.gs1 import is_sscc
from loaders.reading.acts import everything
from loaders.reading.relations import Part, Reader, Relation
from models.base.records import record
from models.base.tables import entity_named
from models.base.visibility import merchant, seen_by
from models.fulfilment.deliveries.customers import customer_in_sql
from models.fulfilment.deliveries.ways import NUMBERED_WITHIN, ended_at, has_left
from models.fulfilment.parcels import (
    Parcel,
    TrackingNumber,
)


class BySscc(Relation):
    """SSCC, spaces and its application identifier aside -> its parcel."""

    source, record = Parcel, record(Parcel)
    key_type = Text()

    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return the parcels and the select of the one under an SSCC."""
        parcel = reader.table(Parcel)
        rows = select().select_from(parcel).correlate_except(parcel)
        is_it = is_sscc(parcel.sscc, key)
        return parcel, rows.where(is_it, *seen_by(reader.viewer, parcel))


class ByTrackingNumber(Relation):
    """Tracking number, spaces and case aside -> its parcel.

    Carriers use numbers again, and two carriers may use the same one: it is the first parcel that a
    report of the number means now, else the voided one that had it last.
    """

    source, record = Parcel, record(Parcel)
    key_type = TrackingNumber.number.type

    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return the parcels and the select of one number's first."""
        parcel = reader.table(Parcel)
        first = func.coalesce(_meant(reader, key), _last_voided(reader, key))
        rows = select().select_from(parcel).correlate_except(parcel)
        return parcel, rows.where(parcel.id == first, *seen_by(reader.viewer, parcel))


def _meant(reader: Reader, key: ColumnElement[Any]) -> ColumnElement[Any]:
    """Return the first parcel that has a number, of whichever carrier, and is meant by it."""
    tables = [reader.table(it) for it in (TrackingNumber, Parcel)]
    (delivery,), own = everything(reader).tables((entity_named("Delivery"),))
    number, parcel = tables
    its = _Numbered(merchant(reader.viewer), number, parcel, delivery)
    last = (
        _newest(its, number.number_compared),
        _newest(its, number.number_compared, its.customer),
    )
    lost = and_(its.lost_by(last[0], last[1] < last[0]), ~its.is_under_way(last[0]))
    rows = select(parcel.id, lost.label("lost"), number.added_at, its.has_left.label("has_left"))
    rows = rows.add_columns(parcel.delivery_id, parcel.parcel_no).select_from(number)
    rows = rows.join(parcel, parcel.id == number.parcel_id)
    rows = rows.join(delivery, delivery.id == parcel.delivery_id)
    seen = (it for table in tables for it in seen_by(reader.viewer, table))
    rows = rows.where(number.is_called(key), ~number.is_voided, *own, *seen)
    of = rows.correlate_except(*tables, delivery).subquery()
    order = (of.c.lost, of.c.has_left.desc(), of.c.added_at.desc())
    first = select(of.c.id).order_by(*order, of.c.delivery_id.desc(), of.c.parcel_no).limit(1)
    return first.correlate_except(of).scalar_subquery()


def _last_voided(reader: Reader, key: ColumnElement[Any]) -> ColumnElement[Any]:
    tables = parcel, number = reader.table(Parcel), reader.table(TrackingNumber)
    rows = select(parcel.id).select_from(number).join(parcel, parcel.id == number.parcel_id)
    seen = (it for table in tables for it in seen_by(reader.viewer, table))
    rows = rows.where(number.is_called(key), number.is_voided, *seen)
    rows = rows.order_by(number.added_at.desc(), parcel.id.desc()).limit(1)
    return rows.correlate_except(*tables).scalar_subquery()


class Sharing(Relation):
    """Parcel -> the others of its consignment: those that share a number with it.

    As `models.fulfilment.tracking.standing.has_shared` says of a parcel and the newest one: who has
    the number still shares it with none of those that had it before, and what has left with nothing
    that stands in the house.
    """

    source, record, many, typical = Parcel, record(Parcel), True, 1

    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return the parcels and the select of those that share a number with one."""
        found, pairs = reader.table(Parcel), _pairs(reader, key)
        itself = func.bool_or(pairs.c.lost).filter(pairs.c.parcel_id == key)
        own = itself.over(partition_by=pairs.c.number)
        together = select(*pairs.c, (pairs.c.lost == own).label("alike"))
        of = together.correlate_except(pairs).subquery()
        sharing = select(of.c.parcel_id).where(of.c.parcel_id != key, of.c.shares, of.c.alike)
        rows = select().select_from(found).correlate_except(found)
        rows = rows.where(
            found.id.in_(sharing.correlate_except(of)), *seen_by(reader.viewer, found)
        )
        return found, rows.order_by(found.delivery_id, found.packing, found.parcel_no)


@dataclass(frozen=True)
class _Numbered:
    """A parcel under a number: when it got it, to whom it goes, and its end, null before that.

    merchant: value or parameter.
    """

    merchant: Any
    number: Any
    parcel: Any
    delivery: Any

    @property
    def ended(self) -> ColumnElement[Any]:
        return ended_at(self.parcel)

    @property
    def has_left(self) -> ColumnElement[bool]:
        return has_left(self.parcel, self.delivery)

    @property
    def customer(self) -> ColumnElement[Any]:
        """To whom it goes, as `models.fulfilment.deliveries.customers` tells."""
        return customer_in_sql(self.merchant, self.delivery)

    def lost_by(self, newer: Any, is_anothers: ColumnElement[bool]) -> ColumnElement[bool]:
        """Tell whether it had the number no more when another one got it, at an instant.

        is_anothers: whether that goes to another customer.
        """
        added_at = self.number.added_at
        was_over = func.coalesce(self.ended < newer, false())
        over = or_(was_over, is_anothers, newer - added_at > NUMBERED_WITHIN)
        return and_(newer > added_at, over)

    def is_under_way(self, newer: Any) -> ColumnElement[bool]:
        """Tell whether it has left and not ended, and got the number not long before another one.

        Then nobody else leaves with it (P2), though it may be packed with it in the house.
        """
        is_recent = newer - self.number.added_at <= NUMBERED_WITHIN
        return and_(self.has_left, self.ended.is_(None), is_recent)

    def had(self, other: "_Numbered") -> ColumnElement[bool]:
        """Tell whether it still had the number when another parcel got it."""
        return ~self.lost_by(other.number.added_at, self.customer != other.customer)


def _pairs(reader: Reader, key: ColumnElement[Any]) -> Any:
    """Return each that has a number of a parcel, itself too: by one pass, however many there are.

    shares: it and the parcel had the number when the one or the other got it. lost: it has it no
    more, since another one got it after its end.
    """
    tables, _ = everything(reader).tables((TrackingNumber, Parcel, entity_named("Delivery")) * 2)
    of = merchant(reader.viewer)
    own, other = _Numbered(of, *tables[:3]), _Numbered(of, *tables[3:])
    mine, its = own.number, other.number
    carriers = [it.carrier_id.is_(None) for it in (mine, its)]
    is_same = or_(*carriers, mine.carrier_id == its.carrier_id)
    together = own.has_left == other.has_left
    together = and_(together, own.customer == other.customer)
    shares = and_(is_same, together, own.had(other), other.had(own))
    columns = (its.number_compared.label("number"), its.parcel_id, shares.label("shares"))
    rows = select(*columns, _lost(other).label("lost")).select_from(mine)
    for each in (own, other):
        if each is other:
            rows = rows.join(its, its.number_compared == mine.number_compared)
        rows = rows.join(each.parcel, each.parcel.id == each.number.parcel_id)
        rows = rows.join(each.delivery, each.delivery.id == each.parcel.delivery_id)
    rows = rows.where(mine.parcel_id == key, ~mine.is_voided, ~its.is_voided)
    rows = rows.where(*(it.merchant_id == of for it in tables))
    return rows.correlate_except(*tables).subquery()


def _lost(its: _Numbered) -> ColumnElement[bool]:
    """Tell whether a parcel has its number no more, as `commands.fulfilment.tracking.named` does.

    That is since the newest got it: of its carrier, or of none that is known.
    """
    number, carrier_id = its.number.number_compared, its.number.carrier_id

    def newest(*of: Any) -> ColumnElement[Any]:
        own, anybodys = _newest(its, *of, carrier_id), _newest(its, *of, where=carrier_id.is_(None))
        return case((carrier_id.is_(None), _newest(its, *of)), else_=func.greatest(own, anybodys))

    last = newest(number)
    return its.lost_by(last, newest(number, its.customer) < last)


def _newest(
    its: _Numbered, *of: Any, where: ColumnElement[bool] | None = None
) -> ColumnElement[Any]:
    """Return when the newest of a group got its number."""
    last: Any = func.max(its.number.added_at)
    last = last if where is None else last.filter(where)
    return cast(last.over(partition_by=[*of]), its.number.added_at.type)
