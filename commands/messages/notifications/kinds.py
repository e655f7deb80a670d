"""Which events tell people something, and what."""

from collections.abc import Callable, Mapping, Sequence
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
    OrderArrivalCorrected,
    OrderCancelled,
    OrderDelivered,
    OrderLinesCancelled,
    OrderPartiallyDelivered,
    OrderPlaced,
    OrderProgressed,
    OrderProposalAnswered,
    OrderRejected,
    OrderResponded,
    OrderUpdated,
)
from models.master.parties.duties import ContactDuty
from models.messages.notifications import TRUE_OF_DELIVERIES, TRUE_OF_ORDERS
from models.messages.notifications import NotificationKind as Kind
from models.trade.orders.states import LineResponse, OrderKind, OrderState

_CHANGES = frozenset(
    {"window_earliest", "window_latest", "ship_to", "ship_to_id", "delivery_policy"}
)
"""Columns of an order whose change its buyer is told of; lines, too."""
_OWED_LATER = ("backordered", "lost", "refused")
"""Counters of an order line: what they count more comes later than it was wanted."""
Cause = Callable[[Any, Any, Sequence[Any]], tuple[Kind, ...]]
"""Says what an event, its row as that is now, and the lines of that tell people."""


def _of_state(_event: Event, order: Any, _lines: Sequence[Any]) -> tuple[Kind, ...]:
    """Tell that an order is confirmed, or for whom it waits."""
    if order.state is OrderState.PENDING_APPROVAL:
        return (Kind.APPROVAL_AWAITED,)
    if order.state is not OrderState.CONFIRMED:
        return ()
    is_call_off = order.kind is OrderKind.CALL_OFF
    return (Kind.CALL_OFF_CONFIRMED if is_call_off else Kind.ORDER_CONFIRMED,)


def _of_update(event: Any, _order: Any, _lines: Sequence[Any]) -> tuple[Kind, ...]:
    return (Kind.ORDER_CHANGED,) if event.lines or _CHANGES & {*event.fields} else ()


def _of_response(event: Any, order: Any, lines: Sequence[Any]) -> tuple[Kind, ...]:
    """Tell what was not accepted as it was ordered, and when it comes."""
    promised = {it.line_no for it in event.lines if it.latest}
    accepted = {it.line_no for it in event.lines if it.response is LineResponse.ACCEPTED}
    named = [it for it in lines if event.latest or it.line_no in promised & accepted]
    is_later = any(is_promised_late(order, it) for it in named)
    is_otherwise = len(accepted) < len(event.lines)
    is_changed = is_otherwise or (not is_later and bool(promised or event.latest))
    changed = (Kind.ORDER_CHANGED,) if is_changed else ()
    return (*changed, Kind.ORDER_BACKORDERED) if is_later else changed


def _of_movement(event: Any, _order: Any, _lines: Sequence[Any]) -> tuple[Kind, ...]:
    """Tell that something was picked short, was lost or came back."""
    more = (it.get(counter, 0) > 0 for it in event.moved.values() for counter in _OWED_LATER)
    return (Kind.ORDER_BACKORDERED,) if any(more) else ()


def _of_shortfall(event: Any, _contract: Any, _lines: Sequence[Any]) -> tuple[Kind, ...]:
    return (Kind.CONTRACT_SHORTFALL,) if event.quantity else ()


def _of_call_off(event: Any, _contract: Any, lines: Sequence[Any]) -> tuple[Kind, ...]:
    """Tell that little of a line is left, where this call-off has made it so."""
    left = {it.id: it.target_quantity - it.called_off for it in lines}
    few = {it.id: low_of(it) for it in lines}
    crossed = (left[it] <= few[it] < left[it] + taken for it, taken in event.lines.items())
    return (Kind.CONTRACT_RUNS_LOW,) if any(crossed) else ()


def low_of(line: Any) -> Decimal:
    """Return how much of a contract line is little: a tenth of its target."""
    return line.target_quantity / 10  # type: ignore[no-any-return]


def is_promised_late(order: Any, line: Any) -> bool:
    """Tell whether what is promised of an order line is later than it is wanted."""
    promised = line.confirmed_latest or order.confirmed_latest
    wanted = line.agreed_latest or line.window_latest or order.window_latest
    return bool(promised and wanted and promised > wanted)


def later_of(order: Any, line: Any) -> Decimal:
    """Return how much of an order line comes later than it was wanted.

    What was picked short, was lost or came back, as far as no delivery takes it; where what is
    promised is late, all that has not left. Nothing of an order that owes nothing.
    """
    if order.state is not OrderState.CONFIRMED:
        return Decimal(0)
    if is_promised_late(order, line):
        return line.open_quantity  # type: ignore[no-any-return]
    return min(line.unplanned, line.backordered + line.open_again)  # type: ignore[no-any-return]


def _always(kind: Kind) -> Cause:
    return lambda _event, _row, _lines: (kind,)


CAUSES: Mapping[type[Event], Cause] = {
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
    **dict.fromkeys(
        (OrderProgressed, OrderPartiallyDelivered, OrderDelivered, OrderArrivalCorrected),
        _of_movement,
    ),
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
"""Event -> what tells what people are told of it. A parcel's row is its delivery."""
BY_LINES = frozenset({OrderResponded, ContractCalledOff})
"""Events whose causes look at lines."""
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
    Kind.ORDER_BACKORDERED,
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
TO_BUYERS = frozenset(TRUE_OF_ORDERS) - {Kind.APPROVAL_AWAITED}
"""Kinds of an order that its buyer is told of, with what it costs."""
OF_DUTIES: Mapping[Kind, ContactDuty] = {
    **dict.fromkeys(TRUE_OF_ORDERS, ContactDuty.PURCHASING),
    Kind.APPROVAL_AWAITED: ContactDuty.APPROVAL,
    **dict.fromkeys(TRUE_OF_DELIVERIES, ContactDuty.GOODS_IN),
    Kind.CONTRACT_SHORTFALL: ContactDuty.CONTRACTS,
    Kind.CONTRACT_ENDS: ContactDuty.CONTRACTS,
    Kind.CONTRACT_RUNS_LOW: ContactDuty.CONTRACTS,
    Kind.WEBHOOK_DISABLED: ContactDuty.INTERFACES,
}
"""Kind -> the duty whose contacts are sent mails of what is their company's."""
