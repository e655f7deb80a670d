"""Releasing to the warehouse, and taking back what has not left yet."""

from commands.fulfilment.deliveries.arrivals.arrival import recount
from commands.fulfilment.deliveries.locking import DeliveryCommand, changed, lock_one
from commands.fulfilment.parcels.pack import void
from commands.trade.orders.lines import move
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from models.events.fulfilment.deliveries import DeliveryCancelled, DeliveryReleased
from models.fulfilment.deliveries import acts
from models.fulfilment.deliveries.states import DeliveryState


class DeliveryRelease(DeliveryCommand):
    """A delivery that the warehouse may pick."""


class DeliveryCancel(DeliveryCommand):
    """A delivery that is not to be made."""


@verb(
    acts.RELEASE,
    "Hand a delivery to the warehouse.",
)
async def release(writing: Writing, command: DeliveryRelease) -> Outcome:
    """Hand a delivery to the warehouse.

    Refused: ON_HOLD, PAYMENT_OUTSTANDING by the rule of party or channel (D12), AMENDMENT_AWAITED
    while an amendment of a line waits for its answer (D13), RECIPIENT_MISSING for a company without
    a named recipient (D7), DELIVERY_POLICY when the order must come complete or is past its date,
    LOCATION_NOT_ALLOWED and METHOD_NOT_ALLOWED for what the goods need, WRONG_STATE.
    """
    delivery, _ = await lock_one(writing, command, release)
    delivery.state = DeliveryState.RELEASED
    delivery.released_at = writing.now
    changed(writing, delivery, DeliveryReleased(delivery.id))
    return {"delivery_id": delivery.id}


@verb(
    acts.CANCEL,
    "Take a delivery back before it leaves; its quantities can be planned again.",
)
async def cancel(writing: Writing, command: DeliveryCancel) -> Outcome:
    """Take a delivery back before it leaves: its quantities can be planned again (D5).

    Its own lines keep what was planned, picked and packed, for the record; the counters of the
    order lines go back exactly. Refused: WRONG_STATE, ON_HOLD while a hold stops the delivery
    itself, since its quantities would be free of it.
    """
    delivery, locked = await lock_one(writing, command, cancel)
    for line in locked.lines_of(delivery):
        order_line = locked.order_lines[line.order_line_id]
        move(order_line, planned=-line.planned, picked=-line.picked, packed=-line.packed)
    await void(locked.writing, delivery.id)
    delivery.state = DeliveryState.CANCELLED
    delivery.cancelled_at = writing.now
    changed(writing, delivery, DeliveryCancelled(delivery.id))
    await recount(locked)
    return {"delivery_id": delivery.id}
