"""Orders under parallel calls: real connections, one winner."""

from asyncio import gather
from collections import Counter

from kit.ids import to_global
from tests.make.fulfilment import deliveries
from tests.make.master import channels, locations
from tests.make.trade import orders

CANCEL = """
mutation ($input: OrderCancelLinesInput!) {
  it: orderCancelLines(input: $input) { order { id } userErrors { code } }
}
"""
HOLD = """
mutation ($input: OrderHoldInput!) {
  it: orderHold(input: $input) { order { id } userErrors { code } }
}
"""
SHOWN = """
query ($id: ID) {
  order(id: $id) {
    state lines { cancelled } holds { id } timeline(first: 99) { nodes { type } totalCount }
  }
}
"""


def _codes(answers):
    return Counter(it["code"] for each in answers for it in each["it"]["userErrors"])


async def test_20_equal_calls_with_one_key_place_one_order(world, ask):
    fields = await orders.order_input(world, ask, idempotencyKey="once")
    answers = await gather(*(ask(orders.PLACE, input=fields) for _ in range(20)))
    placed = {it["orderPlace"]["order"]["id"] for it in answers}
    assert len(placed) == 1
    total = (await ask("{ orders(first: 1) { totalCount } }"))["orders"]["totalCount"]
    assert total == 1


async def test_one_external_reference_is_placed_once(world, ask):
    channel = to_global("Channel", await channels.channel(world))
    fields = await orders.order_input(world, ask, channelId=channel, externalReference="A-1")
    answers = await gather(*(ask(orders.PLACE, input=fields) for _ in range(8)))
    codes = Counter(
        (it["code"], it["field"][-1]) for each in answers for it in each["orderPlace"]["userErrors"]
    )
    assert codes == {("TAKEN", "externalReference"): 7}


async def test_the_same_rest_is_cancelled_once(world, ask):
    order = await orders.order(world, ask)
    part = {"lineId": order["lines"][0]["id"], "quantity": "6"}
    fields = {"orderId": order["id"], "lines": [part]}
    answers = await gather(*(ask(CANCEL, input=fields) for _ in range(4)))
    assert _codes(answers) == {"QUANTITY_NOT_OPEN": 3}
    shown = (await ask(SHOWN, id=order["id"]))["order"]
    assert [it["cancelled"] for it in shown["lines"]] == ["6", "0"]
    assert shown["timeline"]["totalCount"] == 2


async def test_a_rest_is_planned_or_cancelled_and_never_both(world, ask):
    order = await orders.order(world, ask)
    line = order["lines"][0]["id"]
    location = to_global("Location", await locations.location(world))
    part = {
        "locationId": location,
        "window": deliveries.WINDOW,
        "lines": [{"orderLineId": line, "quantity": "6"}],
    }
    cancelled = {"orderId": order["id"], "lines": [{"lineId": line, "quantity": "6"}]}
    planned, answer = await gather(
        deliveries.act(ask, "deliveryPlan", deliveries=[part]), ask(CANCEL, input=cancelled)
    )
    refused = [*planned["userErrors"], *answer["it"]["userErrors"]]
    assert [it["code"] for it in refused] == ["QUANTITY_NOT_OPEN"]


async def test_the_same_hold_is_placed_once(world, ask):
    order = await orders.order(world, ask)
    fields = {"orderId": order["id"], "reason": "FRAUD", "owner": "risk team"}
    answers = await gather(*(ask(HOLD, input=fields) for _ in range(4)))
    assert _codes(answers) == {"TAKEN": 3}
    assert len((await ask(SHOWN, id=order["id"]))["order"]["holds"]) == 1


async def test_numbers_have_no_holes(world, ask):
    fields = await orders.order_input(world, ask)
    answers = await gather(*(ask(orders.PLACE, input=fields) for _ in range(10)))
    numbers = sorted(it["orderPlace"]["order"]["number"] for it in answers)
    assert numbers == [f"O-{number:06}" for number in range(1, 11)]
