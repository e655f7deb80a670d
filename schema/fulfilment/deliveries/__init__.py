"""Deliveries for clients: words, types, roots."""

from schema.fulfilment.deliveries.roots import DeliveriesMutation, DeliveriesQuery
from schema.fulfilment.deliveries.types import Delivery, DeliveryLine, Receipt, ReceiptLine

__all__ = [
    "DeliveriesMutation",
    "DeliveriesQuery",
    "Delivery",
    "DeliveryLine",
    "Receipt",
    "ReceiptLine",
]
