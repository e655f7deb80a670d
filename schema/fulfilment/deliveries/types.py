"""Deliveries, their lines and receipts for clients."""

from datetime import datetime
from decimal import Decimal

import strawberry

from admission.costs import Cost
from execution.fields import related
from loaders.fulfilment import deliveries as loaders
from loaders.fulfilment import parcels as parcel_loaders
from loaders.fulfilment import tracking as tracking_loaders
from loaders.fulfilment.call_offs.supplied import supplied
from loaders.master import channels as channel_loaders
from loaders.master import locations as location_loaders
from loaders.master import parties as party_loaders
from loaders.trade import orders as order_loaders
from models.access.viewers import Scope
from models.fulfilment.deliveries.receipts import Receipt as ReceiptRow
from models.fulfilment.deliveries.tables import Delivery as DeliveryRow
from models.fulfilment.deliveries.tables import DeliveryLine as DeliveryLineRow
from models.master.channels import DeliveryMethod
from schema.access.journal import Timeline, timeline
from schema.access.journal.events import Events, events
from schema.fulfilment.deliveries.enums import (
    DeliveryAction,
    DeliveryState,
    Incoterm,
    ReceiptDifference,
    ShortReason,
)
from schema.fulfilment.parcels import Parcel
from schema.graphql import values
from schema.graphql.nodes import Node, node
from schema.graphql.scopes import Requires
from schema.master.channels import Channel
from schema.master.locations import Location
from schema.master.packagings import Packaged, packaged
from schema.master.parties import Address, Party
from schema.trade.contracts.enums import SupplyExcuse
from schema.trade.contracts.guarantees import Supplied
from schema.trade.orders.holds import Hold
from schema.trade.orders.types import Order, OrderLine


@node(
    DeliveryLineRow,
    loaders.line_by_id,
    Scope.DELIVERIES_READ,
    "What a delivery takes of one order line.",
)
class DeliveryLine(Node):
    """A line; every quantity in the product's unit."""

    delivery: "Delivery" = related(loaders.by_id, "The delivery.", key="delivery_id")
    order: Order = related(order_loaders.by_id, "The order.", key="order_id")
    order_line: OrderLine = related(
        order_loaders.line_by_id, "The order line.", key="order_line_id"
    )
    planned: Decimal = strawberry.field(
        description="What it takes; lowered to what was picked when that was less."
    )
    packaged: Packaged | None = packaged(
        "What it takes,",
        counted="as it was counted in packagings, or in that of its order line where it was planned"
        " in units",
    )
    picked: Decimal = strawberry.field(description="What was picked.")
    packed: Decimal = strawberry.field(description="What lies in parcels.")
    shipped: Decimal = strawberry.field(description="What was dispatched.")
    delivered: Decimal = strawberry.field(description="What arrived.")
    lost: Decimal = strawberry.field(
        description="What was lost on the way, or is missing as the client's receipt tells."
    )
    refused: Decimal = strawberry.field(description="What the recipient did not take.")
    owed_again: Decimal = strawberry.field(
        description="What was lost or refused, so that its order line owes it again: there it is"
        " not planned and shipped any more, but open. More than `lost` and `refused` where it"
        " arrived after all, when something else had taken its place: it is `delivered`, and the"
        " order line still counts as planned and shipped what took its place."
    )
    short_reason: ShortReason | None = strawberry.field(
        description="Why less was picked than planned."
    )
    supplied: Supplied | None = related(
        supplied,
        "How it stands to what its contract guaranteed; null where that is nothing, where the"
        " delivery was cancelled, and for warehouses.",
        directives=[Cost(weight=1, each=10)],
    )


@strawberry.type(
    description="What the client received of one delivery line.",
    directives=[Requires(scope=Scope.DELIVERIES_READ)],
)
class ReceiptLine:
    """A row of receipt_lines."""

    delivery_line: DeliveryLine = related(loaders.line_by_id, "The line.", key="delivery_line_id")
    shipped: Decimal = strawberry.field(description="What was shipped.")
    received: Decimal = strawberry.field(description="What came in good order.")
    packaged: Packaged | None = packaged("What came,")
    difference: ReceiptDifference | None = strawberry.field(
        description="Why it is not what was shipped."
    )
    note: str | None = strawberry.field(description="What people should know of it.")


@node(
    ReceiptRow,
    loaders.receipt_by_id,
    Scope.DELIVERIES_READ,
    "The client's own receipt of a delivery.",
)
class Receipt(Node):
    """A receipt."""

    delivery: "Delivery | None" = related(loaders.by_id, "The delivery.", key="delivery_id")
    sequence: int = strawberry.field(
        description="Counts the receipts of the delivery from 1; the last one holds."
    )
    received_at: datetime = strawberry.field(description="When the goods came.")
    recorded_at: datetime = strawberry.field(description="When it was recorded here.")
    received_by: str | None = strawberry.field(description="Who took the goods in.")
    reference: str | None = strawberry.field(description="The client's number of the receipt.")
    lines: list[ReceiptLine] = related(loaders.receipt_lines, "What came, line by line.")


@node(
    DeliveryRow,
    loaders.by_id,
    Scope.DELIVERIES_READ,
    "A part of an order, or of several, at its own agreed time.",
)
class Delivery(Node):
    """A delivery."""

    number: str = strawberry.field(description="The merchant's number of it.")
    external_reference: str | None = strawberry.field(
        description="Its number in the system from which it was recorded (`deliveriesRecord`)."
    )
    state: DeliveryState = strawberry.field(description="Where it stands.")
    orders: list[Order] = related(loaders.orders, "The orders that it is a part of, by number.")
    lines: list[DeliveryLine] = related(loaders.lines, "What it takes of each order line.")
    parcels: list[Parcel] = related(
        parcel_loaders.of_delivery, "Its parcels, voided ones of earlier packings first."
    )
    receipts: list[Receipt] = related(
        loaders.receipts, "The client's receipts, oldest first; the last one holds."
    )
    holds: list[Hold] = related(
        order_loaders.holds, "Its own holds, released ones too, oldest first."
    )
    party: Party | None = related(
        party_loaders.by_id, "Who gets it; null for a guest.", key="party_id"
    )
    channel: Channel | None = related(
        channel_loaders.by_id, "Where its orders came from.", key="channel_id"
    )
    location: Location | None = related(
        location_loaders.by_id, "Where it starts.", key="location_id"
    )
    ship_to_address: Address | None = related(
        party_loaders.address_by_id, "The party's address it goes to.", key="ship_to_id"
    )
    ship_to: values.PostalAddress | None = values.address(
        "ship_to", "Where it goes, as the address was when it was planned."
    )
    recipient: values.Recipient | None = values.recipient("recipient", "Who takes it in.")
    window: values.DeliveryWindow = values.window("window", "When it is to arrive.")
    window_override: str | None = strawberry.field(
        description="Why the window may lie outside of the address's receiving hours, or of the"
        " contract's validity; whoever sees the delivery reads it."
    )
    excuse: SupplyExcuse | None = strawberry.field(
        description="Why it comes later than it was guaranteed."
    )
    promised_at: datetime | None = strawberry.field(description="What the customer was promised.")
    fulfil_at: datetime | None = strawberry.field(description="It is not picked before this.")
    fulfil_by: datetime | None = strawberry.field(description="It must have left by this.")
    method: DeliveryMethod = strawberry.field(description="How the goods reach the recipient.")
    incoterm: Incoterm | None = strawberry.field(description="Who bears cost and risk.")
    completes_order: bool = strawberry.field(
        description="Whether it was planned as the last one of its orders."
    )
    reships: "Delivery | None" = related(
        loaders.by_id,
        "The delivery of which it brings again what was lost or came back.",
        key="reships_id",
    )
    reshipped_by: list["Delivery"] = related(
        loaders.reshipped_by, "Those that bring again what of it was lost or came back, by number."
    )
    packing: int = strawberry.field(description="How often it was packed.")
    planned_at: datetime = strawberry.field(description="When it was planned.")
    released_at: datetime | None = strawberry.field(description="When it was released.")
    packed_at: datetime | None = strawberry.field(description="When it was last packed.")
    dispatched_at: datetime | None = strawberry.field(description="When it left.")
    delivered_at: datetime | None = strawberry.field(description="When all of it had arrived.")
    cancelled_at: datetime | None = strawberry.field(description="When it was cancelled.")
    version: int = strawberry.field(description="Raised by every change; see `expectedVersion`.")
    available_actions: list[DeliveryAction] = related(
        loaders.offered,
        "What the viewer may do now with it.",
        attribute="actions",
        directives=[Cost(weight=1, each=5)],
    )
    events: Events = events(
        tracking_loaders.events_of_delivery, "What happened to it and its parcels."
    )
    timeline: Timeline = timeline()
    is_late: bool = related(
        loaders.timeliness,
        "The window's end passed before it was delivered: it is past and the delivery"
        " has not arrived, or it arrived after it. One that is cancelled or reshipped is not late.",
        attribute="is_late",
    )
