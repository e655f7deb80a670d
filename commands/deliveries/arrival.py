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

from sqlalchemy import ARRAY, ColumnElement, Uuid, any_, literal
from sqlalchemy.orm.attributes import flag_modified

from commands.contracts import counters
from commands.deliveries.locking import Locked
from commands.orders import lines as order_lines
from models.deliveries import BEFORE_DISPATCH, Delivery, DeliveryLine, DeliveryState, Receipt
from models.journal import Aggregate
from models.orders import FulfilmentStatus, OrderLine
from models.parcels import Parcel, ParcelContent, ParcelStatus
from models.tracking import TERMINAL

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
    if not packed:
        return
    before = {order_id: _reached(_of(locked, order_id)) for order_id in locked.orders}
    contracts: defaultdict[UUID, Decimal] = defaultdict(Decimal)
    for delivery_id, parcels in packed.items():
        delivery = locked.deliveries[delivery_id]
        moved = _move_lines(locked, locked.lines_of(delivery), parcels, contracts)
        _move_state(locked, delivery, [it.parcel for it in parcels], moved)
    at = max(it.parcel.status_at for parcels in packed.values() for it in parcels)
    for order_id, reached in before.items():
        _tell_order(locked, order_id, reached, at)
    changes = {line_id: {"delivered": amount} for line_id, amount in contracts.items() if amount}
    if changes:
        await counters.move(locked.writing, changes)


async def _packed(locked: Locked) -> dict[UUID, list[_Packed]]:
    """Return delivery id -> its live parcels that hold goods, for what tracking may settle."""
    writing = locked.writing
    sent = [it.id for it in locked.deliveries.values() if it.state not in _SETTLED_ELSEWHERE]
    if not sent:
        return {}
    confirmed = await writing.all(writing.seen(Receipt).where(_among(Receipt.delivery_id, sent)))
    sent = [each for each in sent if each not in {it.delivery_id for it in confirmed}]
    live = (_among(Parcel.delivery_id, sent), Parcel.status != ParcelStatus.VOIDED)
    parcels = await writing.all(writing.seen(Parcel).where(*live).order_by(Parcel.id))
    held = _among(ParcelContent.parcel_id, [parcel.id for parcel in parcels])
    contents: defaultdict[UUID, list[ParcelContent]] = defaultdict(list)
    for content in await writing.all(writing.seen(ParcelContent).where(held)):
        contents[content.parcel_id].append(content)
    found: defaultdict[UUID, list[_Packed]] = defaultdict(list)
    for parcel in parcels:
        if parcel.id in contents:
            found[parcel.delivery_id].append(_Packed(parcel, contents[parcel.id]))
    return dict(found)


def _among(column: Any, keys: Collection[UUID]) -> ColumnElement[bool]:
    return column == any_(literal(list(keys), ARRAY(Uuid())))  # type: ignore[no-any-return]


def _move_lines(
    locked: Locked,
    lines: Iterable[DeliveryLine],
    parcels: Iterable[_Packed],
    contracts: defaultdict[UUID, Decimal],
) -> dict[str, dict[str, str]]:
    """Move lines by what their counters lack; returns order line id -> what was moved."""
    targets: defaultdict[tuple[UUID, str], Decimal] = defaultdict(Decimal)
    for packed in parcels:
        if counter := _COUNTERS.get(packed.parcel.status):
            for content in packed.contents:
                targets[content.delivery_line_id, counter] += content.quantity
    moved = {}
    for line in lines:
        amounts = {it: targets[line.id, it] - getattr(line, it) for it in _COUNTERS.values()}
        if not any(amounts.values()):
            continue
        order_line = locked.order_lines[line.order_line_id]
        _move(line, order_line, amounts)
        if order_line.contract_line_id is not None:
            contracts[order_line.contract_line_id] += amounts["delivered"]
        moved[str(order_line.id)] = {it: str(amount) for it, amount in amounts.items() if amount}
    return moved


def _move(line: DeliveryLine, order_line: OrderLine, amounts: Amounts) -> None:
    """Move a delivery line and its order line by the same amounts."""
    for counter, amount in amounts.items():
        setattr(line, counter, getattr(line, counter) + amount)
    order_lines.move(order_line, **amounts)
    for row in (line, order_line):
        for counter in amounts:
            # The same columns in every row, so that one statement updates all rows.
            flag_modified(row, counter)


def _arrived(parcels: Collection[Parcel]) -> DeliveryState:
    """Return the state that the parcels give to their delivery."""
    statuses = {parcel.status for parcel in parcels}
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
    parcels: Collection[Parcel],
    moved: Mapping[str, Mapping[str, str]],
) -> None:
    """Give the delivery its state; one journal event where state or counters changed."""
    state, at = _arrived(parcels), max(parcel.status_at for parcel in parcels)
    delivered_at = at if state is DeliveryState.DELIVERED else None
    changed = (state, delivered_at) != (delivery.state, delivery.delivered_at)
    if not changed and not moved:
        return
    what = "delivery.progressed"
    if state is not delivery.state:
        is_back = state is DeliveryState.DISPATCHED
        what = "delivery.arrival_corrected" if is_back else f"delivery.{state.value.lower()}"
    delivery.state, delivery.delivered_at = state, delivered_at
    delivery.version += 1
    locked.writing.record(Aggregate.DELIVERY, delivery.id, what, at, state=state, lines=moved)


def _of(locked: Locked, order_id: UUID) -> list[OrderLine]:
    return [line for line in locked.order_lines.values() if line.order_id == order_id]


def _reached(lines: Iterable[OrderLine]) -> FulfilmentStatus | None:
    """Return how far an order has been delivered, None where nothing has."""
    lines = [line for line in lines if line.ordered > line.cancelled]
    if not any(line.delivered for line in lines):
        return None
    whole = all(line.delivered >= line.ordered - line.cancelled for line in lines)
    return FulfilmentStatus.DELIVERED if whole else FulfilmentStatus.PARTIALLY_DELIVERED


def _tell_order(
    locked: Locked, order_id: UUID, before: FulfilmentStatus | None, at: datetime
) -> None:
    reached = _reached(_of(locked, order_id))
    if reached is before:
        return
    what = "arrival_corrected" if reached is None else reached.value.lower()
    locked.writing.record(Aggregate.ORDER, order_id, f"order.{what}", at)
