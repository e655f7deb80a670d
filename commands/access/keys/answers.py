"""Answers under idempotency keys."""

from datetime import datetime
from uuid import UUID

from commands.writing.expired import clear
from kit.db.sessions import Session
from models.access.keys import IdempotencyKey


async def forget(session: Session, merchant_id: UUID, now: datetime) -> bool:
    """Delete answers that are not repeated any more; tells whether more are left."""
    return await clear(session, merchant_id, IdempotencyKey.expires_at, now)
