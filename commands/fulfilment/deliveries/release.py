"""Releasing to the warehouse, and taking back what has not left yet."""

from commands.fulfilment.deliveries.locking import DeliveryCommand, changed, lock_one
from commands.fulfilment.deliveries.rest.back import take_back
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from models.events.fulfilment.deliveries import DeliveryReleased
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
    a named recipient (D7), ADDRESS_MISSING where its method needs one (D17),
    DELIVERY_POLICY when the order must come complete or is past its date, or the delivery does not
    complete it as it says (D18),
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

    Refused: WRONG_STATE, ON_HOLD while a hold stops the delivery
    itself, since its quantities would be free of it.
    """
    delivery, locked = await lock_one(writing, command, cancel)
    await take_back(writing, locked, [delivery])
    return {"delivery_id": delivery.id}
