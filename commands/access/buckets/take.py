"""The shared buckets of points: what one process takes out of a bucket for itself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import DateTime, Interval, Uuid, bindparam, case, func, select
from sqlalchemy.dialects.postgresql import insert

from commands.writing.running.dues import forgetting, noting
from kit.db.sessions import Session
from kit.db.statements import Statement
from models.access.buckets import CostBucket
from models.access.dues import DueKind

_NOW = bindparam("now", type_=DateTime(timezone=True))
_OF_OTHER_LIMITS = CostBucket.full_at > bindparam("foreign", type_=DateTime(timezone=True))
"""It lacks more than it ever could: its limits were larger then, and so it begins anew."""
_FULL_AT = case((_OF_OTHER_LIMITS, _NOW), else_=func.greatest(CostBucket.full_at, _NOW))
_THEN = _FULL_AT + bindparam("takes", type_=Interval())
_TAKE = Statement(
    insert(CostBucket)
    .values(
        merchant_id=bindparam("merchant", type_=Uuid()),
        id=bindparam("id", type_=Uuid()),
        full_at=_NOW + bindparam("takes", type_=Interval()),
    )
    .on_conflict_do_update(
        index_elements=[CostBucket.merchant_id, CostBucket.id],
        set_={"full_at": _THEN},
        where=bindparam("latest", type_=DateTime(timezone=True)) >= _THEN,
    )
    .returning(CostBucket.full_at)
    .add_cte(noting(DueKind.FORGET_BUCKETS))
)
_LOOK = select(CostBucket.full_at).where(
    CostBucket.merchant_id == bindparam("merchant"), CostBucket.id == bindparam("id")
)


@dataclass(frozen=True)
class Bucket:
    """A bucket. id: of the company, key or merchant that spends from it.

    size: points that it holds. restore: points that flow in each second.
    """

    merchant_id: UUID
    id: UUID
    size: int
    restore: int

    def lasts(self, points: float) -> timedelta:
        """Return how long it takes until points have flown in."""
        return timedelta(seconds=points / self.restore)


async def take_points(
    session: Session, bucket: Bucket, points: float, now: datetime
) -> tuple[bool, datetime]:
    """Take points out; tells whether it held them, and when it is full again.

    points: at most its size.
    """
    key = {"merchant": bucket.merchant_id, "id": bucket.id}
    whole = bucket.lasts(bucket.size)
    times = {"now": now, "takes": bucket.lasts(points), "latest": now + whole}
    times["foreign"] = now + 2 * whole
    times |= forgetting(now + whole)
    taken = await session.rows(_TAKE, key | times)
    if taken:
        return True, taken[0].full_at
    return False, (await session.execute(_LOOK, key)).scalar_one()
