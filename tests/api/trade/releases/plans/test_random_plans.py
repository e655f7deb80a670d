"""Whatever happens between plans, the same plan once more changes nothing."""

import random

import pytest

from tests.api.trade.releases.plans.test_moved import (
    _line_of,
    _move,
    day_after,
    standing,
    wanted_lines,
)
from tests.api.trade.releases.plans.test_what_stays import HELD, sent
from tests.api.trade.releases.test_planned_schedules import _planner, _shown
from tests.make.fulfilment import deliveries
from tests.make.trade import contracts
from tests.make.trade.orders import products

STEPS = 8


class People:
    """They do at random what people do with a contract's deliveries, and plan."""

    def __init__(self, planner, seed):
        self.planner, self.draw, self.number = planner, random.Random(seed), 0
        self.wanted, self.gone, self.fixed, self.others = {}, 0, set(), None

    async def step(self):
        draw = self.draw
        moved = [self.moved, self.moved]
        others = [self.stays, self.leaves, self.cancelled, self.parted]
        self.others = None
        what = draw.choice([self.released, *moved, *others])
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

    async def _one(self):
        here = await standing(self.planner)
        found = [it for it in here if it[3] == "PLANNED" and it[2] not in self.fixed]
        return self.draw.choice(found)[2] if found else None

    async def moved(self):
        if key := await self._one():
            await _move(self.planner, key, self.draw.choice([*self.wanted, 5, 9, 16, 25]))

    async def stays(self):
        if key := await self._one():
            mutation, fields = self.draw.choice([("deliveryRelease", {}), ("deliveryHold", HELD)])
            await deliveries.done(self.planner.ask, mutation, deliveryId=key, **fields)
            self.fixed.add(key)

    async def parted(self):
        """Split off what may be no whole lot, which stays or not."""
        here = {it[2]: it[1] for it in await standing(self.planner)}
        if (key := await self._one()) and here[key] > 1:
            line = {"deliveryLineId": await _line_of(self.planner, key)}
            lines = [line | {"quantity": str(self.draw.randrange(1, here[key]))}]
            await deliveries.done(self.planner.ask, "deliverySplit", deliveryId=key, lines=lines)
            await self.stays()

    async def leaves(self):
        if key := await self._one():
            here = await standing(self.planner)
            self.gone += next(it[1] for it in here if it[2] == key)
            self.others = [it for it in here if it[2] != key]
            await sent(self.planner.ask, key)

    async def cancelled(self):
        if key := await self._one():
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
        if people.others is not None:
            assert found == people.others, (name, found, people.others, people.wanted)
        total, wanted = sum(it[1] for it in found), sum(people.wanted.values()) - people.gone
        fixed = sum(it[1] for it in found if it[3] != "PLANNED" or it[2] in people.fixed)
        if not rules:
            assert total == max(wanted, fixed), (name, found, people.wanted)
        else:
            lost = int(rules.get("minPerCallOff", "1"))
            assert wanted - total < lost, (name, found, people.wanted)
