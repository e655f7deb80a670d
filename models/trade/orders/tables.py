"""Orders: who ordered, over which channel, on what terms."""

from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Computed,
    Index,
    Numeric,
    and_,
    any_,
    or_,
    text,
)
from sqlalchemy.ext.hybrid import hybrid_method, hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from models.access.viewers import Actor, Scope
from models.base.masks import NULL, Hidden, Mask
from models.base.tables import (
    OneOf,
    Owned,
    Searched,
    check,
    fixed,
    folded,
    found_by,
    indexed,
    known,
    to,
    unique,
    whole_window,
)
from models.base.tasks import Task, is_among
from models.base.visibility import Seen, having, own, token_held
from models.trade.orders.amounts import RANK, UNRANKED
from models.trade.orders.standing import KEEPINGS
from models.trade.orders.states import (
    OPEN_STATES,
    Approval,
    DeliveryPolicy,
    FulfilmentStatus,
    OrderKind,
    OrderState,
    PaymentState,
    ProposalAnswer,
)

_OF_ORDERS = (
    *("discount_percent", "discount_amount", "charges", "taxes", "charged", "taxed", "net"),
    # Whether it stops goods a warehouse is told; the rest is between merchant and client.
    "payment_state",
    *("proposal_reason", "proposal_answer_reason"),
)


_REFERENCES = ("purchase_order_number", "external_reference")
FEW_ORDERS = {
    "owing": "is_owing",
    "backordered": "is_backordered",
    "late": "left_late OR overdue_from IS NOT NULL",
}
"""Indexes over the few orders that lists ask for: which."""
_WHERE_OWING = {"postgresql_where": text(FEW_ORDERS["owing"])}
_NAME = "guest ->> 'name'"
_OF_GUESTS = {
    "guest_name": _NAME,
    "guest_surname": rf"regexp_replace({_NAME}, '^(.*\S)\s+(\S+)$', '\2 \1')",
}
"""What guests are looked for by: their name, and the same with its last word first."""
_NEVER = "'9999-12-31 00:00:00+00'::timestamptz"
_UNRANKED = Mask(str(UNRANKED), lambda *_: fixed(UNRANKED))


class Order(Owned):
    """What a party or a guest ordered over one channel.

    ship_to: fields of kit.inputs.Place. recipient, guest: fields of kit.inputs.Recipient.
    awaiting_approval_of: those who must still approve it, nobody in other states.
    cancel_reason: of whoever last cancelled a part of it. discount_percent, discount_amount: as it
    was stated, in one of both ways; its lines bear it. charges, taxes: objects of ChargeKind or
    TaxCategory and rate, each with its amount as a text. charged: what its charges come to, 0 once
    nothing of it is wanted. taxed: what its taxes come to, None where nobody has stated any, and
    since a part was cancelled. taxed_without: line id -> what of it was not to be paid when taxes
    were stated, None where they were stated for other lines than it has. payment_state: of the
    report that tells the newest of its payment (`models.trade.payments`). due_at: its window's
    end, at the end of time without a window. fulfilment_status to left_late:
    `models.trade.orders.standing.KEEPINGS`. net_rank: `models.trade.orders.amounts.RANK`.
    window_override: why its windows may break rules of its place; confirmed_overridden: whether it
    was said for that one, which may break those of its contract, too. proposed_...: the window that
    its customer proposed last; proposal_reason: why. proposal_answer: None while it waits.
    """

    __tablename__ = "orders"
    __task__ = Task("channel_id", lambda _rows, order: order.is_owing)
    __searched__ = Searched(
        Scope.ORDERS_READ, numbers=("number", *_REFERENCES), names=tuple(_OF_GUESTS)
    )
    __seen__: ClassVar[Seen] = {
        Actor.BUYER: own("party_id"),
        Actor.STOREFRONT: token_held("channel_id"),
        Actor.WAREHOUSE: having("DeliveryLine", "order_id"),
    }
    __hidden__: ClassVar[Hidden] = {
        actor: {**dict.fromkeys(_OF_ORDERS, NULL), "net_rank": _UNRANKED}
        for actor in (Actor.WAREHOUSE, Actor.CARRIER)
    }
    __kept__ = KEEPINGS
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
        indexed("orders", "fulfilment_status", "placed_at", "id"),
        *(
            indexed("orders", of, "payment_state", "id", among="owing", **_WHERE_OWING)
            for of in ("channel_id", "party_id")
        ),
        *(
            indexed("orders", "placed_at", "id", among=name, postgresql_where=text(rows))
            for name, rows in FEW_ORDERS.items()
        ),
        indexed("orders", "kind", "placed_at", "id"),
        indexed("orders", "due_at", "id", among="owing", **_WHERE_OWING),
        indexed("orders", "contract_id"),
        indexed("orders", "ship_to_id", "placed_at", "id"),
        indexed("orders", "due_at", "id"),
        indexed("orders", "party_id", "due_at", "id"),
        *(indexed("orders", *of, "net_rank", "id") for of in ((), ("party_id",), ("currency",))),
        *found_by("orders", "number", *_REFERENCES),
        *(
            indexed("orders", name, "id", postgresql_where=text(f"{name} IS NOT NULL"))
            for name in (f"{it}_folded" for it in _OF_GUESTS)
        ),
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
        known("fulfilment_status", FulfilmentStatus),
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
        whole_window("proposed"),
        known("proposal_answer", ProposalAnswer),
        check("answer_of_proposal", "proposal_answer IS NULL OR proposed_latest IS NOT NULL"),
    )

    number: Mapped[str]
    number_folded: Mapped[str] = folded("number")
    channel_id: Mapped[UUID]
    party_id: Mapped[UUID | None]
    guest: Mapped[dict[str, Any] | None]
    guest_name_folded: Mapped[str | None] = folded(_OF_GUESTS["guest_name"])
    guest_surname_folded: Mapped[str | None] = folded(_OF_GUESTS["guest_surname"])
    buyer_contact_id: Mapped[UUID | None]
    kind: Mapped[OrderKind] = mapped_column(OneOf(OrderKind))
    contract_id: Mapped[UUID | None]
    purchase_order_number: Mapped[str | None]
    purchase_order_number_folded: Mapped[str | None] = folded("purchase_order_number")
    external_reference: Mapped[str | None]
    external_reference_folded: Mapped[str | None] = folded("external_reference")
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
    taxed_without: Mapped[dict[str, Any] | None] = mapped_column(default=dict, server_default="{}")
    ship_to_id: Mapped[UUID | None]
    ship_to: Mapped[dict[str, Any] | None]
    recipient: Mapped[dict[str, Any] | None]
    due_at: Mapped[datetime] = mapped_column(
        Computed(f"coalesce(window_latest, {_NEVER})", persisted=True)
    )
    window_earliest: Mapped[datetime | None]
    window_latest: Mapped[datetime | None]
    window_zone: Mapped[str | None]
    window_override: Mapped[str | None]
    confirmed_earliest: Mapped[datetime | None]
    confirmed_latest: Mapped[datetime | None]
    confirmed_zone: Mapped[str | None]
    confirmed_overridden: Mapped[bool] = mapped_column(default=False, server_default="false")
    proposed_earliest: Mapped[datetime | None]
    proposed_latest: Mapped[datetime | None]
    proposed_zone: Mapped[str | None]
    proposal_reason: Mapped[str | None]
    proposal_answer: Mapped[ProposalAnswer | None] = mapped_column(OneOf(ProposalAnswer))
    proposal_answer_reason: Mapped[str | None]
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
    fulfilment_status: Mapped[FulfilmentStatus] = mapped_column(
        OneOf(FulfilmentStatus),
        default=FulfilmentStatus.UNFULFILLED,
        server_default=FulfilmentStatus.UNFULFILLED.value,
    )
    is_owing: Mapped[bool] = mapped_column(default=True, server_default="true")
    is_backordered: Mapped[bool] = mapped_column(default=False, server_default="false")
    overdue_from: Mapped[datetime | None]
    net: Mapped[Decimal | None] = mapped_column(Numeric())
    net_rank: Mapped[int] = mapped_column(BigInteger(), Computed(RANK, persisted=True))
    left_late: Mapped[bool] = mapped_column(default=False, server_default="false")
    version: Mapped[int] = mapped_column(default=1)

    @property
    def overridden(self) -> list[tuple[datetime | None, datetime | None]]:
        """The window that it promises, where its `window_override` was said for that."""
        return [(self.confirmed_earliest, self.confirmed_latest)] * self.confirmed_overridden

    @hybrid_property
    def may_owe(self) -> bool:
        """Whether it is in a state in which it may still owe goods."""
        return self.state in OPEN_STATES

    @may_owe.inplace.expression
    @classmethod
    def _may_owe(cls) -> ColumnElement[bool]:
        return is_among(cls.state, OPEN_STATES)

    @hybrid_property
    def awaits_answer(self) -> bool:
        """Whether a window that its customer proposes waits for the merchant's answer."""
        return self.proposed_latest is not None and self.proposal_answer is None

    @awaits_answer.inplace.expression
    @classmethod
    def _awaits_answer(cls) -> ColumnElement[bool]:
        return and_(cls.proposed_latest.is_not(None), cls.proposal_answer.is_(None))

    @hybrid_method
    def is_wanted(self, at: datetime) -> bool:
        """Tell whether it is wanted still: not by an instant that has passed."""
        return self.cancel_if_not_by is None or at <= self.cancel_if_not_by

    @is_wanted.inplace.expression  # type: ignore[attr-defined, untyped-decorator]
    @classmethod
    def _is_wanted(cls, at: Any) -> ColumnElement[bool]:
        return or_(cls.cancel_if_not_by.is_(None), cls.cancel_if_not_by >= at)

    @hybrid_method
    def awaits(self, approval: Approval) -> bool:
        """Tell whether it waits for an approval."""
        return approval in self.awaiting_approval_of

    @awaits.inplace.expression  # type: ignore[attr-defined, untyped-decorator]
    @classmethod
    def _awaits(cls, approval: Approval) -> ColumnElement[bool]:
        return fixed(approval) == any_(cls.awaiting_approval_of)
