"""Turns: merchants share all of them fairly, and in each its companies and keys do."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from kit.ids import new_id
from kit.limits import Bounds
from models.access.viewers import Actor, Viewer
from resolvers.running.lanes import Lanes
from resolvers.running.shares import Shares


def viewer(bound_to: Any = None, merchant_id: Any = None) -> Viewer:
    return Viewer(merchant_id or new_id(), Actor.BUYER, new_id(), "a key", bound_to=bound_to)


class Load:
    """Requests that hold their turns until they are told to end.

    running: names of those that have turns, in the order in which they got them.
    """

    def __init__(self, lanes: Lanes) -> None:
        self.lanes, self.running = lanes, list[str]()
        self.ends: dict[str, asyncio.Event] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def ask(self, name: str, by: Viewer) -> asyncio.Task[None]:
        """Ask for a turn, and let it be given if there is one."""
        task = asyncio.create_task(self._run(name, by))
        self._tasks.append(task)
        await asyncio.sleep(0)
        return task

    async def end(self, name: str) -> None:
        """End a request that runs, and let its turn be given on."""
        self.ends[name].set()
        while name in self.running:  # noqa: ASYNC110 -- nothing is waited for but the loop's turns.
            await asyncio.sleep(0)
        await asyncio.sleep(0)

    async def end_all(self) -> None:
        while self.running:
            await self.end(self.running[0])
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def counts(self) -> Counter[str]:
        """Return how many run, by the first letter of their names."""
        return Counter(name[0] for name in self.running)

    async def _run(self, name: str, by: Viewer) -> None:
        async with self.lanes.slot(by):
            self.running.append(name)
            end = self.ends[name] = asyncio.Event()
            await end.wait()
            self.running.remove(name)


@asynccontextmanager
async def loaded(turns: int, at_once: int | None = None) -> AsyncIterator[Load]:
    load = Load(Lanes(Bounds(turns=turns, at_once=at_once or turns)))
    yield load
    await load.end_all()
    assert load.lanes.lanes == 0


async def test_all_keys_of_a_company_share_its_turns_and_others_have_their_own() -> None:
    lanes, company, merchant = Lanes(Bounds(at_once=2, waiting=0)), new_id(), new_id()
    async with AsyncExitStack() as inside:
        for _ in range(2):
            assert not lanes.is_full(viewer(company, merchant))
            await inside.enter_async_context(lanes.slot(viewer(company, merchant)))
        assert lanes.is_full(viewer(company, merchant))
        for other in (viewer(new_id(), merchant), viewer(None, merchant), viewer()):
            assert not lanes.is_full(other)
            await inside.enter_async_context(lanes.slot(other))
    assert lanes.lanes == 0


async def test_who_waits_gets_a_turn_when_one_is_free_and_may_leave_before() -> None:
    lanes, one = Lanes(Bounds(at_once=1, waiting=2)), viewer()
    entered: list[str] = []

    async def enter(name: str) -> None:
        async with lanes.slot(one):
            entered.append(name)

    async with lanes.slot(one):
        leaves, stays = (asyncio.create_task(enter(it)) for it in ("leaves", "stays"))
        await asyncio.sleep(0)
        assert (entered, lanes.is_full(one)) == ([], True)
        leaves.cancel()
    await asyncio.wait([leaves, stays])
    assert (entered, leaves.cancelled(), lanes.lanes) == (["stays"], True, 0)


async def test_two_companies_that_ask_without_end_leave_turns_for_a_third() -> None:
    async with loaded(turns=10) as load:
        a, b, c = (viewer(new_id()) for _ in range(3))
        for number in range(20):
            await load.ask(f"a{number}", a)
        assert load.counts() == {"a": 4}
        for number in range(20):
            await load.ask(f"b{number}", b)
        for number in range(30):
            # Whoever ends, the one that runs less goes on, until both run the same.
            await load.end(next(it for it in load.running if it[0] == "ab"[number % 2]))
            assert load.counts().total() < 10
            if number == 15:
                assert set(load.counts()) == {"a", "b"}
        await load.ask("c", c)
        assert "c" in load.running


@pytest.mark.parametrize("companies", [2, 10, 12])
async def test_who_comes_where_all_turns_are_taken_waits_for_one_turn(companies: int) -> None:
    async with loaded(turns=10) as load:
        busy = [viewer(new_id()) for _ in range(companies)]
        for number in range(10):
            for place, each in enumerate(busy):
                await load.ask(f"{'abcdefghijkl'[place]}{number}", each)
        before = len(load.running)
        await load.ask("z", viewer(new_id()))
        # Those that had no turn at all when it came go before it.
        for _ in range(max(0, companies - 10 + 1)):
            assert (before, "z" in load.running) == (10, False)
            await load.end(load.running[0])
        assert "z" in load.running


async def test_lanes_that_run_the_same_take_turns_in_the_order_in_which_they_asked() -> None:
    async with loaded(turns=1) as load:
        a, b = viewer(new_id()), viewer(new_id())
        for name, by in (("a1", a), ("a2", a), ("a3", a), ("b1", b), ("b2", b)):
            await load.ask(name, by)
        order = []
        while load.running:
            order += load.running
            await load.end(load.running[0])
        assert order == ["a1", "b1", "a2", "b2", "a3"]


async def test_of_a_merchant_with_twenty_keys_and_another_the_other_one_is_next() -> None:
    async with loaded(turns=1) as load:
        merchant, innocent = new_id(), viewer()
        keys = [viewer(merchant_id=merchant) for _ in range(20)]
        for place, each in enumerate(keys):
            await load.ask(f"k{place}", each)
        await load.ask("z", innocent)
        order = []
        while load.running:
            order += load.running
            if order[-1] == "z" and len(order) < 10:
                await load.ask("z", innocent)
            await load.end(load.running[0])
        # From then on merchants take turns, and the keys of one take theirs.
        assert order[:10] == ["k0", "z", "k1", "z", "k2", "z", "k3", "z", "k4", "z"]
        assert [it for it in order if it != "z"] == [f"k{number}" for number in range(20)]


async def test_a_merchants_keys_run_half_of_all_together_and_another_begins_at_once() -> None:
    async with loaded(turns=10) as load:
        merchant = new_id()
        for number in range(20):
            await load.ask(f"a{number}", viewer(merchant_id=merchant))
        assert load.counts() == {"a": 5}
        other = viewer()
        for number in range(5):
            await load.ask(f"z{number}", other)
        assert load.counts() == {"a": 5, "z": 2}
        for _ in range(3):
            await load.end(next(it for it in load.running if it[0] == "a"))
        assert load.counts() == {"a": 4, "z": 3}


async def test_a_company_leaves_turns_of_its_merchant_to_the_merchants_others() -> None:
    async with loaded(turns=10) as load:
        merchant = new_id()
        a, b = (viewer(new_id(), merchant) for _ in range(2))
        for number in range(20):
            await load.ask(f"a{number}", a)
        await load.ask("b", b)
        assert load.counts() == {"a": 4, "b": 1}


async def test_a_turn_that_is_given_to_who_leaves_goes_on_to_the_next() -> None:
    async with loaded(turns=1) as load:
        one = viewer()
        await load.ask("first", one)
        leaves = await load.ask("leaves", one)
        await load.ask("next", one)
        load.ends["first"].set()
        while load.running:  # noqa: ASYNC110 -- nothing is waited for but the loop's turns.
            await asyncio.sleep(0)
        leaves.cancel()
        await asyncio.wait([leaves])
        await asyncio.sleep(0)
        assert (leaves.cancelled(), load.running) == (True, ["next"])


async def test_whoever_ends_asks_few_of_those_who_wait_however_many_they_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at, may_have_more = list[Any](), Shares.may_have_more

    def noted(self: Shares, lane: Any) -> bool:
        looked_at.append(lane)
        return may_have_more(self, lane)

    async with loaded(turns=10) as load:
        for number in range(60):
            await load.ask(f"a{number}", viewer())
        monkeypatch.setattr(Shares, "may_have_more", noted)
        await load.end("a0")
        assert (load.running[-1], len(looked_at)) == ("a10", 1)
