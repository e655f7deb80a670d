"""What has arrived: counters of lines, states of deliveries, and the events that tell of them.

Tracking says what follows from parcels: one that arrived delivers its contents and nothing else
(invariant P2), one that went back to the sender was refused, one that is lost is lost. A delivery
is DELIVERED when all of its parcels are, PARTIALLY_DELIVERED when some are; when none is and the
way of every parcel has ended, it is RETURNED_TO_SENDER or LOST if all ended so, else FAILED. Only
parcels that hold goods count: no voided one, and no pallet that merely carries others. Once the
client has confirmed its own receipt (`receipts`), that is the last word and tracking moves nothing
any more. Whoever says it, `bring` moves and tells it.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from operator import attrgetter
from typing import Any
from uuid import UUID

from sqlalchemy.orm.attributes import flag_modified

from commands.fulfilment.deliveries.arrivals import owing
from commands.fulfilment.deliveries.arrivals.owing import Amounts
from commands.fulfilment.deliveries.locking import Locked, changed, quantities_of
from commands.trade.orders.lines import news, reached
from commands.writing.rows import change_rows
from models.base.tables import Owned
from models.events.fulfilment.deliveries import (
    ARRIVALS,
    Arrival,
    DeliveryArrivalCorrected,
    DeliveryProgressed,
)
from models.events.trade.orders import OrderProgressed
from models.fulfilment.deliveries.receipts import Receipt
from models.fulfilment.deliveries.states import BEFORE_DISPATCH, DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.fulfilment.deliveries.ways import TERMINAL
from models.fulfilment.parcels import Parcel, ParcelContent, ParcelStatus
from models.trade.orders.lines import OrderLine

_COUNTERS = {
    ParcelStatus.DELIVERED: "delivered",
    ParcelStatus.RETURNED_TO_SENDER: "refused",
    ParcelStatus.LOST: "lost",
}
_NOT_SENT = BEFORE_DISPATCH | {DeliveryState.CANCELLED}
_ENDS = {
    ParcelStatus.RETURNED_TO_SENDER: DeliveryState.RETURNED_TO_SENDER,
    ParcelStatus.LOST: DeliveryState.LOST,
}

_WHOLE = {DeliveryState.DELIVERED, DeliveryState.RESHIPPED}
_SOME_ARRIVED = {DeliveryState.PARTIALLY_DELIVERED, DeliveryState.DELIVERED}


@dataclass(frozen=True)
class _Packed:
    """A parcel of a delivery with what it holds."""

    parcel: Parcel
    contents: Collection[ParcelContent]


@dataclass(frozen=True)
class Arrived:
    """What is known of a delivery that left. at: since when. lines: line -> all in all."""

    state: DeliveryState
    at: datetime
    delivered_at: datetime | None
    lines: Mapping[DeliveryLine, Amounts]


async def bring(locked: Locked, arrived: Mapping[UUID, Arrived]) -> None:
    """Bring locked deliveries and their orders to what is known, and tell it. arrived: by id.

    What was lost or came back is owed again (`owing`). Contracts are locked last, and follow.
    """
    changes = await owing.recounted(locked, [it.lines for it in arrived.values()])
    orders = _by_order(locked.order_lines.values())
    before = {order_id: reached(lines) for order_id, lines in orders.items()}
    moved_at: dict[UUID, datetime] = {}
    for delivery in changes.deliveries.values():
        known = arrived.get(delivery.id) or _as_it_is(locked, delivery)
        moved = changes.of(delivery)
        move_state(locked, delivery, known, moved)
        for line in moved:
            moved_at[line.order_id] = max(known.at, moved_at.get(line.order_id, known.at))
    await change_rows(
        locked.writing, {DeliveryLine: changes.lines, OrderLine: changes.order_lines()}
    )
    for order_id, at in moved_at.items():
        now, fell = reached(orders[order_id]), order_id in changes.fallen
        event = news(order_id, before[order_id], now, fell=fell)
        locked.writing.record(event or OrderProgressed(order_id), at)
    await owing.count_on_contracts(locked, changes, moved_at)


def _as_it_is(locked: Locked, delivery: Delivery) -> Arrived:
    """Return a delivery as somebody to whom nothing new is known of it knows it."""
    return Arrived(delivery.state, locked.writing.now, delivery.delivered_at, {})


async def settle(locked: Locked) -> None:
    """Bring counters and states in line with the parcels of the locked deliveries.

    Called by whoever changes a parcel's status, and by the dispatch, since reports may come before
    it. A delivery that is not dispatched, or whose receipt is confirmed, is left alone.
    """
    deliveries = locked.deliveries
    arrived = {
        key: _tracked(deliveries[key], locked.lines_of(deliveries[key]), parcels)
        for key, parcels in (await _packed(locked)).items()
    }
    if arrived:
        await bring(locked, arrived)


async def _packed(locked: Locked) -> dict[UUID, list[_Packed]]:
    """Return delivery id -> its live parcels that hold goods, for what tracking may settle."""
    writing = locked.writing
    sent = [it.id for it in locked.deliveries.values() if it.state not in _NOT_SENT]
    if not sent:
        return {}
    confirmed = {it.delivery_id for it in await writing.records(Receipt, "delivery_id", sent)}
    sent = [each for each in sent if each not in confirmed]
    found_parcels = await writing.records(Parcel, "delivery_id", sent)
    parcels = [it for it in found_parcels if it.status is not ParcelStatus.VOIDED]
    parcels.sort(key=attrgetter("id"))
    contents: defaultdict[UUID, list[ParcelContent]] = defaultdict(list)
    held = [parcel.id for parcel in parcels]
    for content in await writing.records(ParcelContent, "parcel_id", held):
        contents[content.parcel_id].append(content)
    found: defaultdict[UUID, list[_Packed]] = defaultdict(list)
    for parcel in parcels:
        if parcel.id in contents:
            found[parcel.delivery_id].append(_Packed(parcel, contents[parcel.id]))
    return dict(found)


def _tracked(
    delivery: Delivery, lines: Iterable[DeliveryLine], parcels: Collection[_Packed]
) -> Arrived:
    """Return what the parcels of a delivery say of it; one that was reshipped stays so."""
    sums: defaultdict[tuple[UUID, str], Decimal] = defaultdict(Decimal)
    for packed in parcels:
        if counter := _COUNTERS.get(packed.parcel.status):
            for content in packed.contents:
                sums[content.delivery_line_id, counter] += content.quantity
    is_over = delivery.state is DeliveryState.RESHIPPED
    state = delivery.state if is_over else _state(it.parcel.status for it in parcels)
    at = max(it.parcel.status_at for it in parcels)
    return Arrived(
        state,
        at,
        at if state is DeliveryState.DELIVERED else None,
        {line: {it: sums[line.id, it] for it in _COUNTERS.values()} for line in lines},
    )


def _state(of_parcels: Iterable[ParcelStatus]) -> DeliveryState:
    """Return the state that the parcels give to their delivery."""
    statuses = set(of_parcels)
    if statuses == {ParcelStatus.DELIVERED}:
        return DeliveryState.DELIVERED
    if ParcelStatus.DELIVERED in statuses:
        return DeliveryState.PARTIALLY_DELIVERED
    if not statuses <= TERMINAL:
        return DeliveryState.DISPATCHED
    return _ENDS[statuses.pop()] if len(statuses) == 1 else DeliveryState.FAILED


def ended(lines: Collection[DeliveryLine], *, is_confirmed: bool) -> DeliveryState:
    """Return the state that the lines of a delivery give to it, as its parcels or receipt did.

    is_confirmed: whether that was a receipt.
    """
    sums = {it: sum((getattr(line, it) for line in lines), Decimal(0)) for it in owing.ENDED}
    shipped = sum((line.shipped for line in lines), Decimal(0))
    if sums["delivered"]:
        whole = sums["delivered"] == shipped
        return DeliveryState.DELIVERED if whole else DeliveryState.PARTIALLY_DELIVERED
    if sum(sums.values()) < shipped:
        return DeliveryState.DISPATCHED
    ways = (it for it, counter in _COUNTERS.items() if sums[counter] == shipped)
    return (
        DeliveryState.FAILED
        if is_confirmed
        else _ENDS.get(next(ways, ParcelStatus.UNKNOWN), DeliveryState.FAILED)
    )


def move_state(
    locked: Locked, delivery: Delivery, known: Arrived, moved: Mapping[OrderLine, Amounts]
) -> None:
    """Give the delivery its state; one journal event where state, time or counters changed."""
    was = (delivery.state, delivery.delivered_at)
    if was == (known.state, known.delivered_at) and not moved:
        return
    kind = _kind(delivery, known, moved)
    _set(delivery, state=known.state, delivered_at=known.delivered_at)
    counts = {
        each: quantities_of(
            {line: amounts[each] for line, amounts in moved.items() if amounts[each]}
        )
        for each in _COUNTERS.values()
    }
    changed(locked.writing, delivery, kind(delivery.id, **counts), known.at)


def _kind(
    delivery: Delivery, known: Arrived, moved: Mapping[OrderLine, Amounts]
) -> Callable[..., Arrival]:
    """Return what tells of a delivery's arrival, of less than before as of that."""
    fell = any(amounts["delivered"] < 0 for amounts in moved.values())
    kind = DeliveryProgressed if known.state is delivery.state else ARRIVALS.get(known.state)
    is_itself = delivery.state is DeliveryState.RESHIPPED and known.state not in _WHOLE
    if kind is None or is_itself or (fell and known.state in _SOME_ARRIVED):
        return partial(DeliveryArrivalCorrected, state=known.state)
    return kind


def _set(row: Owned, **values: Any) -> None:
    """Set columns; all of them are written, so that one statement updates all such rows."""
    for column, value in values.items():
        setattr(row, column, value)
        flag_modified(row, column)


def _by_order(lines: Iterable[OrderLine]) -> dict[UUID, list[OrderLine]]:
    found: defaultdict[UUID, list[OrderLine]] = defaultdict(list)
    for line in lines:
        found[line.order_id].append(line)
    return found
