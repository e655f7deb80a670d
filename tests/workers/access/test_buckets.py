"""Buckets that are full again leave no row, whoever is silent."""

from datetime import timedelta

from sqlalchemy import select

from commands.access.buckets.take import Bucket, take_points
from kit.ids import new_id
from models.access.buckets import CostBucket
from tests import make
from tests.make.running import do_due
from workers.access.buckets import FORGET_BUCKETS


async def rows(world: make.World) -> int:
    async with world.database.writing(world.merchant_id) as session:
        own = CostBucket.merchant_id == world.merchant_id
        return len((await session.scalars(select(CostBucket.id).where(own))).all())


async def test_a_bucket_goes_at_the_full_hour_after_one_in_which_it_was_full_though_nobody_asks(
    world, database, clock
):
    merchants = [world, await make.world(database, clock)]
    for each in merchants:
        async with database.writing(each.merchant_id) as session:
            await take_points(session, Bucket(each.merchant_id, new_id(), 100, 10), 100, clock())
    seen = []
    for wait in (timedelta(0), timedelta(minutes=60), timedelta(minutes=60)):
        clock.advance(seconds=wait.total_seconds())
        await do_due(database, clock, FORGET_BUCKETS)
        seen.append([await rows(it) for it in merchants])
    assert seen == [[1, 1], [1, 1], [0, 0]]
