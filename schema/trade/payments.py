"""Reports of payments, for clients."""

from datetime import datetime

import strawberry

from commands.trade.payments import record
from execution.fields import related
from loaders.trade import orders as order_loaders
from loaders.trade import payments as loaders
from models.access.viewers import Scope
from models.trade.payments import Payment as PaymentRow
from schema.graphql import values
from schema.graphql.bulk import UpsertResult
from schema.graphql.mutations import Payload, mutation
from schema.graphql.nodes import Node, node
from schema.trade.orders.enums import PaymentState
from schema.trade.orders.types import Order


@node(
    PaymentRow,
    loaders.by_id,
    Scope.ORDERS_READ,
    "What was reported of an order's payment for one instant.",
)
class Payment(Node):
    """A report."""

    order: Order | None = related(order_loaders.by_id, "The order.", key="order_id")
    reference: str = strawberry.field(
        description="The payment's name in the system that reported it."
    )
    state: PaymentState = strawberry.field(description="What was known of it.")
    amount: values.Money | None = values.money(
        "amount",
        "How much was authorised or paid in all; null where nobody said: AUTHORISED and PAID then"
        " cover what the order cost when they were recorded.",
    )
    occurred_at: datetime = strawberry.field(description="When it became so.")
    recorded_at: datetime = strawberry.field(description="When it was recorded.")


@strawberry.type(description="Outcome of `orderRecordPayment`.")
class OrderRecordPaymentPayload(Payload):
    """The order and the report."""

    order: Order | None = related(
        order_loaders.by_id, "The order; null when refused.", key="order_id"
    )
    payment: Payment | None = related(
        loaders.by_id, "The report; null when refused.", key="payment_id"
    )


@strawberry.type(description="What happened to one report of a bulk call.")
class PaymentRecordResult(UpsertResult):
    """One result."""

    order: Order | None = related(
        order_loaders.by_id, "The order; null when refused.", key="order_id"
    )
    payment: Payment | None = related(
        loaders.by_id, "The report, new or there already; null when refused.", key="payment_id"
    )


@strawberry.type(description="Outcome of `ordersRecordPayments`.")
class OrdersRecordPaymentsPayload(Payload):
    """The results, in the order of the input."""

    results: list[PaymentRecordResult] | None = strawberry.field(
        description="One result for each report; null when the whole call was refused."
    )


@strawberry.type
class PaymentsMutation:
    """Mutations of payments."""

    order_record_payment: OrderRecordPaymentPayload = mutation(record.record)
    orders_record_payments: OrdersRecordPaymentsPayload = mutation(record.record_all)
