"""How far an order has come, as its journal tells it: asked before and after what changes it."""

from collections.abc import Collection, Mapping
from uuid import UUID

from models.base.events import Moving
from models.events.trade.orders import (
    OrderArrivalCorrected,
    OrderDelivered,
    OrderPartiallyDelivered,
)
from models.trade.orders.states import FulfilmentStatus
from models.trade.orders.tables import OrderLine

_REACHED: Mapping[FulfilmentStatus, type[Moving]] = {
    FulfilmentStatus.PARTIALLY_DELIVERED: OrderPartiallyDelivered,
    FulfilmentStatus.DELIVERED: OrderDelivered,
}
"""How far an order has come -> what tells of it."""


def reached(lines: Collection[OrderLine]) -> FulfilmentStatus | None:
    """Return how far an order has been delivered, None where nothing has. lines: all it has."""
    if not any(line.delivered for line in lines):
        return None
    whole = all(line.delivered >= line.ordered - line.cancelled for line in lines)
    return FulfilmentStatus.DELIVERED if whole else FulfilmentStatus.PARTIALLY_DELIVERED


def news(
    order_id: UUID,
    before: FulfilmentStatus | None,
    after: FulfilmentStatus | None,
    *,
    fell: bool = False,
) -> Moving | None:
    """Return what tells that an order has come from one to the other, None where both are same.

    fell: less of it has arrived than before, which is told whatever it has reached.
    """
    if fell:
        return OrderArrivalCorrected(order_id, reached=after)
    return None if after is None or after is before else _REACHED[after](order_id)
