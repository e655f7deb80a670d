"""Two at once at the same goods: the counters stay whole, whoever comes first."""

from asyncio import gather
from decimal import Decimal

import pytest

from tests.make.fulfilment import deliveries
from tests.make.trade import orders

CANCEL = """
mutation ($input: OrderCancelLinesInput!) {
  orderCancelLines(input: $input) { userErrors { code field } }
}
"""
STATE = """
query ($id: ID!) { order(id: $id) {
  lines { id ordered cancelled planned shipped }
  deliveries { state lines { planned shipped orderLine { id } } }
} }
"""


async def _sums(ask, order):
    """Return the order line, and what its deliveries that are not cancelled plan and ship."""
    found = (await ask(STATE, id=order["id"]))["order"]
    alive = [it for it in found["deliveries"] if it["state"] != "CANCELLED"]
    lines = [line for it in alive for line in it["lines"]]
    planned = sum(Decimal(line["planned"]) for line in lines)
    shipped = sum(Decimal(line["shipped"]) for line in lines)
    return found["lines"][0], planned, shipped


@pytest.mark.gate("D1", "deliveryPlan")
async def test_of_two_deliveries_for_the_same_rest_one_wins(world, ask):
    order = await orders.ten(world, ask)
    part = await deliveries.part(world, order, lines=deliveries.lines(order, "6"))
    answers = await gather(
        *(deliveries.act(ask, "deliveryPlan", deliveries=[part]) for _ in range(6))
    )
    codes = sorted(it["code"] for answer in answers for it in answer["userErrors"])
    assert codes == ["QUANTITY_NOT_OPEN"] * 5
    line, planned, _ = await _sums(ask, order)
    assert (Decimal(line["planned"]), planned) == (6, 6)


@pytest.mark.gate("O4", "orderCancelLines")
async def test_cancelling_lines_and_dispatching_keep_to_what_was_ordered(world, ask):
    order = await orders.ten(world, ask, deliveryPolicy="PARTIAL_CANCEL_REST")
    delivery = await deliveries.packed(world, ask, order, lines=deliveries.lines(order, "6"))
    line_id = order["lines"][0]["id"]
    cancel = {"orderId": order["id"], "lines": [{"lineId": line_id, "quantity": "4"}]}
    cancelled, sent = await gather(
        ask(CANCEL, input=cancel),
        deliveries.act(ask, "deliveryDispatch", deliveryId=delivery["id"]),
    )
    assert sent["userErrors"] == []
    codes = {it["code"] for it in cancelled["orderCancelLines"]["userErrors"]}
    assert codes <= {"QUANTITY_NOT_OPEN"}
    line, _, shipped = await _sums(ask, order)
    assert (line["cancelled"], line["shipped"], shipped) == ("4", "6", 6)


async def test_a_delivery_is_cancelled_or_dispatched_never_both(world, ask):
    order = await orders.ten(world, ask)
    delivery = await deliveries.packed(world, ask, order)
    answers = await gather(
        deliveries.act(ask, "deliveryCancel", deliveryId=delivery["id"]),
        deliveries.act(ask, "deliveryDispatch", deliveryId=delivery["id"]),
    )
    codes = [it["code"] for answer in answers for it in answer["userErrors"]]
    assert codes == ["WRONG_STATE"]
    line, planned, shipped = await _sums(ask, order)
    assert (Decimal(line["planned"]), Decimal(line["shipped"])) == (planned, shipped)


@pytest.mark.gate("P2", "deliveryDispatch", "deliveriesDispatch")
async def test_of_two_customers_parcels_with_one_number_that_leave_at_once_one_does(world, ask):
    parcel = {"trackingNumbers": ["T1"]}
    packed = [
        await deliveries.packed(world, ask, await orders.ten(world, ask), parcel) for _ in range(5)
    ]
    answers = await gather(
        *(deliveries.act(ask, "deliveryDispatch", deliveryId=it["id"]) for it in packed)
    )
    codes = [it["code"] for answer in answers for it in answer["userErrors"]]
    assert codes == ["TAKEN"] * 4


@pytest.mark.gate("D2", "deliverySplit", "deliveryMerge")
async def test_merging_and_splitting_at_once_conserve_the_line(world, ask):
    order = await orders.ten(world, ask)
    part = await deliveries.part(world, order, lines=deliveries.lines(order, "5"))
    first, second = (await deliveries.done(ask, "deliveryPlan", deliveries=[part, part]))[
        "deliveries"
    ]
    await gather(
        deliveries.act(ask, "deliveryMerge", deliveryId=first["id"], deliveryIds=[second["id"]]),
        *(
            deliveries.act(
                ask, "deliverySplit", deliveryId=each["id"], lines=deliveries.contents(each, "2")
            )
            for each in (first, second, second)
        ),
        deliveries.act(ask, "deliveryMerge", deliveryId=second["id"], deliveryIds=[first["id"]]),
    )
    line, planned, _ = await _sums(ask, order)
    assert (line["planned"], planned) == ("10", 10)


async def test_a_delivery_packed_by_two_has_one_set_of_parcels(world, ask):
    order = await orders.ten(world, ask)
    delivery = await deliveries.released(world, ask, order)
    one = {"generateSscc": True, "contents": deliveries.contents(delivery)}
    call = {"deliveryId": delivery["id"], "parcels": [one]}
    await gather(*(deliveries.done(ask, "deliveryPack", **call) for _ in range(3)))
    packed = await deliveries.read(ask, delivery)
    statuses = sorted(it["status"] for it in packed["parcels"])
    assert statuses == ["PACKED", "VOIDED", "VOIDED"]
    assert packed["lines"][0]["orderLine"]["packed"] == "10"


async def test_of_equal_calls_with_one_key_one_plans(world, ask):
    order = await orders.ten(world, ask)
    part = await deliveries.part(world, order, lines=deliveries.lines(order, "1"))
    call = {"deliveries": [part], "idempotencyKey": "once"}
    answers = await gather(*(deliveries.act(ask, "deliveryPlan", **call) for _ in range(10)))
    assert all(answer == answers[0] for answer in answers)
    line, planned, _ = await _sums(ask, order)
    assert (line["planned"], planned) == ("1", 1)
