"""The form of subscribers: what it costs to tell thousands of one process of each change."""

import asyncio
import json
import os
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from bench import data
from bench.data import plain
from bench.engines import serving_alone
from bench.progress import say
from bench.tell import happen, new_merchant, reached
from commands.access.keys import operate as keys
from kit.clock import now
from kit.db.database import Database
from kit.embedded import Server
from models.access.viewers import Actor

_NAME, _SUBSCRIBERS, _EVENTS = "bench_hear", 5_000, 5
_AT_ONCE, _WITHIN_S = 50, 600
_QUERY = 'subscription {{ changed(after: "{after}") {{ cursor event {{ type occurredAt }} }} }}'
_END = "{ changes(first: 1) { pageInfo { endCursor } } }"
_JSON, _STREAM = "application/json", "text/event-stream"
_TICKS = os.sysconf("SC_CLK_TCK")


async def hear(
    server: Server, subscribers: int = _SUBSCRIBERS, events: int = _EVENTS, name: str = _NAME
) -> dict[str, Any]:
    """Tell subscribers of one server of single events, one after the other.

    subscribers, events: how many. name: of its database. CPU is the server's, microseconds for each
    event and subscriber; `seconds` pass until the last one has it.
    """
    async with data.empty(server, name) as there:
        merchant = await new_merchant(there)
        token, url = await _token(there, merchant), plain(there.app_url)
        served = serving_alone("bench.engines.ours", "planned", "crowded", BENCH_DATABASE_URL=url)
        async with served as (process, port), reached(there) as database:
            say(f"Connecting {subscribers:,} subscribers.")
            await happen(database, merchant, 1)
            streams = await _subscribed(port, token, subscribers)
            # The first one is planned and prepared.
            times = [
                await _measured(database, merchant, process, streams) for _ in range(1 + events)
            ][1:]
            for _, writer in streams:
                writer.close()
    cpu = statistics.median(cpu for cpu, _ in times) / subscribers
    seconds = statistics.median(wall for _, wall in times)
    summary = {"cpu": round(cpu * 1e6), "seconds": round(seconds, 2)}
    return {"subscribers": subscribers, "events": events, "summary": summary}


async def _token(server: Server, merchant: UUID) -> str:
    owner = Database(server.owner_url)
    try:
        async with owner.writing(None) as session:
            return (await keys.create_key(session, merchant, Actor.STAFF, "bench", now()))[1]
    finally:
        await owner.close()


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
    await happen(database, merchant, 1)
    async with asyncio.timeout(_WITHIN_S):
        for reader, _ in streams:
            await reader.readuntil(b"event: next")
    return _cpu(process) - cpu, time.perf_counter() - wall


def _cpu(process: int) -> float:
    """Return the seconds of the processor that a process has taken (proc(5))."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS
