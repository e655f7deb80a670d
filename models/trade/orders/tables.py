"""Orders and their lines: what was ordered, and how far each line has come."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ARRAY, ColumnElement, Index, Numeric, and_, any_, func, text
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from kit.standards.money import part_of, rounded
from models.access.viewers import Actor
from models.base.masks import NULL, Hidden
from models.base.tables import (
    Counter,
    OneOf,
    Owned,
    Tally,
    check,
    indexed,
    known,
    not_negative,
    to,
    unique,
    whole_window,
)
from models.base.tasks import Task, is_among
from models.base.visibility import Seen, having, held, own, through
from models.master.catalog import OfProduct, to_product
from models.master.packagings import Packaged, count_in_packagings, packaged
from models.trade.orders.amounts import constant, net_of, on_wanted, rounded_net
from models.trade.orders.states import (
    OPEN_STATES,
    Approval,
    DeliveryPolicy,
    LineResponse,
    OrderKind,
    OrderState,
    PaymentState,
)

_OF_ORDERS = (
    *("discount_percent", "discount_amount", "charges", "taxes", "charged", "taxed"),
    # Whether it stops goods a warehouse is told; the rest is between merchant and client.
    "payment_state",
)
_OF_LINES = (
    *("unit_price", "discount_percent", "discount_amount", "order_discount"),
    "response_reason",
)
"""Columns that say what something costs, or why it is not to be had, which who handles goods is
not to know."""


class Order(Owned):
    """What a party or a guest ordered over one channel.

    ship_to: fields of kit.inputs.Place. recipient, guest: fields of kit.inputs.Recipient.
    awaiting_approval_of: those who must still approve it, nobody in other states.
    cancel_reason: of whoever last cancelled a part of it. discount_percent, discount_amount: as it
    was stated, in one of both ways; its lines bear it. charges, taxes: objects of ChargeKind or
    TaxCategory and rate, each with its amount as a text. charged: what its charges come to, 0 once
    nothing of it is wanted. taxed: what its taxes come to, None where nobody has stated any, and
    since a part was cancelled. payment_state: of the report that tells the
    newest of its payment (`models.trade.payments`).
    """

    __tablename__ = "orders"
    __task__ = Task(
        "channel_id",
        lambda rows, order: and_(
            is_among(order.state, OPEN_STATES),
            rows.some(
                OrderLine, where=lambda it: and_(it.order_id == order.id, it.open_quantity > 0)
            ),
        ),
    )
    __seen__: ClassVar[Seen] = {
        Actor.BUYER: own("party_id"),
        Actor.STOREFRONT: held("channel_id"),
        Actor.WAREHOUSE: having("DeliveryLine", "order_id"),
    }
    __hidden__: ClassVar[Hidden] = {
        actor: dict.fromkeys(_OF_ORDERS, NULL) for actor in (Actor.WAREHOUSE, Actor.CARRIER)
    }
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
        indexed("orders", "payment_state", "placed_at", "id"),
        indexed("orders", "contract_id"),
        indexed("orders", "ship_to_id"),
        indexed("orders", "buyer_contact_id"),
        Index(
            "uq_orders_external_reference",
            "merchant_id",
            "channel_id",
            "external_reference",
            "party_id",
            unique=True,
            # Guests have no party; among them, too, a channel's number is one order's.
            postgresql_nulls_not_distinct=True,
            postgresql_where=text("external_reference IS NOT NULL"),
        ),
        known("kind", OrderKind),
        known("state", OrderState),
        known("payment_state", PaymentState),
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
        check("discount_stated_once", "num_nonnulls(discount_percent, discount_amount) <= 1"),
        check("discount_percent_range", "discount_percent BETWEEN 0 AND 100"),
        check("amounts_not_negative", "least(discount_amount, charged, taxed) >= 0"),
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
    discount_percent: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    discount_amount: Mapped[Decimal | None]
    charges: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    taxes: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    charged: Mapped[Decimal] = mapped_column(default=Decimal(0), server_default="0")
    taxed: Mapped[Decimal | None]
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
    cancel_reason: Mapped[str | None]
    awaiting_approval_of: Mapped[list[Approval]] = mapped_column(
        ARRAY(OneOf(Approval)), default=list, server_default="{}"
    )
    payment_state: Mapped[PaymentState] = mapped_column(
        OneOf(PaymentState), default=PaymentState.AWAITED
    )
    version: Mapped[int] = mapped_column(default=1)

    @hybrid_method
    def awaits(self, approval: Approval) -> bool:
        """Tell whether it waits for an approval."""
        return approval in self.awaiting_approval_of

    @awaits.inplace.expression  # type: ignore[attr-defined, untyped-decorator]
    @classmethod
    def _awaits(cls, approval: Approval) -> ColumnElement[bool]:
        return constant(approval.value) == any_(cls.awaiting_approval_of)


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
"""How far an order line has come, beside `ordered`."""


class OrderLine(OfProduct, Packaged, Owned):
    """One product of one order; every quantity in its unit.

    unit_price: None while the order waits for the merchant to state it. discount_percent: taken off
    it; or discount_amount: taken off the line. order_discount: what falls on the line of the
    order's; both amounts are for all that was ordered. over_tolerance: how much more than ordered
    may be planned, as a quantity (invariant O1). guarantee_id: what its contract guaranteed when it
    was called off. response: what the merchant has said to it last,
    None where that is nothing or was not agreed on. offered_..., answer_by: what an amendment says
    instead, while it waits for its answer, and until when it does. replaced_product_id: what was
    ordered instead of the product, where a substitute was agreed on. The counters are sums that the
    database checks.
    """

    __tablename__ = "order_lines"
    __task__ = Task(
        "product_id",
        lambda rows, line: and_(
            line.open_quantity > 0,
            rows.some(
                Order,
                where=lambda it: and_(it.id == line.order_id, is_among(it.state, OPEN_STATES)),
            ),
        ),
    )
    __seen__: ClassVar[Seen] = {
        Actor.BUYER: through("Order", "order_id"),
        Actor.STOREFRONT: through("Order", "order_id"),
        Actor.WAREHOUSE: having("DeliveryLine", "order_line_id"),
    }
    __hidden__: ClassVar[Hidden] = {
        actor: dict.fromkeys(_OF_LINES, NULL) for actor in (Actor.WAREHOUSE, Actor.CARRIER)
    }
    __table_args__ = (
        to("orders", "order_id"),
        to_product(),
        to("contract_lines", "contract_line_id"),
        to("schedule_lines", "schedule_line_id"),
        to("products", "offered_product_id"),
        to("products", "replaced_product_id"),
        to("guarantees", "guarantee_id"),
        unique("line_no", "order_id", "line_no"),
        indexed("order_lines", "product_id"),
        indexed("order_lines", "contract_line_id"),
        indexed("order_lines", "schedule_line_id"),
        indexed("order_lines", "offered_product_id"),
        indexed("order_lines", "replaced_product_id"),
        indexed("order_lines", "answer_by", postgresql_where=text("answer_by IS NOT NULL")),
        known("response", LineResponse),
        check("offered_positive", "offered_quantity > 0"),
        check(
            "amendment_whole",
            "(answer_by IS NULL) = (num_nonnulls(offered_quantity, offered_product_id,"
            " offered_earliest) = 0) AND (answer_by IS NULL OR response = 'AMENDED')",
        ),
        whole_window("offered"),
        indexed("order_lines", "guarantee_id"),
        not_negative(*COUNTERS),
        check("ordered_positive", "ordered > 0"),
        check("price_not_negative", "unit_price >= 0"),
        check("discount_percent_range", "discount_percent BETWEEN 0 AND 100"),
        check("discounts_not_negative", "least(discount_amount, order_discount) >= 0"),
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
        *packaged("order_lines"),
    )
    __tally__ = Tally(Order, "order_id", ("ordered", *COUNTERS))

    order_id: Mapped[UUID]
    line_no: Mapped[int]
    contract_line_id: Mapped[UUID | None]
    schedule_line_id: Mapped[UUID | None]
    guarantee_id: Mapped[UUID | None]
    currency: Mapped[str]
    unit_price: Mapped[Decimal | None]
    discount_percent: Mapped[Decimal] = mapped_column(Numeric(9, 6), default=Decimal(0))
    discount_amount: Mapped[Decimal] = mapped_column(default=Decimal(0), server_default="0")
    order_discount: Mapped[Decimal] = mapped_column(default=Decimal(0), server_default="0")
    over_tolerance: Mapped[Counter]
    substitution_allowed: Mapped[bool] = mapped_column(default=False)
    external_reference: Mapped[str | None]
    window_earliest: Mapped[datetime | None]
    window_latest: Mapped[datetime | None]
    window_zone: Mapped[str | None]
    confirmed_earliest: Mapped[datetime | None]
    confirmed_latest: Mapped[datetime | None]
    confirmed_zone: Mapped[str | None]
    response: Mapped[LineResponse | None] = mapped_column(OneOf(LineResponse))
    response_reason: Mapped[str | None]
    offered_quantity: Mapped[Decimal | None]
    offered_product_id: Mapped[UUID | None]
    offered_earliest: Mapped[datetime | None]
    offered_latest: Mapped[datetime | None]
    offered_zone: Mapped[str | None]
    answer_by: Mapped[datetime | None]
    replaced_product_id: Mapped[UUID | None]
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

    packaged_quantity = count_in_packagings("ordered")

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

    def is_amended(self, now: datetime) -> bool:
        """Tell whether an amendment of it waits for its answer."""
        return self.answer_by is not None and self.answer_by > now

    @hybrid_property
    def own_discount(self) -> Decimal | None:
        """What of its discount, where that is an amount, falls on what is still wanted."""
        return self._on_wanted(self.discount_amount)

    @own_discount.inplace.expression
    @classmethod
    def _own_discount(cls) -> ColumnElement[Decimal]:
        return on_wanted(cls, cls.discount_amount)

    @hybrid_property
    def borne_discount(self) -> Decimal | None:
        """What it bears of the order's discount for what is still wanted; None where unseen."""
        return self._on_wanted(self.order_discount)

    @borne_discount.inplace.expression
    @classmethod
    def _borne_discount(cls) -> ColumnElement[Decimal]:
        return on_wanted(cls, cls.order_discount)

    def _on_wanted(self, amount: Decimal | None) -> Decimal | None:
        if not amount:
            return amount
        return part_of(amount, self.ordered - self.cancelled, self.ordered, self.currency)

    @hybrid_property
    def net(self) -> Decimal | None:
        """Exact price of what is ordered and not cancelled, after its own discount.

        None where unseen.
        """
        if self.unit_price is None or self.discount_percent is None:
            return None
        wanted = self.ordered - self.cancelled
        before: Decimal = net_of(wanted, self.unit_price, self.discount_percent)
        return before - (self.own_discount or Decimal(0))

    @net.inplace.expression
    @classmethod
    def _net(cls) -> ColumnElement[Decimal]:
        wanted: Any = cls.ordered - cls.cancelled
        before: ColumnElement[Decimal] = net_of(wanted, cls.unit_price, cls.discount_percent)
        return before - cls.own_discount

    @hybrid_property
    def net_amount(self) -> Decimal | None:
        """The net price as it is told: rounded half up to the currency's minor unit."""
        return None if self.net is None else rounded(self.net, self.currency).amount

    @net_amount.inplace.expression
    @classmethod
    def _net_amount(cls) -> ColumnElement[Decimal]:
        return rounded_net(cls.net, cls.currency)
