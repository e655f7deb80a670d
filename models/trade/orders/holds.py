"""Holds: stops on an order or a delivery."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, Index, case, literal_column, null, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from models.access.journal import HIDDEN_FIELDS
from models.access.viewers import OTHERS, Actor, Viewer
from models.base.masks import NULL, Hidden, Mask
from models.base.tables import (
    OneOf,
    Owned,
    indexed,
    known,
)
from models.base.visibility import Seen, either, through


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
    UNDER_REVIEW = "UNDER_REVIEW"


_INTERNAL = (HoldReason.FRAUD, HoldReason.OPERATOR)
"""Reasons of the merchant's own, which others read as UNDER_REVIEW."""


def reason_for(viewer: Viewer, reason: HoldReason) -> HoldReason:
    """Return a reason as the viewer reads it."""
    hidden = reason in _INTERNAL and not viewer.sees_all
    return HoldReason.UNDER_REVIEW if hidden else reason


def _is_internal(reason: ColumnElement[Any]) -> ColumnElement[bool]:
    return reason.in_([literal_column(f"'{it}'") for it in _INTERNAL])


_REASON = Mask(
    f"{HoldReason.UNDER_REVIEW} for {' and '.join(_INTERNAL)}",
    lambda _viewer, _row, reason: case(
        (_is_internal(reason), literal_column(f"'{HoldReason.UNDER_REVIEW}'")), else_=reason
    ),
)
_UNLESS_INTERNAL = Mask(
    f"null where the reason is {' or '.join(_INTERNAL)}",
    lambda _viewer, row, column: case((_is_internal(row.reason), null()), else_=column),
)
_HIDDEN: Hidden = {
    **{actor: {"reason": _REASON, "owner": NULL, "note": NULL} for actor in OTHERS},
    # A warehouse must know why it stops, and whom to ask.
    Actor.WAREHOUSE: {"reason": _REASON, "owner": _UNLESS_INTERNAL, "note": _UNLESS_INTERNAL},
}
_IN_EVENTS: Hidden = {
    actor: {field: masks[field] for field in ("reason",)} for actor, masks in _HIDDEN.items()
}
HIDDEN_FIELDS.update(
    dict.fromkeys(
        ("order.held", "order.hold_released", "delivery.held", "delivery.hold_released"), _IN_EVENTS
    )
)
"""The same in what the journal tells of holds."""


class Hold(Owned):
    """A stop on an order or a delivery: several may hold at once, each with reason and owner.

    subject_id: id of the order or delivery; no foreign key, since it may be either.
    """

    __tablename__ = "holds"
    __seen__: ClassVar[Seen] = {
        **dict.fromkeys(
            (Actor.BUYER, Actor.STOREFRONT),
            either(through("Order", "subject_id"), through("Delivery", "subject_id")),
        ),
        Actor.WAREHOUSE: through("Delivery", "subject_id"),
    }
    __hidden__: ClassVar[Hidden] = _HIDDEN
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
