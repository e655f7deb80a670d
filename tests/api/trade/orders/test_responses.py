"""Order responses: accepted, amended and rejected lines, and the answers of customers."""

import asyncio
from typing import Any

import pytest

from kit.ids import from_global, to_global
from models.access.viewers import Actor, CompanyRole
from tests.guard import counted
from tests.make.fulfilment import deliveries
from tests.make.master import channels
from tests.make.trade import contracts, orders
from workers.running.rounds import Rounds
from workers.trade.responses import EXPIRE_AMENDMENTS

ORDER = """
fragment said on Order {
  id state version availableActions confirmedWindow { latest } net { amount }
  totals { gross { amount } }
  lines {
    id lineNo ordered cancelled planned unplanned overTolerance response responseReason
    product { id sku } replacedProduct { sku } confirmedWindow { latest }
    amendment { quantity window { latest } product { sku } answerBy reason }
  }
  timeline(first: 9) { nodes { type actorName payload } }
}
"""
READ = f"query ($id: ID!) {{ order(id: $id) {{ ...said }} }} {ORDER}"


def _mutation(name: str) -> str:
    takes = f"$input: {name[0].upper()}{name[1:]}Input!"
    payload = "order { ...said } userErrors { code field }"
    return f"mutation ({takes}) {{ it: {name}(input: $input) {{ {payload} }} }} {ORDER}"


CONFIRM, ANSWER = _mutation("orderConfirm"), _mutation("orderAnswerAmendment")
CANCEL, CLOSE = _mutation("orderCancelLines"), _mutation("orderClose")
WINDOW = deliveries.WINDOW
UNTIL = "2026-03-04T12:00:00+00:00"
"""Two days and three hours after the clock of a test starts."""


async def _done(ask, query, order, **fields):
    answer = (await ask(query, input={"orderId": order["id"], **fields}))["it"]
    assert answer["userErrors"] == []
    return answer["order"]


async def _refusals(ask, query, order, **fields):
    answer = (await ask(query, input={"orderId": order["id"], **fields}))["it"]
    return [(it["code"], ".".join(it["field"][1:])) for it in answer["userErrors"]]


def _said(order, place, response, **fields):
    return {"lineId": order["lines"][place]["id"], "response": response, **fields}


async def _amended(ask, order, place=0, **offered):
    """Amend a line; to eight pieces where nothing else is offered."""
    line = _said(order, place, "AMENDED", **(offered or {"quantity": "8"}))
    return await _done(ask, CONFIRM, order, lines=[line], answerBy=UNTIL)


async def _answer(ask, order, *, accepts, place=0):
    lines = [{"lineId": order["lines"][place]["id"], "isAccepted": accepts}]
    return await _done(ask, ANSWER, order, lines=lines)


async def _read(ask, order):
    return (await ask(READ, id=order["id"]))["order"]


async def _buyer(world, ask, order, **more):
    return ask.by(await world.key(Actor.BUYER, from_global(order["party"]["id"])[1], **more))


def _last(order):
    return order["timeline"]["nodes"][-1]


async def test_accepting_promises_a_window_and_a_tolerance(world, ask):
    order = await orders.order(world, ask)
    line = _said(order, 0, "ACCEPTED", window=WINDOW, overTolerance="2")
    said = await _done(ask, CONFIRM, order, lines=[line], window=WINDOW, expectedVersion=1)
    assert said["confirmedWindow"] == {"latest": WINDOW["latest"]}
    first, second = said["lines"]
    assert (first["response"], first["overTolerance"]) == ("ACCEPTED", "2")
    assert first["confirmedWindow"] == {"latest": WINDOW["latest"]}
    assert (second["response"], second["confirmedWindow"]) == (None, None)
    assert said["version"] == 2
    told = _last(said)
    assert told["type"] == "order.responded"
    latest = WINDOW["latest"]
    assert told["payload"] == {
        "lines": [{"line_no": 1, "response": "ACCEPTED", "latest": latest}],
        "latest": latest,
    }


async def test_a_promised_window_is_the_one_of_its_deliveries(world, ask):
    order = await orders.order(world, ask)
    lines = [_said(order, place, "ACCEPTED", window=WINDOW) for place in (0, 1)]
    await _done(ask, CONFIRM, order, lines=lines)
    delivery = await deliveries.planned(world, ask, order, window=None)
    assert delivery["window"]["latest"] == WINDOW["latest"]


async def test_a_tolerance_counts_once_from_planning_to_dispatch(world, ask):
    order = await orders.order(world, ask)
    line = _said(order, 0, "ACCEPTED", overTolerance="2")
    await _done(ask, CONFIRM, order, lines=[line])
    part = await deliveries.part(world, order, lines=deliveries.lines(order, "13", "4"))
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[part])
    assert refused == [("QUANTITY_NOT_OPEN", "deliveries.0.lines.0.quantity")]
    sent = await deliveries.dispatched(world, ask, order, lines=deliveries.lines(order, "12", "4"))
    assert [it["shipped"] for it in sent["lines"]] == ["12", "4"]
    part = await deliveries.part(world, order, lines=deliveries.lines(order, "1"))
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[part])
    assert refused == [("QUANTITY_NOT_OPEN", "deliveries.0.lines.0.quantity")]
    closed = await _done(ask, CLOSE, order)
    assert (closed["state"], closed["lines"][0]["cancelled"]) == ("CLOSED", "0")


async def test_a_tolerance_is_not_taken_from_what_is_planned(world, ask):
    order = await orders.order(world, ask)
    await _done(ask, CONFIRM, order, lines=[_said(order, 0, "ACCEPTED", overTolerance="2")])
    await deliveries.planned(world, ask, order, lines=deliveries.lines(order, "12"))
    lower = [_said(order, 0, "ACCEPTED", overTolerance="1")]
    refused = [("QUANTITY_NOT_OPEN", "lines.0.overTolerance")]
    assert await _refusals(ask, CONFIRM, order, lines=lower) == refused


async def test_a_rejected_line_is_cancelled_with_its_reason(world, ask):
    order = await orders.order(world, ask, taxes=[_TAX])
    rejected = [_said(order, 0, "REJECTED", reason="Not made any more.")]
    said = await _done(ask, CONFIRM, order, lines=rejected)
    line = said["lines"][0]
    assert (line["cancelled"], line["response"]) == ("10", "REJECTED")
    assert line["responseReason"] == "Not made any more."
    assert (said["state"], said["net"], said["totals"]["gross"]) == (
        "CONFIRMED",
        {"amount": "10"},
        None,
    )
    assert list(_last(said)["payload"]["moved"].values()) == [{"cancelled": "10"}]
    rest = [_said(order, 1, "REJECTED", reason="Nor this.")]
    over = await _done(ask, CONFIRM, order, lines=rest)
    assert (over["state"], over["availableActions"]) == ("CANCELLED", [])
    assert _last(over)["type"] == "order.cancelled"


_TAX = {"category": "STANDARD", "rate": "19", "amount": "6.65"}


async def test_an_amendment_changes_nothing_before_it_is_accepted(world, ask):
    order = await orders.order(world, ask)
    buyer = await _buyer(world, ask, order)
    assert (await _read(buyer, order))["availableActions"] == []
    said = await _amended(ask, order, quantity="8", window=WINDOW, reason="Two are broken.")
    line = said["lines"][0]
    assert (line["ordered"], line["cancelled"], line["confirmedWindow"]) == ("10", "0", None)
    assert line["response"] == "AMENDED"
    assert line["amendment"] == {
        "quantity": "8",
        "window": {"latest": WINDOW["latest"]},
        "product": None,
        "answerBy": UNTIL,
        "reason": "Two are broken.",
    }
    assert (await _read(buyer, order))["availableActions"] == ["ANSWER_AMENDMENT"]
    agreed = await _answer(buyer, order, accepts=True)
    line = agreed["lines"][0]
    assert (line["cancelled"], line["amendment"], line["response"]) == ("2", None, "AMENDED")
    assert line["confirmedWindow"] == {"latest": WINDOW["latest"]}
    assert (agreed["version"], agreed["net"]) == (3, {"amount": "30"})
    told = _last(agreed)
    assert (told["type"], told["payload"]["lines"]) == ("order.amendment_accepted", [1])
    assert list(told["payload"]["moved"].values()) == [{"cancelled": "2"}]


async def test_a_declined_line_stands_as_it_was_ordered(world, ask):
    order = await orders.order(world, ask)
    await _amended(ask, order)
    declined = await _answer(await _buyer(world, ask, order), order, accepts=False)
    line = declined["lines"][0]
    assert (line["cancelled"], line["response"], line["amendment"]) == ("0", None, None)
    assert (_last(declined)["type"], declined["version"]) == ("order.amendment_declined", 3)
    again = [{"lineId": order["lines"][0]["id"], "isAccepted": True}]
    refused = [("WRONG_STATE", "lines.0.lineId")]
    assert await _refusals(ask, ANSWER, order, lines=again) == refused


async def test_a_substitute_takes_the_place_of_what_was_ordered(world, ask):
    order = await orders.order(world, ask)
    (screw,) = await orders.products(ask, "SCREW")
    said = await _amended(ask, order, productId=screw)
    assert said["lines"][0]["amendment"]["product"] == {"sku": "SCREW"}
    assert said["lines"][0]["product"]["sku"] == "BOLT"
    agreed = await _answer(ask, order, accepts=True)
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
    await _amended(ask, order)
    lines = [{"lineId": order["lines"][0]["id"], "isAccepted": True}]
    assert await _refusals(shop, ANSWER, order, lines=lines) == [("NOT_FOUND", "orderId")]
    agreed = await _answer(shop.with_headers(shown), order, accepts=True)
    assert agreed["lines"][0]["cancelled"] == "2"


async def test_only_the_customer_itself_and_only_staff(world, ask):
    order = await orders.order(world, ask)
    viewer = await _buyer(world, ask, order, role=CompanyRole.VIEWER)
    stranger = await _buyer(world, ask, await orders.order(world, ask))
    buyer = await _buyer(world, ask, order)
    await _amended(ask, order)
    lines = [{"lineId": order["lines"][0]["id"], "isAccepted": True}]
    assert await _refusals(stranger, ANSWER, order, lines=lines) == [("NOT_FOUND", "orderId")]
    values = {"orderId": order["id"], "lines": lines}
    answer = await viewer.answer(ANSWER, input=values)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    values["lines"] = [_said(order, 0, "ACCEPTED")]
    answer = await buyer.answer(CONFIRM, input=values)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


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
        await _amended(ask, order, window=WINDOW)
    for verb, (order, delivery) in made.items():
        fields: dict[str, Any] = {"deliveryId": delivery["id"]}
        if verb == "deliveryPack":
            parcel = {"generateSscc": True, "contents": deliveries.contents(delivery)}
            fields["parcels"] = [parcel]
        assert await deliveries.refusals(ask, verb, **fields) == awaited
        action = verb.removeprefix("delivery").upper()
        assert action not in (await deliveries.read(ask, delivery))["availableActions"]
        await _answer(ask, order, accepts=True)
        assert action in (await deliveries.read(ask, delivery))["availableActions"]
        await deliveries.done(ask, verb, **fields)


async def test_a_line_that_waits_is_not_planned_and_others_are(world, ask):
    order = await orders.order(world, ask)
    await _amended(ask, order)
    part = await deliveries.part(world, order)
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[part])
    assert refused == [("AMENDMENT_AWAITED", "deliveries.0.lines.0.orderLineId")]
    other = await deliveries.released(world, ask, order, lines=deliveries.lines(order, "0", "4"))
    assert other["state"] == "RELEASED"


async def test_an_amendment_ends_by_itself_at_once_and_is_told_later(world, ask, clock, database):
    order = await orders.order(world, ask)
    delivery = await deliveries.planned(world, ask, order)
    await _amended(ask, order, window=WINDOW)
    clock.advance(hours=51)
    over = await _read(ask, order)
    assert (over["lines"][0]["response"], over["lines"][0]["amendment"]) == (None, None)
    assert "ANSWER_AMENDMENT" not in over["availableActions"]
    lines = [{"lineId": order["lines"][0]["id"], "isAccepted": True}]
    refused = [("WRONG_STATE", "lines.0.lineId")]
    assert await _refusals(ask, ANSWER, order, lines=lines) == refused
    await deliveries.done(ask, "deliveryRelease", deliveryId=delivery["id"])
    assert over["version"] == 2
    for _ in range(2):
        await Rounds(database, clock).make(EXPIRE_AMENDMENTS)
        told = await _read(ask, order)
        assert told["version"] == 3
        last = {"type": "order.amendment_expired", "actorName": "Abruf", "payload": {"lines": [1]}}
        assert _last(told) == last
    seen = _last(await _read(await _buyer(world, ask, order), order))
    assert seen == {**last, "actorName": "Staff"}


async def test_a_round_leaves_alone_what_waits_still(world, ask, clock, database):
    early, late = await orders.order(world, ask), await orders.order(world, ask)
    await _amended(ask, early)
    line = _said(late, 0, "AMENDED", quantity="8")
    await _done(ask, CONFIRM, late, lines=[line], answerBy="2026-03-05T12:00:00+00:00")
    clock.advance(hours=52)
    await Rounds(database, clock).make(EXPIRE_AMENDMENTS)
    assert [(await _read(ask, it))["version"] for it in (early, late)] == [3, 2]
    assert (await _read(ask, late))["lines"][0]["amendment"]["quantity"] == "8"


async def test_a_response_takes_the_place_of_the_one_before(world, ask):
    order = await orders.order(world, ask)
    await _amended(ask, order, quantity="8")
    again = await _amended(ask, order, window=WINDOW)
    assert again["lines"][0]["amendment"]["quantity"] is None
    taken_back = await _done(ask, CONFIRM, order, lines=[_said(order, 0, "ACCEPTED")])
    line = taken_back["lines"][0]
    assert (line["response"], line["amendment"], taken_back["version"]) == ("ACCEPTED", None, 4)
    await deliveries.released(world, ask, order)


async def test_an_amendment_of_what_is_not_open_any_more_ends(world, ask):
    order = await orders.order(world, ask)
    await _amended(ask, order)
    part = [{"lineId": order["lines"][0]["id"], "quantity": "10"}]
    left = await _done(ask, CANCEL, order, lines=part)
    assert (left["lines"][0]["amendment"], left["lines"][0]["response"]) == (None, None)
    assert "ANSWER_AMENDMENT" not in left["availableActions"]


async def test_what_is_cancelled_meanwhile_is_not_cancelled_twice(world, ask):
    order = await orders.order(world, ask)
    await _amended(ask, order, quantity="8")
    part = [{"lineId": order["lines"][0]["id"], "quantity": "3"}]
    await _done(ask, CANCEL, order, lines=part)
    agreed = await _answer(ask, order, accepts=True)
    assert agreed["lines"][0]["cancelled"] == "3"


@pytest.mark.parametrize(
    ("line", "answers", "refusal"),
    [
        ({"response": "REJECTED"}, None, ("INVALID", "lines.0.reason")),
        ({"response": "AMENDED"}, UNTIL, ("INVALID", "lines.0.response")),
        ({"response": "AMENDED", "quantity": "8"}, None, ("INVALID", "answerBy")),
        ({"response": "ACCEPTED"}, UNTIL, ("INVALID", "answerBy")),
        ({"response": "ACCEPTED", "quantity": "8"}, None, ("INVALID", "lines.0.quantity")),
        ({"response": "ACCEPTED", "reason": "So."}, None, ("INVALID", "lines.0.reason")),
        (
            {"response": "REJECTED", "reason": "No.", "overTolerance": "1"},
            None,
            ("INVALID", "lines.0.overTolerance"),
        ),
        (
            {"response": "AMENDED", "quantity": "10"},
            UNTIL,
            ("QUANTITY_EXCEEDED", "lines.0.quantity"),
        ),
        (
            {"response": "AMENDED", "quantity": "0.5"},
            UNTIL,
            ("SCALE_EXCEEDED", "lines.0.quantity"),
        ),
        (
            {"response": "ACCEPTED", "overTolerance": "0.5"},
            None,
            ("SCALE_EXCEEDED", "lines.0.overTolerance"),
        ),
        (
            {"response": "AMENDED", "quantity": "8"},
            "2026-03-02T09:00:00+00:00",
            ("INVALID_DATE", "answerBy"),
        ),
    ],
)
async def test_responses_that_make_no_sense_are_refused(world, ask, line, answers, refusal):
    order = await orders.order(world, ask)
    lines = [{"lineId": order["lines"][0]["id"], **line}]
    fields = {"answerBy": answers} if answers else {}
    assert await _refusals(ask, CONFIRM, order, lines=lines, **fields) == [refusal]
    assert (await _read(ask, order))["version"] == 1


async def test_lines_that_are_none_of_the_order_are_refused(world, ask):
    order, other = await orders.order(world, ask), await orders.order(world, ask)
    one = _said(order, 0, "ACCEPTED")
    refused = [("DUPLICATE", "lines.1.lineId")]
    assert await _refusals(ask, CONFIRM, order, lines=[one, one]) == refused
    lines = [one, _said(other, 0, "ACCEPTED")]
    assert await _refusals(ask, CONFIRM, order, lines=lines) == [("NOT_FOUND", "lines.1.lineId")]
    past = {**WINDOW, "earliest": "2026-03-01T08:00:00Z", "latest": "2026-03-01T09:00:00Z"}
    refused = [("INVALID_WINDOW", "lines.0.window.latest")]
    lines = [_said(order, 0, "ACCEPTED", window=past)]
    assert await _refusals(ask, CONFIRM, order, lines=lines) == refused


async def test_what_deliveries_have_taken_is_neither_amended_nor_rejected(world, ask):
    order = await orders.order(world, ask)
    await deliveries.planned(world, ask, order, lines=deliveries.lines(order, "6"))
    (screw,) = await orders.products(ask, "SCREW")
    for fields, path in (({"quantity": "5"}, "quantity"), ({"productId": screw}, "productId")):
        lines = [_said(order, 0, "AMENDED", **fields)]
        refused = await _refusals(ask, CONFIRM, order, lines=lines, answerBy=UNTIL)
        assert refused == [("QUANTITY_NOT_OPEN", f"lines.0.{path}")]
    lines = [_said(order, 0, "REJECTED", reason="No.")]
    refused = [("QUANTITY_NOT_OPEN", "lines.0.response")]
    assert await _refusals(ask, CONFIRM, order, lines=lines) == refused
    assert (await _amended(ask, order, quantity="6"))["lines"][0]["response"] == "AMENDED"


async def test_a_substitute_must_fit_its_line(world, ask):
    order = await orders.order(world, ask)
    bolt = order["lines"][0]
    grease, gone = await orders.products(
        ask, "GREASE", unit="KILOGRAM", scale=3
    ) + await orders.products(ask, "OLD", isActive=False)
    for product, code in (
        (grease, "UNIT_MISMATCH"),
        (gone, "WRONG_STATE"),
        ((await _read(ask, order))["lines"][0]["product"]["id"], "INVALID"),
    ):
        lines = [{"lineId": bolt["id"], "response": "AMENDED", "productId": product}]
        refused = await _refusals(ask, CONFIRM, order, lines=lines, answerBy=UNTIL)
        assert refused == [(code, "lines.0.productId")]


async def test_a_call_off_gives_back_what_an_amendment_leaves_out(world, ask):
    contract = await contracts.contract(world, ask)
    called = await contracts.call_off(world, ask, contract, "100")
    (screw,) = await orders.products(ask, "SCREW")
    for fields, path in (({"productId": screw}, "productId"), ({"overTolerance": "1"}, None)):
        response = "AMENDED" if path else "ACCEPTED"
        until = {"answerBy": UNTIL} if path else {}
        lines = [_said(called, 0, response, **fields)]
        refused = await _refusals(ask, CONFIRM, called, lines=lines, **until)
        assert refused == [("NOT_ON_CONTRACT", f"lines.0.{path or 'overTolerance'}")]
    await _amended(ask, called, quantity="60")
    await _answer(await _buyer(world, ask, called), called, accepts=True)
    shown = await ask(contracts.CONTRACT, id=contract["id"])
    assert shown["contract"]["lines"][0]["calledOff"] == "60"


async def test_of_an_answer_and_a_new_response_at_once_both_leave_the_line_whole(world, ask):
    order = await orders.order(world, ask)
    await _amended(ask, order)
    answers = [{"lineId": order["lines"][0]["id"], "isAccepted": True}]
    accepted = [_said(order, 0, "ACCEPTED")]
    both = await asyncio.gather(
        _refusals(ask, ANSWER, order, lines=answers),
        _refusals(ask, CONFIRM, order, lines=accepted),
    )
    line = (await _read(ask, order))["lines"][0]
    assert both[1] == []
    assert (line["response"], line["amendment"]) == ("ACCEPTED", None)
    assert line["cancelled"] == ("0" if both[0] else "2")


async def test_statements_do_not_grow_with_the_lines(world, ask):
    (bolt,) = await orders.products(ask, "BOLT")
    numbers = []
    for count in (1, 9):
        lines = [orders.line(bolt, externalReference=str(number)) for number in range(count)]
        order = await orders.order(world, ask, lines=lines)
        said = [_said(order, place, "AMENDED", quantity="8") for place in range(count)]
        answers = [{"lineId": it["id"], "isAccepted": True} for it in order["lines"]]
        with counted(world.database.engine) as sent:
            await _done(ask, CONFIRM, order, lines=said, answerBy=UNTIL)
            await _done(ask, ANSWER, order, lines=answers)
        numbers.append(len(sent))
    assert numbers[0] == numbers[1]
