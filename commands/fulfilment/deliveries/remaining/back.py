"""Deliveries that are taken back before they leave."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from commands.fulfilment.deliveries.locking import Locked, changed, grouped, quantities_of
from commands.fulfilment.parcels.pack import void
from commands.trade.orders.lines import move
from commands.writing.transaction import Writing
from models.events.fulfilment.deliveries import DeliveryCancelled, DeliveryLowered
from models.fulfilment.deliveries import acts
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine


async def lower(writing: Writing, locked: Locked, less: Mapping[DeliveryLine, Decimal]) -> None:
    """Take so much out of lines of locked deliveries that are planned only.

    less: above 0 of each. A delivery of which nothing stays is taken back.
    """
    empty = []
    for delivery_id, lines in grouped(less, "delivery_id").items():
        delivery = locked.deliveries[delivery_id]
        if all(less.get(it) == it.planned for it in locked.lines_of(delivery)):
            empty.append(delivery)
            continue
        taken = {locked.order_lines[it.order_line_id]: less[it] for it in lines}
        for line in lines:
            line.planned -= less[line]
            move(locked.order_lines[line.order_line_id], planned=-less[line])
            if not line.planned:
                await writing.session.delete(line)
        changed(writing, delivery, DeliveryLowered(delivery.id, taken=quantities_of(taken)))
    await take_back(writing, locked, empty)


async def take_back(
    writing: Writing,
    locked: Locked,
    deliveries: Collection[Delivery],
    when: Mapping[UUID, datetime] | None = None,
) -> None:
    """Cancel locked deliveries that have not left (D5). when: by id, where that was not now.

    Their own lines keep what was planned, picked and packed, for the record; the counters of the
    order lines go back exactly.
    """
    for delivery in deliveries:
        delivery.cancelled_at = at = (when or {}).get(delivery.id, writing.now)
        for line in locked.lines_of(delivery):
            order_line = locked.order_lines[line.order_line_id]
            back = {it: -getattr(line, it) for it in ("planned", "picked", "packed")}
            move(order_line, at, **back)
        delivery.state = acts.CANCEL.becomes
        changed(writing, delivery, DeliveryCancelled(delivery.id), delivery.cancelled_at)
    await void(locked.writing, *(it.id for it in deliveries))
