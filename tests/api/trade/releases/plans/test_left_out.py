"""What cannot be planned of schedules is left out by itself, and told where it comes of."""

import pytest

from tests.api.trade.releases.plans.test_moved import (
    _line_of,
    day_after,
    standing,
    wanted_lines,
)
from tests.api.trade.releases.test_planned_schedules import _planner, _shown
from tests.make import reasons
from tests.make.fulfilment import deliveries
from tests.make.trade import contracts
from tests.make.trade.contracts import schedule
from tests.make.trade.orders import products

ITEM = ("status", "code", "quantity")


@pytest.mark.gate("K16", "deliveryPlanFromSchedule")
async def test_a_place_that_its_contract_lists_no_more_stops_no_other(ask, world):
    place = await contracts.docks(world, ask)
    first, second = place["shipToIds"]
    planner = await _planner(world, ask, **place)
    for plant in (first, second):
        await planner.release(1, schedule("2026-03-06", "10"), shipToId=plant)
    listed = {"contractId": planner.contract["id"], "shipToIds": [second]}
    assert contracts.codes(await contracts.change(ask, "contractAmend", **listed)) == []
    for fields in ({"dryRun": True}, {}):
        done = await planner(**fields)
        assert sorted(_shown(done, *ITEM)) == [
            ("CREATED", None, "10"),
            ("REFUSED", "NOT_ON_CONTRACT", "0"),
        ]
    assert [it["shipToAddress"]["code"] for it in done["deliveries"]] == ["MAIN"]


@pytest.mark.gate("D14", "deliveryPlanFromSchedule")
async def test_goods_that_their_location_cannot_handle_stop_no_others(ask, world):
    """What is planned of them already stays, as far as it is wanted."""
    bolt, ice = await products(ask, "BOLT", "ICE")
    lines = [contracts.line(it) for it in (bolt, ice)]
    planner = await _planner(world, ask, lines=lines)
    await planner.release(1, schedule("2026-03-06", "10"), of=1)
    assert _shown(await planner(), *ITEM) == [("CREATED", None, "10")]
    await products(ask, "ICE", handling={"keepFromC": "-20", "keepToC": "-18"})
    await planner.release(2, schedule("2026-03-06", "4"), schedule("2026-03-20", "9"), of=1)
    await planner.release(1, schedule("2026-03-06", "5"))
    done = await planner()
    assert _shown(done, *ITEM) == [
        ("CREATED", None, "5"),
        ("LOWERED", None, "4"),
        ("REFUSED", "LOCATION_NOT_ALLOWED", "0"),
    ]
    assert await planner.standing() == [("PLANNED", ["4"]), ("PLANNED", ["5"])]
    await planner.release(3, of=1)
    assert ("CANCELLED", None, "0") in _shown(await planner(), *ITEM)
    assert await planner.standing() == [("PLANNED", ["5"])]


@pytest.mark.gate("D14", "deliveryPlanFromSchedule")
@pytest.mark.parametrize("wanted", ["7", "15", None])
async def test_goods_that_cannot_be_handled_leave_their_delivery_to_no_others(ask, world, wanted):
    """What travels with them changes as the schedule wants it, and they stay where they are."""
    bolt, ice, nut = await products(ask, "BOLT", "ICE", "NUT")
    planner = await _planner(world, ask, lines=[contracts.line(it) for it in (bolt, ice, nut)])
    for of, quantity in enumerate(("10", "11", "12")):
        await planner.release(1, schedule("2026-03-06", quantity), of=of)
    (first,) = (await planner())["deliveries"]
    await products(ask, "ICE", handling={"keepFromC": "-20", "keepToC": "-18"})
    changed = [schedule("2026-03-06", wanted)] if wanted else []
    await planner.release(2, *changed)
    preview = await planner(dryRun=True)
    done = await planner()
    assert _shown(done, *ITEM) == _shown(preview, *ITEM)
    assert sorted(_shown(done, "code", "quantity")) == sorted(
        [(None, wanted or "0"), (None, "11"), (None, "12")]
    )
    its = {"7": ["12", "7"], "15": ["10", "12", "5"], None: ["12"]}[wanted]
    assert await planner.standing() == sorted([("PLANNED", ["11"]), ("PLANNED", its)])
    (anew,) = done["deliveries"]
    assert anew["id"] != first["id"]
    assert {it[0] for it in _shown(await planner(), "status")} == {"UNCHANGED"}


@pytest.mark.gate("K3", "deliveryPlanFromSchedule")
@pytest.mark.gate("K15", "deliveryPlanFromSchedule")
async def test_what_comes_when_its_contract_does_not_allow_it_stops_no_other(ask, world):
    """Less of what is planned for then is planned nevertheless, and no more."""
    bolt, nut = await products(ask, "BOLT", "NUT")
    planner = await _planner(world, ask, lines=[contracts.line(it) for it in (bolt, nut)])
    late, soon = "2026-03-27", "2026-03-05"
    await planner.release(1, schedule(late, "10"))
    await planner.release(1, schedule(late, "8"), of=1)
    await planner()
    terms = {"validTo": "2026-03-20", "minNoticeDays": 5, "keepCallOffs": True}
    changed = {"contractId": planner.contract["id"], **terms}
    assert contracts.codes(await contracts.change(ask, "contractAmend", **changed)) == []
    await planner.release(2, schedule(soon, "3"), schedule("2026-03-13", "2"), schedule(late, "6"))
    await planner.release(2, schedule(late, "9"), of=1)
    done = await planner()
    assert sorted(_shown(done, *ITEM), key=str) == [
        ("CREATED", None, "2"),
        ("LOWERED", None, "6"),
        ("REFUSED", "NOTICE_TOO_SHORT", "0"),
        ("REFUSED", "OUTSIDE_VALIDITY", "8"),
    ]
    assert await planner.standing() == [("PLANNED", ["2"]), ("PLANNED", ["6", "8"])]


async def test_nothing_is_planned_that_nobody_is_known_to_take_in(ask, world):
    planner = await _planner(world, ask)
    await planner.release(1, schedule("2026-03-06", "10"), schedule("2026-03-20", "5"))
    await planner(until="2026-03-10")
    # What somebody takes in already takes more of it; for nobody else anything is planned.
    await planner.release(2, schedule("2026-03-06", "12"), schedule("2026-03-20", "5"))
    for fields in ({"dryRun": True}, {}):
        done = await planner(recipient=None, **fields)
        assert _shown(done, *ITEM) == [
            ("RAISED", None, "12"),
            ("REFUSED", "RECIPIENT_MISSING", "0"),
        ]
    assert len(done["callOffs"]) == len(done["deliveries"]) == 1
    assert await planner.standing() == [("PLANNED", ["10", "2"])]
    assert _shown(await planner(), *ITEM) == [("UNCHANGED", None, "12"), ("CREATED", None, "5")]
    for delivery in done["deliveries"]:
        await deliveries.done(ask, "deliveryRelease", deliveryId=delivery["id"])


async def test_who_was_named_takes_in_what_comes_on_another_day(ask, world):
    """At each dock its own; where nothing leaves its day, nobody is known for another one."""
    place = await contracts.docks(world, ask)
    planner = await _planner(world, ask, **place)
    first, second, third = (
        {"shipToId": place["shipToIds"][1], "unloadingPoint": it} for it in ("D1", "D2", "D3")
    )
    for quantity, dock in (("10", first), ("20", second), ("30", third)):
        await planner.release(1, schedule("2026-03-06", quantity), **dock)
    for each in (await planner())["deliveries"]:
        window = {**each["window"], "timeZone": "Europe/Berlin"}
        gate = {"name": f"Gate {each['lines'][0]['planned']}"}
        moved = {"deliveryId": each["id"], "window": window, "recipient": gate}
        await deliveries.done(ask, "deliveryReschedule", **moved)
    await planner.release(2, schedule("2026-03-09", "11"), **first)
    for quantity, dock in (("12", second), ("30", third)):
        days = [schedule(f"2026-03-{day}", quantity) for day in ("06", "10")]
        await planner.release(2, *days, **dock)
    preview = _shown(await planner(recipient=None, dryRun=True), *ITEM)
    assert _shown(await planner(recipient=None), *ITEM) == preview
    assert sorted(preview, key=str) == [
        ("CANCELLED", None, "0"),
        ("CREATED", None, "11"),
        ("CREATED", None, "12"),
        ("LOWERED", None, "12"),
        ("REFUSED", "RECIPIENT_MISSING", "0"),
        ("UNCHANGED", None, "30"),
    ]
    found = (await ask(PLANNED, id=planner.contract["id"]))["contract"]["callOffs"]["nodes"]
    assert {
        (each["window"]["earliest"][:10], part["planned"], each["recipient"]["name"])
        for order in found
        for each in order["deliveries"]
        if each["state"] == "PLANNED"
        for part in each["lines"]
    } == {
        ("2026-03-09", "11", "Gate 10"),
        ("2026-03-06", "12", "Gate 20"),
        ("2026-03-10", "12", "Gate 20"),
        ("2026-03-06", "30", "Gate 30"),
    }


PLANNED = """
query ($id: ID!) { contract(id: $id) { callOffs(first: 20) { nodes { deliveries {
  state window { earliest } recipient { name } lines { planned }
} } } } }
"""
TAKEN_IN = """
query ($id: ID!) { contract(id: $id) { callOffs(first: 9) { nodes { deliveries {
  lines { orderLine { scheduleLine { quantity } } } recipient { name }
} } } } }
"""


async def test_each_place_has_who_takes_its_goods_in(ask, world):
    """By its dock, else by its address; elsewhere whoever is named for all."""
    place = await contracts.docks(world, ask)
    first, second = place["shipToIds"]
    planner = await _planner(world, ask, **place)
    for quantity, where in (
        ("1", {"shipToId": first, "unloadingPoint": "D1"}),
        ("2", {"shipToId": first, "unloadingPoint": "D2"}),
        ("3", {"shipToId": second, "unloadingPoint": "D1"}),
    ):
        await planner.release(1, schedule("2026-03-06", quantity), **where)
    named = [
        {"shipToId": first, "recipient": {"name": "Leipzig"}},
        {"shipToId": first, "unloadingPoint": "D2", "recipient": {"name": "Leipzig, D2"}},
    ]
    only = await planner(recipient=None, recipients=named, dryRun=True)
    assert sorted(_shown(only, *ITEM), key=str) == [
        ("CREATED", None, "1"),
        ("CREATED", None, "2"),
        ("REFUSED", "RECIPIENT_MISSING", "0"),
    ]
    await planner(recipients=named)
    found = (await ask(TAKEN_IN, id=planner.contract["id"]))["contract"]["callOffs"]["nodes"]
    taken_in = [
        (delivery["lines"][0]["orderLine"]["scheduleLine"]["quantity"], delivery["recipient"])
        for order in found
        for delivery in order["deliveries"]
    ]
    assert sorted((quantity, recipient["name"]) for quantity, recipient in taken_in) == [
        ("1", "Leipzig"),
        ("2", "Leipzig, D2"),
        ("3", "A. Gate"),
    ]


async def test_a_place_is_named_once_and_is_the_customers(ask, world):
    place = await contracts.docks(world, ask)
    planner = await _planner(world, ask, **place)
    elsewhere = (await contracts.docks(world, ask))["shipToIds"][0]
    gate = {"recipient": {"name": "A. Gate"}}
    twice = [{"shipToId": place["shipToIds"][0], **gate}] * 2
    refused = await planner.refused(recipients=twice)
    assert reasons(refused["userErrors"]) == [("DUPLICATE", "recipients.1.shipToId")]
    refused = await planner.refused(recipients=[{"shipToId": elsewhere, **gate}])
    assert reasons(refused["userErrors"]) == [("NOT_FOUND", "recipients.0.shipToId")]


@pytest.mark.gate("D8", "deliveryPlanFromSchedule")
async def test_what_holds_of_all_deliveries_is_told_where_it_was_sent(ask, world):
    planner = await _planner(world, ask)
    await planner.release(1, schedule("2026-03-06", "10"))
    for fields in ({"dryRun": True}, {}):
        refused = await planner.refused(method="LOCKER", **fields)
        assert reasons(refused["userErrors"]) == [("METHOD_NOT_ALLOWED", "method")]


@pytest.mark.parametrize("more", [0, 30])
async def test_what_is_partly_in_no_delivery_leaves_its_place_to_nearer_days(ask, world, more):
    """Of its 50 a call-off of 20 is in no delivery: of the other 30 as many stay as have room."""
    (bolt,) = await products(ask, "BOLT")
    place = await contracts.docks(world, ask)
    lines = [contracts.line(bolt, target="100", maxQuantity="100")]
    planner = await _planner(world, ask, **place, lines=lines)
    near, far = place["shipToIds"]
    await planner.release(1, *wanted_lines({9: 50}), shipToId=far)
    await planner(until=day_after(40))
    ((_, _, key, _),) = await standing(planner)
    part = [{"deliveryLineId": await _line_of(planner, key), "quantity": "20"}]
    split = await deliveries.done(ask, "deliverySplit", deliveryId=key, lines=part)
    await deliveries.done(ask, "deliveryCancel", deliveryId=split["part"]["id"])
    if more:
        await planner.release(2, *wanted_lines({9: 50 + more}), shipToId=far)
    await planner.release(1, *wanted_lines({3: 60}), shipToId=near)
    done = await planner(until=day_after(40))
    assert sorted(_shown(done, "before", "quantity", "code")) == [
        ("0", "60", None),
        ("30", "40", "EXCEEDS_MAX"),
    ]
    (reason,) = (it["reason"] for it in done["items"] if it["code"])
    assert reason == (
        "Only 0 can still be called off."
        if more
        else "The schedule wants 50 then, and 30 are planned. 20 of it are called off already."
        " Of what can be called off in all, 10 are wanted before: they come then."
    )
    found = await standing(planner)
    assert found[0][1] == 60
    assert sum(it[1] for it in found) == 100, found
    again = await planner(until=day_after(40))
    assert (again["callOffs"], again["deliveries"]) == ([], [])
