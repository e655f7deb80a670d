"""Deliveries: each part of an order, planned for its own agreed time."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

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
from models.master.channels import DeliveryMethod


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


class ShortReason(StrEnum):
    """Why less was picked than planned."""

    OUT_OF_STOCK = "OUT_OF_STOCK"
    DAMAGED = "DAMAGED"
    NOT_FOUND = "NOT_FOUND"
    QUALITY_HOLD = "QUALITY_HOLD"
    OTHER = "OTHER"


class Incoterm(StrEnum):
    """Who bears cost and risk on the way (Incoterms 2020)."""

    EXW = "EXW"
    FCA = "FCA"
    CPT = "CPT"
    CIP = "CIP"
    DAP = "DAP"
    DPU = "DPU"
    DDP = "DDP"
    FAS = "FAS"
    FOB = "FOB"
    CFR = "CFR"
    CIF = "CIF"


class Delivery(Owned):
    """A partial delivery from one location to one recipient in one window.

    party_id: of its orders, None for a guest. ship_to: fields of kit.inputs.Place;
    recipient: fields of kit.inputs.Recipient. packing: how often it was packed; a repack voids
    the parcels of the packing before.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        unique("number", "number"),
        to("parties", "party_id"),
        to("channels", "channel_id"),
        to("locations", "location_id"),
        to("addresses", "ship_to_id"),
        indexed("deliveries", "party_id", "window_latest", "id"),
        indexed("deliveries", "channel_id"),
        indexed("deliveries", "location_id", "window_latest", "id"),
        indexed("deliveries", "ship_to_id"),
        indexed("deliveries", "window_latest", "id"),
        known("state", DeliveryState),
        known("method", DeliveryMethod),
        known("incoterm", Incoterm),
        whole_window(),
    )

    number: Mapped[str]
    party_id: Mapped[UUID | None]
    channel_id: Mapped[UUID]
    location_id: Mapped[UUID]
    ship_to_id: Mapped[UUID | None]
    ship_to: Mapped[dict[str, Any] | None]
    recipient: Mapped[dict[str, Any] | None]
    window_earliest: Mapped[datetime]
    window_latest: Mapped[datetime]
    window_zone: Mapped[str]
    window_override: Mapped[str | None]
    promised_at: Mapped[datetime | None]
    fulfil_at: Mapped[datetime | None]
    fulfil_by: Mapped[datetime | None]
    method: Mapped[DeliveryMethod] = mapped_column(OneOf(DeliveryMethod))
    incoterm: Mapped[Incoterm | None] = mapped_column(OneOf(Incoterm))
    completes_order: Mapped[bool] = mapped_column(default=False)
    state: Mapped[DeliveryState] = mapped_column(OneOf(DeliveryState))
    packing: Mapped[int] = mapped_column(default=0)
    planned_at: Mapped[datetime]
    released_at: Mapped[datetime | None]
    packed_at: Mapped[datetime | None]
    dispatched_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1)


class DeliveryLine(Owned):
    """What a delivery takes of one order line. order_id: of that line, so that it can be found."""

    __tablename__ = "delivery_lines"
    __table_args__ = (
        to("deliveries", "delivery_id"),
        to("order_lines", "order_line_id"),
        to("orders", "order_id"),
        unique("order_line", "delivery_id", "order_line_id"),
        indexed("delivery_lines", "order_line_id"),
        indexed("delivery_lines", "order_id"),
        known("short_reason", ShortReason),
        not_negative("planned", "picked", "packed", "shipped", "delivered", "lost", "refused"),
        check(
            "progress",
            "delivered + lost + refused <= shipped AND shipped <= packed AND packed <= picked"
            " AND picked <= planned",
        ),
    )

    delivery_id: Mapped[UUID]
    order_id: Mapped[UUID]
    order_line_id: Mapped[UUID]
    planned: Mapped[Decimal]
    picked: Mapped[Counter]
    packed: Mapped[Counter]
    shipped: Mapped[Counter]
    delivered: Mapped[Counter]
    lost: Mapped[Counter]
    refused: Mapped[Counter]
    short_reason: Mapped[ShortReason | None] = mapped_column(OneOf(ShortReason))


class ReceiptDifference(StrEnum):
    """How a receipt differs from what was shipped (EDIFACT 4221)."""

    SHORT = "SHORT"
    OVER = "OVER"
    DAMAGED = "DAMAGED"
    WRONG_ITEM = "WRONG_ITEM"
    REFUSED = "REFUSED"


class Receipt(Owned):
    """The client's own receipt of a delivery; a later one corrects an earlier one."""

    __tablename__ = "receipts"
    __table_args__ = (
        to("deliveries", "delivery_id"),
        unique("sequence", "delivery_id", "sequence"),
    )

    delivery_id: Mapped[UUID]
    sequence: Mapped[int]
    received_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    received_by: Mapped[str | None]
    reference: Mapped[str | None]


class ReceiptLine(Owned):
    """What the client received of one delivery line, in good order, and why it differs."""

    __tablename__ = "receipt_lines"
    __table_args__ = (
        to("receipts", "receipt_id"),
        to("delivery_lines", "delivery_line_id"),
        unique("delivery_line", "receipt_id", "delivery_line_id"),
        indexed("receipt_lines", "delivery_line_id"),
        known("difference", ReceiptDifference),
        not_negative("shipped", "received"),
        check("difference_told", "(shipped = received) = (difference IS NULL)"),
    )

    receipt_id: Mapped[UUID]
    delivery_line_id: Mapped[UUID]
    shipped: Mapped[Decimal]
    received: Mapped[Decimal]
    difference: Mapped[ReceiptDifference | None] = mapped_column(OneOf(ReceiptDifference))
    note: Mapped[str | None]
