"""Looks of the collector of cycles stop everybody: they see little; rubbish ends all the same."""

import asyncio
import gc
import subprocess
import sys
import threading
import weakref
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from commands.master.catalog import ProductsUpsert, upsert_all
from kit.db.database import Database
from kit.loop import memory
from kit.loop.memory import OLD, Settled, aging
from server import application
from tests.make import World
from tests.make.running import run, staff, until
from tests.run.abruf import ROOT
from transport.serving import Serving


class Ring:
    """Holds itself, so that only a look of the collector ends it."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> Settled:
    """Return what settles a thousand objects, after a look at all that tests have left."""
    for name, number in (("OLD", 100), ("UNSURE", 500), ("MOST_UNSURE", 2_000)):
        monkeypatch.setattr(memory, name, number)
    memory.settle_all()
    return Settled(held=lambda: 0)


@contextmanager
def looks(at: int = 2) -> Iterator[list[int]]:
    """Note how many objects each look at a generation sees."""
    seen = list[int]()

    def note(phase: str, about: dict[str, int]) -> None:
        if (phase, about["generation"]) == ("start", at):
            seen.append(len(gc.get_objects()))

    gc.callbacks.append(note)
    try:
        yield seen
    finally:
        gc.callbacks.remove(note)


def test_looks_break_no_tuple_that_another_thread_builds() -> None:
    """With a step of Python between look and count some of them broke each second."""
    over, built = threading.Event(), Counter[str]()
    kept = [[it] for it in range(10 * OLD)]

    def build() -> None:
        while not over.is_set():
            try:
                built["whole" if tuple(it for it in kept[:3_000]) else "empty"] += 1
            except SystemError:
                built["broken"] += 1

    usual = sys.getswitchinterval()
    sys.setswitchinterval(0.0005)
    gc.collect()
    thread = threading.Thread(target=build)
    thread.start()
    try:
        for _ in range(700):
            # What is built meanwhile is young no more.
            gc.collect(0)
            memory._old()  # noqa: SLF001 -- what each look of the collector asks.
    finally:
        over.set()
        thread.join()
        sys.setswitchinterval(usual)
    assert built.keys() == {"whole"}


async def test_looks_during_a_mutation_see_nothing_of_what_is_remembered(world: World) -> None:
    usual, settled = gc.get_threshold(), Settled()
    remembered = [[it] for it in range(10 * OLD)]
    gc.collect(1)
    settled.look(is_quiet=False)
    products = [{"sku": f"S-{number}", "name": "Shaft"} for number in range(250)]
    gc.set_threshold(700, 1, 1)
    try:
        async with settled.growing(lambda: None):
            settled.look(is_quiet=False)
            with looks() as seen:
                await run(world, upsert_all, ProductsUpsert, products=products)
                gc.collect()
    finally:
        gc.set_threshold(*usual)
    assert len(seen) > 1
    assert max(seen) < len(remembered)


@pytest.mark.parametrize("count", [1_000, 3_000])
async def test_rubbish_of_what_is_settled_ends_at_a_quiet_moment_or_where_it_is_much(
    settled: Settled, count: int
) -> None:
    async with settled.growing(lambda: None):
        rings = [Ring() for _ in range(count)]
        watched = weakref.ref(rings[0])
        gc.collect()
        assert settled.unsure >= count
        del rings
        gc.collect()
        settled.look(is_quiet=False)
        if count < memory.MOST_UNSURE:
            assert watched() is not None
            settled.look(is_quiet=True)
    assert (watched(), settled.unsure) == (None, 0)


@pytest.mark.parametrize("is_quiet", [True, False])
async def test_few_settled_objects_that_hold_much_are_looked_for(*, is_quiet: bool) -> None:
    """Such as what clients did not read of their answers before they hung up."""
    most = memory.GROWN if is_quiet else memory.MOST_GROWN
    held, trimmed = [1_000], threading.Event()
    settled = Settled(lambda: held[0], lambda _: trimmed.set())
    ring = Ring()
    watched = weakref.ref(ring)
    gc.freeze()
    del ring
    held[0] += most
    with aging():
        settled.look(is_quiet=is_quiet)
    assert watched() is not None, "What a long command holds is no rubbish."
    held[0] -= 1
    settled.look(is_quiet=is_quiet)
    assert watched() is not None
    held[0] += 1
    settled.look(is_quiet=is_quiet)
    assert watched() is None
    assert await asyncio.to_thread(trimmed.wait, 10)
    with looks() as seen:
        settled.look(is_quiet=is_quiet)
    assert seen == [], "Only what has grown since then counts."


def test_what_a_process_holds_is_read() -> None:
    before = memory.held_bytes()
    much = b"x" * memory.MOST_GROWN
    assert memory.held_bytes() - before >= memory.MOST_GROWN - memory.GROWN
    del much


async def test_less_that_is_held_is_what_growth_is_measured_by() -> None:
    held = [memory.GROWN]
    settled = Settled(lambda: held[0], None)
    for held[0] in (0, memory.GROWN):
        with looks() as seen:
            settled.look(is_quiet=True)
    assert seen


async def test_what_is_held_in_the_midst_of_much_is_not_what_a_quiet_process_holds() -> None:
    """It is looked at once more when nobody comes, and given back as far as it has ended."""
    held, trimmed = [0], threading.Event()
    settled = Settled(lambda: held[0], lambda _: trimmed.set())
    held[0] = memory.MOST_GROWN
    for is_quiet, looks_at_it in ((False, True), (False, False), (True, True), (True, False)):
        with looks() as seen:
            settled.look(is_quiet=is_quiet)
        assert bool(seen) == looks_at_it
        assert not looks_at_it or await asyncio.to_thread(trimmed.wait, 10)
        trimmed.clear()


LARGE = """
import sys
from kit.loop import memory
if "at once" in sys.argv:
    memory.give_back_at_once()
first = b"x" * int(5e6)
del first
before = memory.held_bytes()
many = [(b"x" * int(4e6), b"x" * int(1e3)) for _ in range(16)]
kept = [small for _, small in many]
del many
print(memory.held_bytes() - before)
"""


@pytest.mark.parametrize("way", ["at once", "left to the allocator"])
def test_what_is_large_is_given_back_once_it_is_freed(way: str) -> None:
    """The allocator by itself keeps it beneath the next that is kept."""
    process = (sys.executable, "-c", LARGE, way)
    left = int(subprocess.run(process, capture_output=True, check=True, cwd=ROOT).stdout)
    assert (left < memory.GROWN) == (way == "at once")


async def test_what_has_ended_by_itself_is_looked_for_no_more(settled: Settled) -> None:
    async with settled.growing(lambda: None):
        held = [[it] for it in range(3_000)]
        gc.collect()
        del held
        with looks() as seen:
            settled.look(is_quiet=False)
            settled.look(is_quiet=True)
    assert seen == []
    assert settled.unsure < 500


async def test_what_long_commands_hold_is_settled_unseen(settled: Settled) -> None:
    async with settled.growing(lambda: None):
        with aging(), looks() as seen:
            held = [[it] for it in range(1_000)]
            gc.collect(0)
            settled.look(is_quiet=False)
    assert (len(held), seen) == (1_000, [])
    assert settled.unsure >= 1_000


async def test_a_server_looks_for_rubbish_of_what_is_settled_while_nobody_comes(
    world: World, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Until it has stopped: what it does once a second is done here by each round of the loop."""
    monkeypatch.setattr(memory, "LOOK_EACH_S", 0)
    quiet = list[bool]()
    monkeypatch.setattr(Settled, "look", lambda _, *, is_quiet: quiet.append(is_quiet))
    app, before = application(Serving(Database(database_url))), len(gc.callbacks)
    lanes = next(it.app.lanes for it in app.routes if hasattr(getattr(it, "app", None), "lanes"))
    async with app.router.lifespan_context(app):
        assert len(gc.callbacks) == before + 1
        await until(lambda: quiet[-2:] == [True, True])
        async with lanes.slot(staff(world)):
            quiet.clear()
            await until(lambda: len(quiet) > 2)
            assert not any(quiet)
        quiet.clear()
        await until(lambda: len(quiet) > 1)
        assert quiet[:2] == [False, True]
    assert len(gc.callbacks) == before
