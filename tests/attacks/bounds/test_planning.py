"""Whoever sends what nobody has seen before keeps others waiting for one plan at most."""

import asyncio
import gc
import os
import resource
import signal
import socket
import threading
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any
from weakref import ref

import pytest
from graphql import parse

from execution.arguments import Prepared
from execution.plans import Fused, Plan, Planner
from kit.ids import new_id
from kit.loop.apart import Apart, Crowded, Died
from schema.graphql.extensions.limits import _parsed
from schema.schema import PLANNER
from tests import make
from tests.conftest import PATIENT
from tests.make.trade import orders


async def test_the_loop_goes_on_while_something_is_planned() -> None:
    apart, released = Apart(), threading.Event()
    making = asyncio.create_task(apart.made(("A",), released.wait))
    # Were it made in the loop, nobody would be left to say so.
    asyncio.get_running_loop().call_soon(released.set)
    assert await making


async def test_nothing_of_a_plan_is_made_on_the_loop(
    ask: make.Ask, world: make.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is read of a document, its one statement, the levels of a mutation."""
    places: defaultdict[str, set[str]] = defaultdict(set)

    def watch(of: type, name: str) -> None:
        made = getattr(of, name)

        def noted(*about: Any) -> Any:
            places[f"{of.__name__}.{name}"].add(threading.current_thread().name)
            return made(*about)

        monkeypatch.setattr(of, name, noted)

    for of, name in (
        (Prepared, "__init__"),
        (Planner, "_roots"),
        (Plan, "_level"),
        (Fused, "made"),
    ):
        watch(of, name)
    PLANNER.forget()
    order = await orders.order(world, ask)
    await ask(f'{{ order(id: "{order["id"]}") {{ id lines {{ id }} }} }}')
    assert len(places) == 4
    assert {it for names in places.values() for it in names} == {"planning_0"}


async def test_of_one_payer_one_plan_at_a_time_stands_before_others() -> None:
    apart, released, made = Apart(), threading.Event(), list[str]()

    def make(name: str) -> str:
        released.wait()
        made.append(name)
        return name

    wanted = ["A1", "A2", "A3", "B1"]
    tasks = [asyncio.create_task(apart.made((it[0],), lambda it=it: make(it))) for it in wanted]
    await asyncio.sleep(0)
    released.set()
    assert await asyncio.gather(*tasks) == wanted
    assert made == ["A1", "B1", "A2", "A3"]


async def test_keys_of_one_merchant_stand_before_others_with_one_plan_together() -> None:
    apart, released, made = Apart(), threading.Event(), list[str]()

    def make(name: str) -> None:
        released.wait()
        made.append(name)

    keys = [f"A{number}" for number in range(20)]
    wanted = [*keys, "A0", "B", "A0"]
    tasks = [asyncio.create_task(apart.made((it[0], it), lambda it=it: make(it))) for it in wanted]
    await asyncio.sleep(0)
    released.set()
    await asyncio.gather(*tasks)
    # Its keys take turns: another plan of the first one is made when each had one.
    assert made == ["A0", "B", *keys[1:], "A0", "A0"]


async def test_who_is_cancelled_keeps_the_turn_until_the_plan_is_made() -> None:
    apart, begun, released = Apart(), threading.Event(), threading.Event()

    def long() -> None:
        begun.set()
        released.wait()

    first = asyncio.create_task(apart.made(("A",), long))
    await asyncio.to_thread(begun.wait)
    first.cancel()
    second = asyncio.create_task(apart.made(("A",), released.is_set))
    with pytest.raises(asyncio.CancelledError):
        await first
    asyncio.get_running_loop().call_soon(released.set)
    assert await second


async def test_a_fault_is_raised_and_the_next_has_its_turn() -> None:
    apart = Apart()
    with pytest.raises(ZeroDivisionError):
        await apart.made(("A",), lambda: 1 // 0)
    assert await apart.made(("A",), lambda: 1) == 1


def opened() -> set[str]:
    """Return what a process has opened, with the folder in which that is found."""
    return {it.name for it in Path("/dev/fd").iterdir()}


async def long(apart: Apart, payer: str, done: list[str], name: str) -> None:
    """Do long work, and tell when it is done: one is at a time."""
    await apart.long(tuple(payer), os.getpid)
    done.append(name)


async def test_long_work_is_done_in_a_child_that_has_nothing_of_the_parents() -> None:
    apart = Apart()
    with socket.socket() as ours:
        child, open_there = await apart.long(("A",), lambda: (os.getpid(), opened()))
        assert child != os.getpid()
        assert str(ours.fileno()) in opened()
    # The standard three, its own socket, the folder.
    assert len(open_there) <= 5
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


async def test_what_long_work_leaves_behind_never_comes_to_the_process() -> None:
    def make() -> int:
        rings = [Ring() for _ in range(100_000)]
        return len(rings)

    apart, before = Apart(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert await apart.long(("A",), make) == 100_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 8_000


async def test_a_fault_in_a_child_is_raised_and_the_next_has_its_turn() -> None:
    apart = Apart()
    with pytest.raises(ZeroDivisionError):
        await apart.long(("A",), lambda: 1 // 0)
    assert await apart.long(("A",), lambda: 1) == 1


async def test_a_child_that_dies_is_told_and_the_next_has_its_turn() -> None:
    apart = Apart()
    with pytest.raises(Died):
        await apart.long(("A",), lambda: os.kill(os.getpid(), signal.SIGKILL))
    assert await apart.long(("A",), lambda: 1) == 1


async def test_long_work_of_one_key_lets_others_of_its_merchant_through_in_turn() -> None:
    apart, done = Apart(), list[str]()
    wanted = {"A1": "MA", "A2": "MA", "A3": "MA", "B1": "MB", "B2": "MB", "C1": "NC"}
    await asyncio.gather(*(long(apart, payer, done, name) for name, payer in wanted.items()))
    assert done == ["A1", "C1", "B1", "A2", "B2", "A3"]


async def test_short_work_does_not_wait_for_long_work() -> None:
    apart, done = Apart(), list[str]()
    longs = [asyncio.create_task(long(apart, "MA", done, "A")) for _ in range(3)]
    with await apart._long.taken(()):  # noqa: SLF001 -- stands for others' long work.
        assert await apart.made(("M", "A"), lambda: 1) == 1
        assert done == []
    await asyncio.gather(*longs)


async def test_who_waits_too_long_for_long_work_is_refused() -> None:
    apart, done = Apart(patience=0), list[str]()
    both = (long(apart, "MA", done, "A1"), long(apart, "MB", done, "B1"))
    first, second = await asyncio.gather(*both, return_exceptions=True)
    assert (first, type(second)) == (None, Crowded)
    await long(apart, "MB", done, "B2")
    assert done == ["A1", "B2"]


class Ring:
    """Holds itself, so that only a collection ends it."""

    def __init__(self) -> None:
        self.itself = self


async def test_what_a_plan_throws_away_is_found_while_it_is_young():
    watched = []

    def make() -> bool:
        rings = [Ring() for _ in range(20_000)]
        watched.append(ref(rings[0]))
        return gc.isenabled()

    whole = gc.get_stats()[2]["collections"]
    assert not await Apart().made((new_id(),), make)
    assert gc.isenabled()
    assert watched[0]() is None
    assert gc.get_stats()[2]["collections"] == whole


def test_a_parsed_document_is_in_no_cycle():
    text = "query Q($a: ID!) { a: order(id: $a) { lines { id } } }"

    def left(read: Callable[[str], object]) -> int:
        gc.collect()
        gc.disable()
        try:
            read(text)
            return gc.collect()
        finally:
            gc.enable()

    assert left(parse) > 20
    assert left(lambda it: _parsed(it, PATIENT)) == 0
