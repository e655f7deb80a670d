"""The shared buckets of points in Redis, where that is configured: as `buckets.take`."""

from datetime import UTC, datetime, timedelta

from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as LostError
from redis.exceptions import RedisError

from commands.access.buckets.take import Bucket
from commands.writing.running.expired import SPARED

_TAKE = """
local now, takes, size, spared = unpack(ARGV)
now, takes, size = tonumber(now), tonumber(takes), tonumber(size)
local full_at = tonumber(redis.call('GET', KEYS[1]) or now)
if full_at > now + 2 * size then
    full_at = now
end
local later = math.max(full_at, now) + takes
if later > now + size then
    return {0, full_at}
end
redis.call('SET', KEYS[1], later, 'PX', math.ceil((later - now + spared) / 1000))
return {1, later}
"""
"""Times are microseconds, which the numbers of Lua hold for two centuries to come."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_CONNECTIONS = 10
_PATIENCE_S = 1
"""How long a connection and an answer are waited for, each."""
_ONCE_MORE = Retry(NoBackoff(), 1, (LostError,))
"""For connections that were lost while nobody used them, as by a restart of Redis."""


class RedisBuckets:
    """One key for each bucket: when it is full again. It goes an hour after that time."""

    def __init__(self, url: str) -> None:
        """Take the address (redis://..., rediss://..., unix://...); connect when needed."""
        pool = BlockingConnectionPool.from_url(
            url,
            max_connections=_CONNECTIONS,
            timeout=_PATIENCE_S,
            socket_connect_timeout=_PATIENCE_S,
            socket_timeout=_PATIENCE_S,
            retry=_ONCE_MORE,
        )
        self._client = Redis.from_pool(pool)
        self._script = self._client.register_script(_TAKE)

    async def take(self, bucket: Bucket, points: float, now: datetime) -> tuple[bool, datetime]:
        """Take points out; tells whether it held them, and when it is full again.

        points: at most its size. OSError: Redis does not answer, or answers with an error.
        """
        key = f"abruf:bucket:{bucket.merchant_id}:{bucket.id}"
        spans = (now - _EPOCH, bucket.lasts(points), bucket.lasts(bucket.size), SPARED)
        try:
            took, full_at = await self._script([key], [it // _MICROSECOND for it in spans])
        except RedisError as error:
            raise OSError(str(error)) from error
        return bool(took), _EPOCH + full_at * _MICROSECOND

    async def close(self) -> None:
        """Close every connection."""
        await self._client.aclose()
