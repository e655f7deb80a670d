"""What is recorded and still to go keeps what is asked of a plan; what has left is history."""

from typing import Any

import pytest

from kit.ids import to_global
from tests.make import Ask, World, reasons
from tests.make.feed import kinds
from tests.make.fulfilment import deliveries
from tests.make.master import parties
from tests.make.trade import contracts, orders, responses

RECORD = """
mutation ($input: DeliveriesRecordInput!) { deliveriesRecord(input: $input) {
  results { status delivery { state completesOrder } userErrors { code field message } }
  userErrors { code field }
} }
"""
LEFT = {"plannedAt": "2026-03-02T08:00:00Z", "dispatchedAt": "2026-03-02T08:30:00Z"}
SUNDAY = {
    "earliest": "2026-03-08T02:00:00Z",
    "latest": "2026-03-08T04:00:00Z",
    "timeZone": "Europe/Berlin",
}
PAST = {
    "earliest": "2026-03-01T08:00:00Z",
    "latest": "2026-03-01T10:00:00Z",
    "timeZone": "Europe/Berlin",
}


async def record(ask: Ask, *items: dict[str, Any]) -> list[dict[str, Any]]:
    payload = (await ask(RECORD, input={"deliveries": list(items)}))["deliveriesRecord"]
    assert payload["userErrors"] == []
    return payload["results"]


async def refusals(ask: Ask, *items: dict[str, Any]) -> list[list[tuple[str, str]]]:
    """Return (code, path below the item) of what is refused of each."""
    return [reasons(result["userErrors"], 3) for result in await record(ask, *items)]


async def dock(world: World) -> str:
    """Return a company that takes goods in on Mondays."""
    hours = [{"weekday": 1, "opens": "08:00", "closes": "16:30"}]
    return await parties.company(world, addresses=[parties.address(receiving_hours=hours)])


@pytest.mark.gate("D6", "deliveriesRecord")
@pytest.mark.gate("D15", "deliveriesRecord")
@pytest.mark.gate("D16", "deliveriesRecord")
@pytest.mark.gate("D18", "deliveriesRecord")
async def test_what_is_recorded_and_still_to_go_keeps_agreed_times(world, ask):
    order = await orders.order(world, ask, partyId=to_global("Party", await dock(world)))
    part = await deliveries.part(world, order, window=deliveries.WINDOW)
    outside = ("OUTSIDE_RECEIVING_HOURS", "window")
    wrong = [
        ({"window": SUNDAY}, [outside]),
        ({"window": PAST}, [("INVALID_WINDOW", "window.latest"), outside]),
        (
            {"fulfilAt": "2026-03-04T00:00:00Z", "fulfilBy": "2026-03-03T00:00:00Z"},
            [("INVALID_DATE", "fulfilBy")],
        ),
        (
            {"lines": deliveries.lines(order, "1"), "completesOrder": True},
            [("INVALID", "completesOrder")],
        ),
    ]
    planned = {"plannedAt": LEFT["plannedAt"]}
    for more in ({}, planned, {"packedAt": LEFT["plannedAt"]}):
        found = await refusals(ask, *(part | change | more for change, _ in wrong))
        assert found == [why for _, why in wrong]
    overridden = {"window": SUNDAY, "windowOverride": "They open."}
    few = {"lines": deliveries.lines(order, "1")}
    history = [part | few | it | LEFT for it in ({"window": SUNDAY}, {"window": PAST})]
    late = part | few | wrong[2][0] | LEFT
    assert await refusals(ask, part | few | overridden, *history, late) == [
        [],
        [],
        [],
        wrong[2][1],
    ]
    assert (await kinds(world, "delivery.")).count("delivery.window_overridden") == 1


@pytest.mark.gate("K3", "deliveriesRecord")
async def test_what_is_recorded_and_still_to_go_comes_while_its_contract_is_valid(world, ask):
    made = await contracts.contract(world, ask, validTo="2026-03-31")
    call_off = await contracts.call_off(world, ask, made, "20")
    part = await deliveries.part(world, call_off, window=contracts.window("2026-04-10"))
    assert await refusals(ask, part) == [[("OUTSIDE_VALIDITY", "window")]]
    assert await refusals(ask, part | {"windowOverride": "They know."}) == [[]]


@pytest.mark.gate("K16", "deliveriesRecord")
async def test_what_has_left_went_where_it_went(world, ask):
    docks = await contracts.docks(world, ask)
    first, second = docks["shipToIds"]
    made = await contracts.contract(world, ask, **docks | {"shipToIds": [second]})
    call_off = await contracts.call_off(world, ask, made, "5")
    part = await deliveries.part(world, call_off, shipToId=first)
    assert await refusals(ask, part) == [[("NOT_ON_CONTRACT", "shipToId")]]
    assert await refusals(ask, part | LEFT) == [[]]


async def test_an_amendment_that_waits_is_told_once(world, ask):
    order = await orders.ten(world, ask)
    await responses.amended(ask, order)
    part = await deliveries.part(world, order, packedAt=LEFT["plannedAt"])
    assert await refusals(ask, part) == [[("AMENDMENT_AWAITED", "lines.0.orderLineId")]]


@pytest.mark.gate("D10", "deliveriesRecord")
async def test_nothing_is_recorded_to_go_of_what_is_not_wanted_any_more(world, ask, clock):
    wanted = {"deliveryPolicy": "CANCEL_IF_NOT_BY", "cancelIfNotBy": "2026-03-03T00:00:00Z"}
    order = await orders.order(world, ask, **wanted)
    clock.advance(days=2)
    part = await deliveries.part(world, order)
    planned = {"plannedAt": "2026-03-02T10:00:00Z"}
    (found,) = await refusals(ask, part | planned)
    assert {code for code, _ in found} == {"DELIVERY_POLICY"}
    assert await refusals(ask, part | planned | {"dispatchedAt": "2026-03-02T12:00:00Z"}) == [[]]


async def test_refusals_name_no_delivery_that_is_not_there(world, ask):
    order = await orders.order(world, ask)
    part = await deliveries.part(world, order, window=deliveries.WINDOW)
    early = {"fulfilAt": "2026-03-04T00:00:00Z", "packedAt": LEFT["plannedAt"]}
    (result,) = await record(ask, part | early)
    (refused,) = result["userErrors"]
    assert refused["message"].startswith("It is not to be picked before")
