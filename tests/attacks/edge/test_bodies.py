"""Bodies that nobody ends: they keep no turn, and only so many bytes."""

import asyncio
from contextlib import AsyncExitStack

from models.access.viewers import Actor
from tests.attacks.edge.conftest import QUERY, Serve
from tests.make.running import until

OWN = 100_000
PIECE = 60_000
BEGUN = b'{"query": "' + b" " * PIECE
FIT = 2
"""Of them, for 16 kB of each are not counted."""
UNREAD = 256 * 1024
"""Bytes that the loop reads at once."""


async def test_bodies_that_do_not_end_keep_no_turn_from_others(serve: Serve) -> None:
    async with serve(at_once=1, waiting=0) as host, AsyncExitStack() as attack:
        for _ in range(12):
            body = host.line(host.request(b'{"query": "', length=900_000))
            await attack.enter_async_context(body)
        await until(lambda: not host.room.strangers and len(host.room) == 12)
        assert host.endpoint.lanes.lanes == 0
        assert (await host.ask()).status == 200


async def test_only_so_many_bytes_of_bodies_are_kept(serve: Serve, world) -> None:
    async with serve(bodies=OWN) as host, AsyncExitStack() as attack:
        other = await world.key(Actor.STAFF)
        lines = [
            await attack.enter_async_context(host.line(host.request(BEGUN, length=900_000)))
            for _ in range(12)
        ]
        found = [asyncio.create_task(it.reply()) for it in lines]
        # Two fit; the others are refused and leave nothing behind.
        await until(lambda: sum(it.done() for it in found) == 12 - FIT)
        refusals = {(it.result().status, it.result().code) for it in found if it.done()}
        assert refusals == {(429, "THROTTLED")}
        assert 0 < host.endpoint.bodies.total <= OWN
        long = {**QUERY, "variables": {"unknown": "a" * OWN}}
        assert (await host.ask(long)).status == 429
        # Small ones are read whatever waits, and another key has a share of its own.
        assert (await host.ask()).status == 200
        assert (await host.ask({**QUERY, "variables": {"x": "a" * PIECE}}, other)).status == 200
        for each in found:
            each.cancel()


async def test_many_share_what_is_there_and_nobody_holds_more_than_twice_of_it(
    serve: Serve, world
) -> None:
    async with serve(bodies=OWN, all_bodies=OWN) as host, AsyncExitStack() as attack:
        for _ in range(6):
            key = await world.key(Actor.STAFF)
            for _ in range(3):
                body = host.line(host.request(BEGUN, key, length=900_000))
                await attack.enter_async_context(body)
                await until(lambda: not host.room.strangers)
        assert 0 < host.endpoint.bodies.total <= 2 * OWN + UNREAD
        assert (await host.ask()).status == 200
