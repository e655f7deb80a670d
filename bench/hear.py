"""The form of subscribers: what it costs to tell thousands of one process of each change."""

import asyncio
import json
import os
import statistics
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

from bench import data
from bench.data import plain
from bench.progress import say
from commands.access.keys import operate as keys
from commands.writing.running.run import Author, run_unasked
from commands.writing.transaction import Writing
from kit.clock import now
from kit.db.database import Database
from kit.embedded import Server
from kit.ids import new_id
from models.access.viewers import Actor, by_itself
from models.events.access.keys import ApiKeyRevoked

_NAME, _SUBSCRIBERS, _EVENTS = "bench_hear", 5_000, 5
_AT_ONCE, _WITHIN_S = 50, 600
_QUERY = 'subscription {{ changed(after: "{after}") {{ cursor event {{ type occurredAt }} }} }}'
_END = "{ changes(first: 1) { pageInfo { endCursor } } }"
_JSON, _STREAM = "application/json", "text/event-stream"
_ROOT = Path(__file__).parents[1]
_TICKS = os.sysconf("SC_CLK_TCK")


async def hear(
    server: Server, subscribers: int = _SUBSCRIBERS, events: int = _EVENTS, name: str = _NAME
) -> dict[str, Any]:
    """Tell subscribers of one server of single events, one after the other.

    subscribers, events: how many. name: of its database. CPU is the server's, microseconds for each
    event and subscriber; `seconds` pass until the last one has it.
    """
    async with data.empty(server, name) as there:
        merchant, token = await _merchant(there)
        async with _served(there) as (process, port):
            say(f"Connecting {subscribers:,} subscribers.")
            database = Database(there.app_url)
            try:
                await _happen(database, merchant)
                streams = await _subscribed(port, token, subscribers)
                # The first one is planned and prepared.
                times = [
                    await _measured(database, merchant, process, streams) for _ in range(1 + events)
                ][1:]
            finally:
                await database.close()
            for _, writer in streams:
                writer.close()
    cpu = statistics.median(cpu for cpu, _ in times) / subscribers
    seconds = statistics.median(wall for _, wall in times)
    summary = {"cpu": round(cpu * 1e6), "seconds": round(seconds, 2)}
    return {"subscribers": subscribers, "events": events, "summary": summary}


async def _merchant(server: Server) -> tuple[UUID, str]:
    owner = Database(server.owner_url)
    try:
        async with owner.writing(None) as session:
            merchant = await keys.create_merchant(session, "bench", "Bench", now())
            _, token = await keys.create_key(session, merchant.id, Actor.STAFF, "bench", now())
            return merchant.id, token
    finally:
        await owner.close()


@asynccontextmanager
async def _served(server: Server) -> AsyncIterator[tuple[int, int]]:
    """Start a server; gives its process and its port."""
    own = {"BENCH_DATABASE_URL": plain(server.app_url), "BENCH_POOL": "10"}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bench.engines.ours", "planned", "crowded"),
        cwd=_ROOT,
        env={**os.environ, **own},
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None  # noqa: S101 -- it is a pipe.
        yield process.pid, int(await process.stdout.readline())
    finally:
        process.terminate()
        await process.wait()


_Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


async def _subscribed(port: int, token: str, count: int) -> Sequence[_Stream]:
    """Open so many streams, some at once, behind the newest change."""
    places = asyncio.Semaphore(_AT_ONCE)
    reader, writer = await _sent(port, token, _JSON, _END)
    answer = json.loads(await reader.readuntil(b"}}}}"))
    writer.close()
    query = _QUERY.format(after=answer["data"]["changes"]["pageInfo"]["endCursor"])

    async def opened() -> _Stream:
        async with places:
            return await _sent(port, token, _STREAM, query)

    async with asyncio.timeout(_WITHIN_S):
        return await asyncio.gather(*(opened() for _ in range(count)))


async def _sent(port: int, token: str, accept: str, query: str) -> _Stream:
    """Send an operation; what is read next is the body of its answer."""
    body = json.dumps({"query": query})
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nAccept: {accept}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write((head + body).encode())
    status = await reader.readuntil(b"\r\n\r\n")
    assert b" 200 " in status.split(b"\r\n")[0], status  # noqa: S101 -- it listens.
    return reader, writer


async def _measured(
    database: Database, merchant: UUID, process: int, streams: Sequence[_Stream]
) -> tuple[float, float]:
    """Let one thing happen; gives the server's CPU and the time until the last one has it."""
    cpu, wall = _cpu(process), time.perf_counter()
    await _happen(database, merchant)
    async with asyncio.timeout(_WITHIN_S):
        for reader, _ in streams:
            await reader.readuntil(b"event: next")
    return _cpu(process) - cpu, time.perf_counter() - wall


async def _happen(database: Database, merchant: UUID) -> None:
    async def step(writing: Writing) -> None:
        writing.record(ApiKeyRevoked(new_id()))

    await run_unasked(database, Author(by_itself(merchant), now()), step)


def _cpu(process: int) -> float:
    """Return the seconds of the processor that a process has taken (proc(5))."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
