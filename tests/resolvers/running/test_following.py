"""Following the journal: nothing is missed, nothing comes twice, and one reads for all."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack, aclosing
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import Verb
from kit.db.database import Database
from kit.db.hints import Hints
from kit.db.lost import Reach
from kit.errors import Code, Refused
from kit.ids import new_id
from kit.inputs import Command
from kit.loop.work import SLICE, Slices
from models.access.viewers import Actor, Scope
from models.base.acts import Act
from models.events.trade.orders import OrderPlaced
from resolvers.running import following as reading
from resolvers.running.following import Audience, Following
from tests import make
from tests.guard import counted
from tests.make.running import run, until

NEVER = 3600.0
SOON = 0.01


class Note(Command):
    """So many entries about an order."""

    order_id: UUID
    count: int = 1


async def note(writing: Writing, command: Note) -> Outcome:
    for number in range(command.count):
        writing.record(OrderPlaced(command.order_id, lines=number))
    return {}


NOTE = Verb(Act(Scope.ORDERS_PLACE), "Note so many entries.", note)


async def noted(world: make.World, order_id: UUID, count: int = 1) -> None:
    await run(world, NOTE, Note, order_id=order_id, count=count)


def follow(following: Following, world: make.World, order_id: UUID, after: int | None = 0) -> Any:
    return aclosing(following.entries(world.merchant_id, order_id, after, live=True))


async def test_missed_entries_come_first_then_new_ones(world):
    order = new_id()
    await noted(world, order, 3)
    async with follow(Following(world.database, NEVER), world, order, after=1) as entries:
        assert [(await anext(entries)).position for _ in range(2)] == [2, 3]
        await noted(world, order)
        assert (await anext(entries)).position == 4


async def test_without_a_position_only_new_entries_come(world):
    order = new_id()
    await noted(world, order, 3)
    following = Following(world.database, NEVER)
    async with follow(following, world, order, None) as entries:
        waiting = asyncio.ensure_future(anext(entries))
        await until(lambda: following.position_of(world.merchant_id) is not None)
        await noted(world, order)
        assert (await waiting).position == 4


async def test_entries_of_other_objects_and_merchants_are_not_told(world, database, clock):
    order, other = new_id(), await make.world(database, clock)
    async with follow(Following(database, NEVER), world, order) as entries:
        waiting = asyncio.ensure_future(anext(entries))
        await noted(other, order)
        await noted(world, new_id())
        await noted(world, order)
        assert (await waiting).position == 2


async def test_nothing_is_missed_or_doubled_while_others_write(world):
    order, following = new_id(), Following(world.database, NEVER)

    async def collect() -> list[int]:
        async with follow(following, world, order) as entries:
            return [(await anext(entries)).position for _ in range(30)]

    tasks = [asyncio.create_task(collect()) for _ in range(5)]
    for _ in range(15):
        await noted(world, order, 2)
        tasks.append(asyncio.create_task(collect()))
    for found in await asyncio.gather(*tasks):
        assert found == list(range(1, 31))


async def test_another_process_hears_of_it(world, shared_database):
    order = new_id()
    there = Database(shared_database.url)
    async with follow(Following(there, NEVER), world, order) as entries:
        waiting = asyncio.ensure_future(anext(entries))
        while not waiting.done():
            # Again and again: what is told before the other one listens is lost.
            await noted(world, order)
            await asyncio.wait([waiting], timeout=0.05)
        assert waiting.result().position == 1
    await there.close()


async def test_behind_a_pooler_the_journal_is_polled(world, shared_database):
    order = new_id()
    pooled = Database(shared_database.url, pooler=True)
    async with follow(Following(pooled, SOON), world, order) as entries:
        waiting = asyncio.ensure_future(anext(entries))
        await noted(world, order)
        assert (await waiting).position == 1
        assert not pooled.hints.is_listening
    await pooled.close()


async def test_one_read_serves_twenty_followers(world, database):
    order, following = new_id(), Following(database, NEVER)
    async with AsyncExitStack() as stack:
        followers = [
            await stack.enter_async_context(follow(following, world, order)) for _ in range(20)
        ]
        await noted(world, order)
        assert [(await anext(it)).position for it in followers] == [1] * 20
        await until(lambda: following.position_of(world.merchant_id) == 1)
        with counted(database.engine) as sent:
            await noted(world, order)
            assert [(await anext(it)).position for it in followers] == [2] * 20
    reads = [it for it in sent if "FROM journal" in it and "position >" in it]
    assert len(reads) == 1


async def test_one_read_and_one_look_at_who_sees_it_serve_all_who_follow_changes(world, database):
    following, companies = Following(database, NEVER), [new_id() for _ in range(150)]
    audiences = [Audience(Actor.STAFF, None, None)] * 150
    audiences += [Audience(Actor.BUYER, it, None) for it in companies]
    async with AsyncExitStack() as stack:
        waiting = (following.feed(world.merchant_id, it, lambda _: True) for it in audiences)
        feeds = [await stack.enter_async_context(each) for each in waiting]
        with counted(database.engine) as sent:
            await noted(world, new_id())
            for _, place in feeds[:150]:
                assert (await place.next()).position == 1
            await until(lambda: following.position_of(world.merchant_id) == 1)
    reads = [it for it in sent if "FROM journal" in it]
    assert len([it for it in reads if "position >" in it]) == 1
    assert len([it for it in reads if "unnest" in it]) == 1


async def test_many_followers_are_told_in_slices_and_what_they_want_alike_is_asked_once(
    world, database, monkeypatch
):
    followers, entries, slices = 350, 3, Slices()
    following, audience = Following(database, NEVER, slices), Audience(Actor.STAFF, None, None)
    looks, puts, put = [], Counter(), reading.FollowerQueue.put

    def wants(entry):
        looks.append(entry.position)
        return entry.position != 2

    def noticed(place, entry):
        puts[slices.count] += 1
        put(place, entry)

    monkeypatch.setattr(reading.FollowerQueue, "put", noticed)
    async with AsyncExitStack() as stack:
        feeds = [
            await stack.enter_async_context(following.feed(world.merchant_id, audience, wants))
            for _ in range(followers)
        ]
        await noted(world, new_id(), entries)
        for _, place in feeds:
            assert [(await place.next()).position for _ in "13"] == [1, 3]
    assert looks == [1, 2, 3]
    assert puts.total() == followers * 2
    assert max(puts.values()) <= SLICE


async def test_nothing_is_read_while_nobody_follows(world, database):
    order, following = new_id(), Following(database, SOON)
    await noted(world, order)
    async with follow(following, world, order) as entries:
        await anext(entries)
    assert following.position_of(world.merchant_id) is None
    await until(lambda: not database.hints.is_listening)


@pytest.fixture
def queued(monkeypatch):
    """Let fewer entries wait than the server does."""
    monkeypatch.setattr(reading, "QUEUED", 100)
    return reading.QUEUED


async def test_a_slow_follower_is_ended_and_goes_on_after_its_last_entry(world, database, queued):
    order, following = new_id(), Following(database, NEVER)
    await noted(world, order)
    async with follow(following, world, order) as entries:
        assert (await anext(entries)).position == 1
        await noted(world, order, queued + 50)
        await until(lambda: following.position_of(world.merchant_id) == queued + 51)
        taken = [(await anext(entries)).position for _ in range(queued)]
        assert taken == list(range(2, queued + 2))
        with pytest.raises(Refused) as refused:
            await anext(entries)
    assert refused.value.problems[0].code is Code.TOO_SLOW
    last = taken[-1]
    async with follow(following, world, order, after=last) as entries:
        assert [(await anext(entries)).position for _ in range(50)] == list(
            range(last + 1, last + 51)
        )


async def test_a_hint_that_cannot_be_sent_harms_nobody(caplog):
    nowhere = create_async_engine("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    hints = Hints(nowhere, Reach(), direct=True)
    hints.ring(new_id())
    await until(lambda: "The database cannot be reached" in caplog.text)
    await hints.close()
