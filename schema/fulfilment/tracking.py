"""Tracking for clients."""

from datetime import datetime

import strawberry

from commands.fulfilment.tracking.history.record import record_history
from commands.fulfilment.tracking.record import record_tracking
from execution.fields import each_related, related
from loaders.fulfilment import parcels
from loaders.fulfilment import tracking as loaders
from models.access.viewers import Scope
from models.fulfilment.parcels import ParcelStatus
from models.fulfilment.tracking.events import TrackingEvent as TrackingEventRow
from models.fulfilment.tracking.events import Vocabulary
from schema.fulfilment.deliveries.roots import DeliveriesPayload
from schema.fulfilment.parcels import Parcel
from schema.graphql.bulk import UpsertResult
from schema.graphql.enums import described
from schema.graphql.mutations import Payload, mutation
from schema.graphql.nodes import Node, node

described(
    Vocabulary,
    "TrackingVocabulary",
    "Whose words a reported status is written in.",
    ABRUF="Ours: the values of ParcelStatus except PACKED and VOIDED, and DELAYED.",
    SHOPIFY="Shopify's FulfillmentEventStatus (up to 2026-10), for example OUT_FOR_DELIVERY.",
    AFTERSHIP="AfterShip's tags, for example InTransit, with its sub-statuses.",
    EASYPOST="EasyPost's statuses, for example pre_transit.",
    EPCIS="Business steps of EPCIS 2.0 (CBV 2.0) with dispositions as sub-statuses, bare or as URN"
    " or web URI, for example departing with in_transit.",
)
described(
    loaders.TrackingEventSort,
    "TrackingEventSort",
    "Order of a parcel's events.",
    OCCURRED_AT="As they happened.",
    OCCURRED_AT_DESC="As they happened, last first.",
    RECORDED_AT="As they came in.",
)


@node(
    TrackingEventRow,
    loaders.by_id,
    Scope.DELIVERIES_READ,
    "One report of a parcel; it never changes.",
)
class TrackingEvent(Node):
    """A tracking event."""

    parcel: Parcel = related(parcels.by_id, "The parcel.", key="parcel_id")
    occurred_at: datetime = strawberry.field(description="When it happened.")
    recorded_at: datetime = strawberry.field(description="When it was recorded here.")
    status: ParcelStatus = strawberry.field(
        description="What was reported; UNKNOWN where the word tells no status."
    )
    sub_status: str | None = strawberry.field(description="The carrier's finer status.")
    original_status: str = strawberry.field(description="The word as it was reported.")
    is_delay: bool = strawberry.field(description="Whether it reports a delay.")
    is_correction: bool = strawberry.field(
        description="Whether it takes back a terminal status reported before."
    )
    is_error_declaration: bool = strawberry.field(
        description="Whether it only says that the event with its `carrierEventId` was an error."
    )
    corrective_event_ids: list[str] = strawberry.field(
        description="Of an error declaration: the carrier's ids of what happened instead."
    )
    source: str = strawberry.field(description="Number of the carrier, or name of the feed.")
    carrier_event_id: str | None = strawberry.field(description="The carrier's own id of it.")
    place: str | None = strawberry.field(description="Where it happened.")
    message: str | None = strawberry.field(description="The carrier's text.")
    raw_reference: str | None = strawberry.field(description="Where the raw report is kept.")


@strawberry.type(description="What happened to one event of `parcelRecordTracking`.")
class TrackingResult(UpsertResult):
    """One result."""

    parcel: Parcel | None = related(
        parcels.by_id,
        "The parcel; the first of those that share the number. Where it is VOIDED, since its"
        " delivery was packed anew or cancelled, nothing follows but `parcel.voided_reported`.",
        key="parcel_id",
    )
    parcels: list[Parcel] | None = each_related(
        parcels.by_id, "All that the number names; empty when refused.", key="parcel_ids"
    )
    event: TrackingEvent | None = related(
        loaders.by_id, "The parcel's event; of a repeated one that which is known.", key="event_id"
    )


@strawberry.type(description="Outcome of `parcelRecordTracking`.")
class ParcelRecordTrackingPayload(Payload):
    """The results, in the order of the input."""

    results: list[TrackingResult] | None = strawberry.field(
        description="One result for each event; null when the whole call was refused."
    )


@strawberry.type(description="Outcome of `deliveriesRecord`.")
class DeliveriesRecordPayload(DeliveriesPayload):
    """What was recorded."""


@strawberry.type
class TrackingMutation:
    """Mutations of tracking."""

    deliveries_record: DeliveriesRecordPayload = mutation(record_history)
    parcel_record_tracking: ParcelRecordTrackingPayload = mutation(record_tracking)
