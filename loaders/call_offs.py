"""Call-offs as they are read: orders of kind CALL_OFF."""

from enum import Enum
from typing import Any

from sqlalchemy import Select

from loaders.pages import Paged, Sorted
from loaders.relations import Asking, One
from models.orders import Order, OrderKind


class CallOff(One):
    """key -> the order, None for an order of another kind."""

    def statement(self, asking: Asking) -> Select[Any]:
        """Leave out what is no call-off."""
        return super().statement(asking).where(Order.kind == OrderKind.CALL_OFF)


by_id = CallOff(Order)
by_number = CallOff(Order, "number")


class CallOffSort(Enum):
    """Orders of a list of call-offs."""

    PLACED_AT = "PLACED_AT"
    PLACED_AT_DESC = "PLACED_AT_DESC"


of_contract = Paged(
    Order,
    {
        CallOffSort.PLACED_AT: Sorted("placed_at"),
        CallOffSort.PLACED_AT_DESC: Sorted("placed_at", descending=True),
    },
    of="contract_id",
)
