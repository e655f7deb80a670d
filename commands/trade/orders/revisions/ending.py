"""Orders that are there and are sent again with their end: they are over as of then."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from commands.trade.orders.cancel import cancelled_lines
from commands.trade.orders.lines import lines_of, settle_payments, take_out
from commands.trade.orders.states import become, under_way
from commands.writing.transaction import Writing, check_state
from kit.errors import Code, Path, Refused
from models.base.acts import leading_to
from models.base.guards import guards
from models.events.trade.orders import OrderCancelled, OrderClosed, OrderLinesCancelled
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import NEXT_STATES, OrderKind, OrderState
from models.trade.orders.tables import Order

End: TypeAlias = tuple[OrderState, datetime]
"""The state in which an order is over, and since when."""


@guards("O16", verb="ordersImport")
def check_end(
    order: Order, lines: Sequence[OrderLine], end: End, left: datetime | None, path: Path
) -> None:
    """Look whether a locked order that is open may be over as of then. lines: all of it.

    left: when something of it left last. Refused: WRONG_STATE for a call-off, for one that waits
    for an approval, while something is planned and not shipped, and for a cancellation of what has
    left; INVALID_DATE for an end before that.
    """
    state, at = end
    if order.kind is OrderKind.CALL_OFF:
        raise Refused(Code.WRONG_STATE, f"{order.number} is a call-off.", path)
    check_state(order, leading_to(state, NEXT_STATES), path)
    if any(it.planned > it.shipped for it in lines):
        raise Refused(Code.WRONG_STATE, under_way(order), path)
    if state is OrderState.CANCELLED and any(it.has_left for it in lines):
        text = f"Something of {order.number} has left: it is closed, not cancelled."
        raise Refused(Code.WRONG_STATE, text, path)
    if left is not None and at < left:
        text = f"Something of {order.number} left after that: {left.isoformat()}."
        raise Refused(Code.INVALID_DATE, text, path)


async def end_each(writing: Writing, ends: Mapping[UUID, tuple[Order, End]]) -> None:
    """Let locked orders that are checked be over as of then: what no delivery has taken goes.

    One that is closed and of which nothing has left or is cancelled costs what was ordered, as one
    that is imported so, until a delivery of it is recorded.
    """
    if not ends:
        return
    lines: defaultdict[UUID, list[OrderLine]] = defaultdict(list)
    for line in (await lines_of(writing, ends)).values():
        lines[line.order_id].append(line)
    for key, (order, end) in ends.items():
        await writing.room(1 + len(lines[key]))
        _end(writing, order, lines[key], end)
    await writing.session.flush()
    await settle_payments(writing, (order for order, _ in ends.values()))


def _end(writing: Writing, order: Order, lines: Collection[OrderLine], end: End) -> None:
    (state, at), is_closed = end, end[0] is OrderState.CLOSED
    costs_whole = is_closed and not any(it.has_left or it.cancelled for it in lines)
    charged, taxed = order.charged, order.taxed
    unplanned = {line: line.unplanned for line in lines if line.unplanned > 0}
    closed, cancelled = OrderClosed(order.id), cancelled_lines(unplanned)
    become(writing, order, state, at)
    happened = closed if is_closed else OrderLinesCancelled(order.id, lines=cancelled)
    take_out(writing, order, lines, unplanned, happened, at)
    if not is_closed:
        writing.record(OrderCancelled(order.id), at)
    if costs_whole:
        order.charged, order.taxed = charged, taxed
        for line in lines:
            line.costs_whole = True
    order.version += 1
