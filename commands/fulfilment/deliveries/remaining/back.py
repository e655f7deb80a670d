"""Deliveries that are taken back before they leave, whole or in part."""

from collections.abc import Collection, Mapping
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from commands.fulfilment.deliveries.arrivals.recounting import recount
from commands.fulfilment.deliveries.locking import Locked, changed, grouped, quantities_of
from commands.fulfilment.parcels.pack import void
from commands.trade.orders.lines import move
from commands.writing.transaction import Writing
from models.events.fulfilment.deliveries import DeliveryCancelled, DeliveryLowered
from models.fulfilment.deliveries import acts
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine


async def take_back(
    writing: Writing,
    locked: Locked,
    deliveries: Collection[Delivery],
    *,
    less: Mapping[DeliveryLine, Decimal] | None = None,
    when: Mapping[UUID, datetime] | None = None,
) -> None:
    """Cancel locked deliveries that have not left (D5), and lower lines of others.

    less: line of a delivery that is planned only -> how much is taken out of it, above 0; where
    nothing stays, that is cancelled, too. when: by id, where a delivery was not cancelled now. What
    was found beside what was to replace it counts in the room that comes (D21).
    """
    empty = await _lower(writing, locked, less or {})
    taken = [*empty, *deliveries]
    await _cancel(writing, locked, taken, when or {})
    if taken or less:
        await recount(locked)


async def _lower(
    writing: Writing, locked: Locked, less: Mapping[DeliveryLine, Decimal]
) -> list[Delivery]:
    """Take so much out of lines of deliveries; returns those of which nothing stays."""
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
    return empty


async def _cancel(
    writing: Writing,
    locked: Locked,
    deliveries: Collection[Delivery],
    when: Mapping[UUID, datetime],
) -> None:
    """Cancel deliveries.

    Their own lines keep what was planned, picked and packed, for the record; the counters of the
    order lines go back exactly.
    """
    for delivery in deliveries:
        delivery.cancelled_at = at = when.get(delivery.id, writing.now)
        for line in locked.lines_of(delivery):
            order_line = locked.order_lines[line.order_line_id]
            back = {it: -getattr(line, it) for it in ("planned", "picked", "packed")}
            move(order_line, at, **back)
        delivery.state = acts.CANCEL.becomes
        changed(writing, delivery, DeliveryCancelled(delivery.id), delivery.cancelled_at)
    await void(locked.writing, *(it.id for it in deliveries))
