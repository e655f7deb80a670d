"""Rows whose time is over, and which mean the same when they are gone."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, DateTime, Integer, Uuid, any_, bindparam, delete, func, select
from sqlalchemy.orm import InstrumentedAttribute

from commands.writing.transaction import Writing
from kit.db.statements import Statement

SPARED = timedelta(hours=1)
"""What ended less long ago stays: somebody may be about to read it."""
DELETED_AT_ONCE = 10_000
"""Rows that go in one statement."""


async def clear(
    writing: Writing, ends: InstrumentedAttribute[datetime], due: Sequence[UUID]
) -> Mapping[UUID, datetime]:
    """Delete a merchant's rows that have ended; those that somebody uses go an hour later.

    ends: the column that says when. due: the merchant's id. Returns when to do that once more.
    """
    before = writing.now - SPARED
    values = {**writing.parameters, "before": before, "most": DELETED_AT_ONCE}
    ((deleted, is_left),) = await writing.session.rows(_clear(ends), values)
    if deleted == DELETED_AT_ONCE:
        return dict.fromkeys(due, writing.now)
    return dict.fromkeys(due, writing.now + SPARED) if is_left else {}


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
    left = select(entity.id).where(own, ended, entity.id.not_in(select(gone.c.id))).exists()
    counted = select(func.count()).select_from(gone).scalar_subquery()
    return Statement(select(counted.label("deleted"), left.label("is_left")))
