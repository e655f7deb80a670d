"""Lists of orders, and what is summed up over them."""

from decimal import Decimal

import strawberry

from admission.costs import Cost
from execution.fields import DECLARED, Listed
from loaders.trade.orders import sums
from models.access.viewers import Scope
from schema.graphql import values
from schema.graphql.connections import Connection, whole
from schema.graphql.scopes import Requires
from schema.trade.orders.types import Order


@strawberry.type(
    description="Sums over a whole list of orders, whatever page is asked.",
    directives=[Requires(scope=Scope.ORDERS_READ)],
)
class OrderSummary:
    """The fields of loaders.trade.orders.Summary."""

    order_count: int = strawberry.field(description="Number of orders.")
    line_count: int = strawberry.field(description="Number of lines that you see.")
    ordered_quantity: Decimal = strawberry.field(
        description="What was ordered, cancelled quantities included, added over the lines that"
        " you see: it mixes the units of the products."
    )
    net_totals: list[values.Money] = strawberry.field(
        description="For each currency what `Order.net` says of one order, over all lines that have"
        " a price: added exactly and rounded half up once to the currency's minor unit. Empty for"
        " warehouses.",
        metadata={DECLARED: Listed(sums.net_totals)},
    )


@strawberry.type(description="A page of a list of orders.")
class OrderConnection(Connection[Order]):
    """A connection that can also sum up its whole list."""

    summary: OrderSummary = whole(
        lambda page: sums.SummaryOf(page.paged, page.filter_by),
        sums.SummaryOf.source,
        "Sums over the whole list; counted only when asked.",
        cost=Cost(weight=1, each=2_400),
    )
