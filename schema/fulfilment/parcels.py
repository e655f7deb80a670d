"""Parcels for clients."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import strawberry

from execution.fields import related
from loaders.fulfilment import deliveries as delivery_loaders
from loaders.fulfilment import parcels as loaders
from loaders.fulfilment import tracking as tracking_loaders
from loaders.master import parties as party_loaders
from models.access.viewers import Scope
from models.fulfilment.parcels import Parcel as ParcelRow
from models.fulfilment.parcels import ParcelStatus
from schema.access.journal import Timeline, timeline
from schema.access.journal.events import Events
from schema.access.journal.events import events as happened
from schema.graphql.connections import Connection, connection
from schema.graphql.enums import described
from schema.graphql.nodes import Node, node
from schema.graphql.roots import one_by
from schema.graphql.scopes import Requires
from schema.master.packagings import Packaged, packaged
from schema.master.parties import Party

if TYPE_CHECKING:
    from schema.fulfilment.deliveries.types import Delivery, DeliveryLine
    from schema.fulfilment.tracking import TrackingEvent

described(
    ParcelStatus,
    "ParcelStatus",
    "Where a parcel is; follows from all of its tracking events.",
    PACKED="It is packed; no carrier has told of it.",
    LABEL_CREATED="The carrier knows of it.",
    PICKED_UP="The carrier has it.",
    IN_TRANSIT="It is on the way.",
    OUT_FOR_DELIVERY="It is on the last vehicle.",
    ATTEMPT_FAILED="Nobody took it in.",
    READY_FOR_PICKUP="The recipient can fetch it.",
    DELIVERED="It arrived. This, RETURNED_TO_SENDER and LOST end its way: what is reported after"
    " them is kept, and changes the status only as a correction (`isCorrection`).",
    RETURNED_TO_SENDER="It came back; see DELIVERED.",
    EXCEPTION="Something went wrong on the way.",
    LOST="It will not arrive; see DELIVERED.",
    UNKNOWN="The carrier's word tells no status.",
    VOIDED="It was repacked or its delivery cancelled; it does not count any more.",
)


@strawberry.type(
    description="A carrier's number of a parcel.",
    directives=[Requires(scope=Scope.DELIVERIES_READ)],
)
class TrackingNumber:
    """A row of tracking_numbers."""

    number: str = strawberry.field(description="The number.")
    carrier: Party | None = related(
        party_loaders.by_id, "The carrier whose number it is.", key="carrier_id"
    )
    url: str | None = related(
        loaders.addresses,
        "Where its carrier shows where the parcel is: `Party.trackingUrl` with it; null where the"
        " carrier has none, and for a number with other characters than letters, digits and `.-_`.",
        attribute="url",
    )
    added_at: datetime = strawberry.field(description="When it became known.")


@strawberry.type(
    description="What of one delivery line lies in a parcel.",
    directives=[Requires(scope=Scope.DELIVERIES_READ)],
)
class ParcelContent:
    """A row of parcel_contents."""

    delivery_line: (
        Annotated["DeliveryLine", strawberry.lazy("schema.fulfilment.deliveries.types")] | None
    ) = related(delivery_loaders.line_by_id, "The line.", key="delivery_line_id")
    quantity: Decimal = strawberry.field(description="How much, in the product's unit.")
    packaged: Packaged | None = packaged("How much,")
    lot: str | None = strawberry.field(description="Lot or batch.")
    serial_numbers: list[str] = strawberry.field(description="Serial numbers, as far as known.")


@node(ParcelRow, loaders.by_id, Scope.DELIVERIES_READ, "A parcel or pallet of a delivery.")
class Parcel(Node):
    """A parcel."""

    delivery: (
        Annotated["Delivery", strawberry.lazy("schema.fulfilment.deliveries.types")] | None
    ) = related(delivery_loaders.by_id, "The delivery.", key="delivery_id")
    packing: int = strawberry.field(
        description="Which packing of its delivery made it, from 1; a later one voids it."
    )
    parcel_no: int = strawberry.field(description="Its number in that packing, from 1.")
    sscc: str | None = strawberry.field(
        description="GS1 Serial Shipping Container Code; a voided parcel leaves it to the one that"
        " is packed under it."
    )
    tracking_numbers: list[TrackingNumber] = related(
        loaders.tracking_numbers, "The carriers' numbers of it, oldest first."
    )
    shares_number_with: list["Parcel"] = related(
        loaders.sharing,
        "The others of its consignment: those under one of its numbers, of one customer. What is"
        " reported of the number is reported of all of them.",
    )
    carrier: Party | None = related(
        party_loaders.by_id, "The carrier; null where it is fetched.", key="carrier_id"
    )
    service: str | None = strawberry.field(description="The carrier's service.")
    label_reference: str | None = strawberry.field(description="Where its label is found.")
    weight_g: int | None = strawberry.field(description="Gross weight in grams.")
    length_mm: int | None = strawberry.field(description="Length in millimetres.")
    width_mm: int | None = strawberry.field(description="Width in millimetres.")
    height_mm: int | None = strawberry.field(description="Height in millimetres.")
    status: ParcelStatus = strawberry.field(description="Where it is.")
    status_at: datetime = strawberry.field(description="Since when it is there.")
    is_delayed: bool = strawberry.field(description="Whether the carrier told of a delay.")
    events: Connection[
        Annotated["TrackingEvent", strawberry.lazy("schema.fulfilment.tracking")]
    ] = connection(
        tracking_loaders.of_parcel,
        "What carriers reported of it; what they reported of its pallet stands there.",
        sorts=tracking_loaders.TrackingEventSort,
    )
    latest_event: (
        Annotated["TrackingEvent", strawberry.lazy("schema.fulfilment.tracking")] | None
    ) = related(tracking_loaders.latest_of_parcel, "The event of its own that happened last.")
    packed_at: datetime = strawberry.field(description="When it was packed.")
    voided_at: datetime | None = strawberry.field(description="When it was voided.")
    contents: list[ParcelContent] = related(loaders.contents, "What lies in it.")
    parent: "Parcel | None" = related(
        loaders.by_id, "The pallet that it stands on.", key="parent_id"
    )
    children: list["Parcel"] = related(loaders.children, "The parcels that stand on it.")
    repacked_from: list["Parcel"] = related(
        loaders.repacked_from, "The voided parcels whose goods it holds."
    )
    repacked_into: list["Parcel"] = related(
        loaders.repacked_into, "The parcels that hold its goods since it was voided."
    )
    history: Events = happened()
    timeline: Timeline = timeline()


@strawberry.type
class ParcelsQuery:
    """Root fields that read parcels."""

    parcel: Parcel | None = one_by(
        "One parcel, by id, SSCC or tracking number. Numbers are compared without spaces and case."
        " Carriers use them again: of several parcels with one number it is the one that is not"
        " voided and got the number last; of those that share it, see `sharesNumberWith`, the"
        " first.",
        Parcel=loaders.by_id,
        sscc=loaders.by_sscc,
        tracking_number=loaders.by_tracking_number,
    )
