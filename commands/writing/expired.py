"""Rows whose time is over, and which mean the same when they are gone."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import CursorResult, delete, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

SPARED = timedelta(hours=1)
"""What ended less long ago stays: somebody may be about to read it."""
AT_ONCE = 10_000
"""Rows that go in one statement."""


async def clear(
    session: AsyncSession, merchant_id: UUID, ends: InstrumentedAttribute[datetime], now: datetime
) -> bool:
    """Delete a merchant's rows that have ended, without waiting for who uses one of them.

    ends: the column that says when. Tells whether more are left than go in one statement.
    """
    entity: Any = ends.class_
    own = entity.merchant_id == merchant_id
    old = select(entity.id).where(own, ends <= now - SPARED).limit(AT_ONCE)
    gone = delete(entity).where(own, entity.id.in_(old.with_for_update(skip_locked=True)))
    deleted = await session.execute(gone.execution_options(synchronize_session=False))
    assert isinstance(deleted, CursorResult)  # noqa: S101 -- narrows the type.
    return deleted.rowcount == AT_ONCE
