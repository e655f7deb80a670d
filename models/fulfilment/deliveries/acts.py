"""What may be done with a delivery before the doorstep.

What happens after the dispatch follows from the tracking of the parcels.
"""

from enum import StrEnum

from models.access.viewers import Scope
from models.base.acts import Act, Transition
from models.fulfilment.deliveries.conditions import (
    AFTER_LAST,
    DIVISIBLE,
    FOR_CONSUMERS,
    INCOMPLETE,
    MERGEABLE,
    NAMELESS,
    NOT_LAST,
    ORDER_AMENDED,
    ORDER_HELD,
    ORDER_UNPAID,
    OWED_AGAIN,
    PLACELESS,
    TAKEN_OVER,
    TOO_EARLY,
    TOO_LATE,
    UNCARRIED,
    UNFINISHED,
    UNPLACED,
    UNWANTED,
)
from models.fulfilment.deliveries.states import (
    AFTER_DISPATCH,
    BEFORE_DISPATCH,
    BEFORE_PICKING,
    MAY_LACK,
    DeliveryState,
)
from models.fulfilment.deliveries.ways import NUMBER_TAKEN
from models.trade.orders.acts import HELD
from models.trade.orders.states import OrderState


class DeliveryAction(StrEnum):
    """What can be done to a delivery."""

    SPLIT = "SPLIT"
    MERGE = "MERGE"
    MOVE = "MOVE"
    RESCHEDULE = "RESCHEDULE"
    EXCUSE = "EXCUSE"
    HOLD = "HOLD"
    RELEASE_HOLD = "RELEASE_HOLD"
    RELEASE = "RELEASE"
    PACK = "PACK"
    DISPATCH = "DISPATCH"
    CANCEL = "CANCEL"
    CONFIRM_RECEIPT = "CONFIRM_RECEIPT"
    RESHIP = "RESHIP"


PLAN = Act(Scope.DELIVERIES_PLAN, frozenset({OrderState.CONFIRMED}))
"""Of an order: it makes deliveries."""
SPLIT = Act(Scope.DELIVERIES_PLAN, BEFORE_PICKING, needs=(DIVISIBLE,), action=DeliveryAction.SPLIT)
MERGE = Act(Scope.DELIVERIES_PLAN, BEFORE_PICKING, needs=(MERGEABLE,), action=DeliveryAction.MERGE)
MOVE = Act(Scope.DELIVERIES_PLAN, BEFORE_PICKING, action=DeliveryAction.MOVE)
RESCHEDULE = Act(Scope.DELIVERIES_PLAN, BEFORE_DISPATCH, action=DeliveryAction.RESCHEDULE)
EXCUSE = Act(Scope.DELIVERIES_PLAN, BEFORE_DISPATCH | AFTER_DISPATCH, action=DeliveryAction.EXCUSE)
HOLD = Act(Scope.DELIVERIES_PLAN, BEFORE_DISPATCH, action=DeliveryAction.HOLD)
RELEASE_HOLD = Act(
    Scope.DELIVERIES_PLAN,
    frozenset(DeliveryState),
    needs=(HELD,),
    action=DeliveryAction.RELEASE_HOLD,
)
RELEASE = Transition(
    Scope.DELIVERIES_PLAN,
    frozenset({DeliveryState.PLANNED}),
    becomes=DeliveryState.RELEASED,
    stopped_by=(
        *(HELD, ORDER_HELD, ORDER_UNPAID, ORDER_AMENDED, NAMELESS, PLACELESS, TOO_LATE, INCOMPLETE),
        *(FOR_CONSUMERS, UNFINISHED, UNPLACED, UNCARRIED),
    ),
    action=DeliveryAction.RELEASE,
)
PACK = Transition(
    Scope.DELIVERIES_FULFIL,
    BEFORE_DISPATCH - {DeliveryState.PLANNED},
    becomes=DeliveryState.PACKED,
    stopped_by=(ORDER_UNPAID, ORDER_AMENDED, TOO_LATE, TOO_EARLY, UNPLACED, UNCARRIED, TAKEN_OVER),
    action=DeliveryAction.PACK,
)
DISPATCH = Transition(
    Scope.DELIVERIES_FULFIL,
    frozenset({DeliveryState.PACKED}),
    becomes=DeliveryState.DISPATCHED,
    # Where its place cannot handle it any more, it had better leave.
    stopped_by=(
        HELD,
        ORDER_HELD,
        ORDER_UNPAID,
        ORDER_AMENDED,
        INCOMPLETE,
        NOT_LAST,
        AFTER_LAST,
        UNWANTED,
        UNCARRIED,
        NUMBER_TAKEN,
    ),
    action=DeliveryAction.DISPATCH,
)
CANCEL = Transition(
    Scope.DELIVERIES_PLAN,
    BEFORE_DISPATCH,
    becomes=DeliveryState.CANCELLED,
    stopped_by=(HELD, TAKEN_OVER),
    action=DeliveryAction.CANCEL,
)
CONFIRM_RECEIPT = Act(
    Scope.RECEIPTS_WRITE,
    AFTER_DISPATCH | {DeliveryState.RESHIPPED},
    action=DeliveryAction.CONFIRM_RECEIPT,
)
RESHIP = Act(Scope.DELIVERIES_PLAN, MAY_LACK, needs=(OWED_AGAIN,), action=DeliveryAction.RESHIP)

ACTS = (
    SPLIT,
    MERGE,
    MOVE,
    RESCHEDULE,
    EXCUSE,
    HOLD,
    RELEASE_HOLD,
    RELEASE,
    PACK,
    DISPATCH,
    CANCEL,
    CONFIRM_RECEIPT,
    RESHIP,
)
"""Those that clients are told of, in the order in which they are."""
