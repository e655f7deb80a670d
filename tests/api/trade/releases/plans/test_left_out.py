"""What cannot be planned of schedules is left out by itself, and told where it comes of."""

import pytest

from tests.api.trade.releases.test_planned_schedules import _planner, _shown
from tests.make import reasons
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
    for fields in ({"preview": True}, {}):
        done = await planner(**fields)
        assert sorted(_shown(done, *ITEM)) == [
            ("CREATED", None, "10"),
            ("REFUSED", "NOT_ON_CONTRACT", "0"),
        ]
    assert [it["shipToAddress"]["code"] for it in done["deliveries"]] == ["MAIN"]


@pytest.mark.gate("D14", "deliveryPlanFromSchedule")
async def test_goods_that_their_location_cannot_handle_stop_no_others(ask, world):
    """What is planned of them already stays as it is."""
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
        ("REFUSED", "LOCATION_NOT_ALLOWED", "10"),
        ("REFUSED", "LOCATION_NOT_ALLOWED", "0"),
    ]
    assert await planner.standing() == [("PLANNED", ["10"]), ("PLANNED", ["5"])]


@pytest.mark.gate("D8", "deliveryPlanFromSchedule")
async def test_what_holds_of_all_deliveries_is_told_where_it_was_sent(ask, world):
    planner = await _planner(world, ask)
    await planner.release(1, schedule("2026-03-06", "10"))
    for fields in ({"preview": True}, {}):
        refused = await planner.refused(method="LOCKER", **fields)
        assert reasons(refused["userErrors"]) == [("METHOD_NOT_ALLOWED", "method")]
