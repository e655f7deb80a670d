"""Call-offs as they are read: orders of kind CALL_OFF."""

from dataclasses import replace
from typing import Any

from sqlalchemy import Select

from loaders import orders
from loaders.relations import Asking, One
from models.orders import Order, OrderKind


class CallOff(One):
    """key -> the order, None for an order of another kind."""

    def statement(self, asking: Asking) -> Select[Any]:
        """Leave out what is no call-off."""
        return super().statement(asking).where(Order.kind == OrderKind.CALL_OFF)


by_id = CallOff(Order)
by_number = CallOff(Order, "number")
of_contract = replace(orders.every, of="contract_id")
