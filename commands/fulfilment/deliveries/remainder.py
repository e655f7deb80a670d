"""What is left of an order beside its deliveries, where its policy says that nothing may be."""

from collections.abc import Mapping
from decimal import Decimal

from commands.fulfilment.deliveries.locking import Locked
from commands.trade.orders import lines
from commands.trade.orders.cancel import cancelled_lines
from commands.trade.orders.states import become
from kit.errors import Path, Refused
from models.events.trade.orders import OrderCancelled, OrderLinesCancelled
from models.fulfilment.codes import FulfilmentCode
from models.fulfilment.deliveries.tables import DeliveryLine
from models.trade.orders.states import DeliveryPolicy, OrderState
from models.trade.orders.tables import Order, OrderLine


def check_complete(locked: Locked, leaving: Mapping[DeliveryLine, Decimal], path: Path) -> None:
    """Refused: DELIVERY_POLICY when a part of an order that must come complete would leave alone.

    leaving: each line of one delivery -> how much leaves with it, 0 for what stays.
    """
    taken = {line.order_line_id: quantity for line, quantity in leaving.items() if quantity > 0}
    for order in locked.orders.values():
        mine = locked.lines_of_order(order)
        if (
            order.delivery_policy is DeliveryPolicy.SHIP_COMPLETE
            and any(it.id in taken for it in mine)
            and any(it.open_quantity > taken.get(it.id, 0) for it in mine)
        ):
            text = f"{order.number} must come complete; this delivery leaves something open."
            raise Refused(FulfilmentCode.DELIVERY_POLICY, text, path)


async def cancel(locked: Locked, order: Order, rest: Mapping[OrderLine, Decimal]) -> None:
    """Cancel quantities of a locked order that are in no delivery. rest: line -> quantity.

    An order of which nothing remains is CANCELLED.
    """
    open_rest = {line: quantity for line, quantity in rest.items() if quantity > 0}
    if not open_rest:
        return
    writing = locked.writing
    every = locked.lines_of_order(order)
    told = OrderLinesCancelled(order.id, lines=cancelled_lines(open_rest))
    await lines.cancel(writing, order, every, open_rest, told)
    order.version += 1
    if all(line.cancelled == line.ordered for line in every):
        become(writing, order, OrderState.CANCELLED)
        writing.record(OrderCancelled(order.id))
