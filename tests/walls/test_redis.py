"""Where Redis is configured, it keeps the buckets of points: the same promises, tried again."""

import asyncio
import math
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from redis.asyncio import Redis

from commands.access.buckets.in_redis import RedisBuckets
from commands.access.buckets.take import Bucket, take_points
from commands.writing.running.expired import SPARED
from kit.config import from_environment
from resolvers.running.buckets import KEYS, DatabaseBuckets
from server import application
from tests import make
from tests.api.access.test_cost_bucket import (
    CHUNK,
    LIMITS,
    applications,
    sent,
    taken,
    test_a_keys_flood_takes_nothing_from_another_key,
    test_an_empty_bucket_throttles_before_anything_is_executed,
    test_it_flows_in_again_and_waiting_as_told_is_enough,
    test_processes_share_a_keys_bucket,
)
from transport.serving import Serving

__all__ = [
    "test_a_keys_flood_takes_nothing_from_another_key",
    "test_an_empty_bucket_throttles_before_anything_is_executed",
    "test_it_flows_in_again_and_waiting_as_told_is_enough",
    "test_processes_share_a_keys_bucket",
]


@pytest.fixture
async def processes(
    redis_server: str, database: make.Walled, clock: make.Clock
) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Two applications, each with a client of its own of the same Redis."""
    buckets = [RedisBuckets(redis_server) for _ in range(2)]
    async with applications(database.url, clock, buckets) as clients:
        yield clients
    for each in buckets:
        await each.close()


@pytest.fixture
async def redis(redis_server: str) -> AsyncIterator[Redis]:
    """A client that looks at what is kept."""
    async with Redis.from_url(redis_server) as client:
        yield client


async def alone(redis: Redis) -> None:
    """Wait until no other client is connected."""
    async with asyncio.timeout(60):
        while len(await redis.client_list()) > 1:
            pass


async def test_a_share_costs_one_script_and_no_statement(processes, world, redis) -> None:
    await sent(processes[0], world.token)
    await redis.config_resetstat()
    with taken() as statements:
        for _ in range(CHUNK * 3):
            assert (await sent(processes[0], world.token)).status_code == 200
    assert statements == []
    assert (await redis.info("commandstats"))["cmdstat_evalsha"]["calls"] == 3


async def test_it_gives_and_refuses_as_postgresql_does(redis_server, world) -> None:
    buckets = RedisBuckets(redis_server)
    bucket = Bucket(world.merchant_id, uuid4(), size=100, restore=7)
    takes = [(60, 0), (60, 0), (33.3, 1), (0.1, 0), (100, 3), (100, 60), (1, -1)]
    for points, seconds in takes:
        world.clock.advance(seconds=seconds)
        async with world.database.writing(world.merchant_id) as session:
            expected = await take_points(session, bucket, points, world.clock())
        assert await buckets.take(bucket, points, world.clock()) == expected
    await buckets.close()


async def test_a_bucket_that_is_full_again_leaves_no_key(processes, world, redis) -> None:
    await sent(processes[0], world.token)
    found = await redis.keys()
    assert len(found) == 2
    longest = timedelta(seconds=LIMITS.bucket / LIMITS.restore) + SPARED
    for key in found:
        assert str(world.merchant_id) in key.decode()
        assert 0 < await redis.pttl(key) <= longest / timedelta(milliseconds=1)


async def test_when_redis_has_gone_nobody_is_refused(
    processes, world, redis, caplog, monkeypatch
) -> None:
    assert (await sent(processes[0], world.token)).status_code == 200
    await redis.shutdown(nosave=True)
    taken, take = [], RedisBuckets.take
    monkeypatch.setattr(RedisBuckets, "take", lambda *about: taken.append(about) or take(*about))
    for client in processes:
        answers = [await sent(client, world.token) for _ in range(150)]
        assert {it.status_code for it in answers} == {200}
    logged = [it for it in caplog.records if "bucket cannot be read" in it.message]
    assert len(logged) == len(processes)
    # Of the key's bucket and of its merchant's; one portion of each was there before.
    assert len(taken) == sum(
        math.ceil((150 + 1 - portion) / portion) + math.ceil(150 / portion)
        for portion in (CHUNK, KEYS * CHUNK)
    )


async def test_after_a_restart_scripts_and_connections_are_made_anew(
    processes, world, redis
) -> None:
    first, _ = processes
    assert (await sent(first, world.token)).status_code == 200
    await redis.script_flush()
    await redis.client_kill_filter(_type="normal", skipme=True)
    await alone(redis)
    statuses = [(await sent(first, world.token)).status_code for _ in range(100)]
    assert (statuses.count(200), statuses.count(429)) == (99, 1)


async def test_a_redis_that_hangs_hangs_no_request(database, world, caplog) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        buckets = RedisBuckets(f"redis://127.0.0.1:{silent.getsockname()[1]}")
        async with applications(database.url, world.clock, [buckets]) as (client,):
            async with asyncio.timeout(60):
                assert (await sent(client, world.token)).status_code == 200
        await buckets.close()
    assert "bucket cannot be read" in caplog.text


async def test_the_application_closes_its_connections(
    redis_server, database_url, as_app, redis, clock
) -> None:
    buckets = RedisBuckets(redis_server)
    app = application(Serving(make.Walled(as_app(database_url), database_url, 60), buckets=buckets))
    bucket = Bucket(uuid4(), uuid4(), size=100, restore=10)
    async with app.router.lifespan_context(app):
        assert await buckets.take(bucket, 1, clock()) == (True, clock() + bucket.lasts(1))
        assert len(await redis.client_list()) == 2
    await alone(redis)


def test_what_is_not_an_address_of_redis_is_told_at_the_start() -> None:
    with pytest.raises(SystemExit, match="ABRUF_REDIS_URL must begin with"):
        from_environment({"ABRUF_REDIS_URL": "localhost:6379"})
    assert from_environment({"ABRUF_REDIS_URL": ""}).redis_url is None


async def test_smaller_limits_lock_no_key_out(world, database, redis_server) -> None:
    """What was taken out of a far larger bucket is not owed by the smaller one."""
    large = Bucket(world.merchant_id, uuid4(), 1_000_000_000, 10)
    small = replace(large, size=100)
    for buckets in (DatabaseBuckets(database), RedisBuckets(redis_server)):
        took, full_at = await buckets.take(large, large.size / 10, world.clock())
        assert took
        assert full_at > world.clock() + timedelta(days=100)
        found = [await buckets.take(small, 60, world.clock()) for _ in range(2)]
        assert [it for it, _ in found] == [True, False]
        await buckets.close()
