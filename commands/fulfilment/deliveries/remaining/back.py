"""Deliveries that are taken back before they leave."""

from collections.abc import Collection, Mapping
from datetime import datetime
from uuid import UUID

from commands.fulfilment.deliveries.locking import Locked, changed
from commands.fulfilment.parcels.pack import void
from commands.trade.orders.lines import move
from commands.writing.transaction import Writing
from models.events.fulfilment.deliveries import DeliveryCancelled
from models.fulfilment.deliveries import acts
from models.fulfilment.deliveries.tables import Delivery


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
