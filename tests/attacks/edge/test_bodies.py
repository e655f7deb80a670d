"""Bodies that nobody ends: they keep no turn, and only so many bytes."""

import asyncio
from contextlib import AsyncExitStack

from models.access.viewers import Actor
from tests import make
from tests.attacks.edge.conftest import QUERY, Serve
from tests.make.running import until

OWN = 100_000
PIECE = 60_000
BEGUN = b'{"query": "' + b" " * PIECE
FIT = 2
"""Of them, for 16 kB of each are not counted."""


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


async def test_many_keys_of_a_merchant_hold_half_of_all_and_leave_room_for_another(
    serve: Serve, world
) -> None:
    every = 4 * OWN
    async with serve(bodies=OWN, all_bodies=every) as host, AsyncExitStack() as attack:
        other = await make.world(world.database, world.clock)
        for _ in range(8):
            key = await world.key(Actor.STAFF)
            for _ in range(3):
                body = host.line(host.request(BEGUN, key, length=900_000))
                await attack.enter_async_context(body)
                await until(lambda: not host.room.strangers)
        assert 0 < host.endpoint.bodies.total <= every // 2 + PIECE
        long = {**QUERY, "variables": {"x": "a" * PIECE}}
        assert (await host.ask(long)).status == 429
        assert (await host.ask(long, other.token)).status == 200
        assert (await host.ask()).status == 200
