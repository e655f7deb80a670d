"""The form of followers: what it costs to tell one of what has happened, and how soon it is."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg

from bench import data
from bench.data import plain
from bench.progress import say
from commands.access.followers.entries import MOST_AT_ONCE, JournalEvent
from commands.access.keys import operate as keys
from commands.writing.running.run import Author, run_unasked
from commands.writing.transaction import Writing
from kit.clock import now
from kit.db.database import Database
from kit.embedded import Server
from kit.ids import new_id
from models.access.viewers import by_itself
from models.events.access.keys import ApiKeyRevoked
from workers.running.chores import Chores
from workers.running.followers import Follower, Followers, chores_of

_NAME, _EVENTS, _ALONE = "bench_tell", 50_000, 200
_APART_S = 0.06
"""Between single events: hints that come closer are told together."""
_TOGETHER = 500
"""Events of one transaction while they are written."""
BARE = """
SELECT position, id, aggregate, aggregate_id, sequence, type, occurred_at, recorded_at, actor,
    actor_name, payload_version, payload
FROM journal WHERE merchant_id = $1 AND position > $2 ORDER BY position LIMIT $3
"""


async def tell(
    server: Server, events: int = _EVENTS, alone: int = _ALONE, name: str = _NAME
) -> dict[str, Any]:
    """Tell a follower without effect of a whole journal, then of single events as they happen.

    events, alone: how many. name: of its database. CPU is that of this process, microseconds an
    event; PostgreSQL's is beside it.
    """
    async with data.empty(server, name) as there:
        merchant = await new_merchant(there)
        async with reached(there) as database:
            say(f"Writing {events:,} events.")
            for at in range(0, events, _TOGETHER):
                await happen(database, merchant, min(_TOGETHER, events - at))
            bare = await timed(events, lambda: _read(there, merchant))
            follower = _Silent()
            followers = Followers(Follower("bench", follower))
            caught_up = await timed(events, lambda: catch_up(followers, database, merchant))
            assert follower.count == events  # noqa: S101 -- the form measures what it says.
        soon = await _soon(there, merchant, alone)
    summary = {"bare": bare, "told": caught_up, "ratio": round(caught_up["cpu"] / bare["cpu"], 2)}
    return {"events": events, "summary": summary | {"soon": soon}}


class _Silent:
    """A follower's function without effect. count: what it was told of."""

    def __init__(self) -> None:
        self.count, self.news = 0, asyncio.Event()

    async def __call__(self, _writing: Writing, events: Sequence[JournalEvent]) -> None:
        self.count += len(events)
        self.news.set()


@asynccontextmanager
async def reached(server: Server) -> AsyncIterator[Database]:
    """Give the database as the application reaches it."""
    database = Database(server.app_url)
    try:
        yield database
    finally:
        await database.close()


async def new_merchant(server: Server) -> UUID:
    """Create a merchant."""
    owner = Database(server.owner_url)
    try:
        async with owner.writing(None) as session:
            return (await keys.create_merchant(session, "bench", "Bench", now())).id
    finally:
        await owner.close()


async def happen(database: Database, merchant: UUID, count: int) -> None:
    """Let so much happen in one transaction."""

    async def step(writing: Writing) -> None:
        for _ in range(count):
            writing.record(ApiKeyRevoked(new_id()))

    await run_unasked(database, Author(by_itself(merchant), now()), step)


async def timed(events: int, run: Callable[[], Awaitable[None]]) -> dict[str, float]:
    """Return microseconds of this process's CPU for each event, and how many go in a second."""
    cpu, wall = time.process_time(), time.perf_counter()
    await run()
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    return {"cpu": round(cpu / events * 1e6, 1), "events_a_second": round(events / wall)}


async def _read(server: Server, merchant: UUID) -> None:
    connection = await asyncpg.connect(plain(server.app_url))
    try:
        await connection.execute(f"SET app.merchant = '{merchant}'")
        after, page = 0, [None]
        while page:
            page = await connection.fetch(BARE, merchant, after, MOST_AT_ONCE)
            after = page[-1]["position"] if page else after
    finally:
        await connection.close()


async def catch_up(followers: Followers, database: Database, merchant: UUID) -> None:
    """Tell the only follower of all there is."""
    (name,) = followers.every
    while await followers.tell(database, merchant, name, now()):
        pass


async def _soon(server: Server, merchant: UUID, alone: int) -> dict[str, float]:
    """Return how many milliseconds lie between a commit and what another connection is told."""
    follower, times = _Silent(), list[float]()
    followers = Followers(Follower("soon", follower))
    async with reached(server) as database, reached(server) as worker:
        await catch_up(followers, worker, merchant)
        async with Chores(worker, now).running(*chores_of(followers)):
            for _ in range(1 + alone):
                follower.news.clear()
                await happen(database, merchant, 1)
                started = time.perf_counter()
                await follower.news.wait()
                times.append(1_000 * (time.perf_counter() - started))
                await asyncio.sleep(_APART_S)
    # The first one came while the worker began to listen.
    del times[0]
    p99 = statistics.quantiles(times, n=100)[98]
    return {"median": round(statistics.median(times), 1), "p99": round(p99, 1)}
