"""Amendments: offered, answered or not, and what stands still meanwhile."""

from typing import Any

import pytest

from kit.ids import to_global
from models.access.viewers import Actor, CompanyRole
from tests.make import reasons
from tests.make.fulfilment import deliveries
from tests.make.master import channels
from tests.make.running import do_due
from tests.make.trade import orders, responses
from workers.trade.responses import EXPIRE_AMENDMENTS


@pytest.mark.gate("O10", "orderConfirm", "orderAnswerAmendment")
async def test_an_amendment_changes_nothing_before_it_is_accepted(world, ask):
    order = await orders.order(world, ask)
    buyer = await responses.buyer(world, ask, order)
    assert (await responses.read(buyer, order))["availableActions"] == ["REORDER"]
    shown = await responses.amended(
        ask, order, quantity="8", window=responses.WINDOW, reason="Two are broken."
    )
    line = shown["lines"][0]
    assert (line["ordered"], line["cancelled"], line["confirmedWindow"]) == ("10", "0", None)
    assert line["response"] == "AMENDED"
    assert line["amendment"] == {
        "quantity": "8",
        "packaged": None,
        "window": {"latest": responses.WINDOW["latest"]},
        "product": None,
        "answerBy": responses.UNTIL,
        "reason": "Two are broken.",
    }
    assert (await responses.read(buyer, order))["availableActions"] == [
        "ANSWER_AMENDMENT",
        "REORDER",
    ]
    agreed = await responses.answer(buyer, order, accepts=True)
    line = agreed["lines"][0]
    assert (line["cancelled"], line["amendment"], line["response"]) == ("2", None, "AMENDED")
    assert line["confirmedWindow"] == {"latest": responses.WINDOW["latest"]}
    assert (agreed["version"], agreed["net"]) == (3, {"amount": "30"})
    entry = responses.last(agreed)
    assert (entry["type"], entry["payload"]["lines"]) == ("order.amendment_accepted", [1])
    assert list(entry["payload"]["moved"].values()) == [{"cancelled": "2"}]


async def test_a_declined_line_stands_as_it_was_ordered(world, ask):
    order = await orders.order(world, ask)
    await responses.amended(ask, order)
    declined = await responses.answer(
        await responses.buyer(world, ask, order), order, accepts=False
    )
    line = declined["lines"][0]
    assert (line["cancelled"], line["response"], line["amendment"]) == ("0", None, None)
    assert (responses.last(declined)["type"], declined["version"]) == (
        "order.amendment_declined",
        3,
    )
    again = [{"lineId": order["lines"][0]["id"], "isAccepted": True}]
    refused = [("WRONG_STATE", "lines.0.lineId")]
    assert await responses.refusals(ask, responses.ANSWER, order, lines=again) == refused


async def test_a_substitute_takes_the_place_of_what_was_ordered(world, ask):
    order = await orders.order(world, ask)
    (screw,) = await orders.products(ask, "SCREW")
    shown = await responses.amended(ask, order, productId=screw)
    assert shown["lines"][0]["amendment"]["product"] == {"sku": "SCREW"}
    assert shown["lines"][0]["product"]["sku"] == "BOLT"
    agreed = await responses.answer(ask, order, accepts=True)
    line = agreed["lines"][0]
    assert (line["product"]["sku"], line["replacedProduct"]) == ("SCREW", {"sku": "BOLT"})
    assert (line["cancelled"], agreed["net"]) == ("0", {"amount": "35"})
    sent = await deliveries.dispatched(world, ask, order)
    assert sent["lines"][0]["orderLine"]["product"] == {"sku": "SCREW"}


async def test_staff_answer_for_the_customer_and_a_storefront_its_own(world, ask):
    channel = await channels.channel(world)
    shop = ask.by(await world.key(Actor.STOREFRONT, channel))
    order = await orders.order(
        world, ask, guest={"name": "Jan"}, channelId=to_global("Channel", channel)
    )
    token = "query ($id: ID!) { order(id: $id) { accessToken } }"
    shown = {"Abruf-Order-Token": (await ask(token, id=order["id"]))["order"]["accessToken"]}
    await responses.amended(ask, order)
    lines = [{"lineId": order["lines"][0]["id"], "isAccepted": True}]
    assert await responses.refusals(shop, responses.ANSWER, order, lines=lines) == [
        ("NOT_FOUND", "orderId")
    ]
    agreed = await responses.answer(shop.with_headers(shown), order, accepts=True)
    assert agreed["lines"][0]["cancelled"] == "2"


async def test_only_the_customer_itself_and_only_staff(world, ask):
    order = await orders.order(world, ask)
    viewer = await responses.buyer(world, ask, order, role=CompanyRole.VIEWER)
    stranger = await responses.buyer(world, ask, await orders.order(world, ask))
    buyer = await responses.buyer(world, ask, order)
    await responses.amended(ask, order)
    lines = [{"lineId": order["lines"][0]["id"], "isAccepted": True}]
    assert await responses.refusals(stranger, responses.ANSWER, order, lines=lines) == [
        ("NOT_FOUND", "orderId")
    ]
    values = {"orderId": order["id"], "lines": lines}
    answer = await viewer.answer(responses.ANSWER, input=values)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    values["lines"] = [responses.line(order, 0, "ACCEPTED")]
    answer = await buyer.answer(responses.CONFIRM, input=values)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


@pytest.mark.gate(
    "D13",
    "deliveryRelease",
    "deliveriesRelease",
    "deliveryPack",
    "deliveriesPack",
    "deliveryDispatch",
    "deliveriesDispatch",
)
async def test_nothing_goes_on_while_an_amendment_waits_whichever_verb_comes_first(world, ask):
    awaited = [("AMENDMENT_AWAITED", "deliveryId")]
    made = {}
    for verb, make in (
        ("deliveryRelease", deliveries.planned),
        ("deliveryPack", deliveries.released),
        ("deliveryDispatch", deliveries.packed),
    ):
        order = await orders.order(world, ask)
        made[verb] = order, await make(world, ask, order)
        # When it comes may be amended still, whatever deliveries have taken.
        await responses.amended(ask, order, window=responses.WINDOW)
    for verb, (order, delivery) in made.items():
        fields: dict[str, Any] = {"deliveryId": delivery["id"]}
        if verb == "deliveryPack":
            parcel = {"generateSscc": True, "contents": deliveries.contents(delivery)}
            fields["parcels"] = [parcel]
        assert await deliveries.refusals(ask, verb, **fields) == awaited
        action = verb.removeprefix("delivery").upper()
        assert action not in (await deliveries.read(ask, delivery))["availableActions"]
        await responses.answer(ask, order, accepts=True)
        assert action in (await deliveries.read(ask, delivery))["availableActions"]
        await deliveries.done(ask, verb, **fields)


@pytest.mark.gate("D13", "deliveryPlan")
async def test_a_line_that_waits_is_not_planned_and_others_are(world, ask):
    order = await orders.order(world, ask)
    await responses.amended(ask, order)
    part = await deliveries.part(world, order)
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[part])
    assert refused == [("AMENDMENT_AWAITED", "deliveries.0.lines.0.orderLineId")]
    other = await deliveries.released(world, ask, order, lines=deliveries.lines(order, "0", "4"))
    assert other["state"] == "RELEASED"


@pytest.mark.gate("D13", "deliveriesRecord")
async def test_a_recorded_delivery_tells_once_that_an_amendment_waits(world, ask):
    order = await orders.order(world, ask)
    await responses.amended(ask, order)
    times = {f"{it}At": "2026-03-02T08:00:00Z" for it in ("released", "packed", "dispatched")}
    part = await deliveries.part(world, order, **times)
    document = (
        "mutation ($i: DeliveriesRecordInput!) { deliveriesRecord(input: $i) {"
        " results { userErrors { code field } } } }"
    )
    (result,) = (await ask(document, i={"deliveries": [part]}))["deliveriesRecord"]["results"]
    assert reasons(result["userErrors"], 3) == [("AMENDMENT_AWAITED", "lines.0.orderLineId")]


async def test_an_amendment_ends_by_itself_at_once_and_is_told_later(world, ask, clock, database):
    order = await orders.order(world, ask)
    delivery = await deliveries.planned(world, ask, order)
    await responses.amended(ask, order, window=responses.WINDOW)
    clock.advance(hours=51)
    over = await responses.read(ask, order)
    assert (over["lines"][0]["response"], over["lines"][0]["amendment"]) == (None, None)
    assert "ANSWER_AMENDMENT" not in over["availableActions"]
    lines = [{"lineId": order["lines"][0]["id"], "isAccepted": True}]
    refused = [("WRONG_STATE", "lines.0.lineId")]
    assert await responses.refusals(ask, responses.ANSWER, order, lines=lines) == refused
    await deliveries.done(ask, "deliveryRelease", deliveryId=delivery["id"])
    assert over["version"] == 3
    for _ in range(2):
        await do_due(database, clock, EXPIRE_AMENDMENTS)
        entry = await responses.read(ask, order)
        assert entry["version"] == 3
        last = {"type": "order.amendment_expired", "actorName": "Abruf", "payload": {"lines": [1]}}
        assert responses.last(entry) == last
    seen = responses.last(await responses.read(await responses.buyer(world, ask, order), order))
    assert seen == {**last, "actorName": "Staff"}


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        (responses.CONFIRM, {"response": "ACCEPTED"}),
        (responses.CONFIRM, {"response": "REJECTED", "reason": "No."}),
        (responses.CANCEL, {"quantity": "2"}),
    ],
)
async def test_whoever_ends_an_amendment_that_was_not_answered_in_time_tells_it(
    world, ask, clock, database, query, fields
):
    order = await orders.order(world, ask)
    await responses.amended(ask, order)
    clock.advance(hours=51)
    lines = [{"lineId": order["lines"][0]["id"], **fields}]
    await responses.done(ask, query, order, lines=lines)
    await do_due(database, clock, EXPIRE_AMENDMENTS)
    after = await responses.read(ask, order)
    expired, changed = after["timeline"]["nodes"][-2:]
    assert (expired["type"], expired["payload"]) == ("order.amendment_expired", {"lines": [1]})
    cancelled = after["lines"][0]["cancelled"]
    moved = [] if cancelled == "0" else [{"cancelled": cancelled}]
    assert list(changed["payload"].get("moved", {}).values()) == moved
    assert changed["type"] == EVENTS[query]
    # The end of the amendment was one change, what ended it another one.
    assert after["version"] == 4


async def test_an_amendment_that_ended_by_itself_holds_no_change_of_its_line_back(
    world, ask, clock
):
    order = await orders.order(world, ask)
    await responses.amended(ask, order)
    clock.advance(hours=51)
    line = {"lineId": order["lines"][0]["id"], "quantity": "7"}
    change = {"orderId": order["id"], "expectedVersion": 3, "lines": [line]}
    updated = await ask(orders.REVISE["ordersUpdate"], input={"orders": [change]})
    assert updated["ordersUpdate"]["results"][0]["userErrors"] == []
    after = await responses.read(ask, order)
    last = [(it["type"], it["actorName"] == "Abruf") for it in after["timeline"]["nodes"][-2:]]
    assert last == [("order.amendment_expired", True), ("order.updated", False)]
    assert (after["version"], after["lines"][0]["ordered"]) == (4, "7")


async def test_who_read_a_version_before_an_amendment_ended_by_itself_is_told_so(
    world, ask, clock, database
):
    order = await orders.order(world, ask)
    await responses.amended(ask, order)
    buyer = await responses.buyer(world, ask, order)
    clock.advance(hours=51)
    line = {"lineId": order["lines"][0]["id"], "quantity": "2"}
    conflict = ("VERSION_CONFLICT", "expectedVersion")
    late = {"lines": [line], "expectedVersion": 2}
    assert await responses.refusals(ask, responses.CANCEL, order, **late) == [conflict]
    removed = [order["lines"][1]["id"]]
    change = {"orderId": order["id"], "expectedVersion": 2, "removeLineIds": removed}
    updated = await ask(orders.REVISE["ordersUpdate"], input={"orders": [change]})
    (result,) = updated["ordersUpdate"]["results"]
    assert [it["code"] for it in result["userErrors"]] == ["VERSION_CONFLICT"]
    assert (await responses.read(buyer, order))["version"] == 3
    await do_due(database, clock, EXPIRE_AMENDMENTS)
    done = await responses.done(ask, responses.CANCEL, order, lines=[line], expectedVersion=3)
    assert done["version"] == 4


EVENTS = {responses.CONFIRM: "order.responded", responses.CANCEL: "order.lines_cancelled"}
"""What is done to an order -> the event that tells it."""


async def test_a_round_leaves_alone_what_waits_still(world, ask, clock, database):
    early, late = await orders.order(world, ask), await orders.order(world, ask)
    await responses.amended(ask, early)
    line = responses.line(late, 0, "AMENDED", quantity="8")
    await responses.done(
        ask, responses.CONFIRM, late, lines=[line], answerBy="2026-03-05T12:00:00+00:00"
    )
    clock.advance(hours=52)
    await do_due(database, clock, EXPIRE_AMENDMENTS)
    assert [(await responses.read(ask, it))["version"] for it in (early, late)] == [3, 2]
    assert (await responses.read(ask, late))["lines"][0]["amendment"]["quantity"] == "8"


async def test_a_response_takes_the_place_of_the_one_before(world, ask):
    order = await orders.order(world, ask)
    await responses.amended(ask, order, quantity="8")
    again = await responses.amended(ask, order, window=responses.WINDOW)
    assert again["lines"][0]["amendment"]["quantity"] is None
    taken_back = await responses.done(
        ask, responses.CONFIRM, order, lines=[responses.line(order, 0, "ACCEPTED")]
    )
    line = taken_back["lines"][0]
    assert (line["response"], line["amendment"], taken_back["version"]) == ("ACCEPTED", None, 4)
    await deliveries.released(world, ask, order)


async def test_an_amendment_of_what_is_not_open_any_more_ends(world, ask):
    order = await orders.order(world, ask)
    await responses.amended(ask, order)
    part = [{"lineId": order["lines"][0]["id"], "quantity": "10"}]
    left = await responses.done(ask, responses.CANCEL, order, lines=part)
    assert (left["lines"][0]["amendment"], left["lines"][0]["response"]) == (None, None)
    assert "ANSWER_AMENDMENT" not in left["availableActions"]


async def test_an_amendment_that_offers_no_less_than_is_wanted_any_more_ends(world, ask):
    order = await orders.order(world, ask)
    await responses.amended(ask, order, quantity="4")
    for part, offered in (("5", {"quantity": "4"}), ("1", None)):
        lines = [{"lineId": order["lines"][0]["id"], "quantity": part}]
        left = await responses.done(ask, responses.CANCEL, order, lines=lines)
        amendment = left["lines"][0]["amendment"]
        assert (amendment and {"quantity": amendment["quantity"]}) == offered
    assert left["lines"][0]["response"] is None
    ended = [it["payload"] for it in left["timeline"]["nodes"] if it["type"].endswith("withdrawn")]
    assert ended == [{"lines": [1]}]
    await deliveries.planned(world, ask, left)


async def test_what_is_cancelled_meanwhile_is_not_cancelled_twice(world, ask):
    order = await orders.order(world, ask)
    await responses.amended(ask, order, quantity="8", window=responses.WINDOW)
    part = [{"lineId": order["lines"][0]["id"], "quantity": "3"}]
    await responses.done(ask, responses.CANCEL, order, lines=part)
    agreed = await responses.answer(ask, order, accepts=True)
    assert agreed["lines"][0]["cancelled"] == "3"
