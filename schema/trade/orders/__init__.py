"""Orders for clients: words, types, roots."""

from schema.trade.orders.changes import OrdersSubscription
from schema.trade.orders.roots import OrdersMutation, OrdersQuery
from schema.trade.orders.types import Hold, Order, OrderConnection, OrderLine

__all__ = [
    "Hold",
    "Order",
    "OrderConnection",
    "OrderLine",
    "OrdersMutation",
    "OrdersQuery",
    "OrdersSubscription",
]
