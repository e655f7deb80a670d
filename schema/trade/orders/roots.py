"""What clients ask about orders and do with them."""

import strawberry

from commands.trade.orders import amounts, cancel, holds, place, states
from commands.trade.orders.revisions import imports, update
from commands.trade.responses import answer, confirm, proposals
from execution.fields import related
from loaders.trade import orders as loaders
from loaders.trade.orders import line_lists, lists
from resolvers.trade import orders as resolvers
from schema.graphql.bulk import UpsertResult
from schema.graphql.connections import Connection, connection
from schema.graphql.mutations import Payload, mutation
from schema.graphql.roots import one_by
from schema.trade.orders.enums import OrderLineSort, OrderSort
from schema.trade.orders.holds import Hold
from schema.trade.orders.types import Order, OrderConnection, OrderLine


@strawberry.type(description="Outcome of a mutation of one order.")
class OrderPayload(Payload):
    """The order that was changed."""

    order: Order | None = related(loaders.by_id, "The order; null when refused.", key="order_id")


@strawberry.type(description="Outcome of `orderPlace`.")
class OrderPlacePayload(OrderPayload):
    """The new order."""

    access_token: str | None = related(
        loaders.tokens,
        "What a storefront sends as the header `Abruf-Order-Token` to see the order"
        " later; the same in a repetition under one idempotency key. Null for buyers.",
        key="order_id",
        attribute="token",
    )


@strawberry.type(description="Outcome of `orderApprove`.")
class OrderApprovePayload(OrderPayload):
    """The approved order."""


@strawberry.type(description="Outcome of `orderReject`.")
class OrderRejectPayload(OrderPayload):
    """The rejected order."""


@strawberry.type(description="Outcome of `orderCancelLines`.")
class OrderCancelLinesPayload(OrderPayload):
    """The order with what is left of it."""


@strawberry.type(description="Outcome of `orderWithdraw`.")
class OrderWithdrawPayload(OrderPayload):
    """The order with what is left of it."""


@strawberry.type(description="Outcome of `orderClose`.")
class OrderClosePayload(OrderPayload):
    """The closed order."""


@strawberry.type(description="Outcome of `orderConfirm`.")
class OrderConfirmPayload(OrderPayload):
    """The order with the merchant's response."""


@strawberry.type(description="Outcome of `orderAnswerAmendment`.")
class OrderAnswerAmendmentPayload(OrderPayload):
    """The order as it was agreed on."""


@strawberry.type(description="Outcome of `orderProposeWindow`.")
class OrderProposeWindowPayload(OrderPayload):
    """The order with what is proposed."""


@strawberry.type(description="Outcome of `orderAnswerProposal`.")
class OrderAnswerProposalPayload(OrderPayload):
    """The order with its window."""


@strawberry.type(description="Outcome of `orderStateAmounts`.")
class OrderStateAmountsPayload(OrderPayload):
    """The order with its amounts."""


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


@strawberry.type(description="What happened to one order of an update.")
class OrderUpdateResult(UpsertResult):
    """One result."""

    order: Order | None = related(loaders.by_id, "The order; null when refused.", key="order_id")


@strawberry.type(description="Outcome of `ordersUpdate`.")
class OrdersUpdatePayload(Payload):
    """The results, in the order of the input."""

    results: list[OrderUpdateResult] | None = strawberry.field(
        description="One result for each order; null when the whole call was refused."
    )


@strawberry.type(description="Outcome of `orderAddLines`.")
class OrderAddLinesPayload(OrderPayload):
    """The order with its new lines."""


@strawberry.type
class OrdersQuery:
    """Root fields that read orders."""

    order: Order | None = one_by(
        "One order, by id or number.", Order=loaders.by_id, number=loaders.by_number
    )
    orders: OrderConnection | None = connection(
        lists.every, "Orders.", key=None, filters=lists.OrderFilter, sorts=OrderSort
    )
    order_lines: Connection[OrderLine] | None = connection(
        line_lists.every_line,
        "Lines of all orders, last ordered first: what is still open, what is late, what is due.",
        key=None,
        filters=line_lists.OrderLineFilter,
        sorts=OrderLineSort,
    )


@strawberry.type
class OrdersMutation:
    """Mutations of orders."""

    order_place: OrderPlacePayload = mutation(place.place, resolvers.place_one)
    orders_import: OrdersImportPayload = mutation(imports.import_all)
    order_approve: OrderApprovePayload = mutation(states.approve)
    order_reject: OrderRejectPayload = mutation(states.reject)
    order_hold: OrderHoldPayload = mutation(holds.hold_order)
    order_release_hold: OrderReleaseHoldPayload = mutation(holds.release_order)
    order_cancel_lines: OrderCancelLinesPayload = mutation(cancel.cancel_lines)
    order_withdraw: OrderWithdrawPayload = mutation(cancel.withdraw)
    order_close: OrderClosePayload = mutation(cancel.close)
    order_state_amounts: OrderStateAmountsPayload = mutation(amounts.state_amounts)
    order_confirm: OrderConfirmPayload = mutation(confirm.confirm)
    order_answer_amendment: OrderAnswerAmendmentPayload = mutation(answer.answer)
    order_propose_window: OrderProposeWindowPayload = mutation(proposals.propose)
    order_answer_proposal: OrderAnswerProposalPayload = mutation(proposals.answer)
    orders_update: OrdersUpdatePayload = mutation(update.update_all)
    order_add_lines: OrderAddLinesPayload = mutation(update.add_lines)
