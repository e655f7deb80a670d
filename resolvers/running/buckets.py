"""What keys may spend: each process takes shares out of buckets that all processes have in common.

docs/decisions/0017-cost-bucket.md gives the reasons.
"""

import asyncio
import logging
import math
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from commands.access.buckets.take import Bucket, take
from kit.clock import Clock
from kit.db.database import Database
from kit.limits import Limits
from kit.recent import Recent
from models.access.viewers import Viewer

_log = logging.getLogger("abruf")
SHARES = 10
"""A process takes a tenth of a bucket at a time."""
_KEPT = 10_000
"""Shares that a process remembers."""


class Throttled(Exception):
    """A key has spent its points. seconds: until the points that it asks for are there."""

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
            return await take(session, bucket, points, now)

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


class Budgets:
    """The shares of one process."""

    def __init__(self, buckets: Buckets) -> None:
        """Take where the buckets are."""
        self._buckets = buckets
        self._shares: Recent[_Share] = Recent(_KEPT)

    def share(self, bucket: Bucket, now: datetime) -> _Share:
        """Return the share of a bucket, made empty where there is none."""
        key = (bucket.merchant_id, bucket.key_id)
        return self._shares.get(key) or self._shares.keep(key, _Share(now))

    async def fill(self, share: _Share, bucket: Bucket, points: int, clock: Clock) -> None:
        """Take out of the bucket what a share lacks of points, at least a tenth of its size.

        Throttled: the bucket does not hold it. As long as we know that, it is not asked.
        """
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
        except (SQLAlchemyError, OSError):
            _log.exception("A cost bucket cannot be read; its key is not throttled meanwhile")
            return True
        return took


class Bill:
    """What one operation costs its key. requested, actual: points, charged and then known.

    A request costs a point, whatever it asks.
    """

    def __init__(self, budgets: Budgets, viewer: Viewer, limits: Limits, clock: Clock) -> None:
        """Take who pays."""
        self._bucket = Bucket(viewer.merchant_id, viewer.key_id, limits.bucket, limits.restore)
        self._budgets, self._clock = budgets, clock
        self._share = budgets.share(self._bucket, clock())
        self.requested: int | None = None
        self.actual = 0

    async def charge(self, points: int) -> None:
        """Take what is lacking to points from the share. Throttled: they are not there."""
        while (more := points - self.actual) > self._share.points:
            await self._budgets.fill(self._share, self._bucket, more, self._clock)
        self._share.points -= more
        self.actual = points

    def owe(self, points: int) -> None:
        """Charge what was known only after it was done; the key's next request pays what lacks."""
        self._share.points -= points
        self.actual += points

    def refund(self, actual: int) -> None:
        """Give back what was charged beyond the actual cost; no share outgrows its bucket."""
        points = self._share.points + max(0, self.actual - actual)
        self._share.points = min(points, self._bucket.size)
        self.actual = min(actual, self.actual)

    @property
    def status(self) -> dict[str, int]:
        """Return what the key may spend, as this process knows."""
        bucket = self._bucket
        lacks = max(self._share.full_at - self._clock(), timedelta(0)).total_seconds()
        available = self._share.points + bucket.size - lacks * bucket.restore
        return {
            "maximumAvailable": bucket.size,
            "currentlyAvailable": min(bucket.size, max(0, math.floor(available))),
            "restoreRate": bucket.restore,
        }
