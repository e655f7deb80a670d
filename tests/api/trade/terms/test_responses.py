"""Order responses: accepted, amended and rejected lines."""

import asyncio

import pytest

from tests.guard import counted
from tests.make.fulfilment import deliveries
from tests.make.trade import contracts, orders, responses


async def test_accepting_promises_a_window_and_a_tolerance(world, ask):
    order = await orders.order(world, ask)
    line = responses.line(order, 0, "ACCEPTED", window=responses.WINDOW, overTolerance="2")
    shown = await responses.done(
        ask, responses.CONFIRM, order, lines=[line], window=responses.WINDOW, expectedVersion=1
    )
    assert shown["confirmedWindow"] == {"latest": responses.WINDOW["latest"]}
    first, second = shown["lines"]
    assert (first["response"], first["overTolerance"]) == ("ACCEPTED", "2")
    assert first["confirmedWindow"] == {"latest": responses.WINDOW["latest"]}
    assert (second["response"], second["confirmedWindow"]) == (None, None)
    assert shown["version"] == 2
    entry = responses.last(shown)
    assert entry["type"] == "order.responded"
    latest = responses.WINDOW["latest"]
    assert entry["payload"] == {
        "lines": [{"line_no": 1, "response": "ACCEPTED", "latest": latest}],
        "latest": latest,
    }


async def test_a_promised_window_is_the_one_of_its_deliveries(world, ask):
    order = await orders.order(world, ask)
    lines = [responses.line(order, place, "ACCEPTED", window=responses.WINDOW) for place in (0, 1)]
    await responses.done(ask, responses.CONFIRM, order, lines=lines)
    delivery = await deliveries.planned(world, ask, order, window=None)
    assert delivery["window"]["latest"] == responses.WINDOW["latest"]


async def test_a_tolerance_counts_once_from_planning_to_dispatch(world, ask):
    order = await orders.order(world, ask)
    line = responses.line(order, 0, "ACCEPTED", overTolerance="2")
    await responses.done(ask, responses.CONFIRM, order, lines=[line])
    part = await deliveries.part(world, order, lines=deliveries.lines(order, "13", "4"))
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[part])
    assert refused == [("QUANTITY_NOT_OPEN", "deliveries.0.lines.0.quantity")]
    sent = await deliveries.dispatched(world, ask, order, lines=deliveries.lines(order, "12", "4"))
    assert [it["shipped"] for it in sent["lines"]] == ["12", "4"]
    part = await deliveries.part(world, order, lines=deliveries.lines(order, "1"))
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[part])
    assert refused == [("QUANTITY_NOT_OPEN", "deliveries.0.lines.0.quantity")]
    closed = await responses.done(ask, responses.CLOSE, order)
    line = closed["lines"][0]
    assert (closed["state"], line["cancelled"], line["unplanned"]) == ("CLOSED", "0", "0")


async def test_a_tolerance_is_not_taken_from_what_is_planned(world, ask):
    order = await orders.order(world, ask)
    await responses.done(
        ask,
        responses.CONFIRM,
        order,
        lines=[responses.line(order, 0, "ACCEPTED", overTolerance="2")],
    )
    await deliveries.planned(world, ask, order, lines=deliveries.lines(order, "12"))
    lower = [responses.line(order, 0, "ACCEPTED", overTolerance="1")]
    refused = [("QUANTITY_NOT_OPEN", "lines.0.overTolerance")]
    assert await responses.refusals(ask, responses.CONFIRM, order, lines=lower) == refused


async def _tolerated(world, ask, *, cancelled):
    """Place ten and four, let five more of the first be delivered, and cancel some of the first."""
    order = await orders.order(world, ask)
    first = responses.line(order, 0, "ACCEPTED", overTolerance="5")
    await responses.done(ask, responses.CONFIRM, order, lines=[first])
    less = [{"lineId": order["lines"][0]["id"], "quantity": cancelled}]
    await responses.done(ask, responses.CANCEL, order, lines=less)
    return order


@pytest.mark.parametrize(
    ("cancelled", "parts"), [("4", ["11"]), ("4", ["7"]), ("2", ["8", "3"]), ("9", ["6"])]
)
async def test_what_is_cancelled_leaves_the_tolerance_on_the_rest(world, ask, cancelled, parts):
    order = await _tolerated(world, ask, cancelled=cancelled)
    for quantity in parts:
        await deliveries.dispatched(world, ask, order, lines=deliveries.lines(order, quantity))
    left = 15 - int(cancelled) - sum(map(int, parts))
    part = await deliveries.part(world, order, lines=deliveries.lines(order, str(left + 1)))
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[part])
    assert refused == [("QUANTITY_NOT_OPEN", "deliveries.0.lines.0.quantity")]


@pytest.mark.parametrize("is_rejected", [True, False])
async def test_a_line_that_is_not_wanted_any_more_has_no_tolerance(world, ask, is_rejected):
    order = await _tolerated(world, ask, cancelled="1" if is_rejected else "10")
    if is_rejected:
        lines = [responses.line(order, 0, "REJECTED", reason="Not made any more.")]
        await responses.done(ask, responses.CONFIRM, order, lines=lines)
    part = await deliveries.part(world, order, lines=deliveries.lines(order, "5"))
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[part])
    assert refused == [("QUANTITY_NOT_OPEN", "deliveries.0.lines.0.quantity")]


async def test_a_rejected_line_is_cancelled_with_its_reason(world, ask):
    order = await orders.order(world, ask, taxes=[TAX])
    rejected = [responses.line(order, 0, "REJECTED", reason="Not made any more.")]
    shown = await responses.done(ask, responses.CONFIRM, order, lines=rejected)
    line = shown["lines"][0]
    assert (line["cancelled"], line["response"]) == ("10", "REJECTED")
    assert line["responseReason"] == "Not made any more."
    assert (shown["state"], shown["net"], shown["totals"]["gross"]) == (
        "CONFIRMED",
        {"amount": "10"},
        None,
    )
    assert list(responses.last(shown)["payload"]["moved"].values()) == [{"cancelled": "10"}]
    refused = [responses.line(order, 1, "REJECTED", reason="Nor this.")]
    over = await responses.done(ask, responses.CONFIRM, order, lines=refused)
    assert (over["state"], over["availableActions"]) == ("CANCELLED", ["RECORD_PAYMENT", "REORDER"])
    assert responses.last(over)["type"] == "order.cancelled"


TAX = {"category": "STANDARD", "rate": "19", "amount": "6.65"}


@pytest.mark.parametrize(
    ("line", "answers", "refusal"),
    [
        ({"response": "REJECTED"}, None, ("INVALID", "lines.0.reason")),
        ({"response": "AMENDED"}, responses.UNTIL, ("INVALID", "lines.0.response")),
        ({"response": "AMENDED", "quantity": "8"}, None, ("INVALID", "answerBy")),
        ({"response": "ACCEPTED"}, responses.UNTIL, ("INVALID", "answerBy")),
        ({"response": "ACCEPTED", "quantity": "8"}, None, ("INVALID", "lines.0.quantity")),
        ({"response": "ACCEPTED", "reason": "So."}, None, ("INVALID", "lines.0.reason")),
        (
            {"response": "REJECTED", "reason": "No.", "overTolerance": "1"},
            None,
            ("INVALID", "lines.0.overTolerance"),
        ),
        (
            {"response": "AMENDED", "quantity": "4", "overTolerance": "5"},
            responses.UNTIL,
            ("INVALID", "lines.0.overTolerance"),
        ),
        (
            {"response": "AMENDED", "quantity": "10"},
            responses.UNTIL,
            ("QUANTITY_EXCEEDED", "lines.0.quantity"),
        ),
        (
            {"response": "AMENDED", "quantity": "0.5"},
            responses.UNTIL,
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
    assert await responses.refusals(ask, responses.CONFIRM, order, lines=lines, **fields) == [
        refusal
    ]
    assert (await responses.read(ask, order))["version"] == 1


async def test_lines_that_are_none_of_the_order_are_refused(world, ask):
    order, other = await orders.order(world, ask), await orders.order(world, ask)
    one = responses.line(order, 0, "ACCEPTED")
    refused = [("DUPLICATE", "lines.1.lineId")]
    assert await responses.refusals(ask, responses.CONFIRM, order, lines=[one, one]) == refused
    lines = [one, responses.line(other, 0, "ACCEPTED")]
    assert await responses.refusals(ask, responses.CONFIRM, order, lines=lines) == [
        ("NOT_FOUND", "lines.1.lineId")
    ]
    past = {
        **responses.WINDOW,
        "earliest": "2026-03-01T08:00:00Z",
        "latest": "2026-03-01T09:00:00Z",
    }
    refused = [("INVALID_WINDOW", "lines.0.window.latest")]
    lines = [responses.line(order, 0, "ACCEPTED", window=past)]
    assert await responses.refusals(ask, responses.CONFIRM, order, lines=lines) == refused


@pytest.mark.gate("O1", "orderConfirm")
async def test_what_deliveries_have_taken_is_neither_amended_nor_rejected(world, ask):
    order = await orders.order(world, ask)
    await deliveries.planned(world, ask, order, lines=deliveries.lines(order, "6"))
    (screw,) = await orders.products(ask, "SCREW")
    for fields, path in (({"quantity": "5"}, "quantity"), ({"productId": screw}, "productId")):
        lines = [responses.line(order, 0, "AMENDED", **fields)]
        refused = await responses.refusals(
            ask, responses.CONFIRM, order, lines=lines, answerBy=responses.UNTIL
        )
        assert refused == [("QUANTITY_NOT_OPEN", f"lines.0.{path}")]
    lines = [responses.line(order, 0, "REJECTED", reason="No.")]
    refused = [("QUANTITY_NOT_OPEN", "lines.0.response")]
    assert await responses.refusals(ask, responses.CONFIRM, order, lines=lines) == refused
    assert (await responses.amended(ask, order, quantity="6"))["lines"][0]["response"] == "AMENDED"


async def test_a_substitute_must_fit_its_line(world, ask):
    order = await orders.order(world, ask)
    bolt = order["lines"][0]
    grease, gone = await orders.products(
        ask, "GREASE", unit="KILOGRAM", scale=3
    ) + await orders.products(ask, "OLD", isActive=False)
    for product, code in (
        (grease, "UNIT_MISMATCH"),
        (gone, "WRONG_STATE"),
        ((await responses.read(ask, order))["lines"][0]["product"]["id"], "INVALID"),
    ):
        lines = [{"lineId": bolt["id"], "response": "AMENDED", "productId": product}]
        refused = await responses.refusals(
            ask, responses.CONFIRM, order, lines=lines, answerBy=responses.UNTIL
        )
        assert refused == [(code, "lines.0.productId")]


@pytest.mark.gate("K5", "orderAnswerAmendment")
async def test_a_call_off_gives_back_what_an_amendment_leaves_out(world, ask):
    contract = await contracts.contract(world, ask)
    called = await contracts.call_off(world, ask, contract, "100")
    (screw,) = await orders.products(ask, "SCREW")
    for fields, path in (({"productId": screw}, "productId"), ({"overTolerance": "1"}, None)):
        response = "AMENDED" if path else "ACCEPTED"
        until = {"answerBy": responses.UNTIL} if path else {}
        lines = [responses.line(called, 0, response, **fields)]
        refused = await responses.refusals(ask, responses.CONFIRM, called, lines=lines, **until)
        assert refused == [("NOT_ON_CONTRACT", f"lines.0.{path or 'overTolerance'}")]
    await responses.amended(ask, called, quantity="60")
    await responses.answer(await responses.buyer(world, ask, called), called, accepts=True)
    shown = await ask(contracts.CONTRACT, id=contract["id"])
    assert shown["contract"]["lines"][0]["calledOff"] == "60"


async def test_of_an_answer_and_a_new_response_at_once_both_leave_the_line_whole(world, ask):
    order = await orders.order(world, ask)
    await responses.amended(ask, order)
    answers = [{"lineId": order["lines"][0]["id"], "isAccepted": True}]
    accepted = [responses.line(order, 0, "ACCEPTED")]
    both = await asyncio.gather(
        responses.refusals(ask, responses.ANSWER, order, lines=answers),
        responses.refusals(ask, responses.CONFIRM, order, lines=accepted),
    )
    line = (await responses.read(ask, order))["lines"][0]
    assert both[1] == []
    assert (line["response"], line["amendment"]) == ("ACCEPTED", None)
    assert line["cancelled"] == ("0" if both[0] else "2")


async def test_statements_do_not_grow_with_the_lines(world, ask):
    (bolt,) = await orders.products(ask, "BOLT")
    numbers = []
    for count in (1, 9):
        lines = [orders.line(bolt, externalReference=str(number)) for number in range(count)]
        order = await orders.order(world, ask, lines=lines)
        shown = [responses.line(order, place, "AMENDED", quantity="8") for place in range(count)]
        answers = [{"lineId": it["id"], "isAccepted": True} for it in order["lines"]]
        with counted(world.database.engine) as sent:
            await responses.done(
                ask, responses.CONFIRM, order, lines=shown, answerBy=responses.UNTIL
            )
            await responses.done(ask, responses.ANSWER, order, lines=answers)
        numbers.append(len(sent))
    assert numbers[0] == numbers[1]
