"""Sending again what of a delivery was lost or came back."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, TypeAlias
from uuid import UUID

from pydantic import Field
from sqlalchemy import DateTime, Uuid, bindparam, select

from commands.fulfilment.deliveries.changes.windows import remember
from commands.fulfilment.deliveries.locking import (
    DeliveryCommand,
    Locked,
    changed,
    lock_one,
    quantities_of,
)
from commands.fulfilment.deliveries.places import DeliveryPart, PlannedLine
from commands.fulfilment.deliveries.planning.plan import plan
from commands.master.packagings.counting import Quantified
from commands.trade.contracts.times import Window, check_ahead, check_leaves
from commands.trade.orders.fields import Recipient
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.db.statements import Statement
from kit.errors import Path, Refusals, Refused
from kit.ids import Names
from kit.inputs import Bulk, Instant, Note, Place, Quantity, refuse_duplicates
from models.base.acts import AllRows
from models.events.fulfilment.deliveries import DeliveryReshipped
from models.fulfilment.deliveries import acts
from models.fulfilment.deliveries.conditions import reshipped
from models.fulfilment.deliveries.states import ON_THE_WAY, DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.master.channels import DeliveryMethod
from models.trade.codes import TradeCode


class ReshippedLine(Quantified):
    """How much of one line is sent again."""

    delivery_line_id: Annotated[UUID, Names("DeliveryLine")] = Field(
        description="A line of the delivery."
    )
    quantity: Quantity = Field(description="How much of it, in the product's unit or `packaging`.")


class DeliveryReship(DeliveryCommand):
    """A new delivery of what was lost or came back; where it is silent, it is as the old one."""

    window: Window = Field(description="When it is to arrive.")
    window_override: Note | None = Field(
        None,
        description="Why the window may lie outside of the address's receiving hours, or of the"
        " contract's validity, or leave less notice than it asks for; shown to the customer.",
    )
    lines: Bulk[ReshippedLine] | None = Field(
        None, description="What is sent again; all that is owed again when left out."
    )
    location_id: Annotated[UUID, Names("Location")] | None = Field(
        None, description="Where it starts; else where the old one did."
    )
    ship_to_id: Annotated[UUID, Names("Address")] | None = Field(
        None, description="Address of the party to deliver to; else where the old one went."
    )
    ship_to: Place | None = Field(None, description="A free address instead of `shipToId`.")
    recipient: Recipient | None = Field(None, description="Who takes it in; else as before.")
    method: DeliveryMethod | None = Field(
        None, description="How the goods reach the recipient; else as before."
    )
    promised_at: Instant | None = Field(None, description="What the customer was promised.")
    fulfil_at: Instant | None = Field(None, description="Do not pick before this instant.")
    fulfil_by: Instant | None = Field(None, description="It is to have left by this instant.")


@verb(
    acts.RESHIP,
    "Plan a new delivery of what of this one was lost or came back and is still wanted. This one"
    " is RESHIPPED when that is all of it; where its goods arrive after all, see `owedAgain`.",
)
async def reship(writing: Writing, command: DeliveryReship) -> Outcome:
    """Plan a new delivery of what was lost or came back; the old one is RESHIPPED when that is all.

    Refused: NOT_FOUND, VERSION_CONFLICT, WRONG_STATE, INVALID_WINDOW for one that has passed (D15),
    DUPLICATE, SCALE_EXCEEDED, QUANTITY_NOT_OPEN
    for more than is owed again and not planned already, and whatever `deliveryPlan` refuses.
    """
    with writing.refusals:
        check_ahead(writing, command.window, ())
    with writing.refusals:
        check_leaves(writing, command.fulfil_by, ())
    delivery, locked = await lock_one(writing, command, reship)
    owed = await _owed(locked, delivery)
    taken, new_id = await _planned(locked, command, delivery, owed)
    is_all = all(owed[line] == taken.get(line, Decimal(0)) for line in owed)
    is_over = delivery.state not in ON_THE_WAY or delivery.state is DeliveryState.FAILED
    gone = all(line.owed_again == line.shipped for line in locked.lines_of(delivery))
    if is_all and is_over and gone:
        delivery.state = DeliveryState.RESHIPPED
    planned = {locked.order_lines[line.order_line_id]: amount for line, amount in taken.items()}
    happened = DeliveryReshipped(
        delivery.id, by=new_id, planned=quantities_of(planned), state=delivery.state
    )
    changed(writing, delivery, happened)
    return {"delivery_id": delivery.id, "reshipment_id": new_id}


def _owed_statement() -> Statement:
    merchant = bindparam("merchant", type_=Uuid())
    rows = AllRows(merchant, bindparam("now", type_=DateTime(timezone=True)))
    own = (it.merchant_id == merchant for it in (Delivery, DeliveryLine))
    there = reshipped(rows, Delivery, DeliveryLine).label("reshipped")
    joined = select(DeliveryLine.id, there).join(Delivery, Delivery.id == DeliveryLine.delivery_id)
    return Statement(joined.where(*own, Delivery.id == bindparam("key", type_=Uuid())))


_OWED = _owed_statement()


async def _owed(locked: Locked, delivery: Delivery) -> dict[DeliveryLine, Decimal]:
    """Return line -> how much of it is owed again and brought by no delivery that reships it."""
    values = {**locked.writing.parameters, "key": delivery.id, "now": locked.writing.now}
    rows = await locked.writing.session.rows(_OWED, values)
    lines = {locked.lines[key]: there for key, there in rows}
    return {it: it.owed_again - lines[it] for it in lines if it.owed_again > lines[it]}


Sent: TypeAlias = Mapping[DeliveryLine, Decimal]
"""Line of the old delivery -> how much of it."""


async def _planned(
    locked: Locked, command: DeliveryReship, delivery: Delivery, owed: Sent
) -> tuple[Sent, UUID]:
    """Plan the new delivery; return what is sent again, and its id.

    Where its lines are refused, the rest of it is looked at with all that is wanted.
    Refused: as `_stated`, and whatever `deliveryPlan` refuses.
    """
    wanted = {it: min(owed[it], locked.order_lines[it.order_line_id].unplanned) for it in owed}
    taken: Sent = {line: quantity for line, quantity in wanted.items() if quantity > 0}
    if not taken:
        text = f"Nothing of {delivery.number} is owed again and in no delivery."
        raise Refused(TradeCode.QUANTITY_NOT_OPEN, text, ("delivery_id",))
    refusals = Refusals()
    with refusals:
        if command.lines is not None:
            taken = await _stated(command.lines, delivery, locked, owed)
    try:
        part = _part(command, delivery, taken)
        (new_id,) = await plan(locked.writing, [part], (), reships_id=delivery.id)
        await _remember(locked, delivery, new_id, command.window)
    except Refused as refused:
        before = locked.writing.refusals
        mine = [it for it in refused.problems if it not in before.problems]
        problems = [replace(it, path=_sent(command, it.path)) for it in mine]
        are_stated = not refusals.problems
        refusals.problems += [it for it in problems if are_stated or it.path[0] != "lines"]
        with before:
            refusals.end()
        before.end()
    refusals.end()
    return taken, new_id


async def _remember(locked: Locked, delivery: Delivery, new_id: UUID, window: Window) -> None:
    """Let what answers a schedule know for when the old delivery was planned."""
    was = {it.order_line_id: it.planned_for(delivery) for it in locked.lines_of(delivery)}
    if any(locked.order_lines[it].schedule_line_id is not None for it in was):
        lines = await locked.writing.among(DeliveryLine, "delivery_id", [new_id])
        moved = ((it, was[it.order_line_id]) for it in lines)
        remember(locked, moved, (window.earliest, window.latest))


async def _stated(
    lines: Sequence[ReshippedLine], delivery: Delivery, locked: Locked, owed: Sent
) -> Sent:
    """Return what is sent again as stated.

    Refused: NOT_FOUND, DUPLICATE, SCALE_EXCEEDED, QUANTITY_NOT_OPEN.
    """
    refusals, taken = Refusals(), dict[DeliveryLine, Decimal]()
    with refusals:
        refuse_duplicates((it.delivery_line_id for it in lines), ("lines",), "delivery_line_id")
    products = await locked.products()
    packagings = await locked.packagings((it.delivery_line_id, it) for it in lines)
    for place, each in enumerate(lines):
        path: Path = ("lines", place)
        with refusals:
            line = locked.line(delivery, each.delivery_line_id, (*path, "delivery_line_id"))
            quantity = packagings(products[line.id], each, path=path).amount
            most = owed.get(line, Decimal(0))
            if quantity > most:
                text = f"Only {most.normalize():f} of this line are owed again and not sent yet."
                raise Refused(TradeCode.QUANTITY_NOT_OPEN, text, (*path, "quantity"))
            taken[line] = quantity
    refusals.end()
    return taken


def _part(
    command: DeliveryReship,
    delivery: Delivery,
    taken: Sent,
) -> DeliveryPart:
    """Return the new delivery as `deliveryPlan` takes it."""
    stated = {name: getattr(command, name) for name in command.model_fields_set}
    own: dict[str, Any] = {
        "location_id": delivery.location_id,
        "method": delivery.method,
        "incoterm": delivery.incoterm,
    }
    if delivery.recipient is not None:
        own["recipient"] = Recipient(**delivery.recipient)
    if command.ship_to is None and command.ship_to_id is None:
        if delivery.ship_to_id is not None:
            own["ship_to_id"] = delivery.ship_to_id
        elif delivery.ship_to is not None:
            own["ship_to"] = Place(**delivery.ship_to)
    lines = [
        PlannedLine(order_line_id=line.order_line_id, quantity=quantity)
        for line, quantity in taken.items()
    ]
    fields = own | {name: it for name, it in stated.items() if it is not None}
    fields |= {"lines": lines[:1]}
    part = DeliveryPart.model_validate(
        {name: it for name, it in fields.items() if name in DeliveryPart.model_fields}
    )
    # A delivery that others were merged into has more lines than one call plans.
    return part.model_copy(update={"lines": lines})


def _sent(command: DeliveryReship, path: Path) -> Path:
    """Return where in the input that stands of which a plan tells. path: (0, ...) of the plan's."""
    _, *below = path
    if not below or (below[0] == "lines" and command.lines is None):
        return ("delivery_id",)
    if below[-1] == "order_line_id":
        below[-1] = "delivery_line_id"
    is_silent = len(below) == 1 and str(below[0]) not in command.model_fields_set
    return ("delivery_id",) if is_silent else tuple(below)
