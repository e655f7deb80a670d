"""Notifications: what people are told by mail of what happened to what is theirs."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from kit.db.statements import UNRECORDED
from kit.standards.languages import Spoken
from models.base.tables import OneOf, Owned, check, indexed, known, to, unique
from models.base.visibility import Seen
from models.fulfilment.deliveries.states import BEFORE_DISPATCH, ON_THE_WAY, DeliveryState
from models.trade.orders.states import OrderState


class NotificationKind(StrEnum):
    """What people are told."""

    ORDER_CANCELLED = "ORDER_CANCELLED"
    APPROVAL_AWAITED = "APPROVAL_AWAITED"
    ORDER_CONFIRMED = "ORDER_CONFIRMED"
    CALL_OFF_CONFIRMED = "CALL_OFF_CONFIRMED"
    DELIVERY_DELIVERED = "DELIVERY_DELIVERED"
    DELIVERY_PARTLY_DELIVERED = "DELIVERY_PARTLY_DELIVERED"
    DELIVERY_ATTEMPT_FAILED = "DELIVERY_ATTEMPT_FAILED"
    DELIVERY_AT_THE_DOOR = "DELIVERY_AT_THE_DOOR"
    DELIVERY_DISPATCHED = "DELIVERY_DISPATCHED"
    DELIVERY_PLANNED = "DELIVERY_PLANNED"
    DELIVERY_RESCHEDULED = "DELIVERY_RESCHEDULED"
    ORDER_CHANGED = "ORDER_CHANGED"
    ORDER_BACKORDERED = "ORDER_BACKORDERED"
    CONTRACT_SHORTFALL = "CONTRACT_SHORTFALL"
    CONTRACT_ENDS = "CONTRACT_ENDS"
    CONTRACT_RUNS_LOW = "CONTRACT_RUNS_LOW"
    WEBHOOK_DISABLED = "WEBHOOK_DISABLED"


_CONFIRMED = frozenset({OrderState.CONFIRMED, OrderState.CLOSED})
_ARRIVED = frozenset({DeliveryState.DELIVERED})
_UNDER_WAY = frozenset({DeliveryState.DISPATCHED})
TRUE_OF_ORDERS: Mapping[NotificationKind, frozenset[OrderState]] = {
    NotificationKind.ORDER_CANCELLED: frozenset({OrderState.CANCELLED, OrderState.REJECTED}),
    NotificationKind.APPROVAL_AWAITED: frozenset({OrderState.PENDING_APPROVAL}),
    NotificationKind.ORDER_CONFIRMED: _CONFIRMED,
    NotificationKind.CALL_OFF_CONFIRMED: _CONFIRMED,
    NotificationKind.ORDER_CHANGED: _CONFIRMED | {OrderState.PENDING_APPROVAL},
    NotificationKind.ORDER_BACKORDERED: frozenset({OrderState.CONFIRMED}),
}
"""Kind -> states of the order in which it is still true; elsewhere it was overtaken."""
TRUE_OF_DELIVERIES: Mapping[NotificationKind, frozenset[DeliveryState]] = {
    NotificationKind.DELIVERY_PLANNED: BEFORE_DISPATCH,
    NotificationKind.DELIVERY_RESCHEDULED: BEFORE_DISPATCH | ON_THE_WAY,
    NotificationKind.DELIVERY_DISPATCHED: _UNDER_WAY,
    NotificationKind.DELIVERY_AT_THE_DOOR: _UNDER_WAY,
    NotificationKind.DELIVERY_ATTEMPT_FAILED: ON_THE_WAY,
    NotificationKind.DELIVERY_PARTLY_DELIVERED: frozenset({DeliveryState.PARTIALLY_DELIVERED}),
    NotificationKind.DELIVERY_DELIVERED: _ARRIVED,
}
"""Kind -> states of the delivery in which it is still true."""


class NotificationState(StrEnum):
    """What became of a notification."""

    PENDING = "PENDING"
    SENT = "SENT"
    FAILED = "FAILED"
    SUPPRESSED = "SUPPRESSED"


class NotificationReason(StrEnum):
    """Why a notification was not sent. UNWRITTEN: we could not write its mail."""

    OVERTAKEN = "OVERTAKEN"
    NOT_WANTED = "NOT_WANTED"
    FORGOTTEN = "FORGOTTEN"
    BAD_ADDRESS = "BAD_ADDRESS"
    REFUSED = "REFUSED"
    UNREACHABLE = "UNREACHABLE"
    UNWRITTEN = "UNWRITTEN"


class NotificationTiming(StrEnum):
    """When somebody wants to be told."""

    NOW = "NOW"
    DAILY = "DAILY"
    NEVER = "NEVER"


LEADING = ("state", "kind", "address", "contact_id", "order_id", "delivery_id", "contract_id")
"""Columns of a notification by which its list is filtered."""


class Notification(Owned):
    """What one person is told of one entry of the journal.

    contact_id: None for a guest, a recipient or staff. address: None once forgotten. entry_id: of
    the journal. mail_id: of the mail that tells it and others. is_daily: it waits for the mail of
    the day. is_staff: staff has asked for it. code: what the mail server answered last.
    """

    __tablename__ = "notifications"
    __seen__: ClassVar[Seen] = {}
    __table_args__ = (
        unique("entry", "entry_id", "address", "kind"),
        to("contacts", "contact_id"),
        to("orders", "order_id"),
        to("deliveries", "delivery_id"),
        to("contracts", "contract_id"),
        to("webhooks", "webhook_id", ondelete="CASCADE"),
        known("kind", NotificationKind),
        known("language", Spoken),
        known("state", NotificationState),
        known("reason", NotificationReason),
        check("about_something", "num_nonnulls(order_id, contract_id, webhook_id) = 1"),
        check("sent_whole", "(state = 'SENT') = (sent_at IS NOT NULL)"),
        check("reason_whole", "(state IN ('FAILED', 'SUPPRESSED')) = (reason IS NOT NULL)"),
        indexed("notifications", "created_at", "id"),
        *(indexed("notifications", it, "created_at", "id") for it in LEADING),
        indexed("notifications", "webhook_id"),
        indexed("notifications", "mail_id"),
        Index(
            "ix_notifications_pending",
            "merchant_id",
            "address",
            postgresql_where=text("state = 'PENDING'"),
        ),
        {"info": UNRECORDED},
    )

    kind: Mapped[NotificationKind] = mapped_column(OneOf(NotificationKind))
    contact_id: Mapped[UUID | None]
    address: Mapped[str | None]
    language: Mapped[Spoken] = mapped_column(OneOf(Spoken))
    time_zone: Mapped[str]
    order_id: Mapped[UUID | None]
    delivery_id: Mapped[UUID | None]
    contract_id: Mapped[UUID | None]
    webhook_id: Mapped[UUID | None]
    entry_id: Mapped[UUID]
    mail_id: Mapped[UUID]
    is_daily: Mapped[bool]
    is_staff: Mapped[bool] = mapped_column(default=False, server_default="false")
    state: Mapped[NotificationState] = mapped_column(OneOf(NotificationState))
    reason: Mapped[NotificationReason | None] = mapped_column(OneOf(NotificationReason))
    code: Mapped[int | None]
    message_id: Mapped[str | None]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class NotificationMail(Owned):
    """A mail that is to be sent: it goes once it was accepted or given up.

    next_at: when it is tried. leased_until: whoever tries it has it so long. attempts: how often it
    was tried in vain; what nobody has tried yet takes further notifications.
    """

    __tablename__ = "notification_mails"
    __seen__: ClassVar[Seen] = {}
    __found__ = True
    __table_args__ = (indexed("notification_mails", "next_at"), {"info": UNRECORDED})

    next_at: Mapped[datetime]
    leased_until: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)


class NotificationPreference(Owned):
    """When somebody is told of a kind: a contact, or whoever has an address.

    is_staff: whether that is told of it whoever's orders those are. address: None once it was
    forgotten.
    """

    __tablename__ = "notification_preferences"
    __seen__: ClassVar[Seen] = {}
    __table_args__ = (
        to("contacts", "contact_id"),
        unique("contact", "contact_id", "kind"),
        unique("address", "address", "kind"),
        known("kind", NotificationKind),
        known("timing", NotificationTiming),
        check("of_one", "num_nonnulls(contact_id, address) <= 1"),
        check("staff_by_address", "NOT is_staff OR contact_id IS NULL"),
        indexed("notification_preferences", "id", postgresql_where=text("is_staff")),
    )

    contact_id: Mapped[UUID | None]
    address: Mapped[str | None]
    is_staff: Mapped[bool]
    kind: Mapped[NotificationKind] = mapped_column(OneOf(NotificationKind))
    timing: Mapped[NotificationTiming] = mapped_column(OneOf(NotificationTiming))
