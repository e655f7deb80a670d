"""Orders and their lines: what was ordered, and how far each line has come."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Index, Numeric, case, func, literal_column, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from kit.money import UNUSUAL, USUAL, rounded
from models.access.viewers import Actor, CompanyRole, Viewer
from models.base.tables import (
    Counter,
    OneOf,
    Owned,
    check,
    indexed,
    known,
    not_negative,
    to,
    unique,
    whole_window,
)


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


OPEN_STATES = frozenset({OrderState.PENDING_APPROVAL, OrderState.CONFIRMED})
"""States in which an order still owes goods."""


class OrderAction(StrEnum):
    """What may be done with an order."""

    APPROVE = "APPROVE"
    REJECT = "REJECT"
    HOLD = "HOLD"
    RELEASE_HOLD = "RELEASE_HOLD"
    CANCEL_LINES = "CANCEL_LINES"
    CLOSE = "CLOSE"


def actions(
    state: OrderState, *, unplanned: bool, under_way: bool, held: bool
) -> list[OrderAction]:
    """Return what may be done now.

    unplanned: something is ordered, not cancelled and in no delivery. under_way: something is
    planned and not shipped. held: a hold is active.
    """
    after, living = NEXT_STATES[state], bool(NEXT_STATES[state])
    allowed = {
        OrderAction.APPROVE: OrderState.CONFIRMED in after,
        OrderAction.REJECT: OrderState.REJECTED in after,
        OrderAction.HOLD: living,
        OrderAction.RELEASE_HOLD: held,
        OrderAction.CANCEL_LINES: living and unplanned,
        OrderAction.CLOSE: OrderState.CLOSED in after and not under_way,
    }
    return [action for action, is_allowed in allowed.items() if is_allowed]


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


class Order(Owned):
    """What a party or a guest ordered over one channel.

    ship_to: fields of kit.inputs.Place. recipient, guest: fields of kit.inputs.Recipient.
    awaiting_approval_of: those who must still approve it, nobody in other states.
    """

    __tablename__ = "orders"
    __table_args__ = (
        unique("number", "number"),
        to("channels", "channel_id"),
        to("parties", "party_id"),
        to("contracts", "contract_id"),
        to("addresses", "ship_to_id"),
        to("contacts", "buyer_contact_id"),
        indexed("orders", "placed_at", "id"),
        indexed("orders", "state", "placed_at", "id"),
        indexed("orders", "purchase_order_number"),
        indexed("orders", "channel_id", "placed_at", "id"),
        indexed("orders", "party_id", "placed_at", "id"),
        indexed("orders", "contract_id"),
        indexed("orders", "ship_to_id"),
        indexed("orders", "buyer_contact_id"),
        Index(
            "uq_orders_external_reference",
            "merchant_id",
            "channel_id",
            "external_reference",
            unique=True,
            postgresql_where=text("external_reference IS NOT NULL"),
        ),
        known("kind", OrderKind),
        known("state", OrderState),
        known("delivery_policy", DeliveryPolicy),
        check("approval_known", "awaiting_approval_of <@ ARRAY['MERCHANT', 'COMPANY']"),
        check(
            "approval_awaited",
            "(state = 'PENDING_APPROVAL') = (cardinality(awaiting_approval_of) > 0)",
        ),
        check("party_or_guest", "num_nonnulls(party_id, guest) = 1"),
        check("call_off_has_contract", "(kind = 'CALL_OFF') = (contract_id IS NOT NULL)"),
        check(
            "cancel_date_by_policy",
            "(delivery_policy = 'CANCEL_IF_NOT_BY') = (cancel_if_not_by IS NOT NULL)",
        ),
        whole_window(),
        whole_window("confirmed"),
    )

    number: Mapped[str]
    channel_id: Mapped[UUID]
    party_id: Mapped[UUID | None]
    guest: Mapped[dict[str, Any] | None]
    buyer_contact_id: Mapped[UUID | None]
    kind: Mapped[OrderKind] = mapped_column(OneOf(OrderKind))
    contract_id: Mapped[UUID | None]
    purchase_order_number: Mapped[str | None]
    external_reference: Mapped[str | None]
    state: Mapped[OrderState] = mapped_column(OneOf(OrderState))
    delivery_policy: Mapped[DeliveryPolicy] = mapped_column(OneOf(DeliveryPolicy))
    cancel_if_not_by: Mapped[datetime | None]
    currency: Mapped[str]
    ship_to_id: Mapped[UUID | None]
    ship_to: Mapped[dict[str, Any] | None]
    recipient: Mapped[dict[str, Any] | None]
    window_earliest: Mapped[datetime | None]
    window_latest: Mapped[datetime | None]
    window_zone: Mapped[str | None]
    confirmed_earliest: Mapped[datetime | None]
    confirmed_latest: Mapped[datetime | None]
    confirmed_zone: Mapped[str | None]
    note: Mapped[str | None]
    placed_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    reject_reason: Mapped[str | None]
    awaiting_approval_of: Mapped[list[Approval]] = mapped_column(
        ARRAY(OneOf(Approval)), default=list, server_default="{}"
    )
    version: Mapped[int] = mapped_column(default=1)


COUNTERS = (
    "cancelled",
    "reserved",
    "backordered",
    "planned",
    "picked",
    "packed",
    "shipped",
    "delivered",
    "lost",
    "refused",
    "return_requested",
    "return_received",
    "written_off",
)
"""How far an order line has come, beside `ordered`; every movement of one stands in the journal."""


def net_of(quantity: Decimal, unit_price: Decimal, discount_percent: Decimal) -> Decimal:
    """Return the exact price of a quantity after discount; of columns, an expression."""
    return quantity * unit_price * ((100 - discount_percent) * Decimal("0.01"))


class OrderLine(Owned):
    """One product of one order; every quantity in the product's unit.

    discount_percent: taken off unit_price. over_tolerance: how much more than ordered may be
    planned, as a quantity (invariant O1). The counters are sums that the database checks.
    """

    __tablename__ = "order_lines"
    __table_args__ = (
        to("orders", "order_id"),
        to("products", "product_id"),
        to("contract_lines", "contract_line_id"),
        to("schedule_lines", "schedule_line_id"),
        unique("line_no", "order_id", "line_no"),
        indexed("order_lines", "product_id"),
        indexed("order_lines", "contract_line_id"),
        indexed("order_lines", "schedule_line_id"),
        not_negative(*COUNTERS),
        check("ordered_positive", "ordered > 0"),
        check("price_not_negative", "unit_price >= 0"),
        check("discount_percent_range", "discount_percent BETWEEN 0 AND 100"),
        check("o1_planned", "planned <= ordered - cancelled + over_tolerance"),
        check(
            "o2_progress",
            "delivered + lost + refused <= shipped AND shipped <= packed AND packed <= picked"
            " AND picked <= planned",
        ),
        check("o3_reserved", "reserved + shipped <= ordered - cancelled + over_tolerance"),
        check("o4_cancelled", "cancelled <= ordered - least(ordered, shipped)"),
        check("o5_returned", "return_requested + return_received <= delivered"),
        check("backordered_open", "backordered <= greatest(ordered - cancelled - planned, 0)"),
        whole_window(),
        whole_window("confirmed"),
    )

    order_id: Mapped[UUID]
    line_no: Mapped[int]
    product_id: Mapped[UUID]
    contract_line_id: Mapped[UUID | None]
    schedule_line_id: Mapped[UUID | None]
    currency: Mapped[str]
    unit_price: Mapped[Decimal]
    discount_percent: Mapped[Decimal] = mapped_column(Numeric(9, 6), default=Decimal(0))
    over_tolerance: Mapped[Counter]
    substitution_allowed: Mapped[bool] = mapped_column(default=False)
    external_reference: Mapped[str | None]
    window_earliest: Mapped[datetime | None]
    window_latest: Mapped[datetime | None]
    window_zone: Mapped[str | None]
    confirmed_earliest: Mapped[datetime | None]
    confirmed_latest: Mapped[datetime | None]
    confirmed_zone: Mapped[str | None]
    ordered: Mapped[Decimal]
    cancelled: Mapped[Counter]
    reserved: Mapped[Counter]
    backordered: Mapped[Counter]
    planned: Mapped[Counter]
    picked: Mapped[Counter]
    packed: Mapped[Counter]
    shipped: Mapped[Counter]
    delivered: Mapped[Counter]
    lost: Mapped[Counter]
    refused: Mapped[Counter]
    return_requested: Mapped[Counter]
    return_received: Mapped[Counter]
    written_off: Mapped[Counter]

    @hybrid_property
    def unplanned(self) -> Decimal:
        """What is ordered, not cancelled, and in no delivery yet; below zero when over-planned."""
        return self.ordered - self.cancelled - self.planned

    @hybrid_property
    def open_quantity(self) -> Decimal:
        """What is ordered and neither cancelled nor shipped."""
        return max(self.ordered - self.cancelled - self.shipped, Decimal(0))

    @open_quantity.inplace.expression
    @classmethod
    def _open_quantity(cls) -> ColumnElement[Decimal]:
        return func.greatest(cls.ordered - cls.cancelled - cls.shipped, 0)

    @hybrid_property
    def net(self) -> Decimal:
        """Exact price of what is ordered and not cancelled, after discount."""
        return net_of(self.ordered - self.cancelled, self.unit_price, self.discount_percent)

    @hybrid_property
    def net_amount(self) -> Decimal:
        """The net price as it is told: rounded half up to the currency's minor unit."""
        return rounded(self.net, self.currency).amount

    @net_amount.inplace.expression
    @classmethod
    def _net_amount(cls) -> ColumnElement[Decimal]:
        return rounded_net(cls.net, cls.currency)


def _constant(value: str | int) -> ColumnElement[Any]:
    """Return a value of ours as part of the statement's text."""
    return literal_column(repr(value))


def rounded_net(exact: Any, currency: Any) -> ColumnElement[Decimal]:
    """Round in SQL as kit.money does; PostgreSQL rounds halves of `numeric` away from zero."""
    digits = case(
        *((currency.in_(map(_constant, some)), _constant(unit)) for unit, some in UNUSUAL.items()),
        else_=_constant(USUAL),
    )
    return func.round(exact, digits, type_=Numeric())


class HoldSubject(StrEnum):
    """What a hold stops."""

    ORDER = "ORDER"
    DELIVERY = "DELIVERY"


class HoldReason(StrEnum):
    """Why something must not be released."""

    FRAUD = "FRAUD"
    ADDRESS = "ADDRESS"
    PAYMENT = "PAYMENT"
    SHIPPING_METHOD = "SHIPPING_METHOD"
    CUSTOMER_REQUEST = "CUSTOMER_REQUEST"
    OPERATOR = "OPERATOR"
    OTHER = "OTHER"


class Hold(Owned):
    """A stop on an order or a delivery: several may hold at once, each with reason and owner.

    subject_id: id of the order or delivery; no foreign key, since it may be either.
    """

    __tablename__ = "holds"
    __table_args__ = (
        known("subject", HoldSubject),
        known("reason", HoldReason),
        Index(
            "uq_holds_active",
            "merchant_id",
            "subject_id",
            "reason",
            "owner",
            unique=True,
            postgresql_where=text("released_at IS NULL"),
        ),
        indexed("holds", "subject_id"),
    )

    subject: Mapped[HoldSubject] = mapped_column(OneOf(HoldSubject))
    subject_id: Mapped[UUID]
    reason: Mapped[HoldReason] = mapped_column(OneOf(HoldReason))
    owner: Mapped[str]
    note: Mapped[str | None]
    placed_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
