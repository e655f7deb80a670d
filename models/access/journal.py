"""The journal: every change of a merchant, in order, appended by the command that made it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from models.base.tables import Owned, indexed, unique


class JournalEntry(Owned):
    """One event. position counts per merchant, sequence per aggregate, both without holes.

    type, aggregate, payload, payload_version: what the event's class says (`models.base.events`).
    actor_subject: an identity provider's user. address: the client's IP address.
    """

    __tablename__ = "journal"
    __table_args__ = (
        unique("position", "position"),
        unique("sequence", "aggregate_id", "sequence"),
        indexed("journal", "aggregate_id", "position"),
        indexed("journal", "actor_key_id", "position"),
    )

    position: Mapped[int]
    aggregate: Mapped[str]
    aggregate_id: Mapped[UUID]
    sequence: Mapped[int]
    type: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    actor: Mapped[str]
    actor_name: Mapped[str]
    actor_key_id: Mapped[UUID]
    actor_subject: Mapped[str | None]
    address: Mapped[str | None]
    idempotency_key: Mapped[str | None]
    payload: Mapped[dict[str, Any]]
    payload_version: Mapped[int] = mapped_column(default=1)


class AuditEntry(Owned):
    """The same row as staff read it, by whom and from where; no other actor sees it.

    Timelines, which every actor reads, are of `JournalEntry`.
    """

    __table__ = JournalEntry.__table__
