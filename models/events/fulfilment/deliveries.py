"""What the journal tells of deliveries."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

from models.access.viewers import Actor
from models.base.events import Event, Payload, event, without
from models.base.payloads import IdOf
from models.events.trade.orders import Held, hold_without_owner
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Delivery
from models.trade.contracts.guarantees import SupplyExcuse
from models.trade.contracts.states import TimeRule
from models.trade.orders.holds import HIDDEN_IN_EVENTS_OF_DELIVERIES

Quantities = Mapping[Annotated[UUID, IdOf("OrderLine")], Decimal]
"""Id of an order line -> quantity, in the line's unit."""


@event("delivery.planned", Delivery)
class DeliveryPlanned(Event):
    """It was planned, or split off from another."""

    planned: Annotated[Quantities, "Order line → what it takes, in the line's unit."]


@event("delivery.split", Delivery)
class DeliveryDivided(Event):
    """A part of it became a delivery of its own."""

    into: Annotated[UUID, IdOf("Delivery"), "The new delivery."]
    taken: Annotated[Quantities, "Order line → what the new one took, in the line's unit."]


@event("delivery.lowered", Delivery)
class DeliveryLowered(Event):
    """It brings less than was planned, since its schedule wants less."""

    taken: Annotated[Quantities, "Order line → what it brings no longer, in the line's unit."]


@event("delivery.merged", Delivery)
class DeliveryMerged(Event):
    """Another one was put into it."""

    source: Annotated[UUID, IdOf("Delivery"), "The other delivery."]
    planned: Annotated[Quantities, "Order line → what came from it, in the line's unit."]


@event("delivery.moved", Delivery)
class DeliveryMoved(Event):
    """It starts elsewhere."""

    before: Annotated[UUID, IdOf("Location"), "The location where it would have started."]
    after: Annotated[UUID, IdOf("Location"), "The location where it starts."]


def _unexcused(payload: Payload) -> Payload:
    """Upcast version 2, which told of no excuse."""
    return {"excuse": None, **payload}


@event("delivery.rescheduled", Delivery, without("override"), _unexcused, zone_column="window_zone")
class DeliveryRescheduled(Event):
    """It is to arrive at another time, or somebody else is to take it in."""

    latest_before: Annotated[datetime, "The end of the window before."]
    earliest: Annotated[datetime, "The start of the window."]
    latest: Annotated[datetime, "The end of the window."]
    excuse: Annotated[SupplyExcuse | None, "Why it comes later; null before version 3."]


@event("delivery.window_overridden", Delivery)
class DeliveryWindowOverridden(Event):
    """Its window breaks rules; the row says why, in its window_override."""

    rules: Annotated[tuple[TimeRule, ...], "The rules."]


@event("delivery.excused", Delivery)
class DeliveryExcused(Event):
    """It was said why it comes later, or taken back."""

    excuse: Annotated[SupplyExcuse | None, "Why; null where nothing excuses it any more."]


@event(
    "delivery.held",
    Delivery,
    hold_without_owner,
    hidden=HIDDEN_IN_EVENTS_OF_DELIVERIES,
    untold=(Actor.CARRIER,),
)
class DeliveryHeld(Held):
    """A hold stops it."""


@event(
    "delivery.hold_released",
    Delivery,
    hold_without_owner,
    hidden=HIDDEN_IN_EVENTS_OF_DELIVERIES,
    untold=(Actor.CARRIER,),
)
class DeliveryHoldReleased(Held):
    """A hold stops it no longer."""


@event("delivery.released", Delivery)
class DeliveryReleased(Event):
    """The warehouse may pick it."""


@event("delivery.packed", Delivery)
class DeliveryPacked(Event):
    """It was packed, perhaps not for the first time."""

    picked: Annotated[Quantities, "Order line → what was picked, in the line's unit."]
    short: Annotated[Quantities, "Order line → how much less than planned, where it was less."]


@event("delivery.dispatched", Delivery)
class DeliveryDispatched(Event):
    """It left."""

    shipped: Annotated[Quantities, "Order line → what left, in the line's unit."]


@event("delivery.cancelled", Delivery)
class DeliveryCancelled(Event):
    """It is not made; its quantities can be planned again."""

    merged_into: Annotated[
        Annotated[UUID, IdOf("Delivery")] | None, "The delivery into which it was put."
    ] = None


@event("delivery.received", Delivery)
class DeliveryReceived(Event):
    """The client confirmed what came."""

    received: Annotated[
        Mapping[Annotated[UUID, IdOf("DeliveryLine")], Decimal],
        "Delivery line → what came in good order, in its unit.",
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival(Event):
    """What has arrived of a delivery, as its parcels say, or the client once it confirms."""

    delivered: Annotated[Quantities, "Order line → what arrived; less than 0 takes back."]
    refused: Annotated[Quantities, "Order line → what was refused; less than 0 takes back."]
    lost: Annotated[Quantities, "Order line → what was lost; less than 0 takes back."]


@event("delivery.partially_delivered", Delivery)
class DeliveryPartiallyDelivered(Arrival):
    """Some of it has arrived."""


@event("delivery.delivered", Delivery)
class DeliveryDelivered(Arrival):
    """All of it has arrived."""


@event("delivery.returned_to_sender", Delivery)
class DeliveryReturnedToSender(Arrival):
    """All of its parcels went back."""


@event("delivery.lost", Delivery)
class DeliveryLost(Arrival):
    """All of its parcels are lost."""


@event("delivery.failed", Delivery)
class DeliveryFailed(Arrival):
    """Nothing of it has arrived, and nothing is under way any more."""


def _under_way_again(payload: Payload) -> Payload:
    """Upcast version 1, which told of no other state."""
    return {"state": DeliveryState.DISPATCHED.value, **payload}


@event("delivery.arrival_corrected", Delivery, _under_way_again)
class DeliveryArrivalCorrected(Arrival):
    """Less of it has arrived than was told, it is under way again, or not replaced any more."""

    state: Annotated[DeliveryState, "The state that it is in now."]


@event("delivery.reshipped", Delivery)
class DeliveryReshipped(Event):
    """Another one brings again what of it was lost or came back."""

    by: Annotated[UUID, IdOf("Delivery"), "The other delivery."]
    planned: Annotated[Quantities, "Order line → what that one takes, in the line's unit."]
    state: Annotated[DeliveryState, "The state that it is in now; RESHIPPED when that is all."]


@event("delivery.progressed", Delivery)
class DeliveryProgressed(Arrival):
    """Its state is as before, but not when or how much arrived."""


ARRIVALS: Mapping[DeliveryState, type[Arrival]] = {
    DeliveryState.PARTIALLY_DELIVERED: DeliveryPartiallyDelivered,
    DeliveryState.DELIVERED: DeliveryDelivered,
    DeliveryState.RETURNED_TO_SENDER: DeliveryReturnedToSender,
    DeliveryState.LOST: DeliveryLost,
    DeliveryState.FAILED: DeliveryFailed,
}
"""State into which a delivery comes by what arrives -> what tells of it."""
