"""Clients that ask and hang up at once: they cost little, and nobody waits behind them."""

import asyncio
import logging
import socket
from collections import Counter
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any

import pytest
import uvloop
from sqlalchemy import event
from starlette.responses import Response

from kit.db import reads
from kit.ids import new_id
from resolvers.running.buckets import Bucket, BucketShares, Throttled
from tests.attacks.edge.conftest import Serve
from tests.attacks.edge.test_unread import LONG, opened, size_of
from tests.make.running import locked_products, until
from transport.connections.server import DOORS, HttpServer, Settings

READ = {"query": "{ products(first: 1) { nodes { sku } } }"}
GONE = 20
ONE_AT_A_TIME = {"turns": 10, "at_once": 1, "waiting": GONE, "kept_answers": 0}
NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def counted(world) -> Counter[str]:
    """Count connections that are made, and statements that read products."""
    found, engine = Counter[str](), world.database.engine.sync_engine

    def sent(_connection: Any, _cursor: Any, statement: str, values: Any, *_: Any) -> Any:
        found["reads"] += "FROM products" in statement
        return statement, values

    event.listen(engine, "connect", lambda *_: found.update(["connections"]))
    event.listen(engine, "before_cursor_execute", sent, retval=True)
    return found


async def test_who_is_gone_before_its_turn_asks_the_database_nothing(serve: Serve, world, counted):
    async with serve(**ONE_AT_A_TIME) as host, AsyncExitStack() as first:
        lanes = host.endpoint.lanes
        async with locked_products(world.database):
            await first.enter_async_context(host.line(host.request(READ)))
            await until(lambda: counted["reads"] == 1)
            async with AsyncExitStack() as attack:
                for _ in range(GONE):
                    await attack.enter_async_context(host.line(host.request(READ)))
                await until(lambda: lanes.waiting == GONE)
            await until(lambda: not lanes.waiting)
        assert (await host.ask(READ)).status == 200
    assert counted["reads"] == 2


async def test_who_hangs_up_behind_requests_in_a_row_ends_the_first_of_them(
    serve: Serve, world, counted, caplog
):
    async with serve(**ONE_AT_A_TIME) as host:
        async with locked_products(world.database):
            async with host.line(2 * host.request(READ)):
                await until(lambda: counted["reads"] == 1)
            await until(lambda: not host.endpoint.lanes.lanes)
        assert (await host.ask(READ)).status == 200
    assert counted["reads"] == 2
    assert not caplog.records


async def test_who_hangs_up_takes_no_connection_to_the_database_with_it(
    serve: Serve, world, counted, monkeypatch
):
    """Its statement ends by itself, unless that takes long."""
    ends, ended = reads.ends, Counter[str]()

    async def ending(statement: asyncio.Future[Any]) -> bool:
        ended["begun"] += 1
        return await ends(statement)

    monkeypatch.setattr(reads, "UNHEARD_S", 60)
    monkeypatch.setattr(reads, "ends", ending)
    async with serve(**ONE_AT_A_TIME) as host:
        for count in range(1, 5):
            async with locked_products(world.database):
                async with host.line(host.request(READ)):
                    await until(lambda so_far=count: counted["reads"] == so_far)
                await until(lambda so_far=count: ended["begun"] == so_far)
            await until(lambda: not host.endpoint.lanes.lanes)
            if count == 1:
                before = counted["connections"]
    assert counted["connections"] == before


class Slow:
    """Buckets that answer once they may. full: whether there is nothing in them."""

    def __init__(self, *, full: bool = True) -> None:
        self.may, self.full = asyncio.Event(), full

    async def take(self, _bucket: Bucket, _points: float, now: datetime) -> tuple[bool, datetime]:
        await self.may.wait()
        return self.full, now

    async def close(self) -> None: ...


async def test_points_that_are_taken_for_who_hangs_up_are_there_for_the_others_of_its_key():
    buckets = Slow()
    shares, bucket = BucketShares(buckets), Bucket(new_id(), new_id(), 100, 1)
    share = shares.share(bucket, NOW)
    filling = asyncio.create_task(shares.fill(share, bucket, 7, lambda: NOW))
    await until(share.lock.locked)
    filling.cancel()
    with pytest.raises(asyncio.CancelledError):
        await filling
    buckets.may.set()
    await until(lambda: not share.lock.locked())
    assert share.points >= 7


async def test_that_there_are_none_for_who_hangs_up_is_no_fault(caplog):
    buckets = Slow(full=False)
    shares, bucket = BucketShares(buckets), Bucket(new_id(), new_id(), 100, 1)
    share = shares.share(bucket, NOW)
    waiting = [asyncio.create_task(shares.fill(share, bucket, 7, lambda: NOW)) for _ in range(2)]
    await until(share.lock.locked)
    waiting[0].cancel()
    buckets.may.set()
    with pytest.raises(Throttled):
        await waiting[1]
    del waiting
    assert not caplog.records


def test_many_who_connect_at_once_are_taken_in_few_rounds_of_the_loop() -> None:
    came = 20 * DOORS

    async def serve(listener: socket.socket) -> int:
        server = HttpServer(Settings(Response(), lifespan="off"))
        running = asyncio.create_task(server._serve([listener]))  # noqa: SLF001 -- no signals.
        await until(lambda: server.started)
        at = listener.getsockname()
        clients = [socket.create_connection(at) for _ in range(came)]
        rounds = 0
        while len(server.room) < came and rounds < came:
            await asyncio.sleep(0)
            rounds += 1
        for client in clients:
            client.close()
        await until(lambda: not len(server.room))
        server.should_exit = True
        await running
        return rounds

    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner,
    ):
        assert runner.run(serve(listener)) < came / DOORS * 2


@pytest.mark.usefixtures("products")
@pytest.mark.parametrize("then", [(), ("0",), ("0", "new", "new")], ids=["gone", "twice", "both"])
async def test_who_hangs_up_from_a_socket_while_it_is_answered_leaves_nothing_in_the_log(
    serve: Serve, caplog, then: tuple[str, ...]
):
    """Also where it uses an id twice, which ends the socket from the other side."""
    async with serve() as host:
        one = await size_of(host)
        for answers in range(4):
            async with AsyncExitStack() as attack:
                for _ in range(5):
                    dumb = await opened(host, attack)
                    each = {"type": "subscribe", "payload": LONG}
                    dumb.send(*({"id": str(it), **each} for it in range(6)))
                await until(lambda so_far=answers: host.endpoint.answers.total >= so_far * one)
                dumb.send(*({"id": it, **each} for it in then))
            await host.is_empty()
        assert (await host.ask(READ)).status == 200
    assert not [it for it in caplog.records if it.levelno >= logging.ERROR]
