"""Turns: all keys of a company share a lane, in which only so many run and wait."""

import asyncio
from contextlib import AsyncExitStack
from typing import Any

from kit.ids import new_id
from models.access.viewers import Actor, Viewer
from resolvers.running.lanes import Lanes


def viewer(bound_to: Any = None) -> Viewer:
    return Viewer(new_id(), Actor.BUYER, new_id(), "a key", bound_to=bound_to)


async def test_all_keys_of_a_company_share_its_turns_and_others_have_their_own() -> None:
    lanes, company = Lanes(at_once=2, waiting=0), new_id()
    async with AsyncExitStack() as inside:
        for _ in range(2):
            assert not lanes.is_full(viewer(company))
            await inside.enter_async_context(lanes.turn(viewer(company)))
        assert lanes.is_full(viewer(company))
        for other in (viewer(new_id()), viewer()):
            assert not lanes.is_full(other)
            await inside.enter_async_context(lanes.turn(other))
    assert lanes.lanes == 0


async def test_who_waits_gets_a_turn_when_one_is_free_and_may_leave_before() -> None:
    lanes, one = Lanes(at_once=1, waiting=2), viewer()
    entered: list[str] = []

    async def enter(name: str) -> None:
        async with lanes.turn(one):
            entered.append(name)

    async with lanes.turn(one):
        leaves, stays = (asyncio.create_task(enter(it)) for it in ("leaves", "stays"))
        await asyncio.sleep(0)
        assert (entered, lanes.is_full(one)) == ([], True)
        leaves.cancel()
    await asyncio.wait([leaves, stays])
    assert (entered, leaves.cancelled(), lanes.lanes) == (["stays"], True, 0)
