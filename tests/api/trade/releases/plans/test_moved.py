"""What somebody has moved answers the day for which it was planned, whenever it comes."""

from datetime import date, timedelta

import pytest

from tests.api.trade.releases.test_planned_schedules import STATUS, _planner, _shown
from tests.make.fulfilment import deliveries
from tests.make.trade.contracts import schedule, window

STANDING = """
query ($id: ID!) { contract(id: $id) { callOffs(first: 100) { nodes { deliveries {
  id state fulfilBy window { earliest } lines { planned }
} } } } }
"""
TODAY = date(2026, 3, 2)


def day_after(number):
    return (TODAY + timedelta(number)).isoformat()


def wanted_lines(wanted):
    return [schedule(day_after(day), str(quantity)) for day, quantity in wanted.items()]


async def standing(planner):
    """Return (day, quantity, id, state) of the deliveries that have not left, by day."""
    found = await planner.ask(STANDING, id=planner.contract["id"])
    of = {}
    for order in found["contract"]["callOffs"]["nodes"]:
        of |= {it["id"]: it for it in order["deliveries"]}
    live = [it for it in of.values() if it["state"] in {"PLANNED", "RELEASED"}]
    return sorted((_on(it), _planned(it), it["id"], it["state"]) for it in live)


def _on(delivery):
    return (date.fromisoformat(delivery["window"]["earliest"][:10]) - TODAY).days


def _planned(delivery):
    return sum(int(it["planned"]) for it in delivery["lines"])


async def _move(planner, key, day):
    moved = {"deliveryId": key, "window": window(day_after(day))}
    return await deliveries.done(planner.ask, "deliveryReschedule", **moved)


async def _moved(planner, wanted, before, after):
    """Plan what is wanted, and move the delivery of one day to another."""
    await planner.release(1, *wanted_lines(wanted))
    await planner(until=day_after(60))
    (key,) = (it[2] for it in await standing(planner) if it[0] == before)
    await _move(planner, key, after)
    return key


@pytest.mark.parametrize(
    ("wanted", "moved", "then", "stands"),
    [
        # Its day is gone, or wants less: what is wanted on other days comes on these.
        ({4: 70, 33: 70}, (33, 36), {4: 70}, {4: 70}),
        ({4: 70, 33: 70}, (33, 36), {4: 70, 33: 20}, {4: 70, 36: 20}),
        # More is wanted: it comes on its day.
        ({4: 70}, (4, 9), {4: 90}, {4: 20, 9: 70}),
        # It comes into the window of another one, or a plan reaches its new day.
        ({5: 50, 8: 100}, (8, 5), {5: 60, 8: 100}, {5: 160}),
        ({4: 10, 30: 70}, (30, 5), {4: 10, 30: 40}, {4: 10, 5: 40}),
        # The customer now wants it when it comes; or sooner.
        ({4: 10, 8: 70}, (8, 12), {4: 10, 12: 50}, {4: 10, 12: 50}),
        ({4: 10, 8: 70}, (8, 12), {4: 10, 10: 50}, {4: 10, 10: 50}),
    ],
)
async def test_it_brings_what_its_day_wants_and_nothing_of_others(
    ask, world, wanted, moved, then, stands
):
    planner = await _planner(world, ask)
    before, after = moved
    key = await _moved(planner, wanted, before, after)
    kept = wanted | {before: 0}
    kept[after] = kept.get(after, 0) + wanted[before]
    for number, expected in ((1, {day: it for day, it in kept.items() if it}), (2, stands)):
        if number > 1:
            await planner.release(number, *wanted_lines(then))
        for _ in "12":
            done = await planner(until=day_after(max(12, after)))
            found = await standing(planner)
            shown = dict.fromkeys((it[0] for it in found), 0)
            for day, quantity, *_ in found:
                shown[day] += quantity
            assert shown == expected
        assert {it[0] for it in _shown(done, "status")} <= {"UNCHANGED"}
    if stands.get(after):
        assert key in {it[2] for it in found}


async def test_a_day_that_the_customer_wants_after_the_move_becomes_its_own(ask, world):
    planner = await _planner(world, ask)
    key = await _moved(planner, {4: 10, 8: 70}, 8, 12)
    await planner.release(2, *wanted_lines({4: 10, 12: 70}))
    moved = "Somebody has moved it, or sends it once more: it comes then."
    own = "It is planned as the schedule wants it."
    preview = {"dryRun": True}
    for fields, reason in ((preview, moved), ({}, moved), (preview, own), ({}, own)):
        done = await planner(until=day_after(20), **fields)
        assert dict(_shown(done, "quantity", "reason")) == {"10": own, "70": reason}
    # What is wanted anew on the day of before is planned for that.
    await planner.release(3, *wanted_lines({4: 10, 8: 20, 12: 70}))
    await planner(until=day_after(20))
    found = await standing(planner)
    assert [it[:2] for it in found] == [(4, 10), (8, 20), (12, 70)]
    assert found[2][2] == key


async def test_it_leaves_for_its_new_day_and_its_parts_stay_moved(ask, world):
    planner = await _planner(world, ask)
    key = await _moved(planner, {8: 100, 12: 30}, 8, 20)
    split = {"lines": [{"deliveryLineId": await _line_of(planner, key), "quantity": "40"}]}
    part = await deliveries.done(planner.ask, "deliverySplit", deliveryId=key, **split)
    done = await planner(until=day_after(25))
    assert sorted(_shown(done, *STATUS, "leavesOn")) == [
        ("UNCHANGED", "30", "30", day_after(12)),
        ("UNCHANGED", "40", "40", day_after(20)),
        ("UNCHANGED", "60", "60", day_after(20)),
    ]
    # One of them goes back to where it was, the other one to the day of a third, into that.
    await _move(planner, key, 8)
    await _move(planner, part["part"]["id"], 12)
    (third,) = (it[2] for it in await standing(planner) if it[:2] == (12, 30))
    merged = {"deliveryId": third, "deliveryIds": [part["part"]["id"]]}
    await deliveries.done(planner.ask, "deliveryMerge", **merged)
    for number, wanted, quantities in (
        (2, {8: 100, 12: 30}, {("60", "60"), ("40", "40"), ("30", "30")}),
        (3, {8: 90, 12: 20}, {("60", "50"), ("40", "40"), ("30", "20")}),
    ):
        await planner.release(number, *wanted_lines(wanted))
        done = await planner()
        assert {it[1:] for it in _shown(done, *STATUS)} == quantities
    assert [it[:2] for it in await standing(planner)] == [(8, 50), (12, 60)]


async def _line_of(planner, key):
    read = "query ($id: ID!) { delivery(id: $id) { lines { id } } }"
    return (await planner.ask(read, id=key))["delivery"]["lines"][0]["id"]
