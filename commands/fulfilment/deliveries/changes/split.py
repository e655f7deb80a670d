"""A part of a delivery that becomes a delivery of its own."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from commands.fulfilment.deliveries.changes.move import LocationId, location_for
from commands.fulfilment.deliveries.changes.windows import new_window, remember
from commands.fulfilment.deliveries.locking import (
    DeliveryCommand,
    Locked,
    amounts_of,
    changed,
    delivery_line_columns,
    lock_one,
)
from commands.fulfilment.deliveries.places import WINDOW, tell_overridden
from commands.fulfilment.deliveries.stops import check_delivery
from commands.master.packagings.counting import Counted, Quantified
from commands.trade.contracts.times import Window
from commands.trade.orders import holds
from commands.writing.counters import numbers_of
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.errors import Path, Refusals, Refused
from kit.ids import Names, new_id
from kit.inputs import Bulk, Note, Quantity, refuse_duplicates
from models.access.keys import CounterName
from models.base.guards import guards
from models.events.fulfilment import deliveries as events
from models.fulfilment.deliveries import acts
from models.fulfilment.deliveries.conditions import INCOMPLETE
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.trade.codes import TradeCode
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


class SplitLine(Quantified):
    """How much of one line goes into the new delivery."""

    delivery_line_id: Annotated[UUID, Names("DeliveryLine")] = Field(
        description="A line of the delivery."
    )
    quantity: Quantity = Field(description="How much of it, in the product's unit or `packaging`.")


class DeliverySplit(DeliveryCommand):
    """A part of a delivery that becomes a delivery of its own."""

    lines: Bulk[SplitLine] = Field(description="What goes into the new delivery.")
    location_id: LocationId | None = Field(
        None, description="Where the new delivery starts; else where this one does."
    )
    window: Window | None = Field(
        None, description="When the new delivery is to arrive; else when this one is."
    )
    window_override: Note | None = Field(
        None,
        description="Why the window may lie outside of the address's receiving hours, or of the"
        " contract's validity, or leave less notice than it asks for; shown to the customer.",
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
    may_change = not writing.refusals.problems
    taken = dict[DeliveryLine, Counted]()
    with writing.refusals:
        taken = await _taken(locked, delivery, command.lines)
    with writing.refusals:
        columns, overridden = await _columns(locked, delivery, command, taken)
    if taken and may_change:
        with writing.refusals:
            await _take_out(writing, delivery, taken)
    writing.refusals.end()
    part = await _part(writing, columns, lines=len(taken))
    quantities = {locked.order_lines[it.order_line_id]: amount for it, amount in taken.items()}
    planned_for = [it.planned_for(delivery) for it in taken]
    lines = _add_lines(writing, part, quantities)
    moved = zip(lines, planned_for, strict=True)
    remember(locked, moved, (part.window_earliest, part.window_latest))
    divided = events.DeliveryDivided(delivery.id, into=part.id, taken=amounts_of(quantities))
    changed(writing, delivery, divided)
    tell_overridden(writing, part.id, overridden)
    await holds.inherit(locked.writing, delivery.id, part.id, events.DeliveryHeld)
    return {"delivery_id": delivery.id, "part_id": part.id}


async def _columns(
    locked: Locked, delivery: Delivery, command: DeliverySplit, lines: Iterable[DeliveryLine]
) -> tuple[dict[str, Any], frozenset[TimeRule]]:
    """Return the columns of a part that is split off, and the rules that its window overrides.

    Refused: as `deliveryMove` and `deliveryReschedule`.
    """
    columns = {name: getattr(delivery, name) for name in _INHERITED}
    refusals, overridden = Refusals(), frozenset[TimeRule]()
    if command.location_id is not None:
        with refusals:
            columns["location_id"] = await location_for(
                locked, delivery, command.location_id, lines
            )
    if command.window is not None:
        with refusals:
            fresh, overridden = await new_window(
                locked, delivery, command.window, command.window_override
            )
            columns |= fresh
    refusals.end()
    return columns, overridden


async def _part(writing: Writing, columns: Mapping[str, Any], *, lines: int) -> Delivery:
    """Write a delivery that is split off, without its lines. lines: how many it is to have."""
    key = new_id()
    (number,) = await numbers_of(writing, CounterName.DELIVERY, Delivery, [key], lines=lines)
    part = Delivery(
        merchant_id=writing.viewer.merchant_id,
        id=key,
        number=number,
        state=DeliveryState.PLANNED,
        planned_at=writing.now,
        **columns,
    )
    writing.session.add(part)
    await writing.session.flush()
    return part


async def _taken(
    locked: Locked, delivery: Delivery, wanted: Sequence[SplitLine]
) -> dict[DeliveryLine, Counted]:
    """Return what a split takes of each line."""
    refusals, taken = Refusals(), dict[DeliveryLine, Counted]()
    with refusals:
        refuse_duplicates((it.delivery_line_id for it in wanted), ("lines",), "delivery_line_id")
    products = await locked.products()
    packagings = await locked.packagings((it.delivery_line_id, it) for it in wanted)
    for place, each in enumerate(wanted):
        path: Path = ("lines", place)
        with refusals:
            line = locked.line(delivery, each.delivery_line_id, (*path, "delivery_line_id"))
            quantity = packagings(products[line.id], each, path=path)
            if quantity.amount > line.planned:
                text = f"The line has {line.planned.normalize():f} only."
                raise Refused(TradeCode.QUANTITY_EXCEEDED, text, (*path, "quantity"))
            taken[line] = quantity
    refusals.end()
    whole = sum(it.amount for it in taken.values())
    if whole == sum(line.planned for line in locked.lines_of(delivery)):
        raise Refused(TradeCode.QUANTITY_EXCEEDED, "A split leaves something behind.", ("lines",))
    return taken


async def _take_out(
    writing: Writing, delivery: Delivery, taken: Mapping[DeliveryLine, Counted]
) -> None:
    """Leave the rest in a delivery. Refused: DELIVERY_POLICY."""
    for line, quantity in taken.items():
        line.planned -= quantity.amount
        if line.planned == 0:
            await writing.session.delete(line)
    await writing.session.flush()
    await _check_complete(writing, delivery)


@guards("D11")
async def _check_complete(writing: Writing, delivery: Delivery) -> None:
    """Refused: DELIVERY_POLICY where what is released of an order is not complete any more."""
    if delivery.state is not DeliveryState.PLANNED:
        await check_delivery(writing, delivery, (INCOMPLETE,), ("lines",))


def _add_lines(
    writing: Writing, delivery: Delivery, quantities: Mapping[OrderLine, Counted]
) -> list[DeliveryLine]:
    """Give a new delivery its lines, and its first event. quantities: of the order lines."""
    columns = (delivery_line_columns(delivery.id, *each) for each in quantities.items())
    lines = [DeliveryLine(**it) for it in columns]
    writing.session.add_all(lines)
    writing.record(events.DeliveryPlanned(delivery.id, planned=amounts_of(quantities)))
    return lines
