"""Another time for a delivery, and why it comes later."""

from pydantic import Field

from commands.fulfilment.deliveries.changes.windows import new_window, remember
from commands.fulfilment.deliveries.locking import (
    DeliveryCommand,
    Locked,
    changed,
    lock_one,
)
from commands.fulfilment.deliveries.places import tell_overridden
from commands.trade.contracts.times import Window
from commands.trade.orders.fields import Recipient
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import DryRun, verb
from kit.errors import Code, Refused
from kit.inputs import Note
from models.events.fulfilment import deliveries as events
from models.fulfilment.deliveries import acts
from models.fulfilment.deliveries.tables import Delivery
from models.trade.contracts.guarantees import SupplyExcuse


class DeliveryReschedule(DeliveryCommand, DryRun):
    """Another window for a delivery."""

    window: Window = Field(description="When it is to arrive from now on.")
    window_override: Note | None = Field(
        None,
        description="Why the window may lie outside of the address's receiving hours, or of the"
        " contract's validity, or leave less notice than it asks for; shown to the customer.",
    )
    excuse: SupplyExcuse | None = Field(
        None,
        description="Why it comes later: where its contract's guarantee agrees to that, no penalty"
        " is due. Only with a window that ends later than something of it is wanted. Left out, what"
        " was said stays; null takes it back.",
    )
    recipient: Recipient | None = Field(
        None, description="Who takes it in from now on, also at the same time; else who did."
    )


class DeliveryExcuse(DeliveryCommand):
    """Why a delivery comes later, also once it is on its way."""

    excuse: SupplyExcuse | None = Field(
        None,
        description="Why: where its contract's guarantee agrees to that, no penalty is due; null"
        " takes it back.",
    )


@verb(
    acts.RESCHEDULE,
    "Deliver at another time, or to somebody else at the same place. Before the dispatch only.",
)
async def reschedule(writing: Writing, command: DeliveryReschedule) -> Outcome:
    """Deliver at another time, or to another person there; nothing happens where that is so.

    What answers the schedules of one contract is to leave in time for it (`fulfilBy`).
    Refused: WRONG_STATE, INVALID_WINDOW for one that has passed, INVALID_DATE where it cannot be
    handled in time (D16), OUTSIDE_RECEIVING_HOURS (D6), and OUTSIDE_VALIDITY (K3) and
    NOTICE_TOO_SHORT (K15) without a reason, INVALID for an excuse of what comes no later than it
    is wanted.
    """
    delivery, locked = await lock_one(writing, command, reschedule)
    if command.excuse is not None:
        with writing.refusals:
            _check_late(locked, delivery, command.window)
    before = delivery.window_latest
    columns, overridden = await new_window(
        locked, delivery, command.window, command.window_override
    )
    writing.refusals.end()
    is_set = "excuse" in command.model_fields_set
    columns["excuse"] = command.excuse if is_set else delivery.excuse
    if command.recipient is not None:
        columns["recipient"] = command.recipient.model_dump()
    if all(getattr(delivery, name) == value for name, value in columns.items()):
        return {"delivery_id": delivery.id}
    planned_for = [(it, it.planned_for(delivery)) for it in locked.lines_of(delivery)]
    for name, value in columns.items():
        setattr(delivery, name, value)
    remember(locked, planned_for, (delivery.window_earliest, delivery.window_latest))
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
