"""Where followers stand: the row is locked while one is told, and moves in the same transaction.

That lock is the lease: who else would tell the same follower of the same merchant passes it by, and
it ends with its transaction, which PostgreSQL ends by itself when nothing is heard for a while.
"""

from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Select, Text, Uuid, bindparam, func, select, true, update
from sqlalchemy.dialects.postgresql import insert

from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.ids import new_id
from models.access.followers import FollowerLane, JournalFollower

SILENT_S = 60
"""Seconds after which PostgreSQL ends a transaction in which nothing is asked any more."""
_LEASE = func.set_config(
    "idle_in_transaction_session_timeout", bindparam("silent", type_=Text()), true()
)


class FollowerPlace(NamedTuple):
    """Where a follower stands, whose row is locked."""

    id: UUID
    position: int
    lease: str


def _of(column: str) -> Select[tuple[UUID, int, str]]:
    of, merchant = JournalFollower, bindparam("merchant", type_=Uuid())
    named = getattr(of, column) == bindparam(column, type_=getattr(of, column).type)
    found = select(of.id, of.position, _LEASE.label("lease"))
    return found.where(of.merchant_id == merchant, named)


_CLAIM = Statement(_of("name").with_for_update(of=JournalFollower, skip_locked=True), FollowerPlace)
_LOCK = Statement(_of("id").with_for_update(of=JournalFollower), FollowerPlace)
_READ = Statement(_of("name"), FollowerPlace)
_NEW = Statement(
    insert(JournalFollower)
    .values(
        merchant_id=bindparam("merchant", type_=Uuid()),
        id=bindparam("id", type_=Uuid()),
        name=bindparam("name", type_=Text()),
        position=bindparam("position", type_=BigInteger()),
    )
    .on_conflict_do_nothing(index_elements=["merchant_id", "name"])
)
_MOVE = Statement(
    update(JournalFollower)
    .where(
        JournalFollower.merchant_id == bindparam("merchant", type_=Uuid()),
        JournalFollower.id == bindparam("follower", type_=Uuid()),
    )
    .values(position=bindparam("to", type_=BigInteger()))
)
_LANES = (
    FollowerLane.merchant_id == bindparam("merchant", type_=Uuid()),
    FollowerLane.follower_id == bindparam("follower", type_=Uuid()),
)
_NEXT = select(func.min(FollowerLane.retry_at)).where(*_LANES).scalar_subquery()
_PARKED = select(func.count()).where(*_LANES, FollowerLane.retry_at.is_(None)).scalar_subquery()
_RETRY = Statement(
    update(JournalFollower)
    .where(
        JournalFollower.merchant_id == bindparam("merchant", type_=Uuid()),
        JournalFollower.id == bindparam("follower", type_=Uuid()),
    )
    .values(retry_at=_NEXT, parked=_PARKED)
)


async def claim(writing: Writing, name: str) -> FollowerPlace | None:
    """Lock where a follower stands, None where another transaction tells it now, or it is new."""
    own = {"merchant": writing.viewer.merchant_id, "name": name, "silent": f"{SILENT_S}s"}
    rows = await writing.session.rows(_CLAIM, own)
    return rows[0] if rows else None


async def begin(writing: Writing, name: str) -> bool:
    """Let a follower that is new begin before the first entry; tells whether it was.

    In a transaction of its own: others wait for its end.
    """
    if await read(writing, name) is not None:
        return False
    own = {"merchant": writing.viewer.merchant_id, "id": new_id(), "name": name, "position": 0}
    await writing.session.rows(_NEW, own)
    return True


async def read(writing: Writing, name: str) -> FollowerPlace | None:
    """Return where a follower stands, without waiting for who tells it now."""
    own = {"merchant": writing.viewer.merchant_id, "name": name, "silent": f"{SILENT_S}s"}
    rows = await writing.session.rows(_READ, own)
    return rows[0] if rows else None


async def lock(writing: Writing, follower_id: UUID) -> FollowerPlace:
    """Lock where a follower stands, when who tells it now has done so."""
    own = {"merchant": writing.viewer.merchant_id, "id": follower_id, "silent": f"{SILENT_S}s"}
    (place,) = await writing.session.rows(_LOCK, own)
    found: FollowerPlace = place
    return found


async def move(writing: Writing, place: FollowerPlace, to: int) -> None:
    """Let a follower stand elsewhere from the end of the transaction on."""
    if to != place.position:
        own = {"merchant": writing.viewer.merchant_id, "follower": place.id, "to": to}
        await writing.session.rows(_MOVE, own)


async def note_retry(writing: Writing, follower_id: UUID) -> None:
    """Note at a follower, whose row is locked, when a lane is tried next, and how many are not."""
    own = {"merchant": writing.viewer.merchant_id, "follower": follower_id}
    await writing.session.flush()
    await writing.session.rows(_RETRY, own)
