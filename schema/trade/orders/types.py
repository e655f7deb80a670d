"""Orders, their lines and holds, and lists of orders, for clients."""

from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any

import strawberry

from admission.costs import Cost
from execution.fields import DECLARED, Listed, related
from loaders.fulfilment import deliveries as delivery_loaders
from loaders.fulfilment import tracking as tracking_loaders
from loaders.fulfilment.call_offs.supplied import unplanned
from loaders.master import catalog as product_loaders
from loaders.master import channels as channel_loaders
from loaders.master import parties as party_loaders
from loaders.trade import contracts as contract_loaders
from loaders.trade import orders as loaders
from loaders.trade import payments as payment_loaders
from loaders.trade.orders import responses
from loaders.trade.orders import totals as order_totals
from loaders.trade.releases import lists as release_loaders
from models.access.viewers import Scope
from models.master.catalog import Unit
from models.trade.orders.lines import OrderLine as OrderLineRow
from models.trade.orders.tables import Order as OrderRow
from schema.access.journal import Timeline, timeline
from schema.access.journal.events import Events, events
from schema.graphql import values
from schema.graphql.nodes import Node, node
from schema.graphql.scalars import Currency
from schema.master.catalog import Product
from schema.master.channels import Channel
from schema.master.packagings import Packaged, packaged
from schema.master.parties import Address, Contact, Party
from schema.trade.contracts.guarantees import Guarantee, Supplied
from schema.trade.contracts.types import Contract, ContractLine
from schema.trade.orders import amounts
from schema.trade.orders.amounts import OrderCharge, OrderTax, OrderTotals
from schema.trade.orders.holds import Hold
from schema.trade.orders.responses import LineAmendment, WindowProposal
from schema.trade.releases.types import ScheduleLine

if TYPE_CHECKING:
    from schema.fulfilment.deliveries.types import Delivery
    from schema.trade.payments import Payment
from schema.trade.orders.enums import (
    Approval,
    ChargeKind,
    DeliveryPolicy,
    FulfilmentStatus,
    LineResponse,
    OrderAction,
    OrderKind,
    OrderState,
    PaymentState,
    TaxCategory,
)

_NOT_SHOWN = "null for warehouses"
"""What the models hide of prices."""
_OF_LINES = Cost(weight=1, each=5)
"""Of what looks through lines: 10 to 20 µs for an order of few, 50 to 190 for one of 250."""


@node(
    OrderLineRow,
    loaders.line_by_id,
    Scope.ORDERS_READ,
    "One product of an order, and how far it has come.",
)
class OrderLine(Node):
    """A line; every quantity in the product's unit."""

    order: "Order" = related(loaders.by_id, "The order.", key="order_id")
    line_no: int = strawberry.field(description="Its number in the order, from 1; never reused.")
    product: Product = related(product_loaders.by_id, "What was ordered.", key="product_id")
    unit: Unit = strawberry.field(description="Unit of its quantities, the product's.")
    contract_line: ContractLine | None = related(
        contract_loaders.line_by_id, "What a call-off draws from.", key="contract_line_id"
    )
    schedule_line: ScheduleLine | None = related(
        release_loaders.schedule_line_by_id,
        "The line of a release that a call-off answers.",
        key="schedule_line_id",
    )
    guarantee: Guarantee | None = related(
        contract_loaders.guarantee_by_id,
        "What its contract guaranteed of its supply when it was called off; null for warehouses.",
        key="guarantee_id",
    )
    unplanned_supply: Supplied | None = related(
        unplanned,
        "How what of it is in no delivery (and not only lost or refused of one) stands to what its"
        " contract guaranteed; `DeliveryLine.supplied` tells of the rest. Null where that is"
        " nothing, before the company of its customer has approved it, and for warehouses.",
        directives=[Cost(weight=1, each=10)],
    )
    external_reference: str | None = strawberry.field(
        description="The line's number in the sender's system."
    )
    unit_price: values.Money | None = values.money(
        "unit_price",
        f"Price of one unit before discount; {_NOT_SHOWN}, and while the merchant is to state it.",
    )
    discount_percent: Decimal | None = strawberry.field(
        description=f"Percent off the unit price; {_NOT_SHOWN}."
    )
    discount_amount: values.Money | None = values.money(
        "discount_amount",
        f"Taken off the whole line, as it was ordered, instead of a percentage; {_NOT_SHOWN}.",
    )
    order_discount: values.Money | None = values.money(
        "borne_discount",
        "What it bears of the order's discount for what is not cancelled, rounded half up to the"
        f" currency's minor unit; {_NOT_SHOWN}.",
    )
    substitution_allowed: bool = strawberry.field(
        description="Whether another product may be sent instead."
    )
    window: values.DeliveryWindow | None = values.window(
        "window", "When it is wanted; null where the order's window counts."
    )
    confirmed_window: values.DeliveryWindow | None = values.window(
        "confirmed", "When it is promised."
    )
    agreed_latest: datetime | None = strawberry.field(
        description="Until when it is to arrive by an amendment that its customer has accepted:"
        " what is late, and what is guaranteed, counts from this instead of `window`; what had"
        " come before it was accepted stays as late as it was."
    )
    response: LineResponse | None = related(
        responses.response,
        "What the merchant has said to it last; null where that is nothing, and where an amendment"
        " was declined or not answered in time.",
        attribute="response",
    )
    response_reason: str | None = strawberry.field(
        description="Why the merchant has amended or rejected it; null for warehouses."
    )
    amendment: LineAmendment | None = related(
        responses.amendment, "What is offered instead; null where nothing waits for an answer."
    )
    replaced_product: Product | None = related(
        product_loaders.by_id,
        "What was ordered first, where another product was agreed on.",
        key="replaced_product_id",
    )
    over_tolerance: Decimal = strawberry.field(
        description="How much more than ordered may be planned and delivered (`orderConfirm`)."
    )
    over_tolerance_packaged: Packaged | None = packaged("`overTolerance`", "tolerance_")
    ordered: Decimal = strawberry.field(description="What was ordered.")
    packaged: Packaged | None = packaged("What was ordered,")
    cancelled: Decimal = strawberry.field(description="What is not wanted any more.")
    reserved: Decimal = strawberry.field(
        description="What is set aside in stock. Nothing sets it yet."
    )
    backordered: Decimal = strawberry.field(description="What waits for goods.")
    planned: Decimal = strawberry.field(
        description="What deliveries have taken, and what was neither lost nor refused of it."
    )
    picked: Decimal = strawberry.field(description="What was picked.")
    packed: Decimal = strawberry.field(description="What was packed.")
    shipped: Decimal = strawberry.field(
        description="What was dispatched, and neither lost nor refused."
    )
    delivered: Decimal = strawberry.field(
        description="What arrived, in all of its deliveries: more than `shipped` where something"
        " that was given up arrived after all, beside what took its place (`owedAgain`)."
    )
    lost: Decimal = strawberry.field(description="What was lost on the way.")
    refused: Decimal = strawberry.field(description="What the recipient did not take.")
    return_requested: Decimal = strawberry.field(
        description="What is to come back. Nothing sets it yet."
    )
    return_received: Decimal = strawberry.field(description="What came back. Nothing sets it yet.")
    written_off: Decimal = strawberry.field(description="What was given up. Nothing sets it yet.")
    open_quantity: Decimal = related(
        loaders.line_progress,
        "What was ordered and is neither cancelled nor shipped; none from the order's"
        " `cancelIfNotBy` on.",
        attribute="open_quantity",
        directives=[Cost(weight=1, each=1)],
    )
    unplanned: Decimal = strawberry.field(
        description="What was ordered, is not cancelled and in no delivery; can be cancelled."
    )

    net: values.Money | None = values.money(
        "net_amount",
        "Price of what was ordered and not cancelled, after its own discount, rounded half"
        " up to the currency's minor unit. Totals add exact prices, so they may differ from the"
        f" sum of these. It is {_NOT_SHOWN}.",
    )


@node(
    OrderRow, loaders.by_id, Scope.ORDERS_READ, "What a party or a guest ordered over one channel."
)
class Order(Node):
    """An order."""

    number: str = strawberry.field(description="The merchant's number of it.")
    kind: OrderKind = strawberry.field(description="Why it exists.")
    state: OrderState = strawberry.field(description="Where it stands.")
    awaiting_approval_of: list[Approval] = strawberry.field(
        description="Who must still approve it; nobody in other states than PENDING_APPROVAL."
    )
    channel: Channel | None = related(
        channel_loaders.by_id, "Where it was ordered.", key="channel_id"
    )
    party: Party | None = related(
        party_loaders.by_id, "Who ordered; null for a guest.", key="party_id"
    )
    guest: values.Recipient | None = values.recipient("guest", "Who ordered without an account.")
    buyer_contact: Contact | None = related(
        party_loaders.contact_by_id, "Who at the party ordered.", key="buyer_contact_id"
    )
    contract: Contract | None = related(
        contract_loaders.by_id, "The contract that a call-off draws from.", key="contract_id"
    )
    purchase_order_number: str | None = strawberry.field(
        description="The customer's own order number."
    )
    external_reference: str | None = strawberry.field(
        description="Its number in the channel's system; unique per channel and party."
    )
    currency: Currency = strawberry.field(description="Currency of all of its prices.")
    delivery_policy: DeliveryPolicy = strawberry.field(description="Whether it may come in parts.")
    cancel_if_not_by: datetime | None = strawberry.field(
        description="When the policy CANCEL_IF_NOT_BY takes effect."
    )
    ship_to_address: Address | None = related(
        party_loaders.address_by_id, "The party's address it goes to.", key="ship_to_id"
    )
    ship_to: values.PostalAddress | None = values.address(
        "ship_to", "Where it goes, as the address was when it was ordered."
    )
    recipient: values.Recipient | None = values.recipient("recipient", "Who takes the goods in.")
    window: values.DeliveryWindow | None = values.window("window", "When it is wanted.")
    window_override: str | None = strawberry.field(
        description="Why its windows may lie outside of the address's receiving hours, or what is"
        " promised outside of its contract's validity; whoever sees the order reads it."
    )
    confirmed_window: values.DeliveryWindow | None = values.window(
        "confirmed", "When it is promised."
    )
    window_proposal: WindowProposal | None = related(
        responses.proposal,
        "The other window that its customer proposed last; null where there is none, and of an"
        " order that ended before it was answered.",
    )
    note: str | None = strawberry.field(description="A note for people.")
    placed_at: datetime = strawberry.field(description="When it was ordered.")
    confirmed_at: datetime | None = strawberry.field(description="When it was confirmed.")
    closed_at: datetime | None = strawberry.field(
        description="When it was closed, cancelled or rejected."
    )
    reject_reason: str | None = strawberry.field(description="Why it was rejected.")
    cancel_reason: str | None = strawberry.field(
        description="Why people last cancelled it, or a part of it."
    )
    version: int = related(
        loaders.versions,
        "Raised by every change of the order itself, its holds and what its lines say, an amendment"
        " that nobody answers in time included, not by what deliveries count on its lines; see"
        " `expectedVersion`.",
        attribute="version",
        directives=[_OF_LINES],
    )
    lines: list[OrderLine] = related(loaders.lines, "Its lines, by number.")
    holds: list[Hold] = related(loaders.holds, "Its holds, released ones too, oldest first.")
    deliveries: list[
        Annotated["Delivery", strawberry.lazy("schema.fulfilment.deliveries.types")]
    ] = related(
        delivery_loaders.of_order,
        "Its deliveries, cancelled ones too, by the end of the window.",
        directives=[_OF_LINES],
    )
    fulfilment_status: FulfilmentStatus = strawberry.field(
        description="How far the whole order has come, also what of it you do not see."
    )
    is_backordered: bool = strawberry.field(
        description="A line waits for goods, also one that you do not see."
    )
    is_late: bool = related(
        loaders.timeliness,
        "The requested latest instant of the order, or of a line that has its own, or the one that"
        " was agreed on instead, passed before all that was ordered was shipped: it is past and"
        " something is still open, or the last dispatch came after it.",
        attribute="is_late",
    )
    discount_percent: Decimal | None = strawberry.field(
        description=f"Percent off its lines, where its discount is one; {_NOT_SHOWN}."
    )
    discount_amount: values.Money | None = values.money(
        "discount_amount", f"The discount as it was stated, where it is an amount; {_NOT_SHOWN}."
    )
    net: values.Money | None = values.money(
        "net",
        "Price of all lines after all discounts, with the order's charges, before taxes and without"
        " what was cancelled: added exactly, rounded half up once to the currency's minor unit. It"
        f" is {_NOT_SHOWN}, and while a line has no price.",
    )
    totals: OrderTotals | None = related(
        order_totals.totals,
        f"What it comes to; {_NOT_SHOWN}, and while a line has no price.",
        directives=[_OF_LINES],
    )

    @strawberry.field(
        description="What it is charged for beside its lines; empty for warehouses.",
        metadata={DECLARED: Listed(order_totals.charges)},
    )
    def charges(self: Any) -> list[OrderCharge]:
        """Read what the row keeps."""
        return amounts.kept(self.charges, self.currency, kind=ChargeKind, amount=Decimal)

    @strawberry.field(
        description="Its taxes, as they were stated, whatever was cancelled since: then"
        " `totals { taxes }` is null. Empty for warehouses.",
        metadata={DECLARED: Listed(order_totals.taxes)},
    )
    def taxes(self: Any) -> list[OrderTax]:
        """Read what the row keeps."""
        read = {"category": TaxCategory, "rate": Decimal, "amount": Decimal}
        return amounts.kept(self.taxes, self.currency, **read)

    is_open: bool = related(
        loaders.timeliness,
        "It is PENDING_APPROVAL or CONFIRMED, its `cancelIfNotBy` has not passed, and something of"
        " it is neither cancelled nor shipped.",
        attribute="is_open",
    )
    payment_state: PaymentState | None = strawberry.field(
        description="What is known of its payment: what the report says that tells of the latest"
        " instant; null for warehouses. Nothing is charged here."
    )
    payments: list[Annotated["Payment", strawberry.lazy("schema.trade.payments")]] = related(
        payment_loaders.of_order,
        "What was reported of its payment, by the instant of which it tells; nothing for"
        " warehouses.",
    )
    is_stopped_by_payment: bool = related(
        loaders.stopped,
        "Whether what is known of its payment stops its goods, by `releaseWhen` of its party, or"
        " else of its channel: its deliveries are neither released nor packed nor dispatched.",
        attribute="by_payment",
    )
    available_actions: list[OrderAction] = related(
        loaders.offered,
        "What the viewer may do now with it.",
        attribute="actions",
        directives=[_OF_LINES],
    )
    access_token: str | None = related(
        loaders.tokens,
        "What a storefront sends as the header `Abruf-Order-Token` to see this order; for who"
        " manages orders, and for the storefront that has it.",
        attribute="token",
    )
    events: Events = events(
        tracking_loaders.events_of_order, "What happened to it, its deliveries and their parcels."
    )
    timeline: Timeline = timeline()
