"""What is left of an order beside its deliveries, where its policy says that nothing may be."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from uuid import UUID

from commands.fulfilment.deliveries.locking import Locked
from commands.trade.contracts.account import give_back
from commands.trade.orders import lines
from commands.trade.orders.cancel import cancelled_lines
from commands.trade.orders.states import end_if_empty
from models.events.trade.orders import OrderLinesCancelled
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order

Unplanned = Mapping[OrderLine, Decimal]
"""Line -> how much of it is in no delivery."""


async def cancel(locked: Locked, order: Order, remaining: Unplanned) -> None:
    """Cancel quantities of a locked order, as `cancel_each` does."""
    await cancel_each(locked, {order: remaining})


async def cancel_each(
    locked: Locked, remaining: Mapping[Order, Unplanned], gone: Unplanned | None = None
) -> None:
    """Cancel quantities of locked orders that are in no delivery.

    gone: how much of them was cancelled before, until it was thought to have arrived. An order of
    which nothing remains ends. Call-offs give theirs back to their contracts.
    """
    gone = gone or {}
    changes: defaultdict[UUID, dict[UUID, Decimal]] = defaultdict(dict)
    for order, quantities in remaining.items():
        wanted = {line: quantity for line, quantity in quantities.items() if quantity > 0}
        if not wanted:
            continue
        every = locked.lines_of_order(order)
        happened = OrderLinesCancelled(order.id, lines=cancelled_lines(wanted))
        kept = {it: _waived(it, quantity, gone.get(it)) for it, quantity in wanted.items()}
        given_back = await lines.cancelled(locked.writing, order, every, wanted, happened)
        for line, (given_up, waived) in kept.items():
            lines.waive(line, given_up, waived)
        order.version += 1
        end_if_empty(locked.writing, order, every)
        if order.contract_id is not None:
            of = changes[order.contract_id]
            for line_id, amount in given_back.items():
                of[line_id] = of.get(line_id, Decimal(0)) + amount
    for contract_id, amounts in sorted(changes.items()):
        if amounts:
            await give_back(locked.writing, contract_id, amounts)


def _waived(line: OrderLine, quantity: Decimal, again: Decimal | None) -> tuple[Decimal, Decimal]:
    """Return what of a line is given up and waived once a quantity of it is cancelled.

    again: how much of that was cancelled before. The others are first what never left.
    """
    again = min(again or Decimal(0), quantity)
    more = max(quantity - again - line.never_left, Decimal(0))
    return line.given_up + more, line.waived + again + more
