"""How what a call-off brings stands to what its contract guaranteed."""

from abc import abstractmethod
from collections import namedtuple
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, final

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Interval,
    Numeric,
    Select,
    Text,
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
from models.base.tables import OfMerchant, fixed
from models.base.visibility import merchant, seen_by
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.trade.contracts.guarantees import Guarantee
from models.trade.contracts.penalties import days_late, due_on, is_excused, penalty
from models.trade.orders.amounts import net_of
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import Approval
from models.trade.orders.tables import Order

_NOTHING: ColumnElement[int] = literal_column("0")
_Record = namedtuple(  # noqa: PYI024 -- the types of the fields are SQL's.
    "_Record",
    ("quantity", "due_on", "late_quantity", "days_late", "is_excused", "penalty", "currency"),
)
_TERMS = tuple(it.name for it in Guarantee.__table__.columns if it.name != "merchant_id")
_DAYS = (
    *("guarantee_id", "contract_line_id", "called_off_on", "wanted_on"),
    *("agreed_at", "wanted_before"),
)
"""What an order line keeps of its guarantee."""


class _Supply(Relation):
    """Key -> how a quantity of a call-off stands to what its contract guaranteed, or None.

    Each piece counts on the day when it arrived, against the day for which it was wanted then. Of a
    quantity per period, what was called off first is guaranteed first; of one line the part that
    was planned first, and what is in no delivery last; of a part what came first.
    """

    def __init__(self) -> None:
        """Learn the types of SQL."""
        self.source, _ = self.part(Reader(anyone(Actor.STAFF), None), null())
        self.record = _Record

    @abstractmethod
    def called(self, reader: Reader, key: ColumnElement[Any]) -> Select[Any]:
        """Select a quantity with what its order line says, where something was guaranteed.

        planned: the quantity. before: how much of the same line is guaranteed before it.
        """

    @abstractmethod
    def reason(self, reader: Reader, of: Any) -> Select[Any]:
        """Select `excuse`, why it comes later; nothing where it does not count."""

    @final
    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return the figures and the select of one quantity's.

        The quantity is looked for first, and the rest by its keys: OFFSET keeps PostgreSQL from
        beginning with all that could be joined to it.
        """
        called = self.called(reader, key).offset(_NOTHING).lateral("called")
        of = called.c
        agreed = _row(reader, Guarantee, of.guarantee_id, *_TERMS)
        ordered = _row(reader, Order, of.order_id, "closed_at")
        reason = self.reason(reader, of).offset(_NOTHING).lateral("reason")
        share = _share(reader, of, agreed.c)
        late = _late(steps(reader, of, ordered.c), share, agreed.c, of)
        joined = (agreed, ordered, reason, share, late)
        rows = select().select_from(called)
        for each in joined:
            rows = rows.join(each, true())
        found = SimpleNamespace(
            quantity=share.c.quantity,
            due_on=due_on(agreed.c, of),
            late_quantity=late.c.quantity,
            days_late=late.c.days,
            is_excused=is_excused(agreed.c, reason.c),
            penalty=penalty(agreed.c, late.c, of.unit_price, reason.c),
            currency=agreed.c.currency,
        )
        return found, rows.correlate_except(called, *joined)


class _Supplied(_Supply):
    """Of what a delivery line brings; None where its delivery was cancelled."""

    def called(self, reader: Reader, key: ColumnElement[Any]) -> Select[Any]:
        """Select what a delivery line brings itself."""
        part, line = reader.table(DeliveryLine), reader.table(OrderLine)
        rows = select(
            *(part.id, part.delivery_id, part.order_id, part.delivered, part.lost, part.refused),
            _own(reader, part).label("planned"),
            _taken(reader, part.order_line_id, part.id).label("before"),
            *_of_line(line),
        )
        own = and_(line.id == part.order_line_id, line.merchant_id == merchant(reader.viewer))
        rows = rows.select_from(part).join(line, own).where(line.guarantee_id.is_not(None))
        return rows.where(part.id == key, *seen_by(reader.viewer, part)).correlate_except(
            part, line
        )

    def reason(self, reader: Reader, of: Any) -> Select[Any]:
        """Select the delivery's."""
        delivery = reader.table(Delivery)
        return (
            select(delivery.excuse)
            .where(delivery.id == of.delivery_id, *seen_by(reader.viewer, delivery))
            .where(delivery.state != fixed(DeliveryState.CANCELLED))
            .correlate_except(delivery)
        )


class _Unplanned(_Supply):
    """Of what of an order line is in no delivery yet; None where that is nothing."""

    def called(self, reader: Reader, key: ColumnElement[Any]) -> Select[Any]:
        """Select what is left of an order line."""
        line = reader.table(OrderLine)
        taken = select(_taken(reader, line.id).label("before")).offset(_NOTHING).lateral("taken")
        left, zero = line.ordered - line.cancelled - taken.c.before, cast(_NOTHING, line.lost.type)
        rows = select(
            *(line.id, line.order_id, left.label("planned"), taken.c.before),
            *(zero.label(it) for it in ("delivered", "lost", "refused")),
            *_of_line(line),
        )
        rows = rows.select_from(line).join(taken, left > 0).where(line.guarantee_id.is_not(None))
        return rows.where(line.id == key, *seen_by(reader.viewer, line)).correlate_except(
            line, taken
        )

    def reason(self, reader: Reader, of: Any) -> Select[Any]:
        """Select none; nothing before its company has approved the call-off."""
        order = reader.table(Order)
        return (
            select(cast(null(), Text()).label("excuse"))
            .where(order.id == of.order_id, *seen_by(reader.viewer, order))
            .where(~order.awaits(Approval.COMPANY))
            .correlate_except(order)
        )


def _row(reader: Reader, entity: type[OfMerchant], key: Any, *names: str) -> Any:
    """Select columns of the row with a key, and of nothing else."""
    table = reader.table(entity)
    rows = select(*(getattr(table, name) for name in names))
    rows = rows.where(table.id == key, *seen_by(reader.viewer, table))
    return rows.offset(_NOTHING).correlate_except(table).lateral()


def _of_line(line: Any) -> list[Any]:
    """Return what counts of an order line: its net price and its days."""
    unit_price: Any = net_of(Decimal(1), line.unit_price, line.discount_percent)
    line_id = line.id.label("order_line_id")
    return [unit_price.label("unit_price"), line_id, *(getattr(line, name) for name in _DAYS)]


def _own(reader: Reader, part: Any) -> Any:
    """Return what a delivery line brings but for what was shipped anew, which counts there."""
    its, its_part = reader.table(Delivery), reader.table(DeliveryLine)
    own = merchant(reader.viewer)
    rows = select(func.coalesce(func.sum(its_part.planned), 0)).where(
        *(its.merchant_id == own, its_part.merchant_id == own),
        its.reships_id == part.delivery_id,
        its.state != fixed(DeliveryState.CANCELLED),
        its_part.delivery_id == its.id,
        its_part.order_line_id == part.order_line_id,
    )
    brought = rows.correlate_except(its, its_part).scalar_subquery()
    # CASE keeps PostgreSQL from looking for what nothing has to be shipped anew of.
    anew = func.least(part.owed_again, brought, type_=Numeric())
    return part.planned - case((part.owed_again > 0, anew), else_=_NOTHING)


def _taken(reader: Reader, line_id: Any, before: Any = None) -> Any:
    """Return how much of an order line deliveries bring. before: only lines older than this."""
    part, delivery = reader.table(DeliveryLine), reader.table(Delivery)
    own = merchant(reader.viewer)
    rows = (
        select(func.coalesce(func.sum(_own(reader, part)), 0, type_=Numeric()))
        .join_from(part, delivery, delivery.id == part.delivery_id)
        .where(part.merchant_id == own, delivery.merchant_id == own, part.order_line_id == line_id)
        .where(delivery.state != fixed(DeliveryState.CANCELLED))
    )
    rows = rows if before is None else rows.where(part.id < before)
    return rows.correlate_except(part, delivery).scalar_subquery()


def _share(reader: Reader, of: Any, terms: Any) -> Any:
    """Select how much of a quantity is guaranteed: what fits beside what comes before it."""
    before = _called_off_before(reader, of, terms) + of.before
    fits = func.greatest(func.least(of.planned, terms.quantity - before), 0, type_=Numeric())
    quantity = case((terms.quantity.is_(None), of.planned), else_=fits)
    # OFFSET keeps PostgreSQL from putting the sums wherever the quantity is named.
    rows = select(quantity.label("quantity")).offset(_NOTHING)
    return rows.correlate_except().lateral("share")


def _called_off_before(reader: Reader, of: Any, terms: Any) -> Any:
    """Return what was called off before a line of what is wanted in its period.

    Whenever that is wanted by now: an amendment of the merchant's moves no customer back in the
    line. What was called off while nothing was guaranteed takes nothing of a period's quantity.
    """
    line = reader.table(OrderLine)
    first = cast(func.date_trunc(func.lower(terms.period), cast(of.wanted_on, DateTime())), Date())
    after = cast(first + cast(fixed("1 ").concat(terms.period), Interval()), Date())
    return (
        select(func.coalesce(func.sum(line.ordered - line.cancelled), 0, type_=Numeric()))
        .where(
            line.merchant_id == merchant(reader.viewer),
            line.contract_line_id == of.contract_line_id,
            line.guarantee_id.is_not(None),
            line.wanted_on >= first,
            line.wanted_on < after,
            tuple_(line.called_off_on, line.id) < tuple_(of.called_off_on, of.order_line_id),
        )
        .correlate_except(line)
        .scalar_subquery()
    )


def _late(came: Any, share: Any, terms: Any, of: Any) -> Any:
    """Select what of the guaranteed pieces came late. came: as of `steps`.

    quantity: of those that came after the days of grace, days: of the last of them, unit_days: the
    days of each of them added.
    """
    step = came.lateral("step")
    guaranteed = func.least(step.c.upto, share.c.quantity) - func.least(
        step.c.before, share.c.quantity
    )
    counted = (
        select(guaranteed.label("quantity"), days_late(terms, of, step.c.at).label("days"))
        .select_from(step)
        .correlate_except(step)
        .lateral("counted")
    )
    each, is_late = counted.c, and_(counted.c.quantity > 0, counted.c.days > 0)
    late, unit_days = func.sum(each.quantity).filter(is_late), func.sum(each.quantity * each.days)
    return (
        select(
            func.coalesce(late, 0, type_=Numeric()).label("quantity"),
            func.coalesce(func.max(each.days).filter(is_late), 0).label("days"),
            func.coalesce(unit_days, 0, type_=Numeric()).label("unit_days"),
        )
        .select_from(counted)
        .correlate_except(counted)
        .lateral("late")
    )


supplied = _Supplied()
unplanned = _Unplanned()
