"""Orders for clients: words, types, roots."""

from schema.orders.changes import OrdersSubscription
from schema.orders.roots import OrdersMutation, OrdersQuery
from schema.orders.types import Hold, Order, OrderConnection, OrderLine

__all__ = [
    "Hold",
    "Order",
    "OrderConnection",
    "OrderLine",
    "OrdersMutation",
    "OrdersQuery",
    "OrdersSubscription",
]
