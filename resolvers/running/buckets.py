"""What is spent: each process takes portions out of buckets that all processes have in common.

docs/decisions/0017-cost-bucket.md gives the reasons.
"""

import asyncio
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from commands.access.buckets.take import Bucket, take_points
from kit.clock import Clock
from kit.db.database import Database
from kit.db.lost import Unavailable
from kit.limits import Limits
from kit.loop.recent import Recent
from kit.telemetry.log import Lasting
from models.access.viewers import Viewer
from resolvers.running.shares import lane_of

SHARES = 10
"""A process takes a tenth of a bucket at a time."""
KEYS = 4
"""A merchant's bucket holds, and gets, as much as this many keys' do by the server's numbers."""
_KEPT = 10_000
"""Shares that a process remembers."""


class Throttled(Exception):
    """A bucket is empty. seconds: until the points that are asked for are there."""

    def __init__(self, wait: timedelta) -> None:
        """Take how long it must wait; whole seconds are told, at least one."""
        super().__init__()
        self.seconds = max(1, math.ceil(wait.total_seconds()))


class Buckets(Protocol):
    """Where the buckets are that all processes have in common."""

    async def take(self, bucket: Bucket, points: float, now: datetime) -> tuple[bool, datetime]:
        """Take points out; tells whether it held them, and when it is full again.

        points: at most its size. OSError, SQLAlchemyError: it cannot be asked.
        """

    async def close(self) -> None:
        """Close what was opened for it."""


class DatabaseBuckets:
    """The buckets in the database, where nothing else is configured."""

    def __init__(self, database: Database) -> None:
        """Take the database, which others close."""
        self._database = database

    async def take(self, bucket: Bucket, points: float, now: datetime) -> tuple[bool, datetime]:
        """Take points out in a transaction of their own."""
        async with self._database.writing(bucket.merchant_id) as session:
            return await take_points(session, bucket, points, now)

    async def close(self) -> None:
        """Close nothing."""


@dataclass
class _Share:
    """What a process has taken out of a bucket and not spent.

    full_at: when the bucket would be full again, as it was told last. lock: one asks at a time.
    """

    full_at: datetime
    points: float = 0
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)


class BucketShares:
    """The shares of one process."""

    def __init__(self, buckets: Buckets) -> None:
        """Take where the buckets are."""
        self._buckets = buckets
        self._shares: Recent[_Share] = Recent(_KEPT)
        self._unread = Lasting("Cost buckets are read again")

    def share(self, bucket: Bucket, now: datetime) -> _Share:
        """Return the share of a bucket, made empty where there is none."""
        key = (bucket.merchant_id, bucket.id)
        return self._shares.get(key) or self._shares.keep(key, _Share(now))

    async def fill(self, share: _Share, bucket: Bucket, points: int, clock: Clock) -> None:
        """Take out of the bucket what a share lacks of points: a tenth of its size to all of it.

        It goes on to its end though who asked for it hangs up: others of the key wait for it, too.
        Throttled: the bucket does not hold it. As long as we know that, it is not asked.
        """
        filling = asyncio.ensure_future(self._fill(share, bucket, points, clock))
        filling.add_done_callback(_heard)
        await asyncio.shield(filling)

    async def _fill(self, share: _Share, bucket: Bucket, points: int, clock: Clock) -> None:
        async with share.lock:
            lacks = points - share.points
            if lacks <= 0:
                return
            wanted, now = min(max(lacks, bucket.size / SHARES), bucket.size), clock()
            if share.full_at + bucket.lasts(wanted - bucket.size) <= now and await self._took(
                share, bucket, wanted, now
            ):
                share.points += wanted
                return
            raise Throttled(share.full_at + bucket.lasts(wanted - bucket.size) - now)

    async def _took(self, share: _Share, bucket: Bucket, points: float, now: datetime) -> bool:
        """Tell whether the bucket gave the points, as it does where it cannot be asked."""
        try:
            took, share.full_at = await self._buckets.take(bucket, points, now)
        except Unavailable:
            return True
        except (SQLAlchemyError, OSError):
            text = "A cost bucket cannot be read; nobody is throttled by it meanwhile"
            self._unread.met(text, exc_info=True)
            return True
        self._unread.over()
        return took


def _heard(filling: asyncio.Future[None]) -> None:
    """Take note of what came of it, where nobody waits for it any more."""
    if not filling.cancelled():
        filling.exception()


def buckets_of(viewer: Viewer, limits: Limits, usual: Limits) -> Sequence[Bucket]:
    """Return what a viewer pays from: its own bucket, its company's, its merchant's.

    limits: the key's own. usual: the server's. All keys of one company, channel, location or
    carrier have one bucket. A key with numbers of its own has another one; that of its company
    bounds it, too, unless it was given more.
    """
    merchant, lane = lane_of(viewer)
    own = Bucket(merchant, viewer.key_id, limits.bucket, limits.restore)
    company = Bucket(merchant, lane, usual.bucket, usual.restore)
    every = Bucket(merchant, merchant, KEYS * usual.bucket, KEYS * usual.restore)
    if (limits.bucket, limits.restore) == (usual.bucket, usual.restore):
        return company, every
    has_more = limits.bucket > usual.bucket or limits.restore > usual.restore
    return (own, every) if has_more or lane == viewer.key_id else (own, company, every)


class Bill:
    """What one operation costs. requested, actual: points, charged and then known.

    It is paid from all of its buckets alike, so that a new key finds what another one has left of
    its merchant's. A request costs a point, whatever it asks. owed: points of its planning; whoever
    owes is throttled at the next request, not in the middle of this one.
    """

    def __init__(self, shares: BucketShares, buckets: Sequence[Bucket], clock: Clock) -> None:
        """Take from what it is paid; clients are told of the first one."""
        self._process, self._clock, now = shares, clock, clock()
        self._shares = [(shares.share(it, now), it) for it in buckets]
        self.requested: int | None = None
        self.actual = self.owed = 0

    async def charge(self, points: int) -> None:
        """Take what is lacking to points from the shares. Throttled: they are not there."""
        while lacking := [it for it in self._shares if points - self.actual > it[0].points]:
            share, bucket = lacking[0]
            await self._process.fill(share, bucket, points - self.actual, self._clock)
        self._spend(points - self.actual)
        self.actual = points

    def settle(self, actual: int) -> None:
        """Give back what was charged beyond the actual cost, or owe what was not.

        No share outgrows its bucket.
        """
        self._spend(actual - self.actual)
        self.actual = actual

    def owe_planning(self, points: int) -> None:
        """Owe what planning costs, of which nothing is given back."""
        self._spend(points)
        self.owed += points

    def owe(self, points: int) -> None:
        """Charge what was known only after it was done; the next request pays what lacks."""
        self._spend(points)
        self.actual += points

    def _spend(self, points: int) -> None:
        for share, bucket in self._shares:
            share.points = min(share.points - points, bucket.size)

    @property
    def status(self) -> dict[str, int]:
        """Return what may be spent, as this process knows: of what is there, the least."""
        bucket = self._shares[0][1]
        return {
            "maximumAvailable": bucket.size,
            "currentlyAvailable": min(self._available(*it) for it in self._shares),
            "restoreRate": bucket.restore,
        }

    def _available(self, share: _Share, bucket: Bucket) -> int:
        lacks = max(share.full_at - self._clock(), timedelta(0)).total_seconds()
        available = share.points + bucket.size - lacks * bucket.restore
        return min(bucket.size, max(0, math.floor(available)))
