"""Rows whose time is over, and which mean the same when they are gone."""

from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Integer, Uuid, any_, bindparam, delete, func, select
from sqlalchemy.orm import InstrumentedAttribute

from kit.db.sessions import Session
from kit.db.statements import Statement

SPARED = timedelta(hours=1)
"""What ended less long ago stays: somebody may be about to read it."""
DELETED_AT_ONCE = 10_000
"""Rows that go in one statement."""


async def clear(
    session: Session, merchant_id: UUID, ends: InstrumentedAttribute[datetime], now: datetime
) -> bool:
    """Delete a merchant's rows that have ended, without waiting for who uses one of them.

    ends: the column that says when. Tells whether there may be more than go in one statement.
    """
    values = {"merchant": merchant_id, "before": now - SPARED, "most": DELETED_AT_ONCE}
    ((deleted,),) = await session.rows(_clear(ends), values)
    return bool(deleted == DELETED_AT_ONCE)


@cache
def _clear(ends: InstrumentedAttribute[datetime]) -> Statement:
    """Build the statement that deletes and counts."""
    entity: Any = ends.class_
    own = entity.merchant_id == bindparam("merchant", type_=Uuid())
    ended = ends <= bindparam("before", type_=DateTime(timezone=True))
    old = select(entity.id).where(own, ended).limit(bindparam("most", type_=Integer()))
    free = old.with_for_update(skip_locked=True)
    # An array is made once; a sub-query with a limit may be asked anew for every row.
    once = func.array(free.scalar_subquery(), type_=ARRAY(Uuid()))
    gone = delete(entity).where(own, entity.id == any_(once)).returning(entity.id).cte("gone")
    return Statement(select(func.count().label("deleted")).select_from(gone))
