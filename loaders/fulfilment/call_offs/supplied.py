"""How what a delivery brings of a call-off stands to what its contract guaranteed."""

from collections import namedtuple
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from sqlalchemy import Date, DateTime, Interval, and_, case, cast, func, select, true, tuple_

from loaders.fulfilment.call_offs.arrivals import steps
from loaders.reading.relations import ByColumn, Reader, Rows
from models.access.viewers import Actor, anyone
from models.base.visibility import merchant, seen_by
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.trade.contracts.guarantees import Guarantee
from models.trade.orders.amounts import constant, net_of
from models.trade.orders.lines import OrderLine
from models.trade.orders.penalties import days_late, due_on, is_excused, penalty
from models.trade.orders.tables import Order

_Record = namedtuple(  # noqa: PYI024 -- the types of the fields are SQL's.
    "_Record",
    ("quantity", "due_on", "late_quantity", "days_late", "is_excused", "penalty", "currency"),
)


class _Supplied(ByColumn):
    """Delivery line -> how it stands to what its contract guaranteed, None where that is nothing.

    Each piece counts on the day when it arrived. Of a quantity per period, what was called off
    first is guaranteed first; of one line the part that was planned first; of that what came first.
    """

    def __init__(self) -> None:
        """Learn the types of SQL."""
        self.source, *_ = self.rows(Reader(anyone(Actor.STAFF), None))
        self.record = _Record

    def rows(self, reader: Reader) -> Rows:
        """Return the figures, the rows of all supplies, the delivery line's id."""
        part, delivery, line, order, terms = (
            reader.table(each) for each in (DeliveryLine, Delivery, OrderLine, Order, Guarantee)
        )
        promised = _promised(reader, part, line, terms)
        late = _late(steps(reader, part, delivery, order), promised, terms, line)
        own, seen = merchant(reader.viewer), seen_by(reader.viewer, part)
        rows = (
            select()
            .select_from(part)
            .join(line, and_(line.id == part.order_line_id, line.guarantee_id.is_not(None)))
            .join(terms, terms.id == line.guarantee_id)
            .join(delivery, delivery.id == part.delivery_id)
            .join(order, order.id == part.order_id)
            .join(promised, true())
            .join(late, true())
            .where(
                *(it.merchant_id == own for it in (delivery, line, order)),
                *(*seen, *seen_by(reader.viewer, terms)),
                delivery.state != constant(DeliveryState.CANCELLED.value),
            )
            .correlate_except(part, line, terms, delivery, order, promised, late)
        )
        found = SimpleNamespace(
            quantity=promised.c.quantity,
            due_on=due_on(terms, line),
            late_quantity=late.c.quantity,
            days_late=late.c.days,
            is_excused=is_excused(terms, delivery),
            penalty=penalty(terms, late.c, _unit_price(line), delivery),
            currency=terms.currency,
        )
        return found, rows, part.id


def _unit_price(line: Any) -> Any:
    return net_of(Decimal(1), line.unit_price, line.discount_percent)


def _late(came: Any, promised: Any, terms: Any, line: Any) -> Any:
    """Select what of the guaranteed pieces came late. came: as of `steps`.

    quantity: of those that came after the days of grace, days: of the last of them, unit_days: the
    days of each of them added.
    """
    step = came.lateral("step")
    day = cast(func.timezone(terms.time_zone, step.c.at), Date())
    guaranteed = func.least(step.c.upto, promised.c.quantity) - func.least(
        step.c.before, promised.c.quantity
    )
    counted = (
        select(guaranteed.label("quantity"), days_late(terms, line, day).label("days"))
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


def _promised(reader: Reader, part: Any, line: Any, terms: Any) -> Any:
    """Select how much of a part is guaranteed: what fits beside what was called off before it.

    What was called off while nothing was guaranteed takes nothing of a period's quantity.
    """
    own = merchant(reader.viewer)
    other, its_part, its_delivery = (reader.table(it) for it in (OrderLine, DeliveryLine, Delivery))
    first = cast(
        func.date_trunc(func.lower(terms.period), cast(line.wanted_on, DateTime())), Date()
    )
    after = cast(first + cast(constant("1 ").concat(terms.period), Interval()), Date())
    earlier = (
        select(func.coalesce(func.sum(other.ordered - other.cancelled), 0))
        .where(
            other.merchant_id == own,
            other.contract_line_id == line.contract_line_id,
            other.guarantee_id.is_not(None),
            other.wanted_on >= first,
            other.wanted_on < after,
            tuple_(other.called_off_on, other.id) < tuple_(line.called_off_on, line.id),
        )
        .correlate_except(other)
    )
    beside = (
        select(func.coalesce(func.sum(its_part.planned), 0))
        .select_from(its_part)
        .join(its_delivery, its_delivery.id == its_part.delivery_id)
        .where(
            its_part.merchant_id == own,
            its_delivery.merchant_id == own,
            and_(its_part.order_line_id == part.order_line_id, its_part.id < part.id),
            its_delivery.state != constant(DeliveryState.CANCELLED.value),
        )
        .correlate_except(its_part, its_delivery)
    )
    before = earlier.scalar_subquery() + beside.scalar_subquery()
    fits = func.greatest(func.least(part.planned, terms.quantity - before), 0)
    quantity = case((terms.quantity.is_(None), part.planned), else_=fits)
    # As a FROM item of its own it is computed once, however often it is told.
    return select(quantity.label("quantity")).correlate(part, line, terms).lateral("promised")


supplied = _Supplied()
