"""Followers of the journal: told of each entry, in order, past what fails."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import update

from commands.writing.counters import raised
from commands.writing.running.run import Author, run_unasked
from kit.ids import new_id
from models.access.followers import FollowerLane, JournalFollower
from models.access.journal import JournalEntry
from models.access.keys import CounterName, MerchantCounter
from models.access.viewers import by_itself
from models.events.access.keys import ApiKeyRevoked
from models.events.access.settings import MerchantSettingsCreated
from tests.make.feed import rows
from workers.running.followers import Follower, Followers

pytestmark = pytest.mark.usefixtures("all_recorded")

PAUSES = (timedelta(seconds=1), timedelta(minutes=1))


async def happen(world, *ids, event=ApiKeyRevoked):
    """Write events about objects, in one transaction."""

    async def step(writing):
        for each in ids:
            writing.record(event(each))

    author = Author(by_itself(world.merchant_id), world.clock())
    await run_unasked(world.database, author, step)


class Counted:
    """Counts what it is told of in the transaction that tells, and fails where it is to.

    failing: position -> how often. pages: the positions of each call, of those that fail too.
    """

    def __init__(self, failing=None):
        self.failing, self.pages = failing or {}, []

    async def __call__(self, writing, events):
        self.pages.append([it.position for it in events])
        await raised(writing, CounterName.CONTRACT, len(events))
        for position in self.pages[-1]:
            if self.failing.get(position, 0) > 0:
                self.failing[position] -= 1
                message = f"at {position}"
                raise RuntimeError(message)

    async def count(self, world):
        """Return how many entries it was told of in transactions that were committed."""
        counters = await rows(world, MerchantCounter)
        return next((int(it.value) for it in counters if it.name is CounterName.CONTRACT), 0)


def following(function, **more):
    return Followers(Follower("count", function, pauses=PAUSES, **more))


async def tell(world, followers):
    """Tell until there is nothing more."""
    while await followers.tell(world.database, world.merchant_id, "count", world.clock()):
        pass


async def retried(world, followers, seconds=0):
    """Try lanes again until none is due."""
    world.clock.advance(seconds=seconds)
    while await followers.retry(world.database, world.merchant_id, "count", world.clock()):
        pass


async def stands(world):
    (follower,) = await rows(world, JournalFollower)
    return follower.position, follower.retry_at


async def test_it_is_told_of_what_it_wants_once_and_stands_at_the_end(world):
    ones = [new_id() for _ in range(3)]
    await happen(world, *ones)
    await happen(world, world.merchant_id, event=MerchantSettingsCreated)
    count = Counted()
    followers = following(count, wants=(ApiKeyRevoked,))
    await tell(world, followers)
    assert (count.pages, await count.count(world), await stands(world)) == (
        [[1, 2, 3]],
        3,
        (4, None),
    )
    await tell(world, followers)
    await happen(world, ones[0])
    await tell(world, followers)
    assert (count.pages[1:], await count.count(world)) == ([[5]], 4)
    assert followers.counted == {("count", "TOLD"): 4}


async def test_it_is_told_whose_entry_it_is_and_what_the_entry_says(world):
    key, found = new_id(), []

    async def note(_writing, events):
        found.extend(events)

    await happen(world, key)
    await tell(world, following(note))
    (entry,) = await rows(world, JournalEntry)
    (event,) = found
    assert event.event == ApiKeyRevoked(key)
    assert (event.id, event.sequence, event.aggregate) == (entry.id, 1, "API_KEY")
    assert (event.actor_name, event.recorded_at) == ("Abruf", world.clock())


async def test_what_fails_is_alone_in_its_lane_and_all_others_go_on(world):
    bad, *good = (new_id() for _ in range(4))
    await happen(world, good[0], bad, good[1], bad, good[2])
    count = Counted({2: 99})
    followers = following(count)
    await tell(world, followers)
    (lane,) = await rows(world, FollowerLane)
    assert (lane.aggregate_id, lane.position, lane.attempts) == (bad, 2, 1)
    assert (lane.reason, lane.failed_at) == ("RuntimeError", world.clock())
    assert await stands(world) == (5, world.clock() + PAUSES[0])
    assert await count.count(world) == 3
    assert not any(4 in page for page in count.pages[-2:]), "it waits behind what fails"
    await happen(world, bad, good[0])
    await tell(world, followers)
    assert count.pages[-1] == [7]


async def test_a_lane_is_tried_again_in_its_order_and_ends_when_all_of_it_is_told(world):
    bad = new_id()
    await happen(world, bad, bad, new_id())
    count = Counted({1: 3})
    followers = following(count)
    await tell(world, followers)
    await retried(world, followers)
    tries = len(count.pages)
    await retried(world, followers, 1)
    (lane,) = await rows(world, FollowerLane)
    assert (count.pages[tries:], lane.attempts) == ([[1]], 2)
    await happen(world, bad)
    await tell(world, followers)
    await retried(world, followers, 60)
    assert count.pages[tries + 1 :] == [[1], [2], [4]]
    assert (await rows(world, FollowerLane), await stands(world)) == ([], (4, None))
    assert await count.count(world) == 4
    await happen(world, bad)
    await tell(world, followers)
    assert count.pages[-1] == [5]


async def test_after_its_last_try_a_lane_is_parked_and_nobody_tries_it(world):
    await happen(world, new_id(), new_id())
    count = Counted({1: 99})
    followers = following(count)
    await tell(world, followers)
    for pause in PAUSES:
        await retried(world, followers, pause.total_seconds())
    (lane,) = await rows(world, FollowerLane)
    assert (lane.attempts, lane.retry_at, await stands(world)) == (3, None, (2, None))
    await retried(world, followers, 86_400)
    assert followers.counted == {
        ("count", "FAILED"): 4,
        ("count", "TOLD"): 1,
        ("count", "PARKED"): 1,
    }


async def test_one_that_is_told_elsewhere_is_passed_by(world):
    begun, done = asyncio.Event(), asyncio.Event()
    pages = []

    async def slow(_writing, events):
        pages.append(len(events))
        begun.set()
        await done.wait()

    await happen(world, new_id())
    first = asyncio.create_task(tell(world, following(slow)))
    await begun.wait()
    await tell(world, following(slow))
    done.set()
    await first
    assert (pages, await stands(world)) == ([1], (1, None))


async def test_what_a_later_release_has_written_waits_for_a_worker_of_that_release(world):
    await happen(world, new_id(), new_id(), new_id())
    (_, later, _) = await rows(world, JournalEntry)
    async with world.database.owner.writing(world.merchant_id) as session:
        own = (JournalEntry.merchant_id == world.merchant_id, JournalEntry.id == later.id)
        await session.execute(update(JournalEntry).where(*own).values(type="api_key.renamed"))
    count = Counted()
    await tell(world, following(count, wants=(ApiKeyRevoked,)))
    assert (count.pages, await stands(world)) == ([[1]], (1, None))
