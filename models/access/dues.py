"""What is due: something that is to be looked at when its time has come."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from kit.db.statements import UNRECORDED
from models.base.tables import OneOf, Owned, indexed, known
from models.base.visibility import Seen


class DueKind(StrEnum):
    """What is done about it."""

    LAPSE_ORDERS = "LAPSE_ORDERS"
    EXPIRE_AMENDMENTS = "EXPIRE_AMENDMENTS"
    READ_MESSAGES = "READ_MESSAGES"
    READ_LONG_MESSAGES = "READ_LONG_MESSAGES"
    FORGET_ANSWERS = "FORGET_ANSWERS"
    FORGET_BUCKETS = "FORGET_BUCKETS"
    FORGET_WEBHOOK_MESSAGES = "FORGET_WEBHOOK_MESSAGES"
    TELL_ENDS = "TELL_ENDS"
    CALL_OFF_FOUND = "CALL_OFF_FOUND"
    COUNT_FOUND = "COUNT_FOUND"
    FORGET_SESSIONS = "FORGET_SESSIONS"


class Due(Owned):
    """A subject that is to be looked at from an instant on.

    It only says when to look: what is to be done then, the subject's own rows say. So it is written
    as often as anything becomes due, and never changed by who writes it; a worker takes it away
    when it has looked. One statement for all merchants finds what has come to its time.

    subject: id of what its kind is about: an order, a contract, a webhook, the merchant.
    """

    __tablename__ = "due"
    __seen__: ClassVar[Seen] = {}
    __found__ = True
    __table_args__ = (
        Index("ix_due_due_at", "due_at", "merchant_id", "kind"),
        indexed("due", "kind", "due_at"),
        known("kind", DueKind),
        {"info": UNRECORDED},
    )

    due_at: Mapped[datetime]
    kind: Mapped[DueKind] = mapped_column(OneOf(DueKind))
    subject: Mapped[UUID]
