"""Lanes: the entries of one object that a follower has set aside, because the first one fails.

A lane is locked before its follower; who tells the follower waits for no lane.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import DateTime, Uuid, bindparam, select

from commands.access.followers import positions
from commands.access.followers.entries import JournalEvent, lane_after, page_after
from commands.writing.transaction import Writing
from kit.errors import Refused
from models.access.followers import FollowerLane

_LATER = timedelta(minutes=1)
"""After which a lane is looked at again whose next entry a later release has written."""
_DUE = (
    select(FollowerLane)
    .where(
        FollowerLane.merchant_id == bindparam("merchant", type_=Uuid()),
        FollowerLane.follower_id == bindparam("follower", type_=Uuid()),
        FollowerLane.retry_at <= bindparam("now", type_=DateTime(timezone=True)),
    )
    .order_by(FollowerLane.retry_at, FollowerLane.id)
    .limit(1)
    .with_for_update(skip_locked=True)
)


class LaneTried(NamedTuple):
    """A lane as it was when its first entry was tried."""

    id: UUID
    position: int
    attempts: int


def reason_of(error: BaseException) -> str:
    """Return the kind of an error and its codes; its text may quote what nobody is to keep."""
    if isinstance(error, Refused):
        codes = sorted({str(it.code) for it in error.problems})
    else:
        codes = [getattr(getattr(error, "orig", error), "sqlstate", None) or ""]
    return " ".join([type(error).__name__, *codes]).rstrip()


async def set_aside(
    writing: Writing, name: str, types: Sequence[str], failed: JournalEvent, error: BaseException
) -> FollowerLane | None:
    """Let a follower pass an entry by that it fails at, which is alone in a new lane then.

    None where the follower is told by another transaction, or stands elsewhere by now.
    """
    place = await positions.claim(writing, name)
    if place is None:
        return None
    unread = await page_after(writing, place.id, types, place.position, 1)
    if [it.position for it in unread.events] != [failed.position]:
        return None
    lane = FollowerLane(
        merchant_id=writing.viewer.merchant_id,
        follower_id=place.id,
        aggregate=failed.aggregate,
        aggregate_id=failed.aggregate_id,
        position=failed.position,
        attempts=1,
        reason=reason_of(error),
        failed_at=writing.now,
    )
    writing.session.add(lane)
    await positions.move(writing, place, failed.position)
    return lane


async def next_due(writing: Writing, follower_id: UUID) -> FollowerLane | None:
    """Lock the lane that is tried again next, None where there is none that nobody tries now."""
    values = {"merchant": writing.viewer.merchant_id, "follower": follower_id, "now": writing.now}
    return (await writing.session.scalars(_DUE, values)).one_or_none()


async def first_of(
    writing: Writing, lane: FollowerLane, types: Sequence[str], last: int
) -> JournalEvent | None:
    """Return the entry that is to be told again, None where there is none.

    None is where it was passed by and was the last one, so that the lane goes; or where a later
    release has written it, so that it waits for a worker of that one.
    """
    found = await lane_after(writing, lane, types, last, 1)
    if not found:
        await pass_by(writing, lane, types, lane.position - 1)
    elif found[0].is_known:
        return found[0]
    else:
        lane.retry_at = writing.now + _LATER
    return None


async def pass_by(
    writing: Writing, lane: FollowerLane, types: Sequence[str], position: int
) -> None:
    """Let the entry behind one be next in its lane, at once; a lane without one is gone."""
    place = await positions.lock(writing, lane.follower_id)
    lane.position = position + 1
    waiting = await lane_after(writing, lane, types, place.position, 1)
    if waiting:
        lane.position, lane.attempts, lane.retry_at = waiting[0].position, 0, writing.now
    else:
        await writing.session.delete(lane)
    await positions.note_retry(writing, lane.follower_id)


async def failed_again(
    writing: Writing, failed: LaneTried, error: BaseException, pauses: Sequence[timedelta]
) -> bool:
    """Note that the first entry of a lane has failed once more; tells whether it is parked now."""
    rows = await writing.among(FollowerLane, "id", [failed.id], "id", lock=True)
    lane = rows[0] if rows else None
    if lane is None or LaneTried(lane.id, lane.position, lane.attempts) != failed:
        return False
    lane.attempts, lane.reason = lane.attempts + 1, reason_of(error)
    await wait(writing, lane, pauses)
    return lane.retry_at is None


async def wait(writing: Writing, lane: FollowerLane, pauses: Sequence[timedelta]) -> None:
    """Let a lane be tried again after the pause that follows so many attempts, or be parked."""
    pause = pauses[lane.attempts - 1] if lane.attempts <= len(pauses) else None
    lane.retry_at = None if pause is None else writing.now + pause
    await positions.lock(writing, lane.follower_id)
    await positions.note_retry(writing, lane.follower_id)
