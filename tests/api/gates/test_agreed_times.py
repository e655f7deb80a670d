"""Agreed times: whichever verb names a window, the same place decides, and an override is told."""

import pytest

from kit.ids import to_global
from tests.api.gates.test_recorded_plans import record
from tests.make import reasons
from tests.make.feed import Feed
from tests.make.fulfilment import deliveries
from tests.make.master import parties
from tests.make.trade import contracts, orders, responses

MONDAYS = [{"weekday": 1, "opens": "08:00", "closes": "16:00"}]
SUNDAY = {
    "earliest": "2026-03-08T02:00:00+00:00",
    "latest": "2026-03-08T03:00:00+00:00",
    "timeZone": "Europe/Berlin",
}
PASSED = {**SUNDAY, "earliest": "2026-03-01T08:00:00Z", "latest": "2026-03-02T08:00:00Z"}
LATER = {**SUNDAY, "earliest": "2026-04-06T07:00:00Z", "latest": "2026-04-06T09:00:00Z"}
"""A Monday after the last day of contracts until March."""
CLOSED = "OUTSIDE_RECEIVING_HOURS"
WHY = {"windowOverride": "The gate is staffed."}
READ_BACK = """
query ($id: ID!) { node(id: $id) { ... on %s { windowOverride timeline(first: 9) { nodes {
  type payload } } } } }
"""


def _monday(day):
    return {**SUNDAY, "earliest": f"{day}T08:00:00Z", "latest": f"{day}T12:00:00Z"}


async def _company(world, **fields):
    """Return the global id of a company that takes goods in on Monday mornings."""
    hours = fields.pop("receiving_hours", MONDAYS)
    address = parties.address(receiving_hours=hours)
    return to_global("Party", await parties.company(world, addresses=[address]))


async def _order(world, ask, **fields):
    return await orders.order(world, ask, **{"partyId": await _company(world), **fields})


async def _overrides(ask, kind, row):
    """Return the row's override, and the rules that the journal says are broken."""
    found = (await ask(READ_BACK % kind, id=row["id"]))["node"]
    rules = [it["payload"]["rules"] for it in found["timeline"]["nodes"] if "overr" in it["type"]]
    return found["windowOverride"], rules


async def _refusals_of_plan(ask, part):
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[part])
    return [(code, path.removeprefix("deliveries.0.")) for code, path in refused]


@pytest.mark.gate("D6", "deliveryPlan")
@pytest.mark.gate("D15", "deliveryPlan")
async def test_a_plan_names_a_time_to_come_that_the_place_takes_goods_in(world, ask):
    order = await _order(world, ask)
    part = await deliveries.part(world, order, window=SUNDAY)
    assert await _refusals_of_plan(ask, part) == [(CLOSED, "window")]
    passed = [("INVALID_WINDOW", "window.latest")]
    assert await _refusals_of_plan(ask, part | {"window": PASSED} | WHY) == passed
    made = (await deliveries.done(ask, "deliveryPlan", deliveries=[part | WHY]))["deliveries"][0]
    assert await _overrides(ask, "Delivery", made) == (WHY["windowOverride"], [["RECEIVING_HOURS"]])


@pytest.mark.gate("D6", "deliveryPlan", "deliveryReschedule")
async def test_a_window_of_several_days_begins_and_ends_while_its_place_is_open(world, ask):
    week = {**LATER, "earliest": "2026-03-09T14:00:00Z", "latest": "2026-03-16T08:00:00Z"}
    too_early, too_late = {"earliest": "2026-03-08T09:00:00Z"}, {"latest": "2026-03-17T09:00:00Z"}
    order = await _order(world, ask)
    for odd in (too_early, too_late):
        part = await deliveries.part(world, order, window=week | odd)
        assert await _refusals_of_plan(ask, part) == [(CLOSED, "window")]
    call = {"deliveryId": (await deliveries.planned(world, ask, order, window=week))["id"]}
    for odd in (too_early, too_late):
        refused = await deliveries.refusals(ask, "deliveryReschedule", **call, window=week | odd)
        assert refused == [(CLOSED, "window")]
    longer = {"latest": "2026-03-23T15:00:00Z"}
    await deliveries.done(ask, "deliveryReschedule", **call, window=week | longer)


@pytest.mark.gate("D6", "deliveryReschedule", "deliverySplit")
@pytest.mark.gate("D15", "deliveryReschedule", "deliverySplit")
@pytest.mark.parametrize("verb", ["deliveryReschedule", "deliverySplit"])
async def test_another_window_is_asked_the_same(world, ask, verb):
    delivery = await deliveries.planned(world, ask, await _order(world, ask))
    call = {"deliveryId": delivery["id"]}
    if verb == "deliverySplit":
        call["lines"] = deliveries.contents(delivery, "1")
    refused = await deliveries.refusals(ask, verb, **call, window=SUNDAY)
    assert refused == [(CLOSED, "window")]
    refused = await deliveries.refusals(ask, verb, **call, window=PASSED, **WHY)
    assert refused == [("INVALID_WINDOW", "window.latest")]
    done = await deliveries.done(ask, verb, **call, window=SUNDAY, **WHY)
    made = done.get("part") or done["delivery"]
    assert await _overrides(ask, "Delivery", made) == (WHY["windowOverride"], [["RECEIVING_HOURS"]])


@pytest.mark.gate("D6", "contractCallOff")
@pytest.mark.gate("D15", "contractCallOff")
@pytest.mark.parametrize("is_planned", [False, True])
async def test_a_call_off_is_asked_the_same_with_deliveries_and_without(world, ask, is_planned):
    made = await contracts.contract(world, ask, partyId=await _company(world))
    part = await deliveries.part(world, {"lines": []})
    part = {"locationId": part["locationId"], "lines": [{"lineNo": 1, "quantity": "5"}]}
    fields = {"deliveries": [part] if is_planned else [], "recipient": deliveries.RECIPIENT}
    payload = await contracts.try_call_off(world, ask, made, "5", window=SUNDAY, **fields)
    assert contracts.codes(payload) == [(CLOSED, "window")]
    payload = await contracts.try_call_off(world, ask, made, "5", window=PASSED, **fields, **WHY)
    assert contracts.codes(payload) == [("INVALID_WINDOW", "window.latest")]
    placed = await contracts.call_off(world, ask, made, "5", window=SUNDAY, **fields, **WHY)
    assert await _overrides(ask, "Order", placed) == (WHY["windowOverride"], [["RECEIVING_HOURS"]])


@pytest.mark.gate("D6", "orderPlace")
@pytest.mark.gate("D15", "orderPlace")
async def test_an_order_wants_a_time_at_which_its_place_takes_goods_in(world, ask):
    fields = await orders.order_input(world, ask, partyId=await _company(world), window=SUNDAY)
    answer = (await ask(orders.PLACE, input=fields))["orderPlace"]
    assert contracts.codes(answer) == [(CLOSED, "window")]
    line = fields["lines"][0] | {"window": PASSED}
    passed = (await ask(orders.PLACE, input={**fields, **WHY, "lines": [line]}))["orderPlace"]
    assert contracts.codes(passed) == [("INVALID_WINDOW", "lines.0.window.latest")]
    order = (await ask(orders.PLACE, input=fields | WHY))["orderPlace"]["order"]
    assert await _overrides(ask, "Order", order) == (WHY["windowOverride"], [["RECEIVING_HOURS"]])
    part = await deliveries.part(world, order, window=None)
    delivery = (await deliveries.done(ask, "deliveryPlan", deliveries=[part]))["deliveries"][0]
    assert delivery["windowOverride"] == WHY["windowOverride"]


@pytest.mark.gate("D6", "deliveryReship")
@pytest.mark.gate("D15", "deliveryReship")
async def test_a_reshipment_is_asked_the_same(world, ask):
    sent = await deliveries.dispatched(world, ask, await _order(world, ask))
    feed = Feed(ask, world)
    await feed.results(*(feed.event("LOST", sscc=it["sscc"]) for it in sent["parcels"]))
    call = {"deliveryId": sent["id"], "recipient": deliveries.RECIPIENT}
    refused = await deliveries.refusals(ask, "deliveryReship", **call, window=SUNDAY)
    assert refused == [(CLOSED, "window")]
    refused = await deliveries.refusals(ask, "deliveryReship", **call, window=PASSED, **WHY)
    assert refused == [("INVALID_WINDOW", "window.latest")]
    await deliveries.done(ask, "deliveryReship", **call, window=SUNDAY, **WHY)


@pytest.mark.gate("D6", "ordersUpdate", "orderAddLines")
@pytest.mark.gate("D15", "ordersUpdate", "orderAddLines")
@pytest.mark.parametrize("verb", ["ordersUpdate", "orderAddLines"])
async def test_a_line_that_is_changed_or_added_is_asked_the_same(world, ask, verb):
    """History, whose windows have passed, is continued where somebody says why."""
    order = await _order(world, ask)
    new = {"productSku": "NUT", "quantity": "3"}
    made = {"orderId": order["id"]}

    async def change(window, price="2", **fields):
        if verb == "orderAddLines":
            line = {**new, "unitPrice": price, "window": window}
            call = {**made, "lines": [line], **fields}
        else:
            line = {"lineId": order["lines"][0]["id"], "window": window}
            call = {"orders": [{**made, "lines": [line], **fields}]}
        found = (await ask(orders.REVISE[verb], input=call))[verb]
        found = found["results"][0] if "results" in found else found
        return reasons(found["userErrors"], -3)

    assert await change(SUNDAY) == [(CLOSED, "lines.0.window")]
    assert await change(PASSED) == [
        ("INVALID_WINDOW", "0.window.latest"),
        (CLOSED, "lines.0.window"),
    ]
    assert await change(SUNDAY, **WHY) == []
    expected = (WHY["windowOverride"], [["RECEIVING_HOURS"]])
    assert await _overrides(ask, "Order", order) == expected
    assert await change(PASSED, price="3", **WHY) == []
    why, (_, rules) = await _overrides(ask, "Order", order)
    assert (why, rules) == (WHY["windowOverride"], ["PASSED", "RECEIVING_HOURS"])


@pytest.mark.gate("D6", "orderConfirm")
@pytest.mark.gate("D15", "orderConfirm")
@pytest.mark.gate("K3", "orderConfirm")
async def test_a_promise_is_asked_the_same(world, ask):
    agreed = {"partyId": await _company(world), "validTo": "2026-03-31"}
    made = await contracts.contract(world, ask, **agreed)
    placed = await contracts.call_off(world, ask, made, "5", window=deliveries.WINDOW)
    answer = {"lines": [responses.line(placed, 0, "ACCEPTED")]}
    for window, refused in (
        (SUNDAY, [(CLOSED, "window")]),
        (LATER, [("OUTSIDE_VALIDITY", "window")]),
        (PASSED, [("INVALID_WINDOW", "window.latest"), (CLOSED, "window")]),
    ):
        call = {**answer, "window": window}
        assert await responses.refusals(ask, responses.CONFIRM, placed, **call) == refused
    await responses.done(ask, responses.CONFIRM, placed, **answer, window=LATER, **WHY)
    assert await _overrides(ask, "Order", placed) == (WHY["windowOverride"], [["VALIDITY"]])


@pytest.mark.gate("K3", "deliveryReschedule", "deliverySplit", "deliveryPlan")
async def test_what_a_call_off_brings_arrives_while_its_contract_is_valid(world, ask):
    made = await contracts.contract(world, ask, validTo="2026-03-31")
    placed = await contracts.call_off(world, ask, made, "5")
    part = await deliveries.part(world, placed, window=LATER)
    assert await _refusals_of_plan(ask, part) == [("OUTSIDE_VALIDITY", "window")]
    delivery = await deliveries.planned(world, ask, placed)
    one = {"deliveryId": delivery["id"], "window": LATER}
    some = {"deliverySplit": {"lines": deliveries.contents(delivery, "1")}}
    for verb in ("deliverySplit", "deliveryReschedule"):
        refused = await deliveries.refusals(ask, verb, **one, **some.get(verb, {}))
        assert refused == [("OUTSIDE_VALIDITY", "window")]
    await deliveries.done(ask, "deliveryReschedule", **one, **WHY)
    assert await _overrides(ask, "Delivery", delivery) == (WHY["windowOverride"], [["VALIDITY"]])


async def _recorded(ask, part):
    """Return (code, path) of what refuses a part that another system has planned."""
    (result,) = await record(ask, part)
    return reasons(result["userErrors"], 3)


@pytest.mark.gate("D15", "deliveryPlan", "deliveriesRecord")
@pytest.mark.parametrize("verb", [_refusals_of_plan, _recorded])
async def test_a_window_that_is_taken_by_default_is_still_to_come(world, ask, clock, verb):
    """Be it the order's, its line's, or one that was promised; another may be named."""
    order = await orders.ten(world, ask, window=deliveries.SOON)
    part = await deliveries.part(world, order, window=None)
    clock.advance(days=8)
    passed = [("INVALID_WINDOW", "window")]
    assert await verb(ask, part) == passed
    promised = {**LATER, "latest": "2026-04-06T08:00:00Z"}
    answer = {"lines": [responses.line(order, 0, "ACCEPTED", window=promised)]}
    await responses.done(ask, responses.CONFIRM, order, **answer)
    clock.advance(days=30)
    assert await verb(ask, part) == passed
    next_week = {"earliest": "2026-04-20T07:00:00Z", "latest": "2026-04-20T09:00:00Z"}
    assert await verb(ask, part | {"window": LATER | next_week}) == []


REASON = {"windowOverride": "Stocktaking on Sunday."}


@pytest.mark.gate("D6", "deliveryPlan", "deliveriesRecord", "orderConfirm")
@pytest.mark.gate("K3", "deliveryPlan", "deliveriesRecord", "orderConfirm")
@pytest.mark.gate("K15", "deliveryPlan", "deliveriesRecord", "orderConfirm")
async def test_a_reason_opens_what_it_was_said_for_whichever_verb_follows(world, ask):
    """What was said of a call-off's Sunday says nothing of other days."""
    agreed = {"partyId": await _company(world), "validTo": "2026-03-31", "minNoticeDays": 3}
    made = await contracts.contract(world, ask, **agreed)
    placed = await contracts.call_off(world, ask, made, "9", window=SUNDAY, **REASON)
    soon = {**SUNDAY, "earliest": "2026-03-03T08:00:00Z", "latest": "2026-03-03T09:00:00Z"}
    other = {**SUNDAY, "earliest": "2026-03-15T02:00:00Z", "latest": "2026-03-15T03:00:00Z"}
    refused = {
        "OUTSIDE_VALIDITY": LATER,
        "NOTICE_TOO_SHORT": soon,
        CLOSED: other,
    }
    part = await deliveries.part(world, placed, lines=deliveries.lines(placed, "1"))
    answer = {"lines": [responses.line(placed, 0, "ACCEPTED")]}
    for code, window in refused.items():
        assert code in {it for it, _ in await _refusals_of_plan(ask, part | {"window": window})}
        assert code in {it for it, _ in await _recorded(ask, part | {"window": window})}
        call = {**answer, "window": window}
        found = await responses.refusals(ask, responses.CONFIRM, placed, **call)
        assert code in {it for it, _ in found}
    assert await _refusals_of_plan(ask, part | {"window": SUNDAY}) == []
    assert await _recorded(ask, part | {"window": None}) == []
    await responses.done(ask, responses.CONFIRM, placed, **answer, window=SUNDAY)


@pytest.mark.gate("K3", "orderConfirm", "deliveryPlan")
async def test_a_promise_against_a_rule_is_planned_by_the_reason_it_was_given_with(world, ask):
    agreed = {"partyId": await _company(world), "validTo": "2026-03-31"}
    made = await contracts.contract(world, ask, **agreed)
    placed = await contracts.call_off(world, ask, made, "5", window=deliveries.WINDOW)
    answer = {"lines": [responses.line(placed, 0, "ACCEPTED")], "window": LATER}
    await responses.done(ask, responses.CONFIRM, placed, **answer, **WHY)
    part = await deliveries.part(world, placed, window=None)
    planned = (await deliveries.done(ask, "deliveryPlan", deliveries=[part]))["deliveries"][0]
    assert await _overrides(ask, "Delivery", planned) == (WHY["windowOverride"], [["VALIDITY"]])


@pytest.mark.gate("K3", "orderAnswerAmendment", "deliveryPlan")
@pytest.mark.parametrize("is_said", [True, False])
async def test_what_is_offered_or_promised_has_the_reason_that_was_said_for_it(
    world, ask, *, is_said
):
    """That of a call-off's Sunday is another one, whatever its contract agrees on since."""
    made = await contracts.contract(world, ask, partyId=await _company(world))
    placed = await contracts.call_off(world, ask, made, "9", window=SUNDAY, **REASON)
    offered, promised = deliveries.WINDOW, _monday("2026-03-16")
    lines = [responses.line(placed, 0, "AMENDED", quantity="6", window=offered)]
    call = {"lines": lines, "window": promised, "answerBy": responses.UNTIL}
    await responses.done(ask, responses.CONFIRM, placed, **call, **(WHY if is_said else {}))
    until = {"contractId": made["id"], "validTo": "2026-03-08", "keepCallOffs": True}
    assert contracts.codes(await contracts.change(ask, "contractAmend", **until)) == []
    answers = [{"lineId": placed["lines"][0]["id"], "isAccepted": True}]
    refused = await responses.refusals(ask, responses.ANSWER, placed, lines=answers)
    assert refused == ([] if is_said else [("OUTSIDE_VALIDITY", "lines.0.lineId")])
    if not is_said:
        answers[0]["isAccepted"] = False
        await responses.done(ask, responses.ANSWER, placed, lines=answers)
    part = await deliveries.part(world, placed, lines=deliveries.lines(placed, "3"))
    for window in (promised, offered):
        found = {code for code, _ in await _refusals_of_plan(ask, part | {"window": window})}
        assert found == (set() if is_said else {"OUTSIDE_VALIDITY"})


@pytest.mark.gate("K3", "contractAmend")
async def test_a_reason_for_a_sunday_does_not_let_a_contract_end_before_it(world, ask):
    made = await contracts.contract(world, ask, partyId=await _company(world))
    placed = await contracts.call_off(world, ask, made, "9", window=SUNDAY, **REASON)
    earlier = {"contractId": made["id"], "validTo": "2026-03-07"}
    for quantity in ("3", "6"):
        refused = contracts.codes(await contracts.change(ask, "contractAmend", **earlier))
        assert refused == [("OPEN_CALL_OFFS", "keepCallOffs")]
        part = await deliveries.part(world, placed, lines=deliveries.lines(placed, quantity))
        await deliveries.done(ask, "deliveryPlan", deliveries=[part | {"window": None}])
    refused = contracts.codes(await contracts.change(ask, "contractAmend", **earlier))
    assert refused == [("OPEN_CALL_OFFS", "keepCallOffs")]


@pytest.mark.gate("D15", "orderAnswerAmendment")
async def test_what_was_offered_for_a_time_that_has_passed_is_not_agreed_on(world, ask, clock):
    order = await orders.order(world, ask)
    first, second = order["lines"]
    offered = {"quantity": "3", "window": deliveries.SOON | {"latest": "2026-03-02T14:00:00Z"}}
    lines = [responses.line(order, it, "AMENDED", **offered) for it in (0, 1)]
    await responses.done(ask, responses.CONFIRM, order, lines=lines, answerBy=responses.UNTIL)
    clock.advance(days=1)
    answers = [{"lineId": first["id"], "isAccepted": False}]
    answers += [{"lineId": second["id"], "isAccepted": True}]
    refused = [("INVALID_WINDOW", "lines.1.lineId")]
    assert await responses.refusals(ask, responses.ANSWER, order, lines=answers) == refused
    await responses.done(ask, responses.ANSWER, order, lines=answers[:1])


@pytest.mark.gate("D16", "deliveryPlan")
@pytest.mark.parametrize(
    ("times", "path"),
    [
        ({"fulfilAt": "2026-03-09T07:00:00Z", "fulfilBy": "2026-03-09T06:00:00Z"}, "fulfilBy"),
        ({"fulfilAt": deliveries.WINDOW["latest"]}, "fulfilAt"),
        ({"fulfilBy": "2026-03-02T08:59:00Z"}, "fulfilBy"),
    ],
)
async def test_what_cannot_be_handled_in_time_is_not_planned(world, ask, times, path):
    part = await deliveries.part(world, await orders.order(world, ask), **times)
    assert await _refusals_of_plan(ask, part) == [("INVALID_DATE", path)]


@pytest.mark.gate("D16", "deliveryReschedule", "deliverySplit")
async def test_a_window_does_not_end_before_it_may_be_picked(world, ask):
    at = {"fulfilAt": "2026-03-09T07:00:00Z"}
    delivery = await deliveries.planned(world, ask, await orders.order(world, ask), **at)
    sooner = {**SUNDAY, "latest": "2026-03-08T08:00:00Z"}
    one = {"deliveryId": delivery["id"], "window": sooner}
    refused = await deliveries.refusals(ask, "deliveryReschedule", **one)
    assert refused == [("INVALID_DATE", "window.latest")]
    lines = deliveries.contents(delivery, "1")
    refused = await deliveries.refusals(ask, "deliverySplit", **one, lines=lines)
    assert refused == [("INVALID_DATE", "window.latest")]


@pytest.mark.gate("D16", "deliveryPack", "deliveriesPack")
async def test_nothing_is_packed_before_it_may_be_picked(world, ask, clock):
    at = {"fulfilAt": "2026-03-03T09:00:00Z"}
    delivery = await deliveries.released(world, ask, **at)
    assert "PACK" not in delivery["availableActions"]
    parcel = {"contents": deliveries.contents(delivery)}
    call = {"deliveryId": delivery["id"], "parcels": [parcel]}
    assert await deliveries.refusals(ask, "deliveryPack", **call) == [("TOO_EARLY", "deliveryId")]
    clock.advance(days=1)
    assert "PACK" in (await deliveries.read(ask, delivery))["availableActions"]
    await deliveries.done(ask, "deliveryPack", **call)


async def test_receiving_hours_that_touch_are_one_interval(world, ask):
    halves = [
        {"weekday": 1, "opens": "12:00", "closes": "24:00"},
        {"weekday": 1, "opens": "06:00", "closes": "12:00"},
    ]
    order = await orders.order(world, ask, partyId=await _company(world, receiving_hours=halves))
    over_noon = {**SUNDAY, "earliest": "2026-03-09T09:00:00Z", "latest": "2026-03-09T13:00:00Z"}
    await deliveries.planned(world, ask, order, window=over_noon)
