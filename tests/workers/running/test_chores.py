"""Chores: found for all merchants by one statement, woken by hints, shared, ended with a grace."""

import asyncio
from collections import Counter
from datetime import timedelta

import pytest
from sqlalchemy import BigInteger, DateTime, bindparam, cast, func, literal, select, text

from kit.ids import new_id
from models.access.keys import Merchant
from tests import make
from tests.guard import counted, unscoped, watch
from tests.make.running import until
from tests.workers.running.test_dues import Seen, let_be_due
from tests.workers.running.test_followers import (
    PAUSES,
    Counted,
    following,
    happen,
    retried,
    stands,
    tell,
)
from workers.messages.readers import READ_MESSAGES
from workers.running.chores import Chore, Chores
from workers.running.dues import Dues
from workers.running.followers import COUNT_PARKED, chores_of

NEVER_S = 86_400.0
ALL = select(Merchant.id.label("merchant_id"), literal("it").label("subject"))
"""Finds every merchant."""
IDLE = """
DO $$
DECLARE merchant uuid;
BEGIN
    FOR merchant IN SELECT gen_random_uuid() FROM generate_series(1, 10000) LOOP
        PERFORM set_merchant(merchant);
        INSERT INTO merchants (id, slug, name, created_at)
            VALUES (merchant, 'm' || merchant, 'idle', now());
        INSERT INTO merchant_counters (merchant_id, id, name, value)
            VALUES (merchant, merchant, 'JOURNAL', 7), (merchant, gen_random_uuid(), 'ORDER', 7);
        INSERT INTO journal_followers (merchant_id, id, name, position)
            VALUES (merchant, merchant, 'count', 7);
        INSERT INTO due (merchant_id, id, due_at, kind, subject)
            SELECT merchant, gen_random_uuid(), now() + interval '10 years', kind, merchant
            FROM unnest('{LAPSE_ORDERS,READ_MESSAGES,FORGET_ANSWERS}'::text[]) AS kind;
    END LOOP;
END $$
"""


class Done:
    """A step that notes for whom it was done."""

    def __init__(self, steps=1):
        self.seen, self.steps = [], steps

    async def __call__(self, _database, merchant_id, _subject, _now):
        self.seen.append(merchant_id)
        return len(self.seen) < self.steps


@pytest.fixture
async def process(database):
    """Give the same database as another process reaches it."""
    other = make.Walled(database.url, database.owner.url)
    yield other
    await other.close()


async def test_a_hint_of_another_process_lets_followers_be_told(world, process):
    count = Counted()
    followers = following(count)
    chores = Chores(process, world.clock, poll_s=NEVER_S)
    async with chores.running(*chores_of(followers)):
        await happen(world, new_id())
        await until(lambda: count.pages == [[1]])
        await happen(world, new_id())
        await until(lambda: count.pages == [[1], [2]])
    assert await stands(world) == (2, None)


async def test_without_hints_it_is_looked_for_again_and_again(world, process, monkeypatch):
    monkeypatch.setattr(world.database.hints, "ring", lambda _merchant: None)
    count = Counted()
    chores = Chores(process, world.clock, poll_s=0.01)
    async with chores.running(*chores_of(following(count))):
        await happen(world, new_id())
        await until(lambda: count.pages == [[1]])
        await happen(world, new_id())
        await until(lambda: count.pages == [[1], [2]])


async def test_a_lane_is_tried_again_when_its_time_has_come(world, process):
    count = Counted({1: 1})
    chores = Chores(process, world.clock, poll_s=0.01)
    followers = following(count)
    await happen(world, new_id())
    async with chores.running(*chores_of(followers)):
        await until(lambda: followers.counted["count", "FAILED"] == 1)
        world.clock.advance(seconds=1)
        await until(lambda: followers.counted["count", "TOLD"] == 1)
    assert await stands(world) == (1, None)


@pytest.fixture
async def crowded(new_database, as_app, migrated, clock):
    """Give a busy merchant among 10,000 that have nothing new."""
    url = await asyncio.to_thread(new_database, "crowded", migrated)
    database = make.Walled(as_app(url), url)
    watch(database.engine, database.keyless)
    async with database.owner.engine.begin() as connection:
        await connection.execute(text(IDLE))
    yield await make.world(database, clock)
    await database.close()


async def test_whoever_has_nothing_new_costs_no_statement(crowded):
    await happen(crowded, new_id())
    count = Counted()
    seen, subject = Seen(), new_id()
    await let_be_due(crowded, subject)
    chores = Chores(crowded.database, crowded.clock, poll_s=NEVER_S)
    every = (*chores_of(following(count)), Dues(seen.work()).chore, READ_MESSAGES)
    with counted(crowded.database.engine) as sent:
        async with chores.running(*every):
            await until(lambda: chores.counted["tell followers", "DONE"] >= 2)
            await until(lambda: chores.counted["do what is due", "DONE"] == 1)
    looks = [it for it in sent if unscoped(it)]
    assert len(looks) in range(3, 9), "each chore looks at first, and again where it hears hints"
    # The follower begins by three statements, and is told by four, its own one among them; what is
    # due is claimed by one, and taken away by another. A hint that was about what it has been told
    # of by then lets it look once more, by two: so many steps are counted, and no statement beside.
    vain = chores.counted["tell followers", "DONE"] - 2
    assert vain in {0, 1}
    assert (count.pages, len(sent) - len(looks)) == ([[1]], 3 + 4 + 2 + 2 * vain)
    assert seen.pages == [[subject]]


async def test_the_busiest_gives_way_to_others_after_each_step(world, database, clock):
    other = await make.world(database, clock)
    done = Done(steps=3)
    chores = Chores(database, clock, poll_s=NEVER_S)
    async with chores.running(Chore("visit", ALL, done, at_once=1)):
        await until(lambda: len(done.seen) > 3)
    assert set(done.seen[:2]) == {world.merchant_id, other.merchant_id}


@pytest.mark.usefixtures("world")
async def test_it_is_known_since_when_something_waits_however_often_it_fails(database, clock):
    async def step(*_):
        raise RuntimeError

    chores = Chores(database, clock, poll_s=0.01)
    async with chores.running(Chore("visit", ALL, step)):
        await until(lambda: chores.counted["visit", "FAILED"] > 0)
        (before,) = chores.lags("visit").values()
        failed = chores.counted["visit", "FAILED"]
        await until(lambda: chores.counted["visit", "FAILED"] > failed + 1)
        (after,) = chores.lags("visit").values()
    assert after > before > 0
    assert chores.lags("tell") == {}


@pytest.mark.usefixtures("world")
async def test_what_comes_while_others_are_done_is_not_behind_for_as_long(database, clock):
    done = cast(func.extract("epoch", bindparam("now", type_=DateTime(timezone=True))), BigInteger)
    busy = ALL.add_columns(literal(1).label("waiting"), done.label("done"))
    chores = Chores(database, clock, poll_s=0.01)

    def lag():
        return chores.lags("visit").get("it", 0.0)

    def is_less():
        clock.advance(seconds=1)
        return lag() < before

    async with chores.running(Chore("visit", busy, None)):
        await until(lambda: lag() > 0.1)
        before = lag()
        await until(is_less)
    assert chores.counted == {}


async def test_parked_lanes_are_counted_and_nobody_tries_them(world, process):
    await happen(world, new_id(), new_id())
    followers = following(Counted({1: 99}))
    await tell(world, followers)
    for pause in PAUSES:
        await retried(world, followers, pause.total_seconds())
    chores = Chores(process, world.clock, poll_s=0.01)
    async with chores.running(*chores_of(followers)):
        await until(lambda: chores.waiting() == {(COUNT_PARKED, "count"): 1})
    assert chores.counted == {}


async def test_what_fails_is_logged_and_others_have_their_turn(world, database, clock, caplog):
    other = await make.world(database, clock)
    done = Done()

    async def step(_database, merchant_id, _subject, _now):
        if merchant_id == world.merchant_id:
            raise RuntimeError
        return await done(_database, merchant_id, _subject, _now)

    chores = Chores(database, clock, poll_s=NEVER_S)
    async with chores.running(Chore("visit", ALL, step)):
        await until(lambda: done.seen == [other.merchant_id])
        await until(lambda: sum(chores.counted.values()) == 2)
    assert f"Could not visit, merchant {world.merchant_id}" in caplog.text
    assert chores.counted == {("visit", "DONE"): 1, ("visit", "FAILED"): 1}


@pytest.mark.parametrize("is_failing", [False, True])
async def test_what_is_found_again_in_vain_is_left_alone_for_longer_and_longer(
    world, database, clock, monkeypatch, is_failing
):
    monkeypatch.setattr("workers.running.chores.PAUSES_S", (0.0, NEVER_S))
    other, tries = await make.world(database, clock), Counter()

    async def step(_database, merchant_id, _subject, _now):
        tries[merchant_id] += 1
        if merchant_id != world.merchant_id:
            return False
        if is_failing:
            raise RuntimeError
        return None

    chores = Chores(database, clock, poll_s=0.01)
    async with chores.running(Chore("visit", ALL, step)):
        await until(lambda: tries[other.merchant_id] > 5)
    assert tries[world.merchant_id] == 2


async def test_what_was_done_once_more_is_no_longer_left_alone(world, clock, monkeypatch):
    monkeypatch.setattr("workers.running.chores.PAUSES_S", (0.0, NEVER_S))
    answers = [None, False, None, True, None, False, None]
    seen = []

    async def step(_database, _merchant_id, _subject, _now):
        seen.append(answers[len(seen)] if len(seen) < len(answers) else None)
        return seen[-1]

    chores = Chores(world.database, clock, poll_s=0.01)
    async with chores.running(Chore("visit", ALL, step)):
        await until(lambda: len(seen) == len(answers) + 1)
    assert seen == [*answers, None]


async def test_a_database_that_is_away_ends_no_chores_and_is_told_once(
    world, clock, caplog, monkeypatch
):
    away = make.Walled("postgresql+asyncpg://127.0.0.1:1/none", world.database.owner.url)
    looks, reading, done = [], away.reading, Done()
    monkeypatch.setattr(away, "reading", lambda it: looks.append(it) or reading(it))
    chores = [Chore(it, ALL, done) for it in ("visit", "see")]
    async with Chores(away, clock, poll_s=0.01).running(*chores):
        await until(lambda: len(looks) > 6)
    assert done.seen == []
    (line,) = [it.message for it in caplog.records]
    assert line.startswith("The database cannot be reached")
    await away.close()


@pytest.mark.parametrize("is_late", [False, True])
async def test_a_step_goes_on_for_the_grace_and_is_cut_then(world, clock, caplog, is_late):
    begun, done, ended = asyncio.Event(), asyncio.Event(), []

    async def step(_database, merchant_id, _subject, _now):
        begun.set()
        await done.wait()
        ended.append(merchant_id)
        return True

    grace = timedelta(seconds=0 if is_late else 60)
    chores = Chores(world.database, clock, grace, poll_s=NEVER_S)
    async with chores.running(Chore("visit", ALL, step)):
        await begun.wait()
        if not is_late:
            asyncio.get_running_loop().call_later(0.01, done.set)
    assert ended == ([] if is_late else [world.merchant_id])
    assert ("Could not visit to its end" in caplog.text) is is_late
