"""Holds for clients: of orders and of deliveries."""

from datetime import datetime

import strawberry

from loaders.trade import orders as loaders
from models.access.viewers import Scope
from models.trade.orders.holds import Hold as HoldRow
from schema.graphql.nodes import Node, node
from schema.trade.orders.enums import HoldReason


@node(HoldRow, loaders.hold_by_id, Scope.ORDERS_READ, "A stop on an order or a delivery.")
class Hold(Node):
    """A hold."""

    reason: HoldReason = strawberry.field(description="Why it must not be released.")
    owner: str | None = strawberry.field(
        description="Person, team or system that placed it; null for who is not to know."
    )
    note: str | None = strawberry.field(
        description="What else people should know; null for who is not to know."
    )
    placed_at: datetime = strawberry.field(description="When it was placed.")
    released_at: datetime | None = strawberry.field(
        description="When it was released; null while it holds."
    )
