"""What a contract says of its call-offs holds behind every verb: notice, addresses, lots."""

from typing import Any

import pytest

from kit.ids import to_global
from tests.api.gates.test_agreed_times import MONDAYS, READ_BACK
from tests.make.feed import Feed
from tests.make.fulfilment import deliveries
from tests.make.master import parties
from tests.make.trade import contracts, responses
from tests.make.trade.orders import products

SOON = contracts.window("2026-03-05")
WANTED = contracts.window("2026-03-12")
MONDAY = SOON | {"earliest": "2026-03-16T09:00:00Z", "latest": "2026-03-16T10:00:00Z"}
MONDAYS_ONLY = parties.address(receiving_hours=MONDAYS)
SHORT = [("NOTICE_TOO_SHORT", "window.earliest")]
WHY = {"windowOverride": "The line stands still."}
ELSEWHERE = {"line1": "Nebenstr. 2", "postalCode": "50667", "city": "Köln", "country": "DE"}


async def _rules(ask, kind, row):
    found = (await ask(READ_BACK % kind, id=row["id"]))["node"]["timeline"]["nodes"]
    return [it["payload"]["rules"] for it in found if "overr" in it["type"]]


async def _called_off(world, ask, **fields):
    """Return a call-off of 5 bolts that was placed with ten days of notice, now short of them."""
    window = MONDAY if "partyId" in fields else WANTED
    made = await contracts.contract(world, ask, minNoticeDays=10, **fields)
    return made, await contracts.call_off(world, ask, made, "5", window=window)


@pytest.mark.gate("K15", "deliveryPlan", "deliveryReschedule", "deliverySplit")
@pytest.mark.parametrize("verb", ["deliveryPlan", "deliveryReschedule", "deliverySplit"])
async def test_what_is_called_off_keeps_its_notice_whichever_verb_names_a_window(world, ask, verb):
    _, placed = await _called_off(world, ask)
    if verb == "deliveryPlan":
        call, below = {}, "deliveries.0."
        part = await deliveries.part(world, placed, window=SOON)
        call, last = {"deliveries": [part]}, {"deliveries": [part | WHY]}
    else:
        delivery = await deliveries.planned(world, ask, placed, window=WANTED)
        call, below = {"deliveryId": delivery["id"], "window": SOON}, ""
        if verb == "deliverySplit":
            call["lines"] = deliveries.contents(delivery, "1")
        last = call | WHY
    assert await deliveries.refusals(ask, verb, **call) == [(SHORT[0][0], below + SHORT[0][1])]
    done = await deliveries.done(ask, verb, **last)
    made = done.get("part") or done.get("delivery") or done["deliveries"][0]
    assert await _rules(ask, "Delivery", made) == [["NOTICE"]]


@pytest.mark.gate("K15", "orderConfirm")
async def test_a_promise_keeps_the_notice_too(world, ask):
    _, placed = await _called_off(world, ask)
    answer = {"lines": [responses.line(placed, 0, "ACCEPTED")], "window": SOON}
    assert await responses.refusals(ask, responses.CONFIRM, placed, **answer) == SHORT
    await responses.done(ask, responses.CONFIRM, placed, **answer, **WHY)
    assert await _rules(ask, "Order", placed) == [["NOTICE"]]


async def test_what_was_called_off_in_time_is_planned_for_that_day_until_it_comes(
    world, ask, clock
):
    made, placed = await _called_off(world, ask)
    longer = {"contractId": made["id"], "minNoticeDays": 30}
    assert (await contracts.change(ask, "contractAmend", **longer))["userErrors"] == []
    clock.advance(days=9)
    await deliveries.planned(world, ask, placed, window=WANTED)


@pytest.mark.gate("K16", "contractCallOff", "deliveryPlan", "deliveryReship")
async def test_what_is_called_off_goes_where_its_contract_delivers(world, ask):
    docks = await contracts.docks(world, ask)
    first, second = docks["shipToIds"]
    made = await contracts.contract(world, ask, **docks | {"shipToIds": [second]})
    payload = await contracts.try_call_off(world, ask, made, "5", shipToId=first)
    assert contracts.codes(payload) == [("NOT_ON_CONTRACT", "shipToId")]
    placed = await contracts.call_off(world, ask, made, "5")
    part = await deliveries.part(world, placed)
    for odd in ({"shipToId": first}, {"shipTo": ELSEWHERE}):
        refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[part | odd])
        assert refused == [("NOT_ON_CONTRACT", f"deliveries.0.{next(iter(odd))}")]
    sent = await deliveries.dispatched(world, ask, placed, shipToId=second)
    feed = Feed(ask, world)
    await feed.results(*(feed.event("LOST", sscc=it["sscc"]) for it in sent["parcels"]))
    call = {"deliveryId": sent["id"], "window": deliveries.WINDOW}
    for odd in ({"shipToId": first}, {"shipTo": ELSEWHERE}):
        refused = await deliveries.refusals(ask, "deliveryReship", **call, **odd)
        assert refused == [("NOT_ON_CONTRACT", next(iter(odd)))]
    amended = {"contractId": made["id"], "shipToIds": [first]}
    assert (await contracts.change(ask, "contractAmend", **amended))["userErrors"] == []
    await deliveries.done(ask, "deliveryReship", **call, shipToId=second)


@pytest.mark.gate("K17", "orderCancelLines", "orderConfirm")
async def test_what_stays_of_a_call_off_is_of_an_agreed_size(world, ask):
    (bolt,) = await products(ask, "BOLT")
    line = contracts.line(bolt, lotMultiple="10", minPerCallOff="20")
    made = await contracts.contract(world, ask, lines=[line])
    placed = await contracts.call_off(world, ask, made, "40")
    least, lot = ("BELOW_MINIMUM", "lines.0.quantity"), ("LOT_MULTIPLE", "lines.0.quantity")
    line_id = placed["lines"][0]["id"]
    for quantity, refused in (("3", [lot]), ("30", [least]), ("33", [lot, least])):
        lines = [{"lineId": line_id, "quantity": quantity}]
        assert await responses.refusals(ask, responses.CANCEL, placed, lines=lines) == refused
    offer = {"answerBy": "2026-03-04T09:00:00Z"}
    lines = [responses.line(placed, 0, "AMENDED", quantity="10")]
    refused = await responses.refusals(ask, responses.CONFIRM, placed, lines=lines, **offer)
    assert refused == [least]
    some = [{"orderLineId": line_id, "quantity": "7"}]
    await deliveries.planned(world, ask, placed, lines=some)
    for quantity in ("10", "23"):
        lines = [{"lineId": line_id, "quantity": quantity}]
        await responses.done(ask, responses.CANCEL, placed, lines=lines)


SUNDAY = SOON | {"earliest": "2026-03-08T02:00:00Z", "latest": "2026-03-08T03:00:00Z"}
AFTER = SOON | {"earliest": "2026-04-05T02:00:00Z", "latest": "2026-04-05T03:00:00Z"}
BEFORE = SOON | {"earliest": "2026-03-01T02:00:00Z", "latest": "2026-03-01T03:00:00Z"}
CLOSED, LATE = ("OUTSIDE_RECEIVING_HOURS", "window"), ("OUTSIDE_VALIDITY", "window")
PASSED = ("INVALID_WINDOW", "window.latest")
TOGETHER = [(SUNDAY, {CLOSED, *SHORT}), (AFTER, {CLOSED, LATE}), (BEFORE, {CLOSED, PASSED, *SHORT})]
"""Windows, and all that is wrong with each: one reason would override it."""


@pytest.mark.gate("K3", "deliveryReship")
@pytest.mark.gate("K15", "deliveryReship")
@pytest.mark.parametrize(
    "verb",
    ["deliveryPlan", "deliveryReschedule", "deliverySplit", "deliveryReship", "orderConfirm"],
)
async def test_all_that_is_wrong_with_a_window_is_told_at_once(world, ask, verb):
    customer = to_global("Party", await parties.company(world, addresses=[MONDAYS_ONLY]))
    _, placed = await _called_off(world, ask, partyId=customer, validTo="2026-03-31")
    call: dict[str, Any] = {}
    if verb in {"deliveryReschedule", "deliverySplit"}:
        delivery = await deliveries.planned(world, ask, placed, window=MONDAY)
        call = {"deliveryId": delivery["id"]}
        if verb == "deliverySplit":
            call["lines"] = deliveries.contents(delivery, "1")
    elif verb == "deliveryReship":
        sent = await deliveries.dispatched(world, ask, placed, window=MONDAY)
        feed = Feed(ask, world)
        await feed.results(*(feed.event("LOST", sscc=it["sscc"]) for it in sent["parcels"]))
        call = {"deliveryId": sent["id"]}
    for window, expected in TOGETHER:
        if verb == "deliveryPlan":
            parts = [await deliveries.part(world, placed, window=window)]
            found = await deliveries.refusals(ask, verb, deliveries=parts)
            found = [(code, path.removeprefix("deliveries.0.")) for code, path in found]
        elif verb == "orderConfirm":
            call = {"lines": [responses.line(placed, 0, "ACCEPTED")], "window": window}
            found = await responses.refusals(ask, responses.CONFIRM, placed, **call)
        else:
            found = await deliveries.refusals(ask, verb, **call, window=window)
        assert set(found) == expected, window


@pytest.mark.gate("K15", "contractCallOff")
async def test_all_that_is_wrong_with_the_windows_of_a_call_off_is_told_at_once(world, ask):
    customer = to_global("Party", await parties.company(world, addresses=[MONDAYS_ONLY]))
    terms = {"minNoticeDays": 60, "validTo": "2026-03-31"}
    made = await contracts.contract(world, ask, partyId=customer, **terms)
    part = await deliveries.part(world, {"lines": []})
    part = {"locationId": part["locationId"], "lines": [{"lineNo": 1, "quantity": "5"}]}
    for window, of_days in ((AFTER, {LATE}), (BEFORE, {PASSED})):
        parts = {"deliveries": [part | {"window": window}]}
        payload = await contracts.try_call_off(world, ask, made, "5", window=window, **parts)
        wrong = {CLOSED, *of_days, *SHORT}
        above = {(code, f"deliveries.0.{path}") for code, path in wrong}
        assert set(contracts.codes(payload)) == wrong | above


async def test_what_is_told_of_an_amended_line_was_sent(ask, world):
    (bolt,) = await products(ask, "BOLT")
    line = contracts.line(bolt, minQuantity="900", maxPerCallOff="100")
    made = await contracts.contract(world, ask, lines=[line])
    of = {"contractLineId": made["lines"][0]["id"]}
    for wrong in ({"targetQuantity": "600"}, {"lotMultiple": "700"}, {"minPerCallOff": "200"}):
        payload = await contracts.change(
            ask, "contractAmend", contractId=made["id"], lines=[of | wrong]
        )
        assert contracts.codes(payload) == [("OUT_OF_RANGE", f"lines.0.{next(iter(wrong))}")]


async def test_what_several_lines_call_off_together_is_told(world, ask):
    (bolt,) = await products(ask, "BOLT")
    made = await contracts.contract(world, ask, lines=[contracts.line(bolt, "9")])
    of = {"contractLineId": made["lines"][0]["id"]}
    lines = [of | {"quantity": "4"}, of | {"quantity": "6", "window": WANTED}]
    payload = await contracts.try_call_off(world, ask, made, lines=lines)
    assert [it["message"] for it in payload["userErrors"]] == [
        "Only 9 PIECE of BOLT can still be called off; lines of this input call off 10 together."
    ]
