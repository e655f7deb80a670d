"""What is offered and proposed instead of what was ordered, for clients."""

from datetime import datetime
from decimal import Decimal

import strawberry

from execution.fields import column, related
from loaders.master import catalog as product_loaders
from models.access.viewers import Scope
from schema.graphql import values
from schema.graphql.scopes import Requires
from schema.master.catalog import Product
from schema.master.packagings import Packaged, packaged
from schema.trade.orders.enums import ProposalAnswer


@strawberry.type(
    description="What the merchant offers instead of what was ordered, until it is answered.",
    directives=[Requires(scope=Scope.ORDERS_READ)],
)
class LineAmendment:
    """What a line offers."""

    quantity: Decimal | None = column(
        "offered_quantity", "How much can be had; null where that is what is wanted."
    )
    packaged: Packaged | None = packaged("How much can be had,", "offered_")
    window: values.DeliveryWindow | None = values.window(
        "offered", "When it can be had; null where nothing else is said of that."
    )
    product: Product | None = related(
        product_loaders.by_id,
        "What is offered instead, at the same price; null where that is what was ordered.",
        key="offered_product_id",
    )
    answer_by: datetime = strawberry.field(
        description="Until when it waits for `orderAnswerAmendment`."
    )
    reason: str | None = column("response_reason", "Why; null for warehouses.")


@strawberry.type(
    description="Another window, as an order's customer has proposed it last.",
    directives=[Requires(scope=Scope.ORDERS_READ)],
)
class WindowProposal:
    """What an order keeps of it."""

    window: values.DeliveryWindow | None = values.window("proposed", "When it is to arrive.")
    reason: str | None = column("proposal_reason", "Why; null for warehouses.")
    answer: ProposalAnswer | None = column(
        "proposal_answer", "What the merchant says; null while it waits for `orderAnswerProposal`."
    )
    answer_reason: str | None = column(
        "proposal_answer_reason", "Why the merchant says so; null for warehouses."
    )
