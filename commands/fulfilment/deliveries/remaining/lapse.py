"""Orders that were wanted by an instant or not at all: what has not left by then is cancelled."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, DateTime, Uuid, and_, any_, bindparam, or_, select

from commands.fulfilment.deliveries.locking import Locked
from commands.fulfilment.deliveries.remaining import remainder
from commands.fulfilment.deliveries.remaining.back import take_back
from commands.trade.orders.lines import lines_of
from commands.trade.orders.states import not_wanted
from commands.writing.transaction import Writing
from kit.clock import CLOCKS_APART
from kit.db.statements import Statement
from models.access.journal import JournalEntry
from models.base.acts import AllRows
from models.base.tasks import is_among
from models.fulfilment.deliveries.conditions import TAKEN_OVER
from models.fulfilment.deliveries.states import BEFORE_DISPATCH, DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.trade.orders.acts import HELD
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import OPEN_STATES
from models.trade.orders.tables import Order

_SOONEST, _LATEST = timedelta(minutes=1), timedelta(hours=1)
"""After which an order that is open still is looked at again."""


async def lapse(writing: Writing, due: Sequence[UUID]) -> Mapping[UUID, datetime]:
    """Cancel what is open of orders that are not wanted any more (D10).

    Nothing of them goes on from their last instant on, whenever this comes. What is packed may have
    left in time and be told later, and so is left for a day; what its carrier has is never taken
    back. What is held stays until its hold ends (D9). What other orders have in a delivery that is
    taken back can be planned again. An order that was recorded after its last instant is history,
    which its importer completes.

    Returns the orders that are open still, with when they are looked at again: what is held or
    under way now may be owed again.
    """
    now = writing.now
    found = {"merchant": writing.viewer.merchant_id, "now": now, "left_by": now - CLOCKS_APART}
    found["keys"] = list(due)
    lapsed = {it for (it,) in await writing.session.rows(_LAPSED, found)}
    if lapsed:
        await _end(writing, found, lapsed)
    rows = await writing.session.rows(_OPEN, found)
    return {key: now + _pause(now - not_by) for key, not_by in rows}


def _pause(late: timedelta) -> timedelta:
    """Return when to look again at an order whose last instant was so long ago."""
    return min(max(late / 2, _SOONEST), _LATEST)


async def _end(writing: Writing, found: dict[str, Any], lapsed: set[UUID]) -> None:
    """Take back what may be, and cancel what is open then."""
    locked, deliveries = await _lock(writing, found, lapsed)
    await take_back(writing, locked, deliveries)
    mine = (it for key, it in locked.orders.items() if key in lapsed)
    for order in (it for it in mine if _lapses(it, writing.now)):
        order.cancel_reason = not_wanted(order)
        unplanned = {line: line.unplanned for line in locked.lines_of_order(order)}
        await remainder.cancel(locked, order, unplanned)


def _lapses(order: Order, now: datetime) -> bool:
    """Tell whether a locked order still is one that lapses."""
    return order.state in OPEN_STATES and not order.is_wanted(now)


async def _lock(
    writing: Writing, found: dict[str, Any], lapsed: set[UUID]
) -> tuple[Locked, list[Delivery]]:
    """Lock orders that lapse, with those that share deliveries with them, but no locked ones.

    Returns them with the deliveries that are taken back.
    """
    keys = {"keys": list(lapsed)}
    orders = {it.id: it for it in await writing.session.scalars(_LOCK, {**found, **keys})}
    rows = await writing.session.scalars(_TAKEN_BACK, {**found, **keys})
    deliveries = {it.id: it for it in rows}
    parts = await writing.among(DeliveryLine, "delivery_id", deliveries, "id")
    others = {it.delivery_id for it in parts if it.order_id not in orders}
    lines = {it.id: it for it in parts if it.delivery_id not in others}
    mine = {key: it for key, it in deliveries.items() if key not in others}
    locked = Locked(writing, mine, lines, orders, await lines_of(writing, orders))
    return locked, list(mine.values())


_MERCHANT = bindparam("merchant", type_=Uuid())
_ROWS = AllRows(_MERCHANT, bindparam("now", type_=DateTime(timezone=True)))
_LEFT_BY = bindparam("left_by", type_=DateTime(timezone=True))
_AMONG = any_(bindparam("keys", type_=ARRAY(Uuid())))


def _is_taken_back(order: Any, delivery: Any) -> ColumnElement[bool]:
    """Tell whether a delivery of an order is not made any more."""
    is_packed = delivery.state == DeliveryState.PACKED
    return and_(
        ~order.is_wanted(_ROWS.now),
        is_among(delivery.state, BEFORE_DISPATCH),
        or_(~is_packed, ~order.is_wanted(_LEFT_BY)),
        ~HELD.of(_ROWS, delivery),
        ~TAKEN_OVER.of(_ROWS, delivery),
    )


def _is_history(order: Any) -> ColumnElement[bool]:
    """Tell whether an order was recorded after its last instant."""
    return _ROWS.some(
        JournalEntry,
        where=lambda entry: and_(
            entry.aggregate_id == order.id,
            entry.sequence == 1,
            entry.recorded_at > order.cancel_if_not_by,
        ),
    )


def _has_to_lapse(order: Any) -> ColumnElement[bool]:
    has_rest = _ROWS.some(
        OrderLine, where=lambda it: and_(it.order_id == order.id, it.unplanned > 0)
    )
    has_delivery = _ROWS.some(
        Delivery,
        DeliveryLine,
        where=lambda delivery, part: and_(
            part.order_id == order.id,
            part.planned > 0,
            delivery.id == part.delivery_id,
            _is_taken_back(order, delivery),
        ),
    )
    return and_(
        order.merchant_id == _MERCHANT,
        ~order.is_wanted(_ROWS.now),
        is_among(order.state, OPEN_STATES),
        or_(has_rest, has_delivery),
        ~_is_history(order),
    )


_LAPSED = Statement(select(Order.id).where(Order.id == _AMONG, _has_to_lapse(Order)))
_OPEN = Statement(
    select(Order.id, Order.cancel_if_not_by).where(
        Order.merchant_id == _MERCHANT,
        Order.id == _AMONG,
        Order.cancel_if_not_by <= _ROWS.now,
        is_among(Order.state, OPEN_STATES),
        ~_is_history(Order),
    )
)
_OF_LAPSED = select(DeliveryLine.delivery_id).where(
    DeliveryLine.merchant_id == _MERCHANT, DeliveryLine.order_id == _AMONG
)
_SHARING = select(DeliveryLine.order_id).where(
    DeliveryLine.merchant_id == _MERCHANT, DeliveryLine.delivery_id.in_(_OF_LAPSED)
)
_LOCK = (
    select(Order)
    .where(Order.merchant_id == _MERCHANT, or_(Order.id == _AMONG, Order.id.in_(_SHARING)))
    .order_by(Order.id)
    .with_for_update(of=Order, skip_locked=True)
    .execution_options(populate_existing=True)
)
_TAKEN_BACK = (
    select(Delivery)
    .where(
        Delivery.merchant_id == _MERCHANT,
        _ROWS.some(
            DeliveryLine,
            Order,
            where=lambda part, order: and_(
                part.delivery_id == Delivery.id,
                part.planned > 0,
                order.id == part.order_id,
                order.id == _AMONG,
                _is_taken_back(order, Delivery),
            ),
        ),
    )
    .execution_options(populate_existing=True)
)
