"""The goods leave: what was packed is shipped."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import Field

from commands.fulfilment.deliveries.arrivals.arrival import settle
from commands.fulfilment.deliveries.batches import DeliveryBatch, in_turns, take_each
from commands.fulfilment.deliveries.locking import Locked, OfDelivery, changed, quantities_of
from commands.fulfilment.deliveries.places import tell_overridden
from commands.fulfilment.deliveries.remaining import remainder
from commands.fulfilment.deliveries.remaining.completing import left_before
from commands.fulfilment.deliveries.remaining.staying import keep_back
from commands.fulfilment.deliveries.stops import find_stopped
from commands.fulfilment.parcels.numbers import Leaving, find_shared, numbers_here
from commands.trade.contracts import counters
from commands.trade.contracts.counters import Then
from commands.trade.orders.lines import move
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.clock import check_happened
from kit.inputs import Command, Each, Instant, Note
from models.base.acts import Some
from models.base.guards import guards
from models.events.fulfilment.deliveries import DeliveryDispatched
from models.fulfilment.deliveries import acts
from models.fulfilment.deliveries.conditions import AFTER_LAST, TAKEN_OVER, TOO_LATE
from models.fulfilment.deliveries.tables import Delivery
from models.fulfilment.deliveries.ways import NUMBER_TAKEN
from models.trade.contracts.states import TimeRule
from models.trade.orders.states import DeliveryPolicy

_AS_OF_THEN = (AFTER_LAST, NUMBER_TAKEN)
"""What stops a dispatch by when it left, and not by when that is told."""


class DispatchedDelivery(OfDelivery):
    """One of several deliveries that have left."""

    dispatched_at: Instant | None = Field(
        None,
        description="When it left; now by default, at most a day ahead of our clock, and a day"
        " before its orders were placed.",
    )
    window_override: Note | None = Field(
        None,
        description="Why it left after the instant by which one of its orders was wanted or not at"
        " all, where its carrier has it: so it is neither cancelled any more. Parcels that its"
        " carrier does not have stay, and are voided. Shown to the customer.",
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
    PARTIAL_CANCEL_REST lose what is in no delivery and never left.
    Refused: WRONG_STATE, ON_HOLD, PAYMENT_OUTSTANDING, INVALID_DATE for a time to come, before its
    orders were placed, or before others left of orders that it completes (D18), QUANTITY_NOT_OPEN
    for a line that is cancelled in full, DELIVERY_POLICY when a part of an order that must come
    complete would leave alone, one that is past its date has left after it (where its carrier has
    it, an override says why), or the delivery does not complete it as it says (D18),
    AMENDMENT_AWAITED, LOCATION_NOT_ALLOWED and METHOD_NOT_ALLOWED for what its goods need by now,
    TAKEN where another customer's parcel is on its way with a number of one of its parcels, unless
    its carrier has that one, too (P2).
    """
    batch = await take_each(writing, [command], dispatch, unasked=_AS_OF_THEN)
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
    batch = await take_each(writing, command.deliveries, dispatch_each, unasked=_AS_OF_THEN)
    await in_turns(batch, ship, dispatch_each, unasked=_AS_OF_THEN)
    return batch.results("deliveries")


async def ship(batch: DeliveryBatch[Any], *, is_recorded: bool = False) -> None:
    """Ship deliveries that are taken. Refusals: INVALID_DATE, DELIVERY_POLICY, TAKEN.

    is_recorded: they have left by another system, before any report of a carrier is told to us.
    """
    writing, locked = batch.writing, batch.locked
    when = {place: item.dispatched_at or writing.now for place, item, _ in batch.looked_at}
    for place, _, delivery in batch.looked_at:
        placed = max(order.placed_at for order in locked.orders_of(delivery))
        with batch.of(place):
            check_happened(when[place], ("dispatched_at",), writing.now, placed)
    if not is_recorded:
        await batch.stop(_declared(AFTER_LAST), at=when)
    late = await _late(batch, when, is_recorded=is_recorded)
    await _check_in_time(batch, when, late)
    if not is_recorded:
        await keep_back(batch, late)
    await _check_last(batch, when)
    await _check_numbers(batch, when, late, is_recorded=is_recorded)
    left: list[Then] = []
    for place, item, delivery in batch.going:
        await writing.room(1 + len(locked.lines_of(delivery)))
        left += _leave(locked, delivery, when[place])
        if item.window_override is not None:
            delivery.window_override = item.window_override
        if place in late:
            tell_overridden(writing, delivery.id, frozenset({TimeRule.LAST_INSTANT}))
    await _cancel_remainder(locked, batch.deliveries)
    await _count_on_contracts(locked, left)
    if batch.going:
        await settle(locked)


def _leave(locked: Locked, delivery: Delivery, at: datetime) -> list[Then]:
    """Ship what was packed of a delivery; returns what its contracts count."""
    shipped, left = {}, list[Then]()
    for line in locked.lines_of(delivery):
        order_line = locked.order_lines[line.order_line_id]
        shipped[order_line] = line.shipped = line.packed
        move(order_line, at, shipped=line.packed)
        if order_line.contract_line_id is not None:
            left.append((order_line.contract_line_id, at, {"shipped": line.packed}))
    delivery.state = acts.DISPATCH.becomes
    delivery.dispatched_at = at
    happened = DeliveryDispatched(delivery.id, shipped=quantities_of(shipped))
    changed(locked.writing, delivery, happened, at)
    return left


async def _check_last(batch: DeliveryBatch[Any], when: Mapping[int, datetime]) -> None:
    """Leave out what completes its orders and left before others of these: INVALID_DATE (D18)."""
    going = [(place, it) for place, _, it in batch.going if it.completes_order]
    found = await left_before(batch.writing, {it.id: when[place] for place, it in going})
    for place, delivery in going:
        with batch.of(place):
            if delivery.id in found:
                raise found[delivery.id]


async def _check_numbers(
    batch: DeliveryBatch[Any],
    when: Mapping[int, datetime],
    late: Collection[int],
    *,
    is_recorded: bool,
) -> None:
    """Leave out what has the number of another customer's parcel that is on its way: TAKEN (P2).

    late: what leaves as far as its carrier has it. What is recorded is asked with its parcels.
    """
    if is_recorded:
        return
    places = {it.id: place for place, _, it in batch.looked_at if place not in late}
    numbers = await numbers_here(batch.writing, places)
    if not numbers:
        return
    await batch.stop(_declared(NUMBER_TAKEN), at=when, places=list(places.values()))
    customer = batch.locked.customer_of
    leaving = {
        delivery.id: Leaving(customer(delivery), when[place], place in batch.refused)
        for place, _, delivery in batch.looked_at
    }
    for key, why in find_shared(leaving, numbers).items():
        with batch.of(places[key]):
            raise why


async def _late(
    batch: DeliveryBatch[Any], when: Mapping[int, datetime], *, is_recorded: bool
) -> set[int]:
    """Return what left too late, as somebody says why, and as its carrier has it; by position."""
    found: dict[int, Delivery] = {}
    for place, item, delivery in batch.looked_at:
        wanted = batch.locked.orders_of(delivery)
        if item.window_override is not None and not all(it.is_wanted(when[place]) for it in wanted):
            found[place] = delivery
    if not found or is_recorded:
        return set(found)
    now = dict.fromkeys(found.values(), batch.writing.now)
    taken = await find_stopped(batch.writing, now, (TAKEN_OVER,), ())
    return {place for place, delivery in found.items() if delivery.id in taken}


@guards("D10")
async def _check_in_time(
    batch: DeliveryBatch[Any], when: Mapping[int, datetime], late: Collection[int]
) -> None:
    """Leave out what left after the last instant of one of its orders: DELIVERY_POLICY.

    late: what may, since its carrier has it.
    """
    await batch.stop((TOO_LATE,), at=when, places=[it for it in batch.known if it not in late])


def _declared(stop: Some) -> list[Some]:
    """Return what stops a dispatch, which is asked as of when it was: what the act declares."""
    return [it for it in acts.DISPATCH.stopped_by if it is stop]


async def _cancel_remainder(locked: Locked, deliveries: Iterable[Delivery]) -> None:
    orders = {order.id: order for it in deliveries for order in locked.orders_of(it)}
    remaining = {
        order: {line: line.never_left for line in locked.lines_of_order(order)}
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
