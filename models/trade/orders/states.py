"""Kinds and states of orders; what may be done in each stands in `acts`."""

from collections.abc import Mapping
from enum import StrEnum

from models.access.viewers import Actor, CompanyRole, Viewer


class OrderKind(StrEnum):
    """Why an order exists."""

    STANDARD = "STANDARD"
    CALL_OFF = "CALL_OFF"
    REPLACEMENT = "REPLACEMENT"
    SAMPLE = "SAMPLE"


class OrderState(StrEnum):
    """Where an order stands (stored); how far it is fulfilled is derived from its lines."""

    DRAFT = "DRAFT"
    PENDING_APPROVAL = "PENDING_APPROVAL"
    CONFIRMED = "CONFIRMED"
    CLOSED = "CLOSED"
    CANCELLED = "CANCELLED"
    REJECTED = "REJECTED"


NEXT_STATES: Mapping[OrderState, frozenset[OrderState]] = {
    OrderState.DRAFT: frozenset({OrderState.PENDING_APPROVAL, OrderState.CANCELLED}),
    OrderState.PENDING_APPROVAL: frozenset(
        {OrderState.CONFIRMED, OrderState.REJECTED, OrderState.CANCELLED}
    ),
    OrderState.CONFIRMED: frozenset({OrderState.CLOSED, OrderState.CANCELLED}),
    OrderState.CLOSED: frozenset(),
    OrderState.CANCELLED: frozenset(),
    OrderState.REJECTED: frozenset(),
}
"""The state machine of orders: where an order may go from each state."""


class Approval(StrEnum):
    """Whose approval an order waits for."""

    MERCHANT = "MERCHANT"
    COMPANY = "COMPANY"


def voice(viewer: Viewer) -> Approval | None:
    """Return for whom a viewer approves orders: staff for the merchant, approvers for theirs."""
    if viewer.actor is Actor.STAFF:
        return Approval.MERCHANT
    return Approval.COMPANY if viewer.role is CompanyRole.APPROVER else None


class PaymentState(StrEnum):
    """What is known of an order's payment, as a back office or shop has reported it last."""

    NOT_REQUIRED = "NOT_REQUIRED"
    AWAITED = "AWAITED"
    AUTHORISED = "AUTHORISED"
    PAID = "PAID"
    PARTLY_PAID = "PARTLY_PAID"
    FAILED = "FAILED"


FREE_KINDS = frozenset({OrderKind.REPLACEMENT, OrderKind.SAMPLE})
"""Kinds of orders for which nobody awaits a payment, unless one is reported."""


def payment_at_first(kind: OrderKind) -> PaymentState:
    """Return what is known of the payment of a new order."""
    return PaymentState.NOT_REQUIRED if kind in FREE_KINDS else PaymentState.AWAITED


LIVING_ORDERS = frozenset(state for state, after in NEXT_STATES.items() if after)
"""States that are no end."""
OPEN_STATES = frozenset({OrderState.PENDING_APPROVAL, OrderState.CONFIRMED})
"""States in which an order still owes goods."""


class DeliveryPolicy(StrEnum):
    """Whether an order may come in parts (EDIFACT 4493)."""

    SHIP_COMPLETE = "SHIP_COMPLETE"
    PARTIAL_BACKORDER = "PARTIAL_BACKORDER"
    PARTIAL_CANCEL_REST = "PARTIAL_CANCEL_REST"
    CANCEL_IF_NOT_BY = "CANCEL_IF_NOT_BY"


class FulfilmentStatus(StrEnum):
    """How far an order has come; derived from its line counters, never stored."""

    UNFULFILLED = "UNFULFILLED"
    PARTIALLY_SHIPPED = "PARTIALLY_SHIPPED"
    SHIPPED = "SHIPPED"
    PARTIALLY_DELIVERED = "PARTIALLY_DELIVERED"
    DELIVERED = "DELIVERED"
    PARTIALLY_RETURNED = "PARTIALLY_RETURNED"
    RETURNED = "RETURNED"


class ChargeKind(StrEnum):
    """What an order is charged for beside its lines (codes of UN/EDIFACT 7161)."""

    SHIPPING = "SHIPPING"
    EXPEDITING = "EXPEDITING"
    HANDLING = "HANDLING"
    PACKING = "PACKING"
    SMALL_ORDER = "SMALL_ORDER"
    FINANCING = "FINANCING"
    OTHER = "OTHER"


class TaxCategory(StrEnum):
    """What kind of tax an amount is (codes of UN/EDIFACT 5305, as in EN 16931)."""

    STANDARD = "STANDARD"
    ZERO_RATED = "ZERO_RATED"
    EXEMPT = "EXEMPT"
    REVERSE_CHARGE = "REVERSE_CHARGE"
    INTRA_COMMUNITY = "INTRA_COMMUNITY"
    EXPORT = "EXPORT"
    OUT_OF_SCOPE = "OUT_OF_SCOPE"


TAXED = frozenset({TaxCategory.STANDARD})
"""Categories with a rate above 0. A reduced rate, too, is STANDARD (S): another rate of it."""


class LineChange(StrEnum):
    """What was done to a line of an order that was changed."""

    ADDED = "ADDED"
    CHANGED = "CHANGED"
    REMOVED = "REMOVED"


class LineResponse(StrEnum):
    """What the merchant answers to a line that was ordered (UN/EDIFACT 1229)."""

    ACCEPTED = "ACCEPTED"
    AMENDED = "AMENDED"
    REJECTED = "REJECTED"


class ProposalAnswer(StrEnum):
    """What the merchant answers to another window that an order's customer proposes."""

    ACCEPTED = "ACCEPTED"
    DECLINED = "DECLINED"
