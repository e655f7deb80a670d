"""Deliveries for clients: what other rooms name of them."""

from schema.fulfilment.deliveries.types import Delivery, DeliveryLine, Receipt, ReceiptLine

__all__ = ["Delivery", "DeliveryLine", "Receipt", "ReceiptLine"]
