"""What schedules want is called off within what one call-off may have."""

import pytest

from kit.ids import to_global
from tests.api.master.test_calendars import item, put
from tests.api.trade.releases.plans.test_moved import standing, wanted_lines
from tests.api.trade.releases.test_planned_schedules import STATUS, _lost, _planner, _shown
from tests.make.fulfilment import deliveries
from tests.make.master import locations, parties
from tests.make.trade import contracts
from tests.make.trade.contracts import schedule, window
from tests.make.trade.orders import products


@pytest.mark.parametrize(
    ("rules", "wanted", "called", "quantities"),
    [
        ({"maxPerCallOff": "100"}, ["100", "100", "100"], [["100"]] * 3, ["100", "100", "100"]),
        ({"maxPerCallOff": "100"}, ["250"], [["100"], ["100"], ["50"]], ["250"]),
        ({"maxPerCallOff": "100"}, ["70", "50"], [["70", "30"], ["20"]], ["70", "50"]),
        # The last one has the least, and the one before so much less.
        (
            {"maxPerCallOff": "100", "minPerCallOff": "60"},
            ["250"],
            [["100"], ["90"], ["60"]],
            ["250"],
        ),
        # 120 are two of 60, 130 would be 80 and 50: what comes last waits.
        ({"maxPerCallOff": "60", "minPerCallOff": "60"}, ["120", "10"], [["60"]] * 2, ["120", "0"]),
        # Whole lots of 40: two in each.
        (
            {"maxPerCallOff": "100", "lotMultiple": "40"},
            ["150"],
            [["80"], ["80"]],
            ["160"],
        ),
        ({"minPerCallOff": "100"}, ["30"], [], ["0"]),
        ({"minPerCallOff": "100"}, ["30", "70"], [["30", "70"]], ["30", "70"]),
    ],
)
async def test_it_is_split_into_call_offs(ask, world, rules, wanted, called, quantities):
    (bolt,) = await products(ask, "BOLT")
    planner = await _planner(world, ask, lines=[contracts.line(bolt, **rules)])
    days = [schedule(f"2026-03-1{at}", it) for at, it in enumerate(wanted)]
    await planner.release(1, *days)
    done = await planner()
    assert [it for _, _, it in _shown(done, *STATUS)] == quantities
    assert [[it["ordered"] for it in each["lines"]] for each in done["callOffs"]] == called
    assert [it["quantity"] for it in done["items"] if it["code"]] == ["0"] * quantities.count("0")
    again = await planner()
    assert (again["callOffs"], again["deliveries"]) == ([], [])
    assert {it[0] for it in _shown(again, "status")} <= {"UNCHANGED", "REFUSED"}


async def test_what_is_to_go_to_another_plant_is_planned_there_only(ask, world):
    place = await contracts.docks(world, ask)
    first, second = place["shipToIds"]
    planner = await _planner(world, ask, **place)
    for plant, day, quantity in ((first, "2026-03-06", "10"), (second, "2026-03-09", "40")):
        await planner.release(1, schedule(day, quantity), shipToId=plant)
    at = {"channelId": planner.fields["channelId"], "window": window("2026-03-06")}
    order = await contracts.call_off(world, ask, planner.contract, "10", shipToId=first, **at)
    await deliveries.planned(world, ask, order, shipToId=second, method="FREIGHT")
    # The first plant lacks its 10, and the second one 30 of 40; so it is once those have left.
    assert sorted(_shown(await planner(), *STATUS)) == [
        ("CREATED", "0", "10"),
        ("CREATED", "0", "30"),
    ]
    assert {it[0] for it in _shown(await planner(), "status")} == {"UNCHANGED"}


async def test_what_somebody_has_moved_or_sends_once_more_stays_as_far_as_it_is_wanted(ask, world):
    planner = await _planner(world, ask)
    days = schedule("2026-03-06", "100"), schedule("2026-03-20", "80")
    await planner.release(1, *days)
    first, second = (await planner())["deliveries"]
    later = {"window": contracts.window("2026-03-23")}
    await deliveries.done(ask, "deliveryReschedule", deliveryId=second["id"], **later)
    await _lost(ask, first)
    again = {"window": contracts.window("2026-03-09")}
    await deliveries.done(ask, "deliveryReship", deliveryId=first["id"], **again)
    for _ in range(2):
        done = await planner()
        kept = [("UNCHANGED", "100", "100"), ("UNCHANGED", "80", "80")]
        assert sorted(_shown(done, *STATUS)) == kept
        assert done["deliveries"] == []
    # Less is wanted, and on another day: what was moved is taken back.
    await planner.release(2, schedule("2026-03-06", "100"), schedule("2026-03-27", "30"))
    expected = [("CANCELLED", "80", "0"), ("CREATED", "0", "30"), kept[0]]
    assert sorted(_shown(await planner(), *STATUS)) == expected
    assert [it for it in await planner.standing() if it[0] == "PLANNED"] == [
        ("PLANNED", ["100"]),
        ("PLANNED", ["30"]),
    ]


async def test_what_leaves_after_the_day_of_the_plan_since_its_place_is_shut_is_planned_once(
    ask, world, clock
):
    """It is due on Wednesday; its place takes in on Mondays, of which one is over, and Fridays."""
    clock.advance(hours=9)
    place = await contracts.docks(world, ask)
    planner = await _planner(world, ask, **place)
    await planner.release(1, schedule("2026-03-04", "10"), shipToId=place["shipToIds"][0])
    for status in ("CREATED", "UNCHANGED", "UNCHANGED"):
        (item,) = (await planner(until="2026-03-04"))["items"]
        assert (item["status"], item["leavesOn"]) == (status, "2026-03-06")
    assert await planner.standing() == [("PLANNED", ["10"])]


async def _near_and_far(ask, world):
    """Plan two days, and release the delivery of the later one."""
    planner = await _planner(world, ask)
    await planner.release(1, schedule("2026-03-06", "100"), schedule("2026-03-10", "200"))
    _, far = (await planner())["deliveries"]
    await deliveries.done(ask, "deliveryRelease", deliveryId=far["id"])
    return planner


@pytest.mark.parametrize("until", ["2026-03-06", "2026-03-31"])
async def test_what_is_released_for_a_later_day_leaves_the_nearer_one_its_delivery(
    ask, world, until
):
    planner = await _near_and_far(ask, world)
    for _ in "12":
        done = await planner(until=until)
        assert _shown(done, *STATUS) == [("UNCHANGED", "100", "100")]
    # Sent again, with less for the later day: what is over brings what is wanted later, then this.
    await planner.release(2, schedule("2026-03-06", "100"), schedule("2026-03-10", "150"))
    done = await planner(until=until)
    assert _shown(done, *STATUS) == [("LOWERED", "100", "50"), ("KEPT", "50", "50")]


async def test_what_is_called_off_for_a_far_day_takes_nothing_from_near_ones(ask, world):
    planner = await _planner(world, ask)
    near = [schedule(f"2026-03-{day:02}", "10") for day in range(4, 14)]
    await planner.release(1, *near, schedule("2026-04-20", "100"))
    await planner(until="2026-03-13")
    # Over another channel: this plan may not plan it.
    at = {"window": window("2026-04-20")}
    await contracts.call_off(world, ask, planner.contract, "100", **at)
    done = await planner(until="2026-03-13")
    assert set(_shown(done, *STATUS)) == {("UNCHANGED", "10", "10"), ("KEPT", "100", "100")}


async def test_what_is_late_and_released_brings_what_is_late_when_it_is_sent_again(ask, world):
    planner = await _planner(world, ask)
    late = {**schedule("2026-02-20", "50"), "kind": "BACKLOG"}
    await planner.release(1, late, schedule("2026-03-10", "100"))
    first, _ = (await planner())["deliveries"]
    await deliveries.done(ask, "deliveryRelease", deliveryId=first["id"])
    for number in (2, 3):
        await planner.release(number, late, schedule("2026-03-10", "100"))
        done = await planner()
        assert _shown(done, *STATUS) == [("UNCHANGED", "100", "100")]


async def test_a_place_that_is_shut_whenever_its_carrier_comes_stops_no_other(ask, world):
    """It takes in on Mondays and Fridays, and its carrier comes on Wednesdays."""
    haulier = to_global("Party", await parties.carrier(world, number="HAUL"))
    week = [{"weekday": 3, "opens": "06:00", "closes": "22:00"}]
    written = await put(ask, item("HAUL", owner={"partyNumber": "HAUL"}, hours=week))
    assert written["userErrors"] == []
    hall = to_global("Location", await locations.location(world, code="HALL"))
    place = await contracts.docks(world, ask)
    route = {"locationId": hall, "carrierId": haulier}
    planner = await _planner(world, ask, **place, route=route)
    for plant in place["shipToIds"]:
        await planner.release(1, schedule("2026-03-18", "10"), shipToId=plant)
    for preview in (True, False):
        done = await planner(dryRun=preview, locationId=hall)
        assert sorted(_shown(done, "status", "code"), key=str) == [
            ("CREATED", None),
            ("REFUSED", "OUTSIDE_RECEIVING_HOURS"),
        ]


@pytest.mark.parametrize(
    ("rules", "first", "then", "stands"),
    [
        # 20 are less than one call-off may have: what was called off for another day comes.
        ({"minPerCallOff": "30"}, {4: 20, 8: 20}, {4: 20, 9: 20}, {4: 20, 9: 20}),
        ({"minPerCallOff": "30"}, {4: 100}, {4: 80, 5: 10, 6: 10}, {4: 80, 5: 10, 6: 10}),
        (
            {"lotMultiple": "10", "minPerCallOff": "20", "maxPerCallOff": "25"},
            dict.fromkeys(range(3, 13), 9),
            dict.fromkeys(range(3, 13), 7),
            {3: 10, 4: 10, 5: 10, 7: 10, 8: 10, 10: 10, 11: 10},
        ),
        # No more can be called off: the nearest days come first.
        ({"maxQuantity": "100"}, {4: 50, 9: 50}, {3: 50, 4: 50, 9: 50}, {3: 50, 4: 50}),
        ({"maxQuantity": "100"}, {4: 50, 9: 50}, {3: 20, 4: 50, 9: 50}, {3: 20, 4: 50, 9: 30}),
        ({"maxQuantity": "100"}, {4: 50, 9: 50}, {3: 120, 4: 50, 9: 50}, {4: 50, 9: 50}),
    ],
)
async def test_what_is_called_off_comes_on_the_days_that_are_wanted_now(
    ask, world, rules, first, then, stands
):
    (bolt,) = await products(ask, "BOLT")
    line = contracts.line(bolt, target="100", **rules)
    planner = await _planner(world, ask, lines=[line])
    for number, wanted in enumerate((first, then), 1):
        await planner.release(number, *wanted_lines(wanted))
        done = await planner()
    assert {it[0]: it[1] for it in await standing(planner)} == stands
    lacking = sum(then.values()) > sum(stands.values())
    assert {it["code"] for it in done["items"]} - {None} == ({"EXCEEDS_MAX"} if lacking else set())
    again = await planner()
    assert {it[0]: it[1] for it in await standing(planner)} == stands
    assert {it[0] for it in _shown(again, "status")} <= {"UNCHANGED", "REFUSED"}


async def test_what_is_used_for_another_day_as_a_whole_is_called_off_for_that(ask, world):
    (bolt,) = await products(ask, "BOLT")
    line = contracts.line(bolt, minPerCallOff="30")
    planner = await _planner(world, ask, lines=[line])
    for number, day in ((1, 8), (2, 9)):
        await planner.release(number, *wanted_lines({4: 20, day: 20}))
        done = await planner()
    assert done["callOffs"] == []
    assert "20 of it were called off for another day." in done["items"][1]["reason"]
    read = "query ($id: ID!) { contract(id: $id) { callOffs(first: 9) { nodes { lines {"
    read += " ordered cancelled window { earliest } scheduleLine { arrivesOn } } } } } }"
    (order,) = (await ask(read, id=planner.contract["id"]))["contract"]["callOffs"]["nodes"]
    shown = [
        (it["ordered"], it["cancelled"], it["scheduleLine"]["arrivesOn"]) for it in order["lines"]
    ]
    assert shown == [("20", "0", "2026-03-06"), ("20", "0", "2026-03-11")]
    assert order["lines"][1]["window"]["earliest"][:10] == "2026-03-11"
