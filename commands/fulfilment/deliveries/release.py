"""Releasing to the warehouse, and taking back what has not left yet."""

from typing import Any

from pydantic import Field

from commands.fulfilment.deliveries.batches import DeliveryBatch, in_turns, take_each
from commands.fulfilment.deliveries.locking import DeliveryCommand, OfDelivery, changed
from commands.fulfilment.deliveries.remaining.back import take_back
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.inputs import Command, Each
from models.events.fulfilment.deliveries import DeliveryReleased
from models.fulfilment.deliveries import acts


class ReleasedDelivery(OfDelivery):
    """One of several deliveries that the warehouse may pick."""


class DeliveryRelease(DeliveryCommand):
    """A delivery that the warehouse may pick."""


class DeliveriesRelease(Command):
    """Up to 250 deliveries that the warehouse may pick."""

    deliveries: Each[ReleasedDelivery] = Field(description="The deliveries; each once.")


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
    METHOD_NOT_ALLOWED for a business (D8),
    DELIVERY_POLICY when the order must come complete or is past its date, or the delivery does not
    complete it as it says (D18),
    LOCATION_NOT_ALLOWED and METHOD_NOT_ALLOWED for what the goods need, WRONG_STATE.
    """
    batch = await take_each(writing, [command], release)
    await hand_over(batch)
    return batch.one()


@verb(
    acts.RELEASE,
    "Hand up to 250 deliveries to the warehouse; one that is refused stops no other.",
)
async def release_each(writing: Writing, command: DeliveriesRelease) -> Outcome:
    """Hand deliveries to the warehouse, each for itself.

    Refused: of a delivery as `deliveryRelease`, and DUPLICATE for one that stands twice; as a
    whole: TOO_MANY_ITEMS.
    """
    batch = await take_each(writing, command.deliveries, release_each)
    await in_turns(batch, hand_over, release_each)
    return batch.results("deliveries")


async def hand_over(batch: DeliveryBatch[Any]) -> None:
    """Hand deliveries that are taken to the warehouse."""
    for place, _, delivery in batch.going:
        delivery.state = acts.RELEASE.becomes
        delivery.released_at = batch.at(place)
        changed(batch.writing, delivery, DeliveryReleased(delivery.id), batch.at(place))


@verb(
    acts.CANCEL,
    "Take a delivery back before it leaves; its quantities can be planned again.",
)
async def cancel(writing: Writing, command: DeliveryCancel) -> Outcome:
    """Take a delivery back before it leaves: its quantities can be planned again (D5).

    Refused: WRONG_STATE also where its carrier tells that parcels of it have left (P2), ON_HOLD
    while a hold stops the delivery itself, since its quantities would be free of it.
    """
    batch = await take_each(writing, [command], cancel)
    await retract(batch)
    return batch.one()


async def retract(batch: DeliveryBatch[Any]) -> None:
    """Take deliveries back that are taken."""
    when = {delivery.id: batch.at(place) for place, _, delivery in batch.going}
    await take_back(batch.writing, batch.locked, batch.deliveries, when=when)
