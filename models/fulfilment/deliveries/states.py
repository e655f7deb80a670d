"""States of deliveries; what may be done in each stands in `acts`."""

from enum import StrEnum


class DeliveryState(StrEnum):
    """Where a delivery stands."""

    PLANNED = "PLANNED"
    RELEASED = "RELEASED"
    PICKING = "PICKING"
    PACKED = "PACKED"
    DISPATCHED = "DISPATCHED"
    PARTIALLY_DELIVERED = "PARTIALLY_DELIVERED"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"
    RESHIPPED = "RESHIPPED"
    RETURNED_TO_SENDER = "RETURNED_TO_SENDER"
    LOST = "LOST"
    CANCELLED = "CANCELLED"


BEFORE_PICKING = frozenset({DeliveryState.PLANNED, DeliveryState.RELEASED})
BEFORE_DISPATCH = BEFORE_PICKING | {DeliveryState.PICKING, DeliveryState.PACKED}
ON_THE_WAY = frozenset(
    {DeliveryState.DISPATCHED, DeliveryState.PARTIALLY_DELIVERED, DeliveryState.FAILED}
)
AFTER_DISPATCH = ON_THE_WAY | {
    DeliveryState.DELIVERED,
    DeliveryState.RETURNED_TO_SENDER,
    DeliveryState.LOST,
}
MAY_LACK = AFTER_DISPATCH - {DeliveryState.DELIVERED}
"""Where something may be lost or have come back, and be sent again."""
OPEN_DELIVERIES = BEFORE_DISPATCH | {DeliveryState.DISPATCHED}
"""Of those that are PARTIALLY_DELIVERED, only some still are on the way."""
REPLACED = frozenset({DeliveryState.CANCELLED, DeliveryState.RESHIPPED})
"""In whose place another one comes, or none: they are not late."""
