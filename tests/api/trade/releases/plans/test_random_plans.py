"""Whatever happens between plans, the same plan once more changes nothing."""

import random

import pytest

from tests.api.trade.releases.plans.test_moved import _move, day_after, standing, wanted_lines
from tests.api.trade.releases.test_planned_schedules import _planner, _shown
from tests.make.fulfilment import deliveries
from tests.make.trade import contracts
from tests.make.trade.orders import products

STEPS = 8


class People:
    """They do at random what people do with a contract's deliveries, and plan."""

    def __init__(self, planner, seed):
        self.planner, self.draw, self.number = planner, random.Random(seed), 0
        self.wanted = {}

    async def step(self):
        draw = self.draw
        what = draw.choice([self.released, self.moved, self.moved, self.stays, self.cancelled])
        await what()
        await self.planned(draw.choice([8, 14, 40]))
        return what.__name__

    async def planned(self, until):
        """Plan twice: nothing is left to do for the second one."""
        first = await self.planner(until=day_after(until))
        before = await standing(self.planner)
        again = await self.planner(until=day_after(until))
        assert (again["callOffs"], again["deliveries"]) == ([], []), (until, first, again)
        assert {it[0] for it in _shown(again, "status")} <= {"UNCHANGED", "KEPT", "REFUSED"}, (
            until,
            first["items"],
            again["items"],
        )
        assert await standing(self.planner) == before

    async def released(self):
        self.number += 1
        days = self.draw.sample(range(3, 20), self.draw.randint(0, 4))
        if self.wanted and self.draw.random() < 0.7:
            days = [*self.draw.sample(list(self.wanted), 1), *days]
        self.wanted = {it: 10 * self.draw.randint(1, 9) for it in sorted(days)}
        await self.planner.release(self.number, *wanted_lines(self.wanted))

    async def _one(self, states=("PLANNED",)):
        found = [it for it in await standing(self.planner) if it[3] in states]
        return self.draw.choice(found)[2] if found else None

    async def moved(self):
        if key := await self._one():
            await _move(self.planner, key, self.draw.choice([*self.wanted, 5, 9, 16, 25]))

    async def stays(self):
        if self.draw.random() < 0.5 and (key := await self._one()):
            await deliveries.done(self.planner.ask, "deliveryRelease", deliveryId=key)

    async def cancelled(self):
        if self.draw.random() < 0.5 and (key := await self._one()):
            await deliveries.done(self.planner.ask, "deliveryCancel", deliveryId=key)


@pytest.mark.parametrize("seed", range(1, 4))
async def test_a_plan_called_twice_changes_nothing_the_second_time(ask, world, seed):
    (bolt,) = await products(ask, "BOLT")
    rules = [{}, {"lotMultiple": "40"}, {"minPerCallOff": "50"}][seed % 3]
    line = contracts.line(bolt, target="100000", **rules)
    people = People(await _planner(world, ask, lines=[line]), seed)
    await people.released()
    await people.planned(40)
    for _ in range(STEPS):
        name = await people.step()
        await people.planned(60)
        found = await standing(people.planner)
        total, wanted = sum(it[1] for it in found), sum(people.wanted.values())
        fixed = sum(it[1] for it in found if it[3] != "PLANNED")
        if not rules:
            assert total == max(wanted, fixed), (name, found, people.wanted)
