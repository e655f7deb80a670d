"""Answers under idempotency keys."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from commands.writing.expired import clear
from models.access.keys import IdempotencyKey


async def forget(session: AsyncSession, merchant_id: UUID, now: datetime) -> bool:
    """Delete answers that are not repeated any more; tells whether more are left."""
    return await clear(session, merchant_id, IdempotencyKey.expires_at, now)
