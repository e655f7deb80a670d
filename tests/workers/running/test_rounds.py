"""Rounds over all merchants: every so often, past what fails, whole to the end."""

import asyncio
from datetime import timedelta

from sqlalchemy import func, select

from commands.writing.transaction import Overtaken
from kit.ids import new_id
from models.access.journal import JournalEntry
from models.access.keys import CounterName, MerchantCounter
from models.events.access.keys import ApiKeyRevoked
from tests import make
from tests.make.feed import rows
from tests.make.running import until
from workers.running.rounds import Round, Rounds, recorded, unrecorded

OFTEN = timedelta(0)
NEVER = timedelta(days=1)


class Visits:
    """A step that writes down whom it visited, and when."""

    def __init__(self, steps=1, failing=()):
        self.seen, self.steps, self.failing = [], steps, failing

    async def __call__(self, session, merchant_id, now):
        self.seen.append((merchant_id, now))
        if merchant_id in self.failing:
            raise RuntimeError
        own = select(func.count()).where(MerchantCounter.merchant_id == merchant_id)
        assert (await session.execute(own)).scalar_one() == 0
        return len(self.seen) % self.steps > 0


async def test_every_merchant_has_a_turn_also_one_whose_keys_are_silent(world, database, clock):
    others = [await make.world(database, clock) for _ in range(2)]
    visits = Visits()
    await Rounds(database, clock).make(Round("visit", NEVER, unrecorded(visits)))
    assert visits.seen == [(it.merchant_id, clock()) for it in (world, *others)]


async def test_a_merchant_has_steps_as_long_as_there_is_more_to_do(world, database, clock):
    visits = Visits(steps=3)
    await Rounds(database, clock).make(Round("visit", NEVER, unrecorded(visits)))
    assert visits.seen == [(world.merchant_id, clock())] * 3


async def test_merchants_have_their_steps_in_turn_and_newcomers_soon(world, database, clock):
    other, seen = await make.world(database, clock), []
    busy = {world.merchant_id: 50, other.merchant_id: 2}

    async def step(_session, merchant_id, _now):
        seen.append(merchant_id)
        busy[merchant_id] -= 1
        return busy[merchant_id] > 0

    rounds, visit = Rounds(database, clock), Round("visit", NEVER, unrecorded(step))
    assert await rounds.make(visit)
    assert seen[:4] == [world.merchant_id, other.merchant_id] * 2
    busy[other.merchant_id], first = 1, len(seen)
    assert await rounds.make(visit)
    assert seen[first : first + 2] == [world.merchant_id, other.merchant_id]
    assert not await rounds.make(visit)
    assert busy == {world.merchant_id: 0, other.merchant_id: -1}


async def test_what_fails_is_logged_and_the_next_merchant_has_its_turn(
    world, database, clock, caplog
):
    other = await make.world(database, clock)
    visits = Visits(failing=[world.merchant_id])
    await Rounds(database, clock).make(Round("visit", NEVER, unrecorded(visits)))
    assert [it for it, _ in visits.seen] == [world.merchant_id, other.merchant_id]
    assert f"Could not visit, merchant {world.merchant_id}" in caplog.text


async def test_a_database_that_is_away_ends_no_rounds(world, clock, caplog):
    away = make.Walled("postgresql+asyncpg://127.0.0.1:1/none", world.database.owner.url)
    rounds, visits = Rounds(away, clock), Visits()
    async with rounds.running(Round("visit", OFTEN, unrecorded(visits))):
        await until(lambda: caplog.text.count("Could not visit: no database") > 1)
    assert visits.seen == []
    await away.close()


async def test_rounds_are_made_again_and_again(world, database, clock):
    visits = Visits()
    async with Rounds(database, clock).running(Round("visit", OFTEN, unrecorded(visits))):
        await until(lambda: len(visits.seen) > 2)
    count = len(visits.seen)
    assert {it for it, _ in visits.seen} == {world.merchant_id}
    await asyncio.sleep(0)
    assert len(visits.seen) == count


async def test_a_step_that_has_begun_is_done_at_the_end_and_later_ones_are_left(
    world, database, clock
):
    await make.world(database, clock)
    begun, done = asyncio.Event(), []

    async def step(session, merchant_id, _now):
        begun.set()
        counters = func.count(MerchantCounter.id)
        await session.execute(select(counters).where(MerchantCounter.merchant_id == merchant_id))
        done.append(merchant_id)
        return True

    async with Rounds(database, clock).running(Round("visit", OFTEN, unrecorded(step))):
        await begun.wait()
    assert done == [world.merchant_id]


async def test_a_round_that_is_wanted_then_is_made_at_the_end(world, database, clock):
    visits, left = Visits(), Visits()
    last = Round("visit", NEVER, unrecorded(visits), lambda: [world.merchant_id], at_end=True)
    async with Rounds(database, clock).running(last, Round("leave", NEVER, unrecorded(left))):
        assert visits.seen == []
    assert (visits.seen, left.seen) == ([(world.merchant_id, clock())], [])


async def test_a_recorded_step_is_tried_again_told_by_the_journal_and_wakes_who_follows(
    world, database, clock, monkeypatch
):
    woken, tried = [], []
    monkeypatch.setattr(database.hints, "ring", woken.append)

    async def step(writing):
        tried.append(writing.now)
        if len(tried) == 1:
            raise Overtaken
        writing.record(ApiKeyRevoked(new_id()))
        return False

    await Rounds(database, clock).make(Round("revoke", NEVER, recorded(step)))
    (written,) = await rows(world, JournalEntry)
    assert (written.type, written.actor_name) == ("api_key.revoked", "Abruf")
    assert (tried, woken) == ([clock()] * 2, [world.merchant_id])


async def test_a_step_that_does_not_end_is_cut_after_the_grace_and_nothing_of_it_is_done(
    world, database, clock, caplog
):
    begun = asyncio.Event()

    async def step(session, merchant_id, _now):
        session.add(MerchantCounter(merchant_id=merchant_id, name=CounterName.ORDER, value=1))
        await session.flush()
        begun.set()
        await asyncio.Event().wait()

    rounds = Rounds(database, clock, timedelta(0))
    async with rounds.running(Round("wait", OFTEN, unrecorded(step))):
        await begun.wait()
    assert "Could not wait to its end" in caplog.text
    assert await rows(world, MerchantCounter) == []
