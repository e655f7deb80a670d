"""Holds: stops on orders and deliveries, several at once, each with its reason and owner."""

from typing import Annotated
from uuid import UUID

from pydantic import Field

from commands.trade.orders.lines import active_holds, lock_orders
from commands.trade.orders.states import OrderCommand, locked
from commands.writing.transaction import Outcome, Writing, missing
from commands.writing.verbs import verb
from kit.errors import Code, Refused
from kit.ids import Names, new_id
from kit.inputs import Command, Input, Name, Note
from models.events.trade.orders import Held, OrderHeld, OrderHoldReleased
from models.trade.orders import acts
from models.trade.orders.holds import Hold, HoldReason, HoldSubject

_INHERITED = ("subject", "reason", "owner", "note", "placed_at")
"""What the hold on a part has of the hold on what it comes from."""


class HoldFields(Input):
    """Why something is stopped, and who stopped it."""

    reason: HoldReason = Field(description="Why it must not be released.")
    owner: Name = Field(description="Person, team or system that placed the hold.")
    note: Note | None = Field(None, description="What else people should know.")


class HoldRelease(Command):
    """The release of one hold."""

    hold_id: Annotated[UUID, Names("Hold")] = Field(description="The hold.")


class OrderHold(HoldFields, OrderCommand):
    """A hold on an order: none of its deliveries may be released meanwhile."""


class OrderReleaseHold(HoldRelease):
    """The release of a hold on an order."""


async def place(
    writing: Writing, subject: HoldSubject, subject_id: UUID, fields: HoldFields, event: type[Held]
) -> Hold:
    """Stop an order or a delivery whose order is locked. event: what the journal tells of it.

    Refused: TAKEN when the same owner holds it for the same reason already.
    """
    active = (await active_holds(writing, [subject_id])).get(subject_id, [])
    if any((it.reason, it.owner) == (fields.reason, fields.owner) for it in active):
        text = f"{fields.owner} holds this for {fields.reason.value} already."
        raise Refused(Code.TAKEN, text, ("reason",))
    hold = Hold(
        merchant_id=writing.viewer.merchant_id,
        id=new_id(),
        subject=subject,
        subject_id=subject_id,
        placed_at=writing.now,
        reason=fields.reason,
        owner=fields.owner,
        note=fields.note,
    )
    _add(writing, hold, event)
    return hold


async def inherit(writing: Writing, source_id: UUID, subject_id: UUID, event: type[Held]) -> None:
    """Stop what came out of a row by the holds that stop the row; event: as in `place`."""
    for each in (await active_holds(writing, [source_id])).get(source_id, []):
        same = {name: getattr(each, name) for name in _INHERITED}
        hold = Hold(merchant_id=each.merchant_id, id=new_id(), subject_id=subject_id, **same)
        _add(writing, hold, event)


def _add(writing: Writing, hold: Hold, event: type[Held]) -> None:
    writing.session.add(hold)
    writing.record(event(hold.subject_id, hold_id=hold.id, reason=hold.reason))


async def find(writing: Writing, subject: HoldSubject, hold_id: UUID) -> Hold:
    """Return a hold that the viewer sees on this kind of subject. Refused: NOT_FOUND."""
    hold = (await writing.get(Hold, {hold_id: ("hold_id",)}))[hold_id]
    if hold.subject is not subject:
        raise missing(Hold, ("hold_id",))
    return hold


async def release(writing: Writing, hold: Hold, event: type[Held]) -> None:
    """End a hold whose order is locked; event: as in `place`.

    Refused: WRONG_STATE when it was released before.
    """
    await writing.session.refresh(hold)
    if not hold.is_active:
        raise Refused(Code.WRONG_STATE, "This hold was released before.", ("hold_id",))
    hold.released_at = writing.now
    writing.record(event(hold.subject_id, hold_id=hold.id, reason=hold.reason))


@verb(
    acts.HOLD,
    "Stop an order: no delivery of it may be released while a hold is active.",
)
async def hold_order(writing: Writing, command: OrderHold) -> Outcome:
    """Stop an order. Refused: NOT_FOUND, WRONG_STATE at its end, TAKEN."""
    order = await locked(writing, command, hold_order)
    writing.refusals.end()
    hold = await place(writing, HoldSubject.ORDER, order.id, command, OrderHeld)
    order.version += 1
    return {"order_id": order.id, "hold_id": hold.id}


@verb(
    acts.RELEASE_HOLD,
    "End one hold on an order.",
)
async def release_order(writing: Writing, command: OrderReleaseHold) -> Outcome:
    """Let an order go on, as far as this hold is concerned. Refused: NOT_FOUND, WRONG_STATE."""
    hold = await find(writing, HoldSubject.ORDER, command.hold_id)
    orders = await lock_orders(writing, {hold.subject_id: ("hold_id",)})
    await release(writing, hold, OrderHoldReleased)
    orders[hold.subject_id].version += 1
    return {"order_id": hold.subject_id, "hold_id": hold.id}
