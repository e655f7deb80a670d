"""What follows from the statuses of parcels: counters of lines, states of deliveries.

The rule: a parcel that arrived delivers its contents and nothing else (invariant P2), one that
went back to the sender was refused, one that is lost is lost. A delivery is DELIVERED when all of
its parcels are, PARTIALLY_DELIVERED when some are; when none is and the way of every parcel has
ended, it is RETURNED_TO_SENDER or LOST if all ended so, else FAILED. Only parcels that hold goods
count: no voided one, and no pallet that merely carries others. Once the client has confirmed its
own receipt, that is the last word and tracking moves no counter any more.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy.orm.attributes import flag_modified

from commands.fulfilment.deliveries.locking import Locked, changed
from commands.fulfilment.deliveries.plan import quantities_of
from commands.trade.contracts import counters
from commands.trade.orders import lines as order_lines
from models.base.events import Moving
from models.base.tables import Owned
from models.events.fulfilment.deliveries import ARRIVALS, DeliveryProgressed
from models.events.trade.orders import (
    OrderArrivalCorrected,
    OrderDelivered,
    OrderPartiallyDelivered,
    OrderProgressed,
)
from models.fulfilment.deliveries.receipts import Receipt
from models.fulfilment.deliveries.states import BEFORE_DISPATCH, DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.fulfilment.parcels import Parcel, ParcelContent, ParcelStatus
from models.fulfilment.tracking.standing import TERMINAL
from models.trade.orders.states import FulfilmentStatus
from models.trade.orders.tables import OrderLine

_COUNTERS = {
    ParcelStatus.DELIVERED: "delivered",
    ParcelStatus.RETURNED_TO_SENDER: "refused",
    ParcelStatus.LOST: "lost",
}
_SETTLED_ELSEWHERE = BEFORE_DISPATCH | {DeliveryState.CANCELLED, DeliveryState.RESHIPPED}
_ENDS = {
    ParcelStatus.RETURNED_TO_SENDER: DeliveryState.RETURNED_TO_SENDER,
    ParcelStatus.LOST: DeliveryState.LOST,
}
_REACHED: Mapping[FulfilmentStatus | None, type[Moving]] = {
    None: OrderArrivalCorrected,
    FulfilmentStatus.PARTIALLY_DELIVERED: OrderPartiallyDelivered,
    FulfilmentStatus.DELIVERED: OrderDelivered,
}
"""How far an order has come, None where nothing of it has arrived -> what tells of it."""

Amounts = Mapping[str, Decimal]
"""delivered, lost, refused -> quantity."""


@dataclass(frozen=True)
class _Packed:
    """A parcel of a delivery with what it holds."""

    parcel: Parcel
    contents: Collection[ParcelContent]


async def settle(locked: Locked) -> None:
    """Bring counters and states in line with the parcels of the locked deliveries.

    Called by whoever changes a parcel's status, and by the dispatch, since reports may come before
    it. A delivery that is not dispatched, or whose receipt is confirmed, is left alone.
    """
    packed = await _packed(locked)
    orders = _by_order(locked.order_lines.values()) if packed else {}
    before = {order_id: _reached(lines) for order_id, lines in orders.items()}
    moved_at: dict[UUID, datetime] = {}
    moves: defaultdict[OrderLine, defaultdict[str, Decimal]] = defaultdict(
        lambda: defaultdict(Decimal)
    )
    for delivery_id, parcels in packed.items():
        delivery, at = locked.deliveries[delivery_id], max(it.parcel.status_at for it in parcels)
        moved = _move_lines(locked, locked.lines_of(delivery), parcels)
        _move_state(locked, delivery, _arrived(it.parcel.status for it in parcels), at, moved)
        for line, amounts in moved.items():
            moved_at[line.order_id] = max(at, moved_at.get(line.order_id, at))
            for counter, amount in amounts.items():
                moves[line][counter] += amount
    await _move_order_lines(locked, moves)
    for order_id, at in moved_at.items():
        _tell_order(locked, order_id, before[order_id], _reached(orders[order_id]), at)
    await _move_contract_lines(locked, moves)


async def _packed(locked: Locked) -> dict[UUID, list[_Packed]]:
    """Return delivery id -> its live parcels that hold goods, for what tracking may settle."""
    writing = locked.writing
    sent = [it.id for it in locked.deliveries.values() if it.state not in _SETTLED_ELSEWHERE]
    if not sent:
        return {}
    confirmed = await writing.among(Receipt, "delivery_id", sent)
    sent = [each for each in sent if each not in {it.delivery_id for it in confirmed}]
    parcels = [
        parcel
        for parcel in await writing.among(Parcel, "delivery_id", sent, "id")
        if parcel.status is not ParcelStatus.VOIDED
    ]
    contents: defaultdict[UUID, list[ParcelContent]] = defaultdict(list)
    held = [parcel.id for parcel in parcels]
    for content in await writing.among(ParcelContent, "parcel_id", held):
        contents[content.parcel_id].append(content)
    found: defaultdict[UUID, list[_Packed]] = defaultdict(list)
    for parcel in parcels:
        if parcel.id in contents:
            found[parcel.delivery_id].append(_Packed(parcel, contents[parcel.id]))
    return dict(found)


def _move_lines(
    locked: Locked, lines: Iterable[DeliveryLine], parcels: Iterable[_Packed]
) -> dict[OrderLine, Amounts]:
    """Move lines by what their counters lack; returns order line -> what was moved."""
    targets: defaultdict[tuple[UUID, str], Decimal] = defaultdict(Decimal)
    for packed in parcels:
        if counter := _COUNTERS.get(packed.parcel.status):
            for content in packed.contents:
                targets[content.delivery_line_id, counter] += content.quantity
    moved: dict[OrderLine, Amounts] = {}
    for line in lines:
        amounts = {it: targets[line.id, it] - getattr(line, it) for it in _COUNTERS.values()}
        if any(amounts.values()):
            order_line = locked.order_lines[line.order_line_id]
            _set(line, **{it: getattr(line, it) + amount for it, amount in amounts.items()})
            moved[order_line] = amounts
    return moved


async def _move_order_lines(locked: Locked, moves: Mapping[OrderLine, Amounts]) -> None:
    """Move order lines, one counter after the other, so that one statement moves all lines.

    What is taken back goes first: a parcel that was lost and then arrives is never both.
    """
    for is_taken_back in (True, False):
        for counter in _COUNTERS.values():
            for line, amounts in moves.items():
                if amounts[counter] and (amounts[counter] < 0) is is_taken_back:
                    order_lines.move(line, **{counter: amounts[counter]})
            await locked.writing.session.flush()


async def _move_contract_lines(locked: Locked, moves: Mapping[OrderLine, Amounts]) -> None:
    delivered: defaultdict[UUID, Decimal] = defaultdict(Decimal)
    for line, amounts in moves.items():
        if line.contract_line_id is not None:
            delivered[line.contract_line_id] += amounts["delivered"]
    changes = {line_id: {"delivered": amount} for line_id, amount in delivered.items() if amount}
    await counters.move(locked.writing, changes)


def _arrived(of_parcels: Iterable[ParcelStatus]) -> DeliveryState:
    """Return the state that the parcels give to their delivery."""
    statuses = set(of_parcels)
    if statuses == {ParcelStatus.DELIVERED}:
        return DeliveryState.DELIVERED
    if ParcelStatus.DELIVERED in statuses:
        return DeliveryState.PARTIALLY_DELIVERED
    if not statuses <= TERMINAL:
        return DeliveryState.DISPATCHED
    return _ENDS[statuses.pop()] if len(statuses) == 1 else DeliveryState.FAILED


def _move_state(
    locked: Locked,
    delivery: Delivery,
    state: DeliveryState,
    at: datetime,
    moved: Mapping[OrderLine, Amounts],
) -> None:
    """Give the delivery its state; one journal event where state, time or counters changed."""
    delivered_at = at if state is DeliveryState.DELIVERED else None
    if (state, delivered_at) == (delivery.state, delivery.delivered_at) and not moved:
        return
    kind = DeliveryProgressed if state is delivery.state else ARRIVALS[state]
    _set(delivery, state=state, delivered_at=delivered_at)
    counts = {
        it: quantities_of({line: amounts[it] for line, amounts in moved.items() if amounts[it]})
        for it in _COUNTERS.values()
    }
    changed(locked.writing, delivery, kind(delivery.id, **counts), at)


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


def _reached(lines: Iterable[OrderLine]) -> FulfilmentStatus | None:
    """Return how far an order has been delivered, None where nothing has."""
    lines = [line for line in lines if line.ordered > line.cancelled]
    if not any(line.delivered for line in lines):
        return None
    whole = all(line.delivered >= line.ordered - line.cancelled for line in lines)
    return FulfilmentStatus.DELIVERED if whole else FulfilmentStatus.PARTIALLY_DELIVERED


def _tell_order(
    locked: Locked,
    order_id: UUID,
    before: FulfilmentStatus | None,
    after: FulfilmentStatus | None,
    at: datetime,
) -> None:
    kind = OrderProgressed if after is before else _REACHED[after]
    locked.writing.record(kind(order_id), at)
