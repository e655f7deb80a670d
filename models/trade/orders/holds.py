"""Holds: stops on an order or a delivery."""

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import ColumnElement, Index, case, null, or_, text
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from models.access.viewers import OTHERS, Actor, Viewer
from models.base.masks import NULL, Hidden, Mask
from models.base.tables import (
    OneOf,
    Owned,
    fixed,
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


def reason_for(viewer: Viewer, hold: "Hold") -> HoldReason:
    """Return a hold's reason as the viewer reads it."""
    of_an_order = viewer.actor is Actor.WAREHOUSE and hold.subject is HoldSubject.ORDER
    hidden = hold.reason in _INTERNAL or of_an_order
    return HoldReason.UNDER_REVIEW if hidden and not viewer.sees_all else hold.reason


def _reviewed(hides: Callable[[Any], ColumnElement[bool]], whose: str) -> Mapping[str, Mask]:
    """Return what is read of a hold where nothing is told but that it is there.

    hides: a hold's columns -> whether that is so. whose: the same for people.
    """

    def unless(row: Any, column: Any, instead: ColumnElement[Any]) -> ColumnElement[Any]:
        return case((hides(row), instead), else_=column)

    reason = Mask(
        f"{HoldReason.UNDER_REVIEW} for {whose}", lambda _, row, it: unless(row, it, _UNDER_REVIEW)
    )
    other = Mask(f"null for {whose}", lambda _, row, it: unless(row, it, null()))
    return {"reason": reason, "owner": other, "note": other}


def _is_internal(row: Any) -> ColumnElement[bool]:
    return row.reason.in_([fixed(it) for it in _INTERNAL])  # type: ignore[no-any-return]


def _is_not_of_goods(row: Any) -> ColumnElement[bool]:
    return or_(row.subject == fixed(HoldSubject.ORDER), _is_internal(row))


_UNDER_REVIEW: ColumnElement[Any] = fixed(HoldReason.UNDER_REVIEW)
_INTERNAL_ONES = " and ".join(_INTERNAL)
_REASON = {"reason": _reviewed(_is_internal, _INTERNAL_ONES)["reason"]}
_HIDDEN: Hidden = {
    **{actor: {**_REASON, "owner": NULL, "note": NULL} for actor in OTHERS},
    # A warehouse must know that goods must not leave: for its own deliveries also why, and whom to
    # ask. Why an order waits is between the merchant and its client.
    Actor.WAREHOUSE: _reviewed(_is_not_of_goods, f"{_INTERNAL_ONES}, and on an order"),
}
HIDDEN_IN_EVENTS_OF_DELIVERIES: Hidden = dict.fromkeys(OTHERS, _REASON)
HIDDEN_IN_EVENTS_OF_ORDERS: Hidden = {
    **HIDDEN_IN_EVENTS_OF_DELIVERIES,
    Actor.WAREHOUSE: {"reason": Mask(HoldReason.UNDER_REVIEW, lambda *_: _UNDER_REVIEW)},
}
"""The same in what the journal tells of holds."""


class Hold(Owned):
    """A stop on an order or a delivery: several may hold at once, each with reason and owner.

    subject_id: id of the order or delivery; no foreign key, since it may be either.
    """

    __tablename__ = "holds"
    __seen__: ClassVar[Seen] = {
        actor: either(through("Order", "subject_id"), through("Delivery", "subject_id"))
        for actor in (Actor.BUYER, Actor.STOREFRONT, Actor.WAREHOUSE)
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
