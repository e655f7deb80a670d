"""Holds on deliveries: one part waits while the others go on."""

from commands.fulfilment.deliveries.locking import DeliveryCommand, lock_deliveries, lock_one
from commands.trade.orders import holds
from commands.trade.orders.holds import HoldFields, HoldRelease
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from models.events.fulfilment.deliveries import DeliveryHeld, DeliveryHoldReleased
from models.fulfilment.deliveries import acts
from models.trade.orders.holds import HoldSubject


class DeliveryHold(HoldFields, DeliveryCommand):
    """A hold on a delivery: it is neither released nor dispatched meanwhile."""


class DeliveryReleaseHold(HoldRelease):
    """The release of a hold on a delivery."""


@verb(
    acts.HOLD,
    "Stop a delivery: it is neither released nor dispatched while a hold is active.",
)
async def hold(writing: Writing, command: DeliveryHold) -> Outcome:
    """Stop a delivery. Refused: NOT_FOUND, VERSION_CONFLICT, WRONG_STATE, TAKEN."""
    delivery, _ = await lock_one(writing, command, hold)
    placed = await holds.place(writing, HoldSubject.DELIVERY, delivery.id, command, DeliveryHeld)
    delivery.version += 1
    return {"delivery_id": delivery.id, "hold_id": placed.id}


@verb(
    acts.RELEASE_HOLD,
    "End one hold on a delivery.",
)
async def release_hold(writing: Writing, command: DeliveryReleaseHold) -> Outcome:
    """Let a delivery go on, as far as this hold is concerned. Refused: NOT_FOUND, WRONG_STATE."""
    found = await holds.find(writing, HoldSubject.DELIVERY, command.hold_id)
    locked = await lock_deliveries(writing, {found.subject_id: ("hold_id",)})
    await holds.release(writing, found, DeliveryHoldReleased)
    locked.deliveries[found.subject_id].version += 1
    return {"delivery_id": found.subject_id, "hold_id": found.id}
