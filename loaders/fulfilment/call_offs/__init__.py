"""Call-offs as they are read: orders of kind CALL_OFF, and how they are supplied."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement

from loaders.reading.relations import One
from loaders.trade.orders import lists
from models.trade.orders.states import OrderKind
from models.trade.orders.tables import Order


class CallOff(One):
    """key -> the order, None for an order of another kind."""

    def also(self, table: Any) -> Sequence[ColumnElement[bool]]:
        """Leave out what is no call-off."""
        return (table.kind == OrderKind.CALL_OFF,)


by_id = CallOff(Order)
by_number = CallOff(Order, "number")
of_contract = replace(lists.every, of="contract_id")
