"""Orders for clients: what other rooms name of them."""

from schema.trade.orders.types import Hold, Order, OrderConnection, OrderLine

__all__ = [
    "Hold",
    "Order",
    "OrderConnection",
    "OrderLine",
]
