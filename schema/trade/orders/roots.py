"""What clients ask about orders and do with them."""

from typing import Any

import strawberry
from strawberry import Info

from commands.trade.orders.cancel import OrderCancelLines, OrderClose
from commands.trade.orders.holds import OrderHold, OrderReleaseHold
from commands.trade.orders.imports import OrdersImport
from commands.trade.orders.place import OrderPlace
from commands.trade.orders.states import OrderApprove, OrderReject
from execution import related
from loaders.trade import orders as loaders
from models.access.viewers import Scope
from resolvers.trade import orders as resolvers
from schema.graphql.bulk import UpsertResult
from schema.graphql.connections import connection
from schema.graphql.mutations import Payload, mutation
from schema.graphql.roots import one_by
from schema.trade.orders.enums import OrderSort
from schema.trade.orders.types import Hold, Order, OrderConnection


@strawberry.type(description="Outcome of a mutation of one order.")
class OrderPayload(Payload):
    """The order that was changed."""

    order: Order | None = related(loaders.by_id, "The order; null when refused.", key="order_id")


@strawberry.type(description="Outcome of `orderPlace`.")
class OrderPlacePayload(OrderPayload):
    """The new order."""

    @strawberry.field(
        description="What a storefront sends as the header `Abruf-Order-Token` to see the order"
        " later; the same in a repetition under one idempotency key. Null for buyers."
    )
    async def access_token(self: Any, info: Info) -> str | None:
        """Sign the order's id."""
        if self.order_id is None:
            return None
        (token,) = await resolvers.access_tokens(info.context, [self.order_id])
        return token


@strawberry.type(description="Outcome of `orderApprove`.")
class OrderApprovePayload(OrderPayload):
    """The approved order."""


@strawberry.type(description="Outcome of `orderReject`.")
class OrderRejectPayload(OrderPayload):
    """The rejected order."""


@strawberry.type(description="Outcome of `orderCancelLines`.")
class OrderCancelLinesPayload(OrderPayload):
    """The order with what is left of it."""


@strawberry.type(description="Outcome of `orderClose`.")
class OrderClosePayload(OrderPayload):
    """The closed order."""


@strawberry.type(description="Outcome of `orderHold`.")
class OrderHoldPayload(OrderPayload):
    """The order and its new hold."""

    hold: Hold | None = related(loaders.hold_by_id, "The hold; null when refused.", key="hold_id")


@strawberry.type(description="Outcome of `orderReleaseHold`.")
class OrderReleaseHoldPayload(OrderPayload):
    """The order and the hold that was released."""

    hold: Hold | None = related(loaders.hold_by_id, "The hold; null when refused.", key="hold_id")


@strawberry.type(description="What happened to one order of an import.")
class OrderImportResult(UpsertResult):
    """One result."""

    order: Order | None = related(
        loaders.by_id, "The order, new or there already; null when refused.", key="order_id"
    )


@strawberry.type(description="Outcome of `ordersImport`.")
class OrdersImportPayload(Payload):
    """The results, in the order of the input."""

    results: list[OrderImportResult] | None = strawberry.field(
        description="One result for each order; null when the whole call was refused."
    )


@strawberry.type
class OrdersQuery:
    """Root fields that read orders."""

    order: Order | None = one_by(
        "One order, by id or number.", Order=loaders.by_id, number=loaders.by_number
    )
    orders: OrderConnection = connection(
        loaders.every, "Orders.", key=None, filters=loaders.OrderFilter, sorts=OrderSort
    )


@strawberry.type
class OrdersMutation:
    """Mutations of orders."""

    order_place: OrderPlacePayload = mutation(
        resolvers.place_one,
        OrderPlace,
        OrderPlacePayload,
        Scope.ORDERS_PLACE,
        "Place an order. It is CONFIRMED, or PENDING_APPROVAL where its channel or its company"
        " demands that: see `Order.awaitingApprovalOf`.",
    )
    orders_import: OrdersImportPayload = mutation(
        resolvers.import_all,
        OrdersImport,
        OrdersImportPayload,
        Scope.ORDERS_IMPORT,
        "Take over up to 250 orders from another system, each known by channel and external"
        " reference: one that is there already is left alone, one that is refused stops no other."
        " Dates may have passed, channels and products may be inactive, no approval is asked.",
    )
    order_approve: OrderApprovePayload = mutation(
        resolvers.approve,
        OrderApprove,
        OrderApprovePayload,
        Scope.ORDERS_APPROVE,
        "Approve an order: staff for the merchant, an approver for its company. It is CONFIRMED"
        " when nobody else's approval is awaited.",
    )
    order_reject: OrderRejectPayload = mutation(
        resolvers.reject,
        OrderReject,
        OrderRejectPayload,
        Scope.ORDERS_APPROVE,
        "Refuse an order that waits for approval; all of its lines are cancelled.",
    )
    order_hold: OrderHoldPayload = mutation(
        resolvers.hold,
        OrderHold,
        OrderHoldPayload,
        Scope.ORDERS_MANAGE,
        "Stop an order: no delivery of it may be released while a hold is active.",
    )
    order_release_hold: OrderReleaseHoldPayload = mutation(
        resolvers.release_hold,
        OrderReleaseHold,
        OrderReleaseHoldPayload,
        Scope.ORDERS_MANAGE,
        "End one hold on an order.",
    )
    order_cancel_lines: OrderCancelLinesPayload = mutation(
        resolvers.cancel_lines,
        OrderCancelLines,
        OrderCancelLinesPayload,
        Scope.ORDERS_MANAGE,
        "Cancel any part of lines that no delivery has taken. When nothing remains, the order is"
        " CANCELLED. A call-off gives the quantity back to its contract.",
    )
    order_close: OrderClosePayload = mutation(
        resolvers.close,
        OrderClose,
        OrderClosePayload,
        Scope.ORDERS_MANAGE,
        "Close an order of which nothing is under way; what no delivery has taken is cancelled.",
    )
