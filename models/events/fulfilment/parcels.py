"""What the journal tells of parcels."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated
from uuid import UUID

from models.base.events import Event, Payload, event
from models.base.payloads import IdOf
from models.fulfilment.parcels import Parcel, ParcelStatus


@event("parcel.packed", Parcel)
class ParcelPacked(Event):
    """It was packed."""

    delivery_id: Annotated[UUID, IdOf("Delivery"), "The delivery that it belongs to."]


@event("parcel.voided", Parcel)
class ParcelVoided(Event):
    """It does not count any more: its delivery was packed anew, cancelled, or left without it."""


@event("parcel.voided_reported", Parcel)
class VoidedParcelReported(Event):
    """A carrier reported of it though it counts no more: what lay in it may be on the road."""

    status: Annotated[ParcelStatus, "What the carrier's word means."]


def _without_number(_payload: Payload) -> Payload:
    """Upcast version 1, which told the number itself."""
    return {"tracking_number_id": None}


@event("parcel.tracking_number_added", Parcel, _without_number)
class ParcelTrackingNumberAdded(Event):
    """A carrier reported a number of its own."""

    tracking_number_id: Annotated[
        Annotated[UUID, IdOf("TrackingNumber")] | None, "The number; null before version 2."
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported(Event):
    """What follows for a parcel from all that carriers reported of it."""

    was: Annotated[ParcelStatus, "Its status before."]
    is_delayed: Annotated[bool, "Whether it is delayed."]


@event("parcel.label_created", Parcel)
class ParcelLabelCreated(Reported):
    """Its label is made."""


@event("parcel.picked_up", Parcel)
class ParcelPickedUp(Reported):
    """The carrier has it."""


@event("parcel.in_transit", Parcel)
class ParcelInTransit(Reported):
    """It is on its way."""


@event("parcel.out_for_delivery", Parcel)
class ParcelOutForDelivery(Reported):
    """It is on its last mile."""


@event("parcel.attempt_failed", Parcel)
class ParcelAttemptFailed(Reported):
    """Nobody took it in."""


@event("parcel.ready_for_pickup", Parcel)
class ParcelReadyForPickup(Reported):
    """It waits to be fetched."""


@event("parcel.delivered", Parcel)
class ParcelDelivered(Reported):
    """It has arrived."""


@event("parcel.returned_to_sender", Parcel)
class ParcelReturnedToSender(Reported):
    """It went back."""


@event("parcel.exception", Parcel)
class ParcelException(Reported):
    """Something went wrong on its way."""


@event("parcel.lost", Parcel)
class ParcelLost(Reported):
    """It is lost."""


@event("parcel.reports_withdrawn", Parcel)
class ParcelReportsWithdrawn(Reported):
    """All that was reported of it was wrong: it stands where it did when it was packed."""


@event("parcel.delayed", Parcel)
class ParcelDelayed(Event):
    """It comes later than it should."""


@event("parcel.delay_ended", Parcel)
class ParcelDelayEnded(Event):
    """It moves again."""


REPORTED: Mapping[ParcelStatus, type[Reported]] = {
    ParcelStatus.PACKED: ParcelReportsWithdrawn,
    ParcelStatus.LABEL_CREATED: ParcelLabelCreated,
    ParcelStatus.PICKED_UP: ParcelPickedUp,
    ParcelStatus.IN_TRANSIT: ParcelInTransit,
    ParcelStatus.OUT_FOR_DELIVERY: ParcelOutForDelivery,
    ParcelStatus.ATTEMPT_FAILED: ParcelAttemptFailed,
    ParcelStatus.READY_FOR_PICKUP: ParcelReadyForPickup,
    ParcelStatus.DELIVERED: ParcelDelivered,
    ParcelStatus.RETURNED_TO_SENDER: ParcelReturnedToSender,
    ParcelStatus.EXCEPTION: ParcelException,
    ParcelStatus.LOST: ParcelLost,
}
"""Status that reports give a parcel -> what tells of it."""
