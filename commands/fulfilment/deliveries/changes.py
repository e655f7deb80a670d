"""New shapes of what is planned: split, merge, move, reschedule. Every line's total stays (D2)."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from pydantic import Field

from commands.fulfilment.deliveries.locking import (
    DeliveryCommand,
    Locked,
    amounts_of,
    changed,
    check_allowed,
    line_columns,
    lock_deliveries,
    lock_one,
    quantities_of,
)
from commands.fulfilment.deliveries.places import (
    WINDOW,
    Route,
    check_carried,
    check_location,
    new_window,
    tell_overridden,
)
from commands.fulfilment.deliveries.stops import check_delivery
from commands.master.packagings.counting import Counted, Quantified
from commands.trade.orders import holds
from commands.trade.orders.lines import active_holds
from commands.writing.counters import numbers_of
from commands.writing.rows import write_rows
from commands.writing.transaction import Outcome, Writing, check_version
from commands.writing.verbs import verb
from kit.errors import Code, Path, Refused
from kit.ids import Names, new_id
from kit.inputs import Bulk, Note, Quantity, Window, refuse_duplicates
from models.access.keys import CounterName
from models.base.guards import guards
from models.events.fulfilment import deliveries as events
from models.fulfilment.codes import FulfilmentCode
from models.fulfilment.deliveries import acts
from models.fulfilment.deliveries.conditions import ALIKE, INCOMPLETE
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.master.locations import Location
from models.trade.codes import TradeCode
from models.trade.contracts.guarantees import SupplyExcuse
from models.trade.contracts.states import TimeRule
from models.trade.orders.lines import OrderLine

_INHERITED = (
    "party_id",
    "channel_id",
    "location_id",
    "ship_to_id",
    "ship_to",
    "recipient",
    *WINDOW,
    "window_override",
    "excuse",
    "method",
    "incoterm",
    "promised_at",
    "fulfil_at",
    "fulfil_by",
    "reships_id",
)
"""What a part that is split off has of the delivery that it comes from."""

_LocationId = Annotated[UUID, Names("Location")]


class SplitLine(Quantified):
    """How much of one line goes into the new delivery."""

    delivery_line_id: Annotated[UUID, Names("DeliveryLine")] = Field(
        description="A line of the delivery."
    )
    quantity: Quantity = Field(description="How much of it, in the product's unit or `packaging`.")


class DeliverySplit(DeliveryCommand):
    """A part of a delivery that becomes a delivery of its own."""

    lines: Bulk[SplitLine] = Field(description="What goes into the new delivery.")
    location_id: _LocationId | None = Field(
        None, description="Where the new delivery starts; else where this one does."
    )
    window: Window | None = Field(
        None, description="When the new delivery is to arrive; else when this one is."
    )
    window_override: Note | None = Field(
        None,
        description="Why the window may lie outside of the address's receiving hours, or of the"
        " contract's validity.",
    )


class DeliveryMerge(DeliveryCommand):
    """Deliveries that are put into this one."""

    delivery_ids: Bulk[Annotated[UUID, Names("Delivery")]] = Field(
        description="Deliveries of the same party, address, recipient, window, method, location,"
        " incoterm, promise, `fulfilAt`, `fulfilBy` and state; they end as CANCELLED with nothing"
        " planned."
    )


class DeliveryMove(DeliveryCommand):
    """Another location for a delivery."""

    location_id: _LocationId = Field(description="Where it starts from now on.")


class DeliveryReschedule(DeliveryCommand):
    """Another window for a delivery."""

    window: Window = Field(description="When it is to arrive from now on.")
    window_override: Note | None = Field(
        None,
        description="Why the window may lie outside of the address's receiving hours, or of the"
        " contract's validity.",
    )
    excuse: SupplyExcuse | None = Field(
        None,
        description="Why it comes later: where its contract's guarantee agrees to that, no penalty"
        " is due. Only with a window that ends later than something of it is wanted. Left out, what"
        " was said stays; null takes it back.",
    )


class DeliveryExcuse(DeliveryCommand):
    """Why a delivery comes later, also once it is on its way."""

    excuse: SupplyExcuse | None = Field(
        None,
        description="Why: where its contract's guarantee agrees to that, no penalty is due; null"
        " takes it back.",
    )


@verb(
    acts.SPLIT,
    "Move a part of a delivery into a new one, which is PLANNED. Before picking only.",
)
async def split(writing: Writing, command: DeliverySplit) -> Outcome:
    """Move a part into a new delivery, which is PLANNED and held as this one. Before picking only.

    Refused: QUANTITY_EXCEEDED when a line has less or nothing would stay, DUPLICATE,
    DELIVERY_POLICY when what is released of an order that must come complete would not be,
    SCALE_EXCEEDED, NOT_FOUND, WRONG_STATE, LOCATION_NOT_ALLOWED and METHOD_NOT_ALLOWED for what
    the goods need, and for its window as `deliveryReschedule`.
    """
    delivery, locked = await lock_one(writing, command, split)
    taken = await _taken(locked, delivery, command.lines)
    columns = {name: getattr(delivery, name) for name in _INHERITED}
    if command.location_id is not None:
        columns["location_id"] = await _location(locked, delivery, command.location_id, taken)
    overridden: frozenset[TimeRule] = frozenset()
    if command.window is not None:
        fresh, overridden = await new_window(
            locked, delivery, command.window, command.window_override
        )
        columns |= fresh
    key = new_id()
    (number,) = await numbers_of(writing, CounterName.DELIVERY, Delivery, [key], lines=len(taken))
    part = Delivery(
        merchant_id=delivery.merchant_id,
        id=key,
        number=number,
        state=DeliveryState.PLANNED,
        planned_at=writing.now,
        **columns,
    )
    writing.session.add(part)
    await writing.session.flush()
    for line, quantity in taken.items():
        line.planned -= quantity.amount
        if line.planned == 0:
            await writing.session.delete(line)
    await _check_complete(writing, delivery)
    quantities = {locked.order_lines[it.order_line_id]: amount for it, amount in taken.items()}
    _add_lines(writing, part, quantities)
    divided = events.DeliveryDivided(delivery.id, into=part.id, taken=amounts_of(quantities))
    changed(writing, delivery, divided)
    tell_overridden(writing, part.id, overridden)
    await holds.inherit(locked.writing, delivery.id, part.id, events.DeliveryHeld)
    return {"delivery_id": delivery.id, "part_id": part.id}


@verb(
    acts.MERGE,
    "Put deliveries that are alike into one. Before picking only.",
)
async def merge(writing: Writing, command: DeliveryMerge) -> Outcome:
    """Put deliveries into one. Before picking only.

    Refused: DUPLICATE, NOT_MERGEABLE when they differ in what they must share, ON_HOLD for one
    that must not lose its hold, NOT_FOUND, VERSION_CONFLICT, WRONG_STATE.
    """
    paths: dict[UUID, Path] = {it: ("delivery_ids", i) for i, it in enumerate(command.delivery_ids)}
    refuse_duplicates([*command.delivery_ids, command.delivery_id], ("delivery_ids",))
    locked = await lock_deliveries(writing, {command.delivery_id: ("delivery_id",), **paths})
    target = locked.deliveries[command.delivery_id]
    check_version(target, command.expected_version)
    check_allowed(target, merge, ("delivery_id",))
    held = await active_holds(locked.writing, paths)
    poured: defaultdict[OrderLine, Decimal] = defaultdict(Decimal)
    for key, path in paths.items():
        source = locked.deliveries[key]
        check_allowed(source, merge, path)
        _check_alike(locked, target, source, path)
        _check_free(source, held, path)
        for line, quantity in _pour(writing, locked, source, target).items():
            poured[line] += quantity
    mine = {line.order_line_id: line for line in locked.lines_of(target)}
    for line in [it for it in poured if it.id in mine]:
        mine[line.id].planned += poured.pop(line)
    new = [line_columns(target.id, line, Counted(it)) for line, it in poured.items()]
    await write_rows(writing, {DeliveryLine: new})
    return {"delivery_id": target.id}


@verb(
    acts.MOVE,
    "Start a delivery at another location. Before picking only.",
)
async def move(writing: Writing, command: DeliveryMove) -> Outcome:
    """Start the delivery elsewhere; nothing happens where it starts there already.

    Before picking only. Refused: WRONG_STATE, NOT_FOUND, LOCATION_NOT_ALLOWED and
    METHOD_NOT_ALLOWED for what the goods need.
    """
    delivery, locked = await lock_one(writing, command, move)
    before = delivery.location_id
    if command.location_id == before:
        return {"delivery_id": delivery.id}
    moved_lines = [it for it in locked.lines_of(delivery) if it.planned > 0]
    delivery.location_id = await _location(locked, delivery, command.location_id, moved_lines)
    moved = events.DeliveryMoved(delivery.id, before=before, after=delivery.location_id)
    changed(writing, delivery, moved)
    return {"delivery_id": delivery.id}


@verb(
    acts.RESCHEDULE,
    "Deliver at another time. Before the dispatch only.",
)
async def reschedule(writing: Writing, command: DeliveryReschedule) -> Outcome:
    """Deliver at another time; nothing happens where it is that time already. Before dispatch only.

    Refused: WRONG_STATE, INVALID_WINDOW for one that has passed, INVALID_DATE where it cannot be
    handled in time (D16), OUTSIDE_RECEIVING_HOURS (D6) and OUTSIDE_VALIDITY (K3) without a reason,
    INVALID for an excuse of what comes no later than it is wanted.
    """
    delivery, locked = await lock_one(writing, command, reschedule)
    if command.excuse is not None:
        _check_late(locked, delivery, command.window)
    before = delivery.window_latest
    columns, overridden = await new_window(
        locked, delivery, command.window, command.window_override
    )
    is_said = "excuse" in command.model_fields_set
    columns["excuse"] = command.excuse if is_said else delivery.excuse
    if all(getattr(delivery, name) == value for name, value in columns.items()):
        return {"delivery_id": delivery.id}
    for name, value in columns.items():
        setattr(delivery, name, value)
    changed(
        writing,
        delivery,
        events.DeliveryRescheduled(
            delivery.id,
            latest_before=before,
            earliest=command.window.earliest,
            latest=command.window.latest,
            excuse=columns["excuse"],
        ),
    )
    tell_overridden(writing, delivery.id, overridden)
    return {"delivery_id": delivery.id}


def _check_late(locked: Locked, delivery: Delivery, window: Window) -> None:
    """Refused: INVALID where all of a delivery is wanted as late as its window ends, or later."""
    wanted = []
    for each in locked.lines_of(delivery):
        line = locked.order_lines[each.order_line_id]
        latest = line.agreed_latest or line.window_latest
        wanted.append(latest or locked.orders[line.order_id].window_latest)
    if wanted and all(it is not None and window.latest <= it for it in wanted):
        text = "It comes when it is wanted: there is nothing to excuse."
        raise Refused(Code.INVALID, text, ("excuse",))


@verb(
    acts.EXCUSE,
    "Say why a delivery comes later than it is wanted, or take that back; also after the dispatch.",
)
async def excuse(writing: Writing, command: DeliveryExcuse) -> Outcome:
    """Say why; nothing happens where that is said already. Refused: WRONG_STATE, NOT_FOUND."""
    delivery, _ = await lock_one(writing, command, excuse)
    if delivery.excuse is not command.excuse:
        delivery.excuse = command.excuse
        changed(writing, delivery, events.DeliveryExcused(delivery.id, excuse=command.excuse))
    return {"delivery_id": delivery.id}


async def _taken(
    locked: Locked, delivery: Delivery, wanted: Sequence[SplitLine]
) -> dict[DeliveryLine, Counted]:
    """Return what a split takes of each line."""
    refuse_duplicates((it.delivery_line_id for it in wanted), ("lines",), "delivery_line_id")
    products = await locked.products()
    packagings = await locked.packagings((it.delivery_line_id, it) for it in wanted)
    taken = {}
    for place, each in enumerate(wanted):
        path: Path = ("lines", place)
        line = locked.line(delivery, each.delivery_line_id, (*path, "delivery_line_id"))
        quantity = packagings(products[line.id], each, path=path)
        if quantity.amount > line.planned:
            text = f"The line has {line.planned.normalize():f} only."
            raise Refused(TradeCode.QUANTITY_EXCEEDED, text, (*path, "quantity"))
        taken[line] = quantity
    whole = sum(it.amount for it in taken.values())
    if whole == sum(line.planned for line in locked.lines_of(delivery)):
        raise Refused(TradeCode.QUANTITY_EXCEEDED, "A split leaves something behind.", ("lines",))
    return taken


@guards("D11")
async def _check_complete(writing: Writing, delivery: Delivery) -> None:
    """Refused: DELIVERY_POLICY where what is released of an order is not complete any more."""
    if delivery.state is not DeliveryState.PLANNED:
        await check_delivery(writing, delivery, (INCOMPLETE,), ("lines",))


@guards("D9")
def _check_free(source: Delivery, held: Collection[UUID], path: Path) -> None:
    """Refused: ON_HOLD for a delivery that would lose its hold."""
    if source.id in held:
        raise Refused(TradeCode.ON_HOLD, f"{source.number} is on hold.", path)


def _check_alike(locked: Locked, target: Delivery, source: Delivery, path: Path) -> None:
    """Refused: NOT_MERGEABLE when they differ. Orders of two guests never travel as one."""
    differing = [it for it in ALIKE if getattr(source, it) != getattr(target, it)]
    # One of the target's lines tells of all, since a guest's are of one order.
    lines = [*locked.lines_of(source), *locked.lines_of(target)[:1]]
    if target.party_id is None and len({line.order_id for line in lines}) > 1:
        differing.append("guest")
    if differing:
        text = f"{source.number} differs from {target.number}: {', '.join(differing)}."
        raise Refused(FulfilmentCode.NOT_MERGEABLE, text, path)


def _pour(
    writing: Writing, locked: Locked, source: Delivery, into: Delivery
) -> dict[OrderLine, Decimal]:
    """Take out all that the source plans; it ends empty and cancelled."""
    quantities = {}
    for line in locked.lines_of(source):
        order_line = locked.order_lines[line.order_line_id]
        quantities[order_line] = line.planned
        line.planned = Decimal(0)
    into.completes_order = into.completes_order or source.completes_order
    source.state = DeliveryState.CANCELLED
    source.cancelled_at = writing.now
    changed(writing, source, events.DeliveryCancelled(source.id, merged_into=into.id))
    merged = events.DeliveryMerged(into.id, source=source.id, planned=quantities_of(quantities))
    changed(writing, into, merged)
    return quantities


async def _location(
    locked: Locked, delivery: Delivery, location_id: UUID, lines: Iterable[DeliveryLine]
) -> UUID:
    """Check where lines of a delivery are to start.

    Refused: NOT_FOUND, WRONG_STATE, LOCATION_NOT_ALLOWED, METHOD_NOT_ALLOWED.
    """
    found = await locked.writing.get(Location, {location_id: ("location_id",)})
    check_location(found[location_id], ("location_id",))
    of = await locked.products()
    products = [of[line.id] for line in lines]
    await check_carried(locked.writing, [Route(products, found[location_id], delivery.method, ())])
    return location_id


def _add_lines(
    writing: Writing, delivery: Delivery, quantities: Mapping[OrderLine, Counted]
) -> None:
    """Give a new delivery its lines and its first event. quantities: of the order lines."""
    lines = (line_columns(delivery.id, *each) for each in quantities.items())
    writing.session.add_all(DeliveryLine(**it) for it in lines)
    writing.record(events.DeliveryPlanned(delivery.id, planned=amounts_of(quantities)))
