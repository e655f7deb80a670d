"""Long answers arrive in turn: the others are not read meanwhile."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from kit.db import arriving
from kit.db.arriving import LONG, OF_ALL, ROOM_OF_ALL, Reception
from kit.ids import new_id
from tests import make


class Line(asyncio.Transport):
    """A transport that notes whether it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.is_read = True

    def set_protocol(self, protocol: Any) -> None: ...

    def is_closing(self) -> bool:
        return False

    def pause_reading(self) -> None:
        self.is_read = False

    def resume_reading(self) -> None:
        self.is_read = True


class Driver(asyncio.Protocol):
    """Counts what it is given."""

    came = 0

    def data_received(self, data: bytes) -> None:
        self.came += len(data)


def begun(of: UUID | None, size: int = ROOM_OF_ALL) -> tuple[Line, Reception]:
    """Return a connection over which so much has come."""
    line, driver = Line(), Driver()
    arrives = Reception(driver, line)
    arrives.begin(of)
    arrives.data_received(bytes(size))
    assert driver.came == size
    return line, arrives


async def test_what_is_not_long_never_waits_and_what_is_waits_for_the_one_before():
    one = new_id()
    (first, has_room), (short, ends), (second, waits) = (
        begun(one),
        begun(one, LONG),
        begun(one),
    )
    assert (first.is_read, short.is_read, second.is_read) == (True, True, False)
    ends.end()
    assert not second.is_read
    has_room.end()
    assert second.is_read
    waits.end()
    assert OF_ALL.waiting == 0


async def test_many_are_read_at_a_time_short_of_what_there_is_room_for():
    """Beyond that the first of them alone, until it ends; nobody waits for one of few bytes."""
    one = new_id()
    all_ = [begun(one, LONG + 1) for _ in range(4)]
    assert [line.is_read for line, _ in all_] == [True] * 4
    for _, each in all_:
        each.data_received(bytes(ROOM_OF_ALL // 4))
    assert [line.is_read for line, _ in all_] == [True, False, False, False]
    all_[0][1].data_received(bytes(ROOM_OF_ALL))
    assert [line.is_read for line, _ in all_] == [True, False, False, False]
    for place, (_, each) in enumerate(all_):
        each.end()
        assert all(line.is_read for line, _ in all_[place + 1 : place + 2])
    assert OF_ALL.waiting == 0


async def test_merchants_have_room_in_turn():
    one, other = new_id(), new_id()
    all_ = [begun(it) for it in (one, one, one, other, one)]
    came = list[int]()
    while len(came) < len(all_):
        (place,) = {it for it, (line, _) in enumerate(all_) if line.is_read} - set(came)
        came.append(place)
        all_[place][1].end()
    assert came == [0, 3, 1, 2, 4]


async def test_who_holds_locks_does_not_wait():
    _, has_room = begun(new_id())
    line, _ = begun(None)
    assert line.is_read
    has_room.end()


async def test_who_waits_and_is_given_up_is_read_on_and_leaves_its_place():
    _, has_room = begun(new_id())
    line, waits = begun(new_id())
    waits.end()
    assert line.is_read
    assert OF_ALL.waiting == 0
    has_room.end()


async def test_nobody_waits_long_for_rows_that_come_one_by_one(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(arriving, "WAIT_S", 0)
    _, has_room = begun(new_id())
    line, tires = begun(new_id())
    assert not line.is_read
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert line.is_read
    for each in (has_room, tires):
        each.end()


async def test_a_timer_ends_with_what_it_was_for():
    _, has_room = begun(new_id())
    _, waits = begun(new_id())
    timer = waits._tires  # noqa: SLF001 -- timers have no other face.
    assert timer is not None
    has_room.end()
    assert timer.cancelled()
    waits.end()


async def test_long_answers_of_postgresql_arrive_in_turn(world: make.World):
    """Whole, each of them, also where one waits."""
    database = world.database
    reads = [database.reading(world.merchant_id) for _ in range(4)]
    many = "SELECT repeat('x', 1000) AS text FROM generate_series(1, 4000)"

    async def read(one: Any) -> int:
        rows = await one.texts(many, [])
        had.append(sum(it.came > ROOM_OF_ALL for it in OF_ALL._came))  # noqa: SLF001 -- memory has no other face.
        await one.end()
        return sum(len(it) for (it,) in rows)

    had = list[int]()
    assert await asyncio.gather(*map(read, reads)) == [4_000_000] * 4
    assert max(had) == 1
    assert not OF_ALL._came  # noqa: SLF001
