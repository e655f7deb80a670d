"""What is said of a delivery as it went in another system."""

from collections.abc import Collection
from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from commands.fulfilment.deliveries.places import DeliveryPart
from commands.fulfilment.parcels.inputs import Content, ParcelFields
from kit.ids import Names
from kit.inputs import LARGEST_BULK, Command, Each, Instant, Note, Reference
from models.trade.orders.states import OrderState

STEPS = ("planned_at", "released_at", "packed_at", "dispatched_at", "delivered_at")
"""When each step was made, in their order."""


class RecordedContent(Content):
    """What of one order line lay in a parcel."""

    order_line_id: Annotated[UUID, Names("OrderLine")] = Field(
        description="An order line of the delivery."
    )


class RecordedParcel(ParcelFields):
    """One parcel or pallet of a recorded delivery."""

    contents: list[RecordedContent] = Field(
        default_factory=list,
        max_length=LARGEST_BULK,
        description="What lay in it; only what carried other parcels may be empty.",
    )


class RecordedDelivery(DeliveryPart):
    """A delivery as it went. A step without a time of its own was made with the next one."""

    external_reference: Reference | None = Field(
        None,
        description="Its number in the other system, by which it is known when it is sent again;"
        " unique per channel.",
    )
    window_override: Note | None = Field(
        None,
        description="Why the window of what is still to go may break a rule, as of"
        " `deliveryPlan`; else why it left after the instant by which one of its orders was wanted"
        " or not at all, by which it was packed. Shown to the customer.",
    )
    planned_at: Instant | None = Field(None, description="When it was planned.")
    released_at: Instant | None = Field(None, description="When the warehouse could pick it.")
    packed_at: Instant | None = Field(None, description="When it was packed.")
    dispatched_at: Instant | None = Field(None, description="When it left.")
    delivered_at: Instant | None = Field(None, description="When all of it had arrived.")
    cancelled_at: Instant | None = Field(None, description="When it was cancelled, before it left.")
    parcels: list[RecordedParcel] = Field(
        default_factory=list,
        max_length=LARGEST_BULK,
        description="Its parcels, which hold all that it takes; where none are named, one with all"
        " of it.",
    )

    @property
    def over(self) -> Collection[OrderState]:
        """States of orders that are over, to which it may belong: none for what is still to go."""
        if self.cancelled_at is not None:
            return (OrderState.CLOSED, OrderState.CANCELLED)
        return (OrderState.CLOSED,) if self.dispatched_at or self.delivered_at else ()

    def times(self, now: datetime) -> dict[str, datetime]:
        """Return step -> when it was made, up to the last one."""
        found: dict[str, datetime] = {}
        later = self.cancelled_at
        for step in reversed(STEPS):
            at = getattr(self, step) or (later if found or step == STEPS[0] else None)
            if at is not None:
                found[step] = later = at
        return found or {STEPS[0]: now}


class DeliveriesRecord(Command):
    """Up to 250 deliveries of another system."""

    deliveries: Each[RecordedDelivery] = Field(
        description="The deliveries, of confirmed orders; of orders that are over, what was done"
        " before their end."
    )
