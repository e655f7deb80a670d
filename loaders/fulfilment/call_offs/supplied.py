"""How what a delivery brings of a call-off stands to what its contract guaranteed."""

from collections import namedtuple
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Interval,
    and_,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
    true,
    tuple_,
)

from loaders.fulfilment.call_offs.arrivals import steps
from loaders.reading.relations import Part, Reader, Relation
from models.access.viewers import Actor, anyone
from models.base.tables import OfMerchant
from models.base.visibility import merchant, seen_by
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.trade.contracts.guarantees import Guarantee
from models.trade.orders.amounts import constant, net_of
from models.trade.orders.lines import OrderLine
from models.trade.orders.penalties import days_late, due_on, is_excused, penalty
from models.trade.orders.tables import Order

_NOTHING: ColumnElement[int] = literal_column("0")
_Record = namedtuple(  # noqa: PYI024 -- the types of the fields are SQL's.
    "_Record",
    ("quantity", "due_on", "late_quantity", "days_late", "is_excused", "penalty", "currency"),
)


_TERMS = tuple(it.name for it in Guarantee.__table__.columns if it.name != "merchant_id")


class _Supplied(Relation):
    """Delivery line -> how it stands to what its contract guaranteed, None where that is nothing.

    Each piece counts on the day when it arrived, against the day for which it was wanted then. Of a
    quantity per period, what was called off first is guaranteed first; of one line the part that
    was planned first; of that what came first.
    """

    def __init__(self) -> None:
        """Learn the types of SQL."""
        self.source, _ = self.part(Reader(anyone(Actor.STAFF), None), null())
        self.record = _Record

    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return the figures and the select of one delivery line's."""
        called = _called_off(reader, key)
        agreed = _row(reader, Guarantee, called.c.guarantee_id, *_TERMS)
        carried = _row(reader, Delivery, called.c.delivery_id, "state", "excuse")
        ordered = _row(reader, Order, called.c.order_id, "closed_at")
        of, terms, delivery = called.c, agreed.c, carried.c
        promised = _promised(reader, of, terms)
        late = _late(steps(reader, of, delivery, ordered.c), promised, terms, of)
        rows = select().select_from(called)
        for each in (agreed, carried, ordered, promised, late):
            rows = rows.join(each, true())
        rows = rows.where(delivery.state != constant(DeliveryState.CANCELLED.value))
        rows = rows.correlate_except(called, agreed, carried, ordered, promised, late)
        found = SimpleNamespace(
            quantity=promised.c.quantity,
            due_on=due_on(terms, of),
            late_quantity=late.c.quantity,
            days_late=late.c.days,
            is_excused=is_excused(terms, delivery),
            penalty=penalty(terms, late.c, of.unit_price, delivery),
            currency=terms.currency,
        )
        return found, rows


def _row(reader: Reader, entity: type[OfMerchant], key: Any, *names: str) -> Any:
    """Select columns of the row with a key, and of nothing else: see `_called_off`."""
    table = reader.table(entity)
    rows = select(*(getattr(table, name) for name in names))
    rows = rows.where(table.id == key, *seen_by(reader.viewer, table))
    return rows.offset(_NOTHING).correlate_except(table).lateral()


def _called_off(reader: Reader, key: Any) -> Any:
    """Select the delivery line with what its order line says, where something was guaranteed.

    This is looked for first, and the rest by its keys: OFFSET keeps PostgreSQL from beginning
    with all that could be joined to it.
    """
    part, line = reader.table(DeliveryLine), reader.table(OrderLine)
    unit_price: Any = net_of(Decimal(1), line.unit_price, line.discount_percent)
    names = ("guarantee_id", "contract_line_id", "called_off_on", "wanted_on")
    agreed = ("agreed_at", "wanted_before")
    rows = select(
        *(part.id, part.delivery_id, part.order_id, part.order_line_id),
        *(part.planned, part.delivered, part.lost, part.refused, unit_price.label("unit_price")),
        *(getattr(line, name) for name in (*names, *agreed)),
    )
    return (
        rows.select_from(part)
        .join(line, line.id == part.order_line_id)
        .where(
            part.id == key,
            *seen_by(reader.viewer, part),
            line.merchant_id == merchant(reader.viewer),
            line.guarantee_id.is_not(None),
        )
        .offset(_NOTHING)
        .correlate_except(part, line)
        .lateral("called")
    )


def _late(came: Any, promised: Any, terms: Any, of: Any) -> Any:
    """Select what of the guaranteed pieces came late. came: as of `steps`.

    quantity: of those that came after the days of grace, days: of the last of them, unit_days: the
    days of each of them added.
    """
    step = came.lateral("step")
    guaranteed = func.least(step.c.upto, promised.c.quantity) - func.least(
        step.c.before, promised.c.quantity
    )
    counted = (
        select(guaranteed.label("quantity"), days_late(terms, of, step.c.at).label("days"))
        .select_from(step)
        .correlate_except(step)
        .lateral("counted")
    )
    each, is_late = counted.c, and_(counted.c.quantity > 0, counted.c.days > 0)
    return (
        select(
            func.coalesce(func.sum(each.quantity).filter(is_late), 0).label("quantity"),
            func.coalesce(func.max(each.days).filter(is_late), 0).label("days"),
            func.coalesce(func.sum(each.quantity * each.days), 0).label("unit_days"),
        )
        .select_from(counted)
        .correlate_except(counted)
        .lateral("late")
    )


def _promised(reader: Reader, of: Any, terms: Any) -> Any:
    """Select how much of a part is guaranteed: what fits beside what was called off before it.

    What was called off first goes first, whenever it is wanted by now: an amendment of the
    merchant's moves no customer back in the line. What was called off while nothing was guaranteed
    takes nothing of a period's quantity.
    """
    own = merchant(reader.viewer)
    other, its_part, its_delivery = (reader.table(it) for it in (OrderLine, DeliveryLine, Delivery))
    first = cast(func.date_trunc(func.lower(terms.period), cast(of.wanted_on, DateTime())), Date())
    after = cast(first + cast(constant("1 ").concat(terms.period), Interval()), Date())
    earlier = (
        select(func.coalesce(func.sum(other.ordered - other.cancelled), 0))
        .where(
            other.merchant_id == own,
            other.contract_line_id == of.contract_line_id,
            other.guarantee_id.is_not(None),
            other.wanted_on >= first,
            other.wanted_on < after,
            tuple_(other.called_off_on, other.id) < tuple_(of.called_off_on, of.order_line_id),
        )
        .correlate_except(other)
    )
    # What was shipped anew is guaranteed with the other delivery.
    is_reshipped = its_delivery.state == constant(DeliveryState.RESHIPPED.value)
    brought_anew = case((is_reshipped, its_part.owed_again), else_=0)
    beside = (
        select(func.coalesce(func.sum(its_part.planned - brought_anew), 0))
        .select_from(its_part)
        .join(its_delivery, its_delivery.id == its_part.delivery_id)
        .where(
            its_part.merchant_id == own,
            its_delivery.merchant_id == own,
            and_(its_part.order_line_id == of.order_line_id, its_part.id < of.id),
            its_delivery.state != constant(DeliveryState.CANCELLED.value),
        )
        .correlate_except(its_part, its_delivery)
    )
    before = earlier.scalar_subquery() + beside.scalar_subquery()
    fits = func.greatest(func.least(of.planned, terms.quantity - before), 0)
    quantity = case((terms.quantity.is_(None), of.planned), else_=fits)
    # OFFSET keeps PostgreSQL from putting the sums wherever the quantity is named.
    rows = select(quantity.label("quantity")).offset(_NOTHING)
    return rows.correlate_except().lateral("promised")


supplied = _Supplied()
