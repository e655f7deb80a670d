"""Leases end by themselves: others take over what a silent process, or one that is gone, has."""

import asyncio
from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import text, update

from commands.access.followers import positions
from commands.messages.webhooks.judging import RetrySchedule
from commands.messages.webhooks.lanes import claim
from commands.writing.counters import raised
from commands.writing.running.run import Author, run_unasked
from kit.ids import new_id
from models.access.followers import FollowerLane
from models.access.keys import CounterName
from models.access.viewers import by_itself
from models.messages.webhooks.tables import WebhookLane
from tests.make.feed import row, rows
from tests.make.messages import hooks
from tests.make.messages.receivers import receiver
from tests.make.scene import scene
from tests.workers.messages.conftest import outgoing, working  # noqa: F401 -- fixtures.
from tests.workers.running.test_followers import Counted, following, happen, stands

pytestmark = pytest.mark.usefixtures("all_recorded")


async def taken_over(followers, own):
    """Tell followers until whoever had the lease has it no more."""
    async with asyncio.timeout(60):
        while True:
            if await followers.tell(*own) is not None:
                return
            await asyncio.sleep(0.01)


async def test_a_follower_in_hand_is_passed_by_for_a_minute_at_most(world):
    await happen(world, new_id())
    began, leases = asyncio.Event(), list[str]()
    own = (world.database, world.merchant_id, "count", world.clock())

    async def silent(writing, _events):
        shown = text("SHOW idle_in_transaction_session_timeout")
        leases.append(await writing.session.scalar(shown))
        began.set()
        await asyncio.Event().wait()

    others = following(Counted())
    await others.tell(*own)
    one = asyncio.create_task(following(silent).tell(*own))
    await began.wait()
    assert await others.tell(*own) is None
    assert (leases, await stands(world)) == (["1min"], (0, None))
    one.cancel()
    await asyncio.gather(one, return_exceptions=True)


async def test_who_wakes_up_after_its_lease_has_written_nothing(world, monkeypatch):
    """PostgreSQL's clock is nobody's to move: a lease of a moment ends as one of a minute does."""
    await happen(world, new_id(), new_id())
    own = (world.database, world.merchant_id, "count", world.clock())
    count, began, woken = Counted(), asyncio.Event(), asyncio.Event()

    async def slow(writing, events):
        await raised(writing, CounterName.CONTRACT, 100 * len(events))
        began.set()
        await woken.wait()
        await raised(writing, CounterName.CONTRACT, 100 * len(events))

    others = following(count)
    await others.tell(*own)
    monkeypatch.setattr(positions, "SILENT_S", 0.05)
    one = asyncio.create_task(following(slow).tell(*own))
    await began.wait()
    await taken_over(others, own)
    assert (count.pages, await count.count(world), await stands(world)) == ([[1, 2]], 2, (2, None))
    woken.set()
    # It looks again, and finds that there is nothing more to tell.
    assert await one is False
    assert (await count.count(world), await stands(world)) == (2, (2, None))
    assert await rows(world, FollowerLane) == []


async def test_an_endpoint_in_the_hands_of_a_process_that_is_gone_is_sent_to_by_others(
    world,
    ask,
    working,  # noqa: F811 -- the fixture.
):
    here, lease = await scene(world, ask), RetrySchedule().lease
    async with receiver() as there:
        hook = await hooks.created(ask, there.url, eventTypes=["order.placed"])
        await here.order()
        await hooks.followed(world)
        key = hooks.key(hook["id"])
        gone = partial(claim, webhook_id=key, process=new_id(), lease=lease)
        author = Author(by_itself(world.merchant_id), world.clock())
        assert await run_unasked(world.database, author, gone) is not None
        flights = working()
        flights.sender.clock = world.clock
        own = (world.database, world.merchant_id, key)
        assert await flights.step(*own, world.clock()) is None
        assert there.received == []
        lane = await row(world, WebhookLane, key)
        assert lane.leased_until == world.clock() + lease
        async with world.database.writing(world.merchant_id) as session:
            its = (WebhookLane.merchant_id == world.merchant_id, WebhookLane.id == key)
            past = world.clock() - timedelta(microseconds=1)
            await session.execute(update(WebhookLane).where(*its).values(leased_until=past))
        while await flights.step(*own, world.clock()):
            pass
        assert len(there.received) == 1
