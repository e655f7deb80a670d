"""Messages that wait are read, and partners told what was decided on what they brought."""

from datetime import datetime
from uuid import UUID

from commands.messages.readers.by_partner import MessagesInTurn
from commands.messages.readers.contents import tell_decided
from kit.db.database import Database
from loaders.access.dues import due_now
from models.access.dues import DueKind
from models.events.trade.releases import ReleaseConsented, ReleaseRejected, ReleaseWithdrawn
from workers.running.chores import Chore
from workers.running.followers import Follower

_TURNS = MessagesInTurn()


async def _read(database: Database, merchant_id: UUID, kind: DueKind, now: datetime) -> bool:
    if kind is DueKind.READ_MESSAGES:
        return await _TURNS.read_short(database, merchant_id, now)
    return await _TURNS.read_long(database, merchant_id, now)


READ_MESSAGES = Chore(
    "read messages", due_now(), _read, at_once=1, values={"kinds": [DueKind.READ_MESSAGES.value]}
)
"""A message is a transaction of its own, and what refuses one is noted by another."""
READ_LONG_MESSAGES = Chore(
    "read long messages",
    due_now(),
    _read,
    at_once=1,
    values={"kinds": [DueKind.READ_LONG_MESSAGES.value]},
    is_woken=False,
)
"""Beside the others, so that one that takes long delays only long ones."""
ANSWER_DECISIONS = Follower(
    "content answers", tell_decided, wants=(ReleaseConsented, ReleaseRejected, ReleaseWithdrawn)
)
