"""Orders again, for clients: what one would be if it were placed now."""

from decimal import Decimal

import strawberry

from execution.fields import related
from loaders.master import catalog as product_loaders
from loaders.master import channels as channel_loaders
from loaders.master import parties as party_loaders
from loaders.trade import contracts as contract_loaders
from loaders.trade import orders as loaders
from loaders.trade.orders import reorders
from loaders.trade.orders.reorders import DraftObstacle
from models.access.viewers import Scope
from models.master.catalog import Unit
from schema.graphql import values
from schema.graphql.enums import described
from schema.graphql.roots import one_by
from schema.graphql.scalars import Currency
from schema.graphql.scopes import Requires
from schema.master.catalog import Product
from schema.master.channels import Channel
from schema.master.packagings import Packaged, packaged
from schema.master.parties import Address, Party
from schema.trade.contracts.types import Contract, ContractLine
from schema.trade.orders.enums import DeliveryPolicy
from schema.trade.orders.types import Order, OrderLine

described(
    DraftObstacle,
    "DraftObstacle",
    "Why what was ordered cannot be ordered again as it was.",
    CHANNEL_CLOSED="Its channel is not active, or its party does not order over it any more.",
    CONTRACT_NOT_IN_FORCE="Nothing may be called off from its contract today.",
    CONTRACT_DRAWN_DOWN="Less is left of the contract's line than was called off then.",
    PRODUCT_INACTIVE="The product is not ordered any more.",
    PACKAGING_INACTIVE="The packaging is not ordered any more.",
    PRICE_UNKNOWN="No price is known, and the channel takes no orders without; warehouses are not"
    " told.",
)
_READ = Requires(scope=Scope.ORDERS_READ)


@strawberry.type(description="A line of an order, as it would be now.", directives=[_READ])
class OrderDraftLine:
    """A record of loaders.trade.orders.reorders."""

    order_line: OrderLine = related(
        loaders.line_by_id, "The line that it is of.", key="order_line_id"
    )
    product: Product = related(product_loaders.by_id, "What was ordered.", key="product_id")
    contract_line: ContractLine | None = related(
        contract_loaders.line_by_id, "What a call-off draws from.", key="contract_line_id"
    )
    quantity: Decimal = strawberry.field(description="What was ordered, cancelled or not.")
    unit: Unit = strawberry.field(description="Unit of the quantity, the product's.")
    scale: int = strawberry.field(description="Decimals that a quantity of it may have.")
    packaged: Packaged | None = packaged("What was ordered,")
    unit_price: values.Money | None = values.money(
        "unit_price",
        "What one unit of so much costs now: what `expectedUnitPrice` says when it is ordered. Null"
        " where no price is known, and for warehouses.",
    )
    ordered_unit_price: values.Money | None = values.money(
        "cost_then", "What one unit cost then; null for warehouses."
    )
    obstacles: list[DraftObstacle] = strawberry.field(
        description="Why it cannot be ordered again so; none where it can."
    )


@strawberry.type(
    description="What an order would be if it were placed again now. Nothing is kept of it:"
    " `orderPlace` or `contractCallOff` orders.",
    directives=[_READ],
)
class OrderDraft:
    """The columns of an order, and what is asked of it anew."""

    order: Order = related(loaders.by_id, "The order that it is of.", key="id")
    channel: Channel | None = related(
        channel_loaders.by_id, "Where it was ordered.", key="channel_id"
    )
    party: Party | None = related(
        party_loaders.by_id, "Who ordered; null for a guest.", key="party_id"
    )
    contract: Contract | None = related(
        contract_loaders.by_id, "The contract that a call-off drew from.", key="contract_id"
    )
    currency: Currency = strawberry.field(description="Currency of all of its prices.")
    delivery_policy: DeliveryPolicy = strawberry.field(description="Whether it may come in parts.")
    ship_to_address: Address | None = related(
        party_loaders.address_by_id, "The party's address it went to.", key="ship_to_id"
    )
    recipient: values.Recipient | None = values.recipient("recipient", "Who took the goods in.")
    obstacles: list[DraftObstacle] = related(
        reorders.obstacles,
        "Why nothing of it can be ordered again so; `lines { obstacles }` tells it line by line.",
        attribute="obstacles",
    )
    lines: list[OrderDraftLine] = related(
        reorders.draft_lines,
        "Its lines, by number, with quantities of then and prices of now; without those that were"
        " taken out of it.",
    )


@strawberry.type
class ReordersQuery:
    """Root fields that read what orders would be now."""

    order_draft_from: OrderDraft | None = one_by(
        "What an order would be if it were placed again now, by its id or number.",
        Order=loaders.by_id,
        number=loaders.by_number,
    )
