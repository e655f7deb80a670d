"""What clients subscribe to about orders."""

from collections.abc import AsyncGenerator
from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry import Info

from execution.fields import related
from kit.ids import Names
from loaders.access.journal import events
from loaders.trade import orders as loaders
from models.access.viewers import Scope
from resolvers.trade import orders as resolvers
from schema.access.journal.events import Event
from schema.graphql.scopes import Requires
from schema.trade.orders.types import Order


@strawberry.type(
    description="An event of an order.", directives=[Requires(scope=Scope.ORDERS_READ)]
)
class OrderStatusChange:
    """One event."""

    position: int = strawberry.field(
        description="Where it stands in the order's history, as `sequence` in its timeline; `after`"
        " goes on from here. Events of parcels, which are not sent again, have that of the order's"
        " last event."
    )
    type: str = strawberry.field(description="What happened, for example `order.cancelled`.")
    occurred_at: datetime = strawberry.field(description="When it happened.")
    event: Event | None = related(
        events.by_id, "The same, typed; null where you do not see it.", key="event_id"
    )
    order: Order | None = related(
        loaders.by_id,
        "The order as it is when the event is sent, which may be further on already.",
        key="order_id",
    )


@strawberry.type
class OrdersSubscription:
    """Subscriptions to orders."""

    @strawberry.subscription(
        description="Every event of an order's timeline: its state, quantities, responses,"
        " payments and holds, and what is reported of its parcels. It ends when the order is"
        " cancelled, rejected or closed. Each event costs"
        " the points of a query that asks the same; while the key has none, it waits, and who lets"
        " 2,000 wait is ended with TOO_SLOW.",
        graphql_type=OrderStatusChange,
    )
    async def order_status_changed(
        self,
        info: Info,
        order_id: Annotated[strawberry.ID, strawberry.argument(description="The order.")],
        after: Annotated[
            int | None,
            strawberry.argument(
                description="Position of the last event that you have: those after it are sent"
                " first. Without it only what happens from now on is sent."
            ),
        ] = None,
    ) -> AsyncGenerator[Any, None]:
        """Follow the journal."""
        return await resolvers.status_changed(info.context, Names("Order").find(order_id), after)
