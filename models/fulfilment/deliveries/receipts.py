"""Receipts: what the client says that it got of a delivery."""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from models.access.viewers import Actor
from models.base.tables import (
    OneOf,
    Owned,
    check,
    indexed,
    known,
    not_negative,
    to,
    unique,
)
from models.base.visibility import Seen, through
from models.master.packagings import Packaged, count_in_packagings, packaged


class ReceiptDifference(StrEnum):
    """How a receipt differs from what was shipped (EDIFACT 4221)."""

    SHORT = "SHORT"
    OVER = "OVER"
    DAMAGED = "DAMAGED"
    WRONG_ITEM = "WRONG_ITEM"
    REFUSED = "REFUSED"


NOT_ARRIVED = frozenset({ReceiptDifference.SHORT, ReceiptDifference.REFUSED})
"""Differences of goods that were not handed over; others came, though not as they should."""


class Receipt(Owned):
    """The client's own receipt of a delivery; a later one corrects an earlier one."""

    __tablename__ = "receipts"
    __seen__: ClassVar[Seen] = dict.fromkeys(
        (Actor.BUYER, Actor.STOREFRONT, Actor.WAREHOUSE), through("Delivery", "delivery_id")
    )
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


class ReceiptLine(Packaged, Owned):
    """What the client received of one delivery line, in good order, and why it differs."""

    __tablename__ = "receipt_lines"
    __seen__: ClassVar[Seen] = {
        Actor.BUYER: through("Receipt", "receipt_id"),
        Actor.STOREFRONT: through("DeliveryLine", "delivery_line_id"),
        Actor.WAREHOUSE: through("Receipt", "receipt_id"),
    }
    __table_args__ = (
        to("receipts", "receipt_id"),
        to("delivery_lines", "delivery_line_id"),
        unique("delivery_line", "receipt_id", "delivery_line_id"),
        indexed("receipt_lines", "delivery_line_id"),
        known("difference", ReceiptDifference),
        not_negative("shipped", "received"),
        check("difference_told", "(shipped = received) = (difference IS NULL)"),
        *packaged("receipt_lines"),
    )

    receipt_id: Mapped[UUID]
    delivery_line_id: Mapped[UUID]
    shipped: Mapped[Decimal]
    received: Mapped[Decimal]
    difference: Mapped[ReceiptDifference | None] = mapped_column(OneOf(ReceiptDifference))
    note: Mapped[str | None]

    packaged_quantity = count_in_packagings("received")
