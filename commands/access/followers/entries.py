"""Entries of the journal as followers are told of them."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from models.base.events import Event, Payload, read_event


@dataclass(frozen=True, slots=True)
class JournalEvent:
    """One entry of the journal as a follower is told of it."""

    position: int
    id: UUID
    aggregate: str
    aggregate_id: UUID
    sequence: int
    type: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    actor_name: str
    payload_version: int
    payload: Payload

    @property
    def event(self) -> Event:
        """Return it as its class, of the newest version."""
        return read_event(self.type, self.payload_version, self.aggregate_id, self.payload)
