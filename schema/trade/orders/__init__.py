"""Orders for clients: what other rooms name of them."""

from schema.trade.orders.holds import Hold
from schema.trade.orders.types import Order, OrderConnection, OrderLine

__all__ = [
    "Hold",
    "Order",
    "OrderConnection",
    "OrderLine",
]
