"""What is due: written with what lets it become due, done when its time has come, past failures."""

import asyncio
from datetime import timedelta

import pytest

from commands.writing.running.run import Author, run_unasked
from kit.ids import new_id
from models.access.dues import Due, DueKind
from models.access.viewers import by_itself
from tests import make
from tests.make.feed import rows
from tests.make.running import do_due
from workers.running.dues import PUT_OFF, Dues, WhenDue

pytestmark = pytest.mark.usefixtures("all_recorded")

KIND = DueKind.LAPSE_ORDERS


async def let_be_due(world, *subjects, after=timedelta(0), then=None):
    """Let something become due, and maybe fail in the same transaction."""

    async def step(writing):
        for each in subjects:
            writing.later(KIND, each, writing.now + after)
        await writing.session.flush()
        if then is not None:
            raise then

    await run_unasked(world.database, Author(by_itself(world.merchant_id), world.clock()), step)


class Seen:
    """Notes whom it was called with, and fails for some. again: subject -> after which time."""

    def __init__(self, failing=(), again=None):
        self.pages, self.failing, self.again = [], failing, again or {}

    async def __call__(self, writing, subjects):
        self.pages.append(list(subjects))
        if set(self.failing) & set(subjects):
            raise ArithmeticError
        return {it: writing.now + self.again[it] for it in subjects if it in self.again}

    def work(self, at_once=20):
        return WhenDue(KIND, self, at_once)


async def test_it_is_done_once_and_not_before_its_time(world, database, clock):
    other, subject, seen = await make.world(database, clock), new_id(), Seen()
    await let_be_due(world, subject, subject, after=timedelta(hours=1))
    await let_be_due(other, subject)
    await do_due(database, clock, seen.work())
    assert seen.pages == [[subject]]
    clock.advance(hours=1)
    await do_due(database, clock, seen.work())
    await do_due(database, clock, seen.work())
    assert (seen.pages, await rows(world, Due)) == ([[subject]] * 2, [])


async def test_what_is_rolled_back_lets_nothing_be_due(world):
    try:
        await let_be_due(world, new_id(), then=ArithmeticError())
    except ArithmeticError:
        assert await rows(world, Due) == []


async def test_what_is_to_be_looked_at_again_is_due_then(world, database, clock):
    subject, other = new_id(), new_id()
    seen = Seen(again={subject: timedelta(minutes=5)})
    await let_be_due(world, subject, other)
    await do_due(database, clock, seen.work())
    (left,) = await rows(world, Due)
    assert (left.subject, left.due_at) == (subject, clock() + timedelta(minutes=5))


async def test_what_fails_is_put_off_alone_and_all_others_are_done(world, database, clock):
    bad, *good = subjects = [new_id() for _ in range(9)]
    seen = Seen(failing=[bad])
    await let_be_due(world, *subjects)
    dues = Dues(seen.work())
    while await dues.step(database, world.merchant_id, KIND, clock()):
        pass
    (left,) = await rows(world, Due)
    assert (left.subject, left.due_at) == (bad, clock() + PUT_OFF)
    done = [it for page in seen.pages if bad not in page for it in page]
    assert sorted(done) == sorted(good)
    assert dues.counted[KIND, "DONE"] == len(good)
    assert dues.counted[KIND, "FAILED"] > 1


async def test_what_another_process_does_is_left_to_it(world, database, clock):
    begun, ended, seen = asyncio.Event(), asyncio.Event(), Seen()

    async def slow(_writing, _subjects):
        begun.set()
        await ended.wait()
        return {}

    await let_be_due(world, new_id())
    first = asyncio.create_task(do_due(database, clock, WhenDue(KIND, slow)))
    await begun.wait()
    await do_due(database, clock, seen.work())
    ended.set()
    await first
    assert (seen.pages, await rows(world, Due)) == ([], [])
