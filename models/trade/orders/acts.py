"""What may be done with an order."""

from enum import StrEnum
from typing import Any

from sqlalchemy import and_

from models.access.viewers import Actor, CompanyRole, Scope
from models.base.acts import Act, Itself, Some, Transition, leading_to
from models.master.channels import Channel
from models.trade.orders.holds import Hold
from models.trade.orders.lines import OrderLine
from models.trade.orders.standing import is_completed
from models.trade.orders.states import (
    LIVING_ORDERS,
    NEXT_STATES,
    OPEN_STATES,
    Approval,
    OrderKind,
    OrderState,
)
from models.trade.orders.tables import Order


class OrderAction(StrEnum):
    """What may be done with an order."""

    APPROVE = "APPROVE"
    REJECT = "REJECT"
    HOLD = "HOLD"
    RELEASE_HOLD = "RELEASE_HOLD"
    CANCEL_LINES = "CANCEL_LINES"
    CLOSE = "CLOSE"
    CONFIRM = "CONFIRM"
    ANSWER_AMENDMENT = "ANSWER_AMENDMENT"
    RECORD_PAYMENT = "RECORD_PAYMENT"
    STATE_AMOUNTS = "STATE_AMOUNTS"
    UPDATE = "UPDATE"
    ADD_LINES = "ADD_LINES"
    WITHDRAW = "WITHDRAW"
    PROPOSE_WINDOW = "PROPOSE_WINDOW"
    ANSWER_PROPOSAL = "ANSWER_PROPOSAL"
    REORDER = "REORDER"


def _is_awaited(reader: Any, order: Any) -> Any:
    """Tell whether the order waits for the approval that the reader gives: see `states.voice`."""
    if reader.viewer.actor is Actor.STAFF:
        return order.awaits(Approval.MERCHANT)
    return (reader.role == CompanyRole.APPROVER) & order.awaits(Approval.COMPANY)


def _may_be_rejected(reader: Any, order: Any) -> Any:
    return reader.viewer.actor is Actor.STAFF or _is_awaited(reader, order)


IS_NO_CALL_OFF = Itself(
    "it is no call-off", lambda _reader, order: order.kind != OrderKind.CALL_OFF
)
AWAITED = Itself("it waits for the viewer's side", _is_awaited)
REJECTABLE = Itself("it waits for the viewer's side; staff reject for both", _may_be_rejected)
WANTED = Itself(
    "it was not wanted by an instant that has passed",
    lambda reader, order: order.is_wanted(reader.at),
    rule="D10",
)
COMPLETED = Some(
    "a delivery that has left has completed it",
    (Order,),
    lambda rows, order, same: and_(same.id == order.id, is_completed(rows, same)),
    rule="D18",
)
HELD = Some(
    "it has an active hold",
    (Hold,),
    lambda _rows, row, hold: and_(hold.subject_id == row.id, hold.is_active),
    rule="D9",
)
UNPLANNED = Some(
    "something of it is in no delivery",
    (OrderLine,),
    lambda _rows, order, line: and_(line.order_id == order.id, line.unplanned > 0),
)
WITHDRAWABLE = Some(
    "its channel lets its customers cancel",
    (Channel,),
    lambda _rows, order, channel: and_(channel.id == order.channel_id, channel.withdrawable),
)
RESCHEDULABLE = Some(
    "its channel lets its customers propose another window",
    (Channel,),
    lambda _rows, order, channel: and_(channel.id == order.channel_id, channel.reschedulable),
)
PROPOSED = Itself(
    "a window that was proposed waits for its answer", lambda _reader, order: order.awaits_answer
)
UNDER_WAY = Some(
    "something is planned and not shipped",
    (OrderLine,),
    lambda _rows, order, line: and_(line.order_id == order.id, line.planned > line.shipped),
    rule="O16",
)
AMENDED = Some(
    "an amendment of a line waits for its answer",
    (OrderLine,),
    lambda rows, order, line: and_(line.order_id == order.id, line.answer_by > rows.now),
)
UNSHIPPED = Some(
    "something of it is neither cancelled nor shipped",
    (OrderLine,),
    lambda _rows, order, line: and_(line.order_id == order.id, line.open_quantity > 0),
)

APPROVE = Transition(
    Scope.ORDERS_APPROVE,
    leading_to(OrderState.CONFIRMED, NEXT_STATES),
    becomes=OrderState.CONFIRMED,
    needs=(AWAITED, WANTED),
    action=OrderAction.APPROVE,
)
REJECT = Transition(
    Scope.ORDERS_APPROVE,
    leading_to(OrderState.REJECTED, NEXT_STATES),
    becomes=OrderState.REJECTED,
    needs=(REJECTABLE,),
    action=OrderAction.REJECT,
)
HOLD = Act(Scope.ORDERS_MANAGE, LIVING_ORDERS, action=OrderAction.HOLD)
RELEASE_HOLD = Act(
    Scope.ORDERS_MANAGE, frozenset(OrderState), needs=(HELD,), action=OrderAction.RELEASE_HOLD
)
CANCEL_LINES = Act(
    Scope.ORDERS_MANAGE, LIVING_ORDERS, needs=(UNPLANNED,), action=OrderAction.CANCEL_LINES
)
CLOSE = Transition(
    Scope.ORDERS_MANAGE,
    leading_to(OrderState.CLOSED, NEXT_STATES),
    becomes=OrderState.CLOSED,
    stopped_by=(UNDER_WAY,),
    action=OrderAction.CLOSE,
)
CONFIRM = Act(
    Scope.ORDERS_MANAGE,
    frozenset({OrderState.CONFIRMED}),
    needs=(UNSHIPPED, WANTED),
    action=OrderAction.CONFIRM,
)
ANSWER_AMENDMENT = Act(
    Scope.ORDERS_PLACE,
    frozenset({OrderState.CONFIRMED}),
    needs=(AMENDED, WANTED),
    action=OrderAction.ANSWER_AMENDMENT,
)

RECORD_PAYMENT = Act(Scope.PAYMENTS_WRITE, frozenset(OrderState), action=OrderAction.RECORD_PAYMENT)
STATE_AMOUNTS = Act(
    Scope.PRICES_STATE,
    frozenset({OrderState.PENDING_APPROVAL, OrderState.CONFIRMED, OrderState.CLOSED}),
    action=OrderAction.STATE_AMOUNTS,
)
UPDATE = Act(
    Scope.ORDERS_MANAGE, OPEN_STATES, needs=(IS_NO_CALL_OFF, WANTED), action=OrderAction.UPDATE
)
ADD_LINES = Act(
    Scope.ORDERS_MANAGE,
    OPEN_STATES,
    needs=(IS_NO_CALL_OFF, WANTED),
    stopped_by=(COMPLETED,),
    action=OrderAction.ADD_LINES,
)
WITHDRAW = Act(
    Scope.ORDERS_PLACE,
    OPEN_STATES,
    needs=(IS_NO_CALL_OFF, UNPLANNED, WITHDRAWABLE),
    action=OrderAction.WITHDRAW,
)
PROPOSE_WINDOW = Act(
    Scope.ORDERS_PLACE,
    OPEN_STATES,
    needs=(IS_NO_CALL_OFF, UNPLANNED, RESCHEDULABLE, WANTED),
    action=OrderAction.PROPOSE_WINDOW,
)
ANSWER_PROPOSAL = Act(
    Scope.ORDERS_MANAGE,
    OPEN_STATES,
    needs=(PROPOSED, WANTED),
    action=OrderAction.ANSWER_PROPOSAL,
)

ACTS = (
    APPROVE,
    REJECT,
    HOLD,
    RELEASE_HOLD,
    CANCEL_LINES,
    CLOSE,
    CONFIRM,
    ANSWER_AMENDMENT,
    RECORD_PAYMENT,
    STATE_AMOUNTS,
    UPDATE,
    ADD_LINES,
    WITHDRAW,
    PROPOSE_WINDOW,
    ANSWER_PROPOSAL,
)
"""Those that clients are told of, in the order in which they are."""
