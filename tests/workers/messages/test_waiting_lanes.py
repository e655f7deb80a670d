"""An endpoint for which nothing can be done costs nothing until something can be done."""

import asyncio
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from commands.messages.webhooks import again
from commands.messages.webhooks.judging import RetrySchedule
from commands.writing.running.run import run_unasked
from kit.clock import now
from models.messages.webhooks.tables import WebhookLane
from tests import make
from tests.make.counting import nodes, plan_of, sent
from tests.make.feed import rows
from tests.make.messages import hooks
from tests.make.messages.receivers import Received, Reply, receiver
from tests.make.running import until
from tests.make.scene import scene
from tests.workers.messages.conftest import drained, hasten
from workers.messages.webhooks import bodies
from workers.messages.webhooks import flights as flights_
from workers.messages.webhooks.flights import Flights

LONG = RetrySchedule((timedelta(hours=1),) * 9, open_after=100, probe=timedelta(hours=1))
SINCE = "2020-01-01T00:00:00Z"


@pytest.fixture
def clock() -> make.Clock:
    """Receivers take only what was signed minutes ago."""
    return make.Clock(now())


async def is_left_alone(world: make.World, flights: Flights) -> bool:
    """Tell whether a worker that looks finds no endpoint."""
    reads = world.database.reading(None)
    try:
        due = await reads.rows(flights.chore.found, {"now": now()})
    finally:
        await reads.close()
    return not any(it.merchant_id == world.merchant_id for it in due)


@pytest.mark.parametrize("end", ["webhookPause", "webhookDelete", "410"])
async def test_a_replay_of_an_endpoint_that_is_sent_nothing_waits_until_it_is(
    world, ask, working, end
) -> None:
    status = 410 if end == "410" else 200

    async def answer(_: Received) -> Reply:
        return Reply(status)

    here = await scene(world, ask)
    await here.order()
    async with receiver(answer) as there:
        hook, flights = await hooks.created(ask, there.url, eventTypes=["order.*"]), working()
        own = {"webhookId": hook["id"]}
        if end == "410":
            await hooks.done(ask, "webhookTest", **own)
            await drained(flights, world, hook)
        elif end == "webhookPause":
            await hooks.done(ask, end, **own)
        await hooks.done(ask, "webhookReplay", **own, since=SINCE)
        if end == "webhookDelete":
            await hooks.done(ask, end, **own)
        key, tested = hooks.key(hook["id"]), len(there.received)
        assert await flights.step(world.database, world.merchant_id, key, now()) is None
        assert await is_left_alone(world, flights)
        if end != "webhookDelete":
            status = 200
            await hooks.done(ask, "webhookResume", **own)
            await drained(flights, world, hook)
            sent = [it.event["type"] for it in there.received[tested:]]
            assert sent.count("order.placed") == 1
        assert await is_left_alone(world, flights)


async def test_a_replay_waits_with_the_messages_that_wait(world, ask, working, monkeypatch) -> None:
    monkeypatch.setattr(again, "REPLAYED_AT_ONCE", 2)
    is_good = False

    async def answer(_: Received) -> Reply:
        return Reply(200 if is_good else 500)

    here = await scene(world, ask)
    for _ in range(3):
        await here.order()
    async with receiver(answer) as there:
        types = ["order.placed"]
        hook, flights = await hooks.created(ask, there.url, eventTypes=types), working(LONG)
        await hooks.done(ask, "webhookReplay", webhookId=hook["id"], since=SINCE)
        await drained(flights, world, hook)
        assert len(there.received) == 2
        assert await is_left_alone(world, flights)
        is_good = True
        await hasten(world)
        await drained(flights, world, hook)
        assert len({it.message for it in there.received}) == 3
        assert await is_left_alone(world, flights)


class Pages:
    """Pages of replays: whose began, in their order, and how many were under way at once."""

    def __init__(self, page: Any) -> None:
        self._page, self._under_way = page, 0
        self.begun, self.most, self.may_end = list[Any](), 0, asyncio.Event()

    async def __call__(self, writing: Any, webhook_id: Any) -> Any:
        self._under_way += 1
        self.most = max(self.most, self._under_way)
        self.begun.append(writing.viewer.merchant_id)
        await self.may_end.wait()
        self._under_way -= 1
        return await self._page(writing, webhook_id)


@pytest.fixture
def pages(monkeypatch: pytest.MonkeyPatch) -> Pages:
    """Let pages of an entry wait until they may end."""
    found = Pages(again.replay_page)
    monkeypatch.setattr(again, "REPLAYED_AT_ONCE", 1)
    monkeypatch.setattr(flights_, "replay_page", found)
    return found


async def test_what_others_are_sent_or_replayed_waits_for_one_page_of_a_replay_at_most(
    world, ask, database, clock, working, pages
) -> None:
    """However many endpoints are replayed at once."""

    async def answer(_: Received) -> Reply:
        return Reply(200)

    other, flights = await make.world(database, clock), working()
    theirs = ask.by(other.token)
    async with receiver(answer) as there, asyncio.TaskGroup() as steps:
        *ours, more, tested = [
            (by, whose, await hooks.created(by, there.url))
            for by, whose in (*[(ask, world)] * 3, *[(theirs, other)] * 2)
        ]
        for by, whose, hook in (*ours, more):
            await hooks.done(by, "webhookReplay", webhookId=hook["id"], since=SINCE)
            own = (database, whose.merchant_id, hooks.key(hook["id"]), now())
            steps.create_task(flights.step(*own))
        await until(lambda: len(pages.begun) == 1)
        await hooks.done(theirs, "webhookTest", webhookId=tested[2]["id"])
        await drained(flights, other, tested[2])
        assert [it.event["type"] for it in there.received] == ["webhook.tested"]
        assert pages.begun == [world.merchant_id]
        pages.may_end.set()
    assert pages.most == 1
    assert pages.begun[:2] == [world.merchant_id, other.merchant_id]
    assert len(pages.begun) >= 4


async def test_what_cannot_be_written_for_an_endpoint_that_is_probed_waits_for_the_next_probe(
    world, ask, working, monkeypatch
) -> None:
    async def answer(_: Received) -> Reply:
        return Reply(503)

    def failing(*_: object) -> str:
        raise ArithmeticError

    async with receiver(answer) as there:
        hook, flights = await hooks.created(ask, there.url), working(LONG)
        await hooks.filled(world, hooks.key(hook["id"]), 3)
        await drained(flights, world, hook)
        monkeypatch.setattr(bodies, "to_global", failing)
        for _ in range(4):
            await hasten(world, WebhookLane)
            await drained(flights, world, hook)
            (lane,) = await rows(world, WebhookLane)
            assert lane.is_open
            assert await is_left_alone(world, flights)


async def test_a_turn_reads_nothing_that_waits_behind_what_has_failed(world, ask, working) -> None:
    async def failing(_: Received) -> Reply:
        return Reply(500)

    async with receiver(failing) as there:
        hook, flights = await hooks.created(ask, there.url), working(LONG)
        await hooks.filled(world, hooks.key(hook["id"]), 240, objects=40)
        await drained(flights, world, hook)
        assert len(there.received) == 40
        await hasten(world, WebhookLane)
        with sent(world.database) as statements:
            await drained(flights, world, hook)
        assert len(there.received) == 40
    (heads,) = (
        it for it in statements if "webhook_messages.is_first" in it[0] and "LIMIT" in it[0]
    )
    found = [*nodes(await plan_of(world, *heads, ("bitmapscan", "sort")))]
    (read,) = (it for it in found if it.get("Index Name") == "ix_webhook_messages_first")
    assert (
        read["Actual Rows"] + read.get("Rows Removed by Filter", 0) <= RetrySchedule().at_once + 1
    )


async def test_what_is_replayed_goes_before_what_waits_of_its_object(world, ask, working) -> None:
    here = await scene(world, ask)
    order = await here.order()
    async with receiver() as there:
        hook, flights = await hooks.created(ask, there.url, eventTypes=["order.*"]), working()
        held = {"orderId": order["id"], "reason": "FRAUD", "owner": "risk"}
        await hooks.done(ask, "orderHold", "order { id }", **held)
        await hooks.followed(world)
        key, author = hooks.key(hook["id"]), hooks.author(world)
        await hooks.done(ask, "webhookReplay", webhookId=hook["id"], since=SINCE)
        await run_unasked(world.database, author, partial(again.replay_page, webhook_id=key))
        await drained(flights, world, hook)
    assert [it.event["type"] for it in there.received] == ["order.placed", "order.held"]


async def test_what_a_former_worker_has_left_behind_is_found(world, ask, working) -> None:
    async with receiver() as there:
        hook = await hooks.created(ask, there.url)
        await hooks.filled(world, hooks.key(hook["id"]), 4, objects=2, is_first=False)
        flights = working()
        # The first look finds what is first, the next one sends it.
        await drained(flights, world, hook)
        await drained(flights, world, hook)
        assert len(there.received) == 4
    assert await is_left_alone(world, flights)
