"""The journal: every change of a merchant, in order, appended by the command that made it."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from models.base import OneOf, Owned, indexed, known, unique


class Aggregate(StrEnum):
    """What a journal entry is about; its id is the id of a row of that kind."""

    PARTY = "PARTY"
    LOCATION = "LOCATION"
    CHANNEL = "CHANNEL"
    PRODUCT = "PRODUCT"
    CONTRACT = "CONTRACT"
    RELEASE = "RELEASE"
    ORDER = "ORDER"
    DELIVERY = "DELIVERY"
    PARCEL = "PARCEL"
    API_KEY = "API_KEY"


class JournalEntry(Owned):
    """One event. position counts per merchant, sequence per aggregate, both without holes."""

    __tablename__ = "journal"
    __table_args__ = (
        unique("position", "position"),
        unique("sequence", "aggregate_id", "sequence"),
        indexed("journal", "aggregate_id", "position"),
        known("aggregate", Aggregate),
    )

    position: Mapped[int]
    aggregate: Mapped[Aggregate] = mapped_column(OneOf(Aggregate))
    aggregate_id: Mapped[UUID]
    sequence: Mapped[int]
    type: Mapped[str]
    occurred_at: Mapped[datetime]
    recorded_at: Mapped[datetime]
    actor: Mapped[str]
    actor_name: Mapped[str]
    actor_key_id: Mapped[UUID]
    payload: Mapped[dict[str, Any]]
    payload_version: Mapped[int] = mapped_column(default=1)
