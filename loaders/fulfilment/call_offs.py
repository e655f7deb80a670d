"""Call-offs as they are read: orders of kind CALL_OFF."""

from collections import namedtuple
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, DateTime, and_, case, cast, func, select, tuple_

from loaders.reading.relations import ByColumn, One, Reader, Rows
from loaders.trade import orders
from models.access.viewers import Actor, anyone
from models.base.visibility import merchant, seen_by
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.trade.contracts.guarantees import Guarantee
from models.trade.contracts.tables import Contract
from models.trade.orders.amounts import net_of
from models.trade.orders.lines import OrderLine
from models.trade.orders.penalties import days_late, due_on, is_excused, penalty
from models.trade.orders.states import OrderKind
from models.trade.orders.tables import Order


class CallOff(One):
    """key -> the order, None for an order of another kind."""

    def also(self, table: Any) -> Sequence[ColumnElement[bool]]:
        """Leave out what is no call-off."""
        return (table.kind == OrderKind.CALL_OFF,)


by_id = CallOff(Order)
by_number = CallOff(Order, "number")
of_contract = replace(orders.every, of="contract_id")


def _wanted(line: Any, order: Any) -> ColumnElement[Any]:
    return func.coalesce(line.window_latest, order.window_latest)


_Record = namedtuple(  # noqa: PYI024 -- the types of the fields are SQL's.
    "_Record", ("quantity", "due_on", "days_late", "is_excused", "penalty", "currency")
)


class _Supplied(ByColumn):
    """Delivery line -> how it stands to what its contract guaranteed, None where that is nothing.

    A supply is what a delivery brings, on the day when it arrived, or today while it has not. Of a
    quantity per period, what was called off first is guaranteed first, and of one line the part
    that was planned first.
    """

    def __init__(self) -> None:
        """Learn the types of SQL."""
        self.source, *_ = self.rows(Reader(anyone(Actor.STAFF), None))
        self.record = _Record

    def rows(self, reader: Reader) -> Rows:
        """Return the figures, the rows of all supplies, the delivery line's id."""
        facts = self._facts(reader).subquery()
        found = SimpleNamespace(
            id=facts.c.id,
            quantity=facts.c.quantity,
            due_on=due_on(facts.c, facts.c),
            days_late=days_late(facts.c, facts.c),
            is_excused=is_excused(facts.c, facts.c),
            penalty=penalty(facts.c, facts.c),
            currency=facts.c.currency,
        )
        return found, select().select_from(facts).correlate_except(facts), facts.c.id

    def _facts(self, reader: Reader) -> Any:
        """Select each part of a call-off that is on its way or here, with what was guaranteed."""
        part, delivery, line, order, contract, terms = (
            reader.table(each)
            for each in (DeliveryLine, Delivery, OrderLine, Order, Contract, Guarantee)
        )
        own = merchant(reader.viewer)
        unit_price: Any = net_of(Decimal(1), line.unit_price, line.discount_percent)
        joined = (
            select(
                part.id,
                _guaranteed(reader, part, line, order, contract, terms).label("quantity"),
                contract.day(order.placed_at).label("called_off_on"),
                contract.day(_wanted(line, order)).label("wanted_on"),
                contract.day(func.coalesce(delivery.delivered_at, reader.at)).label("supplied_on"),
                unit_price.label("unit_price"),
                delivery.excuse,
                *(getattr(terms, it) for it in _TERMS),
            )
            .select_from(part)
            .join(delivery, delivery.id == part.delivery_id)
            .join(line, line.id == part.order_line_id)
            .join(order, order.id == part.order_id)
            .join(terms, terms.id == line.guarantee_id)
            .join(contract, contract.id == terms.contract_id)
        )
        of_merchant = [it.merchant_id == own for it in (delivery, line, order, contract)]
        seen = (*seen_by(reader.viewer, part), *seen_by(reader.viewer, terms))
        brings = (delivery.state != DeliveryState.CANCELLED, part.planned > part.owed_again)
        return joined.where(*of_merchant, *seen, *brings)


_TERMS = (
    "lead_time_days",
    "grace_days",
    "penalty_percent_per_day",
    "penalty_per_unit",
    "penalty_cap_percent",
    "currency",
    "excuses",
)


def _guaranteed(
    reader: Reader, part: Any, line: Any, order: Any, contract: Any, terms: Any
) -> ColumnElement[Any]:
    """Return how much of a part is guaranteed: what fits beside what was wanted before it."""
    own = merchant(reader.viewer)
    other, its_order, its_part, its_delivery = (
        reader.table(it) for it in (OrderLine, Order, DeliveryLine, Delivery)
    )

    def period(of: Any, of_order: Any) -> ColumnElement[Any]:
        day = cast(contract.day(_wanted(of, of_order)), DateTime())
        return func.date_trunc(func.lower(terms.period), day)

    earlier = (
        select(func.coalesce(func.sum(other.ordered - other.cancelled), 0))
        .select_from(other)
        .join(its_order, its_order.id == other.order_id)
        .where(
            other.merchant_id == own,
            its_order.merchant_id == own,
            other.contract_line_id == line.contract_line_id,
            tuple_(its_order.placed_at, other.id) < tuple_(order.placed_at, line.id),
            period(other, its_order) == period(line, order),
        )
    )
    beside = (
        select(func.coalesce(func.sum(its_part.planned - its_part.owed_again), 0))
        .select_from(its_part)
        .join(its_delivery, its_delivery.id == its_part.delivery_id)
        .where(
            its_part.merchant_id == own,
            its_delivery.merchant_id == own,
            and_(its_part.order_line_id == part.order_line_id, its_part.id < part.id),
            its_delivery.state != DeliveryState.CANCELLED,
        )
    )
    before: Any = earlier.correlate_except(other, its_order).scalar_subquery()
    before += beside.correlate_except(its_part, its_delivery).scalar_subquery()
    # What was lost or came back is supplied by what takes its place.
    brought = part.planned - part.owed_again
    fits = func.greatest(func.least(brought, terms.quantity - before), 0)
    return case((terms.quantity.is_(None), brought), else_=fits)


supplied = _Supplied()
