"""The goods leave: what was packed is shipped."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import Field

from commands.fulfilment.deliveries.arrivals.arrival import settle
from commands.fulfilment.deliveries.batches import DeliveryBatch, in_turns, take_each
from commands.fulfilment.deliveries.locking import Locked, OfDelivery, changed, quantities_of
from commands.fulfilment.deliveries.remaining import remainder
from commands.trade.contracts import counters
from commands.trade.contracts.counters import Then
from commands.trade.orders.lines import move
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.clock import check_happened
from kit.inputs import Command, Each, Instant
from models.base.guards import guards
from models.events.fulfilment.deliveries import DeliveryDispatched
from models.fulfilment.deliveries import acts
from models.fulfilment.deliveries.conditions import TOO_LATE
from models.fulfilment.deliveries.tables import Delivery
from models.trade.orders.states import DeliveryPolicy


class DispatchedDelivery(OfDelivery):
    """One of several deliveries that have left."""

    dispatched_at: Instant | None = Field(
        None,
        description="When it left; now by default, at most a day ahead of our clock, and a day"
        " before its orders were placed.",
    )


class DeliveryDispatch(DispatchedDelivery, Command):
    """A delivery that has left."""


class DeliveriesDispatch(Command):
    """Up to 250 deliveries that have left."""

    deliveries: Each[DispatchedDelivery] = Field(description="The deliveries; each once.")


@verb(
    acts.DISPATCH,
    "Ship what was packed.",
)
async def dispatch(writing: Writing, command: DeliveryDispatch) -> Outcome:
    """Ship what was packed. A parcel's contents are what was packed, so they are shipped (P1).

    Reports of carriers may have come before and count from now on. Orders whose policy is
    PARTIAL_CANCEL_REST lose what is in no delivery.
    Refused: WRONG_STATE, ON_HOLD, PAYMENT_OUTSTANDING, INVALID_DATE for a time to come or before
    its orders were placed, QUANTITY_NOT_OPEN for a line that is cancelled in full, DELIVERY_POLICY
    when a part of an order that must come complete would leave alone, one that is past its date has
    left after it, or the delivery does not complete it as it says (D18), AMENDMENT_AWAITED,
    LOCATION_NOT_ALLOWED and METHOD_NOT_ALLOWED for what its goods need by now.
    """
    batch = await take_each(writing, [command], dispatch)
    await ship(batch)
    return batch.one()


@verb(
    acts.DISPATCH,
    "Ship what was packed of up to 250 deliveries; one that is refused stops no other.",
)
async def dispatch_each(writing: Writing, command: DeliveriesDispatch) -> Outcome:
    """Ship what was packed of deliveries, each for itself.

    One that completes an order may leave with what leaves before it.

    Refused: of a delivery as `deliveryDispatch`, and DUPLICATE for one that stands twice; as a
    whole: TOO_MANY_ITEMS.
    """
    batch = await take_each(writing, command.deliveries, dispatch_each)
    await in_turns(batch, ship, dispatch_each)
    return batch.results("deliveries")


async def ship(batch: DeliveryBatch[Any]) -> None:
    """Ship deliveries that are taken. Refusals: INVALID_DATE, DELIVERY_POLICY."""
    writing, locked = batch.writing, batch.locked
    when = {place: item.dispatched_at or writing.now for place, item, _ in batch.looked_at}
    for place, _, delivery in batch.looked_at:
        placed = max(order.placed_at for order in locked.orders_of(delivery))
        with batch.of(place):
            check_happened(when[place], ("dispatched_at",), writing.now, placed)
    await _check_in_time(batch, when)
    left: list[Then] = []
    for place, _, delivery in batch.going:
        shipped, lines = {}, locked.lines_of(delivery)
        await writing.room(1 + len(lines))
        for line in lines:
            order_line = locked.order_lines[line.order_line_id]
            shipped[order_line] = line.shipped = line.packed
            move(order_line, when[place], shipped=line.packed)
            if order_line.contract_line_id is not None:
                amounts = {"shipped": line.packed}
                left.append((order_line.contract_line_id, when[place], amounts))
        delivery.state = acts.DISPATCH.becomes
        delivery.dispatched_at = when[place]
        happened = DeliveryDispatched(delivery.id, shipped=quantities_of(shipped))
        changed(writing, delivery, happened, when[place])
    await _cancel_remainder(locked, batch.deliveries)
    await _count_on_contracts(locked, left)
    if batch.going:
        await settle(locked)


@guards("D10")
async def _check_in_time(batch: DeliveryBatch[Any], when: Mapping[int, datetime]) -> None:
    """Leave out what left after the last instant of one of its orders: DELIVERY_POLICY."""
    await batch.stop((TOO_LATE,), at=when)


async def _cancel_remainder(locked: Locked, deliveries: Iterable[Delivery]) -> None:
    orders = {order.id: order for it in deliveries for order in locked.orders_of(it)}
    remaining = {
        order: {line: line.unplanned for line in locked.lines_of_order(order)}
        for order in orders.values()
        if order.delivery_policy is DeliveryPolicy.PARTIAL_CANCEL_REST
    }
    await remainder.cancel_each(locked, remaining)


async def _count_on_contracts(locked: Locked, shipped: Sequence[Then]) -> None:
    sums: defaultdict[UUID, Decimal] = defaultdict(Decimal)
    for line_id, _, amounts in shipped:
        sums[line_id] += amounts["shipped"]
    changes = {line_id: {"shipped": amount} for line_id, amount in sums.items()}
    await counters.move(locked.writing, changes, shipped)
