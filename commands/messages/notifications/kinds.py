"""Which events tell people something, and what."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from models.access.viewers import Scope
from models.base.events import Event
from models.events.access.settings import MerchantSettingsCreated, MerchantSettingsUpdated
from models.events.fulfilment.deliveries import (
    DeliveryDelivered,
    DeliveryDispatched,
    DeliveryPartiallyDelivered,
    DeliveryPlanned,
    DeliveryRescheduled,
)
from models.events.fulfilment.parcels import ParcelAttemptFailed, ParcelOutForDelivery
from models.events.messages.webhooks import WebhookDisabled
from models.events.trade.contracts import ContractCalledOff, ContractFellShort
from models.events.trade.orders import (
    OrderAmendmentAccepted,
    OrderApproved,
    OrderCancelled,
    OrderLinesCancelled,
    OrderPlaced,
    OrderProposalAnswered,
    OrderRejected,
    OrderResponded,
    OrderUpdated,
)
from models.messages.notifications import TRUE_OF_DELIVERIES, TRUE_OF_ORDERS
from models.messages.notifications import NotificationKind as Kind
from models.trade.orders.states import LineResponse, OrderKind, OrderState

_CHANGES = frozenset(
    {"window_earliest", "window_latest", "ship_to", "ship_to_id", "delivery_policy"}
)
"""Columns of an order whose change its buyer is told of; lines, too."""


def _of_state(_event: Event, order: Any) -> Kind | None:
    """Tell that an order is confirmed, or for whom it waits."""
    if order.state is OrderState.PENDING_APPROVAL:
        return Kind.APPROVAL_AWAITED
    if order.state is not OrderState.CONFIRMED:
        return None
    is_call_off = order.kind is OrderKind.CALL_OFF
    return Kind.CALL_OFF_CONFIRMED if is_call_off else Kind.ORDER_CONFIRMED


def _of_update(event: Any, _order: Any) -> Kind | None:
    return Kind.ORDER_CHANGED if event.lines or _CHANGES & {*event.fields} else None


def _of_response(event: Any, _order: Any) -> Kind | None:
    """Tell what was not accepted as it was ordered, and when it comes."""
    is_changed = any(it.response is not LineResponse.ACCEPTED or it.latest for it in event.lines)
    return Kind.ORDER_CHANGED if is_changed or event.latest else None


def _of_shortfall(event: Any, _contract: Any) -> Kind | None:
    return Kind.CONTRACT_SHORTFALL if event.quantity else None


def _of_call_off(event: Any, lines: Any) -> Kind | None:
    """Tell that little of a line is left, where this call-off has made it so."""
    left = {it.id: it.target_quantity - it.called_off for it in lines}
    few = {it.id: low_of(it) for it in lines}
    crossed = (left[it] <= few[it] < left[it] + taken for it, taken in event.lines.items())
    return Kind.CONTRACT_RUNS_LOW if any(crossed) else None


def low_of(line: Any) -> Decimal:
    """Return how much of a contract line is little: a tenth of its target."""
    return line.target_quantity / 10  # type: ignore[no-any-return]


def _always(kind: Kind) -> Callable[[Any, Any], Kind | None]:
    return lambda _event, _row: kind


CAUSES: Mapping[type[Event], Callable[[Any, Any], Kind | None]] = {
    OrderPlaced: _of_state,
    OrderApproved: _of_state,
    OrderUpdated: _of_update,
    OrderResponded: _of_response,
    **dict.fromkeys(
        (
            OrderLinesCancelled,
            OrderAmendmentAccepted,
            OrderProposalAnswered,
        ),
        _always(Kind.ORDER_CHANGED),
    ),
    **dict.fromkeys((OrderCancelled, OrderRejected), _always(Kind.ORDER_CANCELLED)),
    DeliveryPlanned: _always(Kind.DELIVERY_PLANNED),
    DeliveryRescheduled: _always(Kind.DELIVERY_RESCHEDULED),
    DeliveryDispatched: _always(Kind.DELIVERY_DISPATCHED),
    DeliveryDelivered: _always(Kind.DELIVERY_DELIVERED),
    DeliveryPartiallyDelivered: _always(Kind.DELIVERY_PARTLY_DELIVERED),
    ParcelOutForDelivery: _always(Kind.DELIVERY_AT_THE_DOOR),
    ParcelAttemptFailed: _always(Kind.DELIVERY_ATTEMPT_FAILED),
    ContractFellShort: _of_shortfall,
    ContractCalledOff: _of_call_off,
    WebhookDisabled: _always(Kind.WEBHOOK_DISABLED),
}
"""Event -> what it and its row, as that is now, tell people.

A parcel's row is its delivery, a contract's are its lines.
"""
SETTINGS = (MerchantSettingsCreated, MerchantSettingsUpdated)
"""Events after which mails that wait may go at another time."""
TELLING = (*CAUSES, *SETTINGS)
"""What is to be heard of."""
NOT_TRANSACTIONAL = frozenset({Kind.CONTRACT_ENDS, Kind.CONTRACT_RUNS_LOW})
"""Kinds that follow from nothing which their reader has done."""
BESIDE: Mapping[Kind, frozenset[Kind]] = {
    Kind.DELIVERY_DISPATCHED: frozenset({Kind.DELIVERY_AT_THE_DOOR, Kind.DELIVERY_ATTEMPT_FAILED}),
    Kind.DELIVERY_RESCHEDULED: frozenset({Kind.DELIVERY_PLANNED}),
    Kind.ORDER_CHANGED: frozenset({Kind.ORDER_CONFIRMED, Kind.CALL_OFF_CONFIRMED}),
}
"""Kind -> those of the same delivery or order within one mail beside which it is no news."""
NEWEST_FIRST = (
    Kind.ORDER_CANCELLED,
    Kind.APPROVAL_AWAITED,
    Kind.DELIVERY_DELIVERED,
    Kind.DELIVERY_PARTLY_DELIVERED,
    Kind.DELIVERY_ATTEMPT_FAILED,
    Kind.DELIVERY_AT_THE_DOOR,
    Kind.DELIVERY_DISPATCHED,
    Kind.ORDER_CONFIRMED,
    Kind.CALL_OFF_CONFIRMED,
    Kind.DELIVERY_PLANNED,
    Kind.DELIVERY_RESCHEDULED,
    Kind.ORDER_CHANGED,
    Kind.CONTRACT_SHORTFALL,
    Kind.CONTRACT_ENDS,
    Kind.CONTRACT_RUNS_LOW,
    Kind.WEBHOOK_DISABLED,
)
"""The order in which one mail tells kinds: how things stand first, which is its subject."""
_DELIVERIES = frozenset({Scope.ORDERS_READ, Scope.DELIVERIES_READ})
READ_BY: Mapping[Kind, frozenset[Scope]] = {
    **dict.fromkeys(TRUE_OF_ORDERS, frozenset({Scope.ORDERS_READ})),
    **dict.fromkeys(TRUE_OF_DELIVERIES, _DELIVERIES),
    **dict.fromkeys(
        (Kind.CONTRACT_SHORTFALL, Kind.CONTRACT_ENDS, Kind.CONTRACT_RUNS_LOW),
        frozenset({Scope.CONTRACTS_READ}),
    ),
    Kind.WEBHOOK_DISABLED: frozenset({Scope.WEBHOOKS_MANAGE}),
}
"""Kind -> the scopes that read what its mails tell; nobody without them subscribes to it."""
TO_BUYERS = frozenset(
    {Kind.ORDER_CONFIRMED, Kind.CALL_OFF_CONFIRMED, Kind.ORDER_CHANGED, Kind.ORDER_CANCELLED}
)
"""Kinds of an order that its buyer is told of, with what it costs."""
