"""Holds: stops on an order or a delivery."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Index, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from models.base.tables import (
    OneOf,
    Owned,
    indexed,
    known,
)


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

    @hybrid_property
    def is_active(self) -> bool:
        """Whether it stops its subject still."""
        return self.released_at is None

    @is_active.inplace.expression
    @classmethod
    def _is_active(cls) -> ColumnElement[bool]:
        return cls.released_at.is_(None)
