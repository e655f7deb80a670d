"""Amendments that others must allow: the contract, the customer beforehand, the catalogue."""

import pytest

from kit.ids import to_global
from tests.make.fulfilment import deliveries
from tests.make.master import channels, parties
from tests.make.trade import contracts, orders, responses

LATENESS = "query ($id: ID!) { order(id: $id) { isLate lines { agreedLatest } } }"
LATE = "{ orders(first: 9, filter: { late: true }) { totalCount } }"


async def _called_off(world, ask, quantity="100", **line):
    (bolt,) = await orders.products(ask, "BOLT")
    contract = await contracts.contract(world, ask, lines=[contracts.line(bolt, **line)])
    return await contracts.call_off(world, ask, contract, quantity)


async def _refused(ask, order, **offered):
    lines = [responses.line(order, 0, "AMENDED", **offered)]
    return await responses.refusals(
        ask, responses.CONFIRM, order, lines=lines, answerBy=responses.UNTIL
    )


async def test_a_date_beyond_the_contract_is_not_offered(world, ask):
    called = await _called_off(world, ask)
    refused = [("OUTSIDE_VALIDITY", "lines.0.window")]
    beyond = contracts.window("2026-12-31", until="2027-01-01")
    assert await _refused(ask, called, window=beyond) == refused
    await responses.amended(ask, called, window=contracts.window("2026-12-31"))


async def test_what_is_offered_keeps_lots_and_the_least_of_one_call_off(world, ask):
    called = await _called_off(world, ask, lotMultiple="20", minPerCallOff="60")
    assert await _refused(ask, called, quantity="70") == [("LOT_MULTIPLE", "lines.0.quantity")]
    assert await _refused(ask, called, quantity="40") == [("BELOW_MINIMUM", "lines.0.quantity")]
    both = [("LOT_MULTIPLE", "lines.0.quantity"), ("BELOW_MINIMUM", "lines.0.quantity")]
    assert await _refused(ask, called, quantity="50") == both
    await responses.amended(ask, called, quantity="60")


async def test_what_a_contract_asks_for_later_binds_what_is_offered_later(world, ask):
    called = await _called_off(world, ask)
    contract = called["contract"]["id"]
    line = {"contractLineId": called["lines"][0]["contractLine"]["id"], "lotMultiple": "30"}
    await contracts.change(ask, "contractAmend", contractId=contract, lines=[line])
    assert await _refused(ask, called, quantity="70") == [("LOT_MULTIPLE", "lines.0.quantity")]


@pytest.mark.gate("K3", "orderAnswerAmendment")
@pytest.mark.gate("K15", "orderAnswerAmendment")
@pytest.mark.gate("K17", "orderAnswerAmendment")
@pytest.mark.parametrize(
    ("offered", "term", "code"),
    [
        ({"quantity": "70"}, {"lines": [{"lotMultiple": "30"}]}, "LOT_MULTIPLE"),
        ({"window": contracts.window("2026-06-01")}, {"validTo": "2026-05-01"}, "OUTSIDE_VALIDITY"),
        ({"window": contracts.window("2026-03-05")}, {"minNoticeDays": 30}, "NOTICE_TOO_SHORT"),
    ],
)
async def test_what_a_contract_asks_for_meanwhile_binds_what_is_accepted(
    world, ask, offered, term, code
):
    called = await _called_off(world, ask)
    await responses.amended(ask, called, **offered)
    line = {"contractLineId": called["lines"][0]["contractLine"]["id"]}
    terms = {**term, **({"lines": [{**line, **term["lines"][0]}]} if "lines" in term else {})}
    contract = called["contract"]["id"]
    changed = await contracts.change(ask, "contractAmend", contractId=contract, **terms)
    assert changed["userErrors"] == []
    answers = [{"lineId": called["lines"][0]["id"], "isAccepted": True}]
    refused = await responses.refusals(ask, responses.ANSWER, called, lines=answers)
    assert refused == [(code, "lines.0.lineId")]


@pytest.mark.parametrize("is_allowed", [True, False])
async def test_taxes_of_another_product_are_not_known(world, ask, is_allowed):
    (bolt,) = await orders.products(ask, "BOLT")
    (screw,) = await orders.products(ask, "SCREW")
    tax = {"category": "STANDARD", "rate": "19", "amount": "4.75"}
    line = orders.line(bolt, substitutionAllowed=is_allowed)
    order = await orders.order(world, ask, lines=[line], taxes=[tax])
    shown = await responses.amended(ask, order, productId=screw)
    assert (shown["totals"]["gross"] is None) == is_allowed
    if not is_allowed:
        shown = await responses.answer(ask, order, accepts=True)
    assert shown["totals"]["gross"] is None


async def test_a_substitute_that_is_not_to_be_had_any_more_is_not_accepted(world, ask):
    order = await orders.order(world, ask)
    (screw,) = await orders.products(ask, "SCREW")
    await responses.amended(ask, order, productId=screw)
    await orders.products(ask, "SCREW", isActive=False)
    answers = [{"lineId": order["lines"][0]["id"], "isAccepted": True}]
    refused = [("WRONG_STATE", "lines.0.lineId")]
    assert await responses.refusals(ask, responses.ANSWER, order, lines=answers) == refused
    declined = await responses.answer(ask, order, accepts=False)
    assert declined["lines"][0]["product"]["sku"] == "BOLT"


async def _allowing(world, ask):
    (bolt,) = await orders.products(ask, "BOLT")
    line = orders.line(bolt, substitutionAllowed=True)
    return await orders.order(world, ask, lines=[line]), (await orders.products(ask, "SCREW"))[0]


async def test_a_substitute_that_its_customer_has_allowed_waits_for_nobody(world, ask):
    order, screw = await _allowing(world, ask)
    lines = [responses.line(order, 0, "AMENDED", productId=screw, reason="Sold out.")]
    shown = await responses.done(ask, responses.CONFIRM, order, lines=lines)
    (line,) = shown["lines"]
    assert (line["product"]["sku"], line["replacedProduct"]) == ("SCREW", {"sku": "BOLT"})
    assert (line["response"], line["responseReason"]) == ("AMENDED", "Sold out.")
    assert (line["amendment"], "ANSWER_AMENDMENT" in shown["availableActions"]) == (None, False)
    (entry,) = responses.last(shown)["payload"]["lines"]
    assert entry == {"line_no": 1, "response": "AMENDED", "is_substitute": True}
    await deliveries.released(world, ask, order)


@pytest.mark.parametrize("more", [{"quantity": "8"}, {"window": responses.WINDOW}])
async def test_less_or_later_is_not_allowed_with_a_substitute(world, ask, more):
    order, screw = await _allowing(world, ask)
    lines = [responses.line(order, 0, "AMENDED", productId=screw, **more)]
    refused = [("INVALID", "answerBy")]
    assert await responses.refusals(ask, responses.CONFIRM, order, lines=lines) == refused
    shown = await responses.amended(ask, order, productId=screw, **more)
    assert shown["lines"][0]["product"]["sku"] == "BOLT"


async def test_what_was_ordered_first_replaces_nothing_when_it_comes_again(world, ask):
    order, screw = await _allowing(world, ask)
    (bolt,) = await orders.products(ask, "BOLT")
    for product, replaced in ((screw, {"sku": "BOLT"}), (bolt, None)):
        lines = [responses.line(order, 0, "AMENDED", productId=product)]
        shown = await responses.done(ask, responses.CONFIRM, order, lines=lines)
        assert shown["lines"][0]["replacedProduct"] == replaced


async def test_an_order_is_late_by_the_date_that_was_agreed_on(world, ask, clock):
    order = await orders.order(world, ask, window=responses.WINDOW)
    later = {**responses.WINDOW, "latest": "2026-03-12T12:00:00+00:00"}
    for place in (0, 1):
        await responses.amended(ask, order, place, window=later)
    clock.advance(days=1)
    await responses.answer(ask, order, accepts=True)
    await responses.answer(ask, order, accepts=False, place=1)
    shown = (await ask(LATENESS, id=order["id"]))["order"]
    assert [it["agreedLatest"] for it in shown["lines"]] == [later["latest"], None]
    await responses.done(
        ask,
        responses.CONFIRM,
        order,
        lines=[responses.line(order, 1, "REJECTED", reason="Not made any more.")],
    )
    for days, is_late in ((7, False), (3, True)):
        clock.advance(days=days)
        assert (await ask(LATENESS, id=order["id"]))["order"]["isLate"] is is_late
        assert (await ask(LATE))["orders"]["totalCount"] == is_late


async def test_of_answers_to_several_lines_each_is_told_as_what_it_is(world, ask):
    order = await orders.order(world, ask)
    lines = [responses.line(order, place, "AMENDED", quantity="3") for place in (0, 1)]
    await responses.done(ask, responses.CONFIRM, order, lines=lines, answerBy=responses.UNTIL)
    answers = [
        {"lineId": it["id"], "isAccepted": place == 1} for place, it in enumerate(order["lines"])
    ]
    shown = await responses.done(ask, responses.ANSWER, order, lines=answers)
    accepted, declined = shown["timeline"]["nodes"][-2:]
    assert accepted["type"] == "order.amendment_accepted"
    assert list(accepted["payload"]["moved"].values()) == [{"cancelled": "1"}]
    assert (declined["type"], declined["payload"]) == ("order.amendment_declined", {"lines": [1]})


async def test_a_price_that_was_amended_before_the_approval_leaves_what_was_called_off(world, ask):
    contract = await contracts.contract(world, ask)
    portal = to_global("Channel", await channels.channel(world, approval_required=True))
    await parties.allow(world, contract["party"]["id"], portal)
    called = await contracts.call_off(world, ask, contract, "10", channelId=portal)
    line = {"contractLineId": contract["lines"][0]["id"], "unitPrice": "3"}
    await contracts.change(ask, "contractAmend", contractId=contract["id"], lines=[line])
    approve = """mutation ($input: OrderApproveInput!) {
      orderApprove(input: $input) { order { state lines { unitPrice { amount } } } } }"""
    approved = (await ask(approve, input={"orderId": called["id"]}))["orderApprove"]["order"]
    assert (approved["state"], approved["lines"][0]["unitPrice"]["amount"]) == ("CONFIRMED", "2.5")
    again = await contracts.call_off(world, ask, contract, "10", channelId=portal)
    assert again["lines"][0]["unitPrice"]["amount"] == "3"
