"""Webhooks: what happens is kept for endpoints, sent to them, and forgotten."""

from datetime import datetime, timedelta
from uuid import UUID

from commands.messages.webhooks.forget import forget
from commands.messages.webhooks.note import note_messages
from kit.db.sessions import Session
from loaders.messages.webhooks import FOLLOWER
from workers.running.followers import Follower
from workers.running.rounds import Round, unrecorded

TELL_WEBHOOKS = Follower(FOLLOWER, note_messages)
"""What happens becomes messages for endpoints."""


def forgetting(days: int) -> Round:
    """Return the round that forgets what was sent some days ago."""

    async def step(session: Session, merchant_id: UUID, now: datetime) -> bool:
        return await forget(session, merchant_id, now, timedelta(days=days))

    return Round("forget webhook messages", timedelta(minutes=10), unrecorded(step))
