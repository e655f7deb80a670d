"""What a plan leaves as it is, and what has left, counts for what it was planned for."""

import pytest

from tests.api.trade.releases.plans.test_moved import (
    _line_of,
    _move,
    day_after,
    standing,
    wanted_lines,
)
from tests.api.trade.releases.test_planned_schedules import _planner, _shown
from tests.make.fulfilment import deliveries
from tests.make.trade import contracts
from tests.make.trade.contracts import schedule, window
from tests.make.trade.orders import products

CALLED = """
query ($id: ID!) { contract(id: $id) { callOffs(first: 9) { nodes { lines { cancelled } } } } }
"""
HELD = {"reason": "OTHER", "owner": "Ops"}


async def sent(ask, key):
    """Let a planned delivery leave."""
    released = await deliveries.done(ask, "deliveryRelease", deliveryId=key)
    parcels = [{"generateSscc": True, "contents": deliveries.contents(released["delivery"])}]
    await deliveries.done(ask, "deliveryPack", deliveryId=key, parcels=parcels)
    await deliveries.done(ask, "deliveryDispatch", deliveryId=key)


class Steps:
    """What people do with a contract's deliveries, named by the day on which each comes."""

    def __init__(self, planner):
        self.planner, self.number = planner, 0

    async def at(self, day):
        return next(it[2] for it in await standing(self.planner) if it[0] == day)

    async def wants(self, wanted):
        self.number += 1
        await self.planner.release(self.number, *wanted_lines(wanted))

    async def wants_hours(self, day, hours, number=1):
        """Want just in time so much of a day from each hour, for two hours."""
        lines = []
        for hour, quantity in hours.items():
            on = day_after(day)
            times = {"earliest": f"{on}T{hour:02}:00:00Z", "latest": f"{on}T{hour + 2:02}:00:00Z"}
            lines.append(schedule(on, str(quantity)) | {"window": window(on) | times})
        await self.planner.release(number, *lines, type="JIT")

    async def moves(self, before, after):
        await _move(self.planner, await self.at(before), after)

    async def does(self, mutation, day, **fields):
        key = await self.at(day)
        await deliveries.done(self.planner.ask, mutation, deliveryId=key, **fields)

    async def leaves(self, day, quantity=None):
        """Let the delivery of a day leave, or a part of it."""
        ask, key = self.planner.ask, await self.at(day)
        lines = [{"deliveryLineId": await _line_of(self.planner, key), "quantity": str(quantity)}]
        if quantity is not None:
            part = await deliveries.done(ask, "deliverySplit", deliveryId=key, lines=lines)
            key = part["part"]["id"]
        await sent(ask, key)

    async def plans(self):
        """Plan, and return (day, quantity) of what stands: once more it changes nothing."""
        await self.planner(until=day_after(40))
        before = await standing(self.planner)
        again = await self.planner(until=day_after(40))
        assert await standing(self.planner) == before
        assert {it[0] for it in _shown(again, "status")} <= {"UNCHANGED", "KEPT"}
        return [it[:2] for it in before]


@pytest.mark.parametrize(
    ("wanted", "steps", "then", "stands"),
    [
        # Released or held where it comes now: it brings what is wanted then.
        (
            {5: 50, 9: 80},
            [("moves", 5, 12), ("does", "deliveryRelease", 12)],
            {9: 80, 12: 50},
            [(9, 80), (12, 50)],
        ),
        # What is over of its own day brings what is wanted after it comes, not before.
        (
            {5: 50, 9: 80, 15: 100},
            [("moves", 5, 12), ("does", "deliveryRelease", 12)],
            {5: 20, 9: 80, 15: 100},
            [(9, 80), (12, 50), (15, 70)],
        ),
        # It was put into a delivery of another day than it was called off for.
        (
            {5: 50},
            [
                *(("does", "deliveryCancel", 5), ("wants", {9: 50, 12: 30}), ("plans",)),
                ("does", "deliveryRelease", 9),
            ],
            {7: 20, 9: 50, 12: 30},
            [(7, 20), (9, 50), (12, 30)],
        ),
        # Sooner than planned: it brings what the customer wants then, where nothing else does.
        (
            {5: 50, 9: 80},
            [("moves", 9, 3), ("does", "deliveryRelease", 3)],
            {3: 80, 5: 50, 9: 40},
            [(3, 80), (5, 50), (9, 40)],
        ),
        # A later one leaves before what was moved behind it: that stays as long as it is wanted.
        ({5: 50, 9: 80}, [("moves", 5, 12), ("leaves", 9)], None, [(12, 50)]),
        ({5: 50, 9: 80}, [("moves", 5, 12), ("leaves", 9, 30)], None, [(9, 50), (12, 50)]),
        (
            {5: 50, 9: 80, 15: 30},
            [("moves", 5, 12), ("leaves", 9), ("does", "deliveryRelease", 12)],
            {5: 50, 9: 80, 15: 30},
            [(12, 50), (15, 30)],
        ),
        # A later one leaves first, moved or not: what nobody has moved stays as it is.
        ({5: 50, 9: 80}, [("moves", 9, 3), ("leaves", 3)], None, [(5, 50)]),
        ({5: 50, 9: 80, 15: 30}, [("leaves", 9)], {5: 50, 9: 80, 15: 40}, [(5, 50), (15, 40)]),
        # Its day is told by the hour: nothing of it goes back.
        (
            {5: 50, 9: 80},
            [("moves", 5, 7), ("wants_hours", 5, {6: 20, 14: 30})],
            None,
            [(7, 50), (9, 80)],
        ),
    ],
)
async def test_it_counts_for_the_day_on_which_it_comes(ask, world, wanted, steps, then, stands):
    does = Steps(await _planner(world, ask))
    await does.wants(wanted)
    await does.plans()
    for name, *values in steps:
        await getattr(does, name)(*values)
    if then is not None:
        await does.plans()
        await does.wants(then)
    assert await does.plans() == stands


async def test_what_is_held_counts_for_the_day_on_which_it_comes(ask, world):
    does = Steps(await _planner(world, ask))
    await does.wants({5: 50, 9: 80, 15: 100})
    await does.plans()
    await does.moves(5, 12)
    await does.does("deliveryHold", 12, **HELD)
    await does.wants({9: 80, 12: 50, 15: 100})
    assert await does.plans() == [(9, 80), (12, 50), (15, 100)]


@pytest.mark.parametrize(
    ("lot", "parts", "then", "stands"),
    [
        # Half a lot is released: what is missing beside both halves is one lot, not two halves.
        ("40", (20, "deliveryRelease"), 80, [20, 60]),
        # Nothing more is wanted: the other half stays as it is.
        ("40", (20, "deliveryRelease"), 40, [20, 20]),
        ("10", (7, "deliveryRelease"), 30, [7, 23]),
        # What is in no delivery any more is no whole lot.
        ("40", (20, "deliveryCancel"), 80, [80]),
    ],
)
async def test_whole_lots_come_beside_what_is_none(ask, world, lot, parts, then, stands):
    (bolt,) = await products(ask, "BOLT")
    does = Steps(await _planner(world, ask, lines=[contracts.line(bolt, lotMultiple=lot)]))
    await does.wants({5: 40 if lot == "40" else 20})
    await does.plans()
    quantity, mutation = parts
    key = await does.at(5)
    lines = [{"deliveryLineId": await _line_of(does.planner, key), "quantity": str(quantity)}]
    part = await deliveries.done(ask, "deliverySplit", deliveryId=key, lines=lines)
    await deliveries.done(ask, mutation, deliveryId=part["part"]["id"])
    await does.wants({5: then})
    assert sorted(quantity for _, quantity in await does.plans()) == stands


async def test_what_is_no_whole_lot_is_left_out_and_the_others_are_planned(ask, world):
    bolt, nut = await products(ask, "BOLT", "NUT")
    rules = {"lotMultiple": "40", "minPerCallOff": "160"}
    does = Steps(
        await _planner(world, ask, lines=[contracts.line(bolt, **rules), contracts.line(nut)])
    )
    await does.wants({5: 160})
    await does.plans()
    key = await does.at(5)
    lines = [{"deliveryLineId": await _line_of(does.planner, key), "quantity": "20"}]
    part = await deliveries.done(ask, "deliverySplit", deliveryId=key, lines=lines)
    await deliveries.done(ask, "deliveryRelease", deliveryId=part["part"]["id"])
    # 20 of what is planned come on the new day; 60 more are no whole lot.
    await does.wants({5: 140, 9: 80})
    await does.planner.release(1, *wanted_lines({7: 30}), of=1)
    done = await does.planner(until=day_after(40))
    assert ("REFUSED", "LOT_MULTIPLE") in _shown(done, "status", "code")
    assert [it[:2] for it in await standing(does.planner)] == [(5, 20), (5, 120), (7, 30), (9, 20)]


@pytest.mark.parametrize("rules", [{"minPerCallOff": "30"}, {"maxPerCallOff": "40"}])
async def test_what_moves_behind_a_plan_is_not_lost_below_the_minimum(ask, world, rules):
    (bolt,) = await products(ask, "BOLT")
    does = Steps(await _planner(world, ask, lines=[contracts.line(bolt, **rules)]))
    await does.wants({4: 20, 8: 20})
    await does.planner(until=day_after(10))
    await does.wants({4: 20, 12: 20})
    for gone in (1, 0):
        done = await does.planner(until=day_after(10))
        reasons = [it["reason"] for it in done["items"] if it["status"] == "CANCELLED"]
        is_kept = ["20 of it stay called off, for days after this plan." in it for it in reasons]
        assert is_kept == ["minPerCallOff" in rules] * gone
        assert [it[:2] for it in await standing(does.planner)] == [(4, 20)]
    assert await does.plans() == [(4, 20), (12, 20)]
    called = await does.planner.ask(CALLED, id=does.planner.contract["id"])
    assert sorted(
        line["cancelled"] for it in called["contract"]["callOffs"]["nodes"] for line in it["lines"]
    ) == (["0", "0"] if "minPerCallOff" in rules else ["0", "0", "20"])


async def test_what_is_planned_beyond_a_plan_leaves_its_place_to_nearer_days(ask, world):
    bolt, nut = await products(ask, "BOLT", "NUT")
    lines = [contracts.line(bolt, target="100", maxQuantity="100"), contracts.line(nut)]
    does = Steps(await _planner(world, ask, lines=lines))
    await does.planner.release(1, *wanted_lines({9: 20}), of=1)
    await does.wants({4: 50, 9: 50})
    await does.plans()
    await does.wants({3: 20, 4: 50, 9: 50})
    for until, status in ((5, "LOWERED"), (5, None), (40, "REFUSED")):
        done = await does.planner(until=day_after(until))
        codes = dict(_shown(done, "code", "status"))
        assert codes.get("EXCEEDS_MAX") == status
        assert [it[:2] for it in await standing(does.planner)] == [(3, 20), (4, 50), (9, 50)]


async def test_it_says_that_what_was_moved_brings_all_and_what_fills_its_lot(ask, world):
    (bolt,) = await products(ask, "BOLT")
    does = Steps(await _planner(world, ask, lines=[contracts.line(bolt, lotMultiple="10")]))
    await does.wants({5: 30})
    await does.plans()
    key = await does.at(5)
    lines = [{"deliveryLineId": await _line_of(does.planner, key), "quantity": "12"}]
    moved = {"lines": lines, "window": window(day_after(7))}
    await deliveries.done(ask, "deliverySplit", deliveryId=key, **moved)
    await does.wants({5: 11})
    done = await does.planner()
    assert [it[:2] for it in await standing(does.planner)] == [(5, 8), (7, 12)]
    (reason,) = (it["reason"] for it in done["items"] if it["status"] == "LOWERED")
    assert reason == (
        "The schedule wants 11 then, and 18 are planned."
        " 11 of it come with what somebody has moved, or sends once more."
        " 8 more fill whole lots or packagings."
    )
