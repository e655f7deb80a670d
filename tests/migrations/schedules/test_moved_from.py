"""Deliveries that were moved before 0097 answer the day for which they were called off."""

import asyncio

import pytest
from alembic import command

import migrations
from tests.api.trade.releases.plans.test_moved import _moved, day_after, standing
from tests.api.trade.releases.test_planned_schedules import STATUS, _planner, _shown
from tests.kit.programs import ask as ask_once
from tests.make import Ask, World

MOVED = "SELECT moved_from_earliest, moved_from_latest FROM delivery_lines ORDER BY id"


@pytest.mark.prepared("inputs")
async def test_what_was_moved_before_is_known_as_moved(world: World, ask: Ask) -> None:
    planner = await _planner(world, ask)
    await _moved(planner, {8: 100, 12: 30}, 8, 20)
    own = str(world.database.owner.url)
    read = f"{own}?app.merchant={world.merchant_id}"
    before = await asyncio.to_thread(ask_once, read, MOVED)
    assert len([it for it in before if it != (None, None)]) == 1
    for step, revision in ((command.downgrade, "0096"), (command.upgrade, "head")):
        await asyncio.to_thread(step, migrations.configured(own), revision)
    assert await asyncio.to_thread(ask_once, read, MOVED) == before
    assert set(_shown(await planner(until=day_after(20)), *STATUS)) == {
        ("UNCHANGED", "100", "100"),
        ("UNCHANGED", "30", "30"),
    }
    assert [it[:2] for it in await standing(planner)] == [(12, 30), (20, 100)]
