"""What is left of an order beside its deliveries, where its policy says that nothing may be."""

from collections.abc import Mapping
from decimal import Decimal

from commands.fulfilment.deliveries.locking import Locked
from commands.trade.orders import lines
from commands.trade.orders.cancel import cancelled_lines
from commands.trade.orders.states import become
from models.events.trade.orders import OrderCancelled, OrderLinesCancelled
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import OrderState
from models.trade.orders.tables import Order


async def cancel(locked: Locked, order: Order, remaining: Mapping[OrderLine, Decimal]) -> None:
    """Cancel quantities of a locked order that are in no delivery. rest: line -> quantity.

    An order of which nothing remains is CANCELLED.
    """
    open_quantities = {line: quantity for line, quantity in remaining.items() if quantity > 0}
    if not open_quantities:
        return
    writing = locked.writing
    every = locked.lines_of_order(order)
    happened = OrderLinesCancelled(order.id, lines=cancelled_lines(open_quantities))
    await lines.cancel(writing, order, every, open_quantities, happened)
    order.version += 1
    if all(line.cancelled == line.ordered for line in every):
        become(writing, order, OrderState.CANCELLED)
        writing.record(OrderCancelled(order.id))
