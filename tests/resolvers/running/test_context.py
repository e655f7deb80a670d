"""What an operation holds, and for how long."""

import asyncio

from loaders.master import catalog
from resolvers.running.context import Context
from tests.make.running import staff


async def test_time_runs_and_a_connection_is_held_for_each_event_only(world, database):
    context = Context(staff(world), database, world.clock)
    pool, held = database.engine.pool, database.engine.pool.checkedout()
    async with asyncio.timeout(60) as context.deadline:
        for _ in range(2):
            context.begin()
            assert context.deadline.when() is not None
            await context.load(catalog.by_id, world.merchant_id)
            assert pool.checkedout() == held + 1
            await context.pause()
            assert context.deadline.when() is None
            assert pool.checkedout() == held
