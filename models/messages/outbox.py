"""The outbox: interchanges that we write, and the bytes of every interchange."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from models.base.tables import OneOf, Owned, check, indexed, known, to, unique
from models.base.visibility import Seen


class OutgoingState(StrEnum):
    """Whether an interchange of ours has left."""

    PENDING = "PENDING"
    SENT = "SENT"
    REPLACED = "REPLACED"


class OutgoingInterchange(Owned):
    """An interchange for a partner. answers_id: the one that came in to which it is the answer.

    message_id: the message of that which it answers, None where it answers the interchange.
    """

    __tablename__ = "outgoing_interchanges"
    __seen__: ClassVar[Seen] = {}
    __table_args__ = (
        to("partner_profiles", "partner_id"),
        to("interchanges", "answers_id"),
        to("interchange_messages", "message_id"),
        unique("reference", "partner_id", "reference"),
        indexed("outgoing_interchanges", "answers_id"),
        indexed("outgoing_interchanges", "message_id"),
        indexed("outgoing_interchanges", "created_at", "id"),
        indexed("outgoing_interchanges", "state", "created_at", "id"),
        indexed("outgoing_interchanges", "partner_id", "created_at", "id"),
        known("state", OutgoingState),
        check("sent_whole", "(state = 'SENT') = (sent_at IS NOT NULL)"),
    )

    partner_id: Mapped[UUID]
    answers_id: Mapped[UUID | None]
    message_id: Mapped[UUID | None]
    message_type: Mapped[str]
    reference: Mapped[str]
    is_test: Mapped[bool]
    size_bytes: Mapped[int]
    state: Mapped[OutgoingState] = mapped_column(OneOf(OutgoingState))
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]


class InterchangeContent(Owned):
    """The bytes of an interchange, apart from it so that lists never carry them.

    id: that of the interchange, which is one that came in or one of ours.
    """

    __tablename__ = "interchange_contents"
    __seen__: ClassVar[Seen] = {}
    __table_args__ = (
        to("interchanges", "interchange_id"),
        to("outgoing_interchanges", "outgoing_id"),
        indexed("interchange_contents", "interchange_id"),
        indexed("interchange_contents", "outgoing_id"),
        check("of_one", "coalesce(interchange_id, outgoing_id) = id"),
        check("of_one_only", "num_nonnulls(interchange_id, outgoing_id) = 1"),
    )

    interchange_id: Mapped[UUID | None]
    outgoing_id: Mapped[UUID | None]
    content: Mapped[bytes]
