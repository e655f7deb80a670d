"""Rows whose time is over, and which mean the same when they are gone."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from models.access.buckets import CostBucket
from models.access.keys import IdempotencyKey

SPARED = timedelta(hours=1)
"""What ended less long ago stays: somebody may be about to read it."""
_AT_ONCE = 10_000
"""Rows that go in one statement; others go the next time."""
_ENDS = ((CostBucket, CostBucket.full_at), (IdempotencyKey, IdempotencyKey.expires_at))
"""Buckets that are full again, answers that are not repeated any more."""


async def clear(session: AsyncSession, merchant_id: UUID, now: datetime) -> None:
    """Delete a merchant's expired rows, without waiting for who uses one of them."""
    for entity, ends in _ENDS:
        own = entity.merchant_id == merchant_id
        old = select(entity.id).where(own, ends <= now - SPARED).limit(_AT_ONCE)
        gone = delete(entity).where(own, entity.id.in_(old.with_for_update(skip_locked=True)))
        await session.execute(gone.execution_options(synchronize_session=False))
