"""Buckets that are full again: without a row they are full, too."""

from datetime import datetime
from uuid import UUID

from commands.writing.expired import clear
from kit.db.sessions import Session
from models.access.buckets import CostBucket


async def full(session: Session, merchant_id: UUID, now: datetime) -> bool:
    """Delete buckets that have long been full; tells whether more are left."""
    return await clear(session, merchant_id, CostBucket.full_at, now)
