"""Deliveries that are taken back before they leave."""

from collections.abc import Collection

from commands.fulfilment.deliveries.locking import Locked, changed
from commands.fulfilment.parcels.pack import void
from commands.trade.orders.lines import move
from commands.writing.transaction import Writing
from models.events.fulfilment.deliveries import DeliveryCancelled
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Delivery


async def take_back(writing: Writing, locked: Locked, deliveries: Collection[Delivery]) -> None:
    """Cancel locked deliveries that have not left (D5).

    Their own lines keep what was planned, picked and packed, for the record; the counters of the
    order lines go back exactly.
    """
    for delivery in deliveries:
        for line in locked.lines_of(delivery):
            order_line = locked.order_lines[line.order_line_id]
            move(order_line, planned=-line.planned, picked=-line.picked, packed=-line.packed)
        delivery.state = DeliveryState.CANCELLED
        delivery.cancelled_at = writing.now
        changed(writing, delivery, DeliveryCancelled(delivery.id))
    await void(locked.writing, *(it.id for it in deliveries))
