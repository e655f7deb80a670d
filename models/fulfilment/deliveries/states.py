"""States of deliveries, and what may be done in each."""

from collections.abc import Mapping
from enum import StrEnum


class DeliveryState(StrEnum):
    """Where a delivery stands (domain section 3)."""

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


class DeliveryAction(StrEnum):
    """What can be done to a delivery."""

    SPLIT = "SPLIT"
    MERGE = "MERGE"
    MOVE = "MOVE"
    RESCHEDULE = "RESCHEDULE"
    HOLD = "HOLD"
    RELEASE_HOLD = "RELEASE_HOLD"
    RELEASE = "RELEASE"
    PACK = "PACK"
    DISPATCH = "DISPATCH"
    CANCEL = "CANCEL"
    CONFIRM_RECEIPT = "CONFIRM_RECEIPT"


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
OPEN = BEFORE_DISPATCH | ON_THE_WAY

ALLOWED_IN: Mapping[DeliveryAction, frozenset[DeliveryState]] = {
    DeliveryAction.SPLIT: BEFORE_PICKING,
    DeliveryAction.MERGE: BEFORE_PICKING,
    DeliveryAction.MOVE: BEFORE_PICKING,
    DeliveryAction.RESCHEDULE: BEFORE_DISPATCH,
    DeliveryAction.HOLD: BEFORE_DISPATCH,
    DeliveryAction.RELEASE_HOLD: BEFORE_DISPATCH,
    DeliveryAction.RELEASE: frozenset({DeliveryState.PLANNED}),
    DeliveryAction.PACK: BEFORE_DISPATCH - {DeliveryState.PLANNED},
    DeliveryAction.DISPATCH: frozenset({DeliveryState.PACKED}),
    DeliveryAction.CANCEL: BEFORE_DISPATCH,
    DeliveryAction.CONFIRM_RECEIPT: AFTER_DISPATCH,
}
"""The state machine before the doorstep: action -> the states in which it may be done.

What happens after the dispatch follows from the tracking of the parcels.
"""
STOPPED_BY_HOLDS = frozenset({DeliveryAction.RELEASE, DeliveryAction.DISPATCH})


def actions(state: DeliveryState, *, held: bool, stopped: bool) -> list[DeliveryAction]:
    """Return what may be done now. held: it has an active hold; stopped: or one of its orders."""
    return [
        action
        for action, states in ALLOWED_IN.items()
        if state in states
        and not (stopped and action in STOPPED_BY_HOLDS)
        and (held or action is not DeliveryAction.RELEASE_HOLD)
    ]
