"""What was sent again, and is brought by nothing any more, is as it was told before."""

import pytest

from tests.make.feed import Feed, kinds
from tests.make.fulfilment import deliveries
from tests.make.trade import orders

RESHIP = """mutation ($input: DeliveryReshipInput!) { deliveryReship(input: $input) {
  reshipment { id lines { id planned } } userErrors { code field } } }"""


async def _reshipped(ask, delivery):
    where = {"window": deliveries.WINDOW, "recipient": deliveries.RECIPIENT}
    answer = (await ask(RESHIP, input={"deliveryId": delivery["id"], **where}))["deliveryReship"]
    assert answer["userErrors"] == []
    assert (await deliveries.read(ask, delivery))["state"] == "RESHIPPED"
    return answer["reshipment"]


async def _cancelled(ask, again):
    await deliveries.done(ask, "deliveryCancel", deliveryId=again["id"])


async def _cancelled_in_part(ask, again):
    line = {"deliveryLineId": again["lines"][0]["id"], "quantity": "4"}
    part = await deliveries.done(ask, "deliverySplit", deliveryId=again["id"], lines=[line])
    await _cancelled(ask, part["part"])


async def _packed_short(ask, again):
    await deliveries.done(ask, "deliveryRelease", deliveryId=again["id"])
    line = {"deliveryLineId": again["lines"][0]["id"]}
    short = [line | {"picked": "6", "shortReason": "DAMAGED"}]
    parcels = [{"generateSscc": True, "contents": [line | {"quantity": "6"}]}]
    values = {"deliveryId": again["id"], "lines": short, "parcels": parcels}
    await deliveries.done(ask, "deliveryPack", **values)


@pytest.mark.parametrize(
    ("takes_back", "left"),
    [(_cancelled, "10"), (_cancelled_in_part, "4"), (_packed_short, "4")],
)
@pytest.mark.parametrize("state", ["LOST", "RETURNED_TO_SENDER", "FAILED"])
async def test_it_can_be_sent_again_once_more(ask, world, state, takes_back, left):
    feed, order = Feed(ask, world), await orders.ten(world, ask)
    old = await deliveries.dispatched(world, ask, order)
    if state == "FAILED":
        await deliveries.received(ask, old, "0")
    else:
        await feed.results(feed.event(state, sscc=old["parcels"][0]["sscc"]))
    await takes_back(ask, await _reshipped(ask, old))
    now = await deliveries.read(ask, old)
    assert now["state"] == state
    assert "RESHIP" in now["availableActions"]
    assert (await kinds(world, "delivery."))[-1] == "delivery.arrival_corrected"
    assert [it["planned"] for it in (await _reshipped(ask, old))["lines"]] == [left]


@pytest.mark.parametrize("is_confirmed", [True, False])
async def test_what_arrived_beside_it_is_delivered(ask, world, is_confirmed):
    feed, order = Feed(ask, world), await orders.ten(world, ask)
    old = await deliveries.dispatched(world, ask, order)
    sscc = old["parcels"][0]["sscc"]
    await feed.results(feed.event("LOST", sscc=sscc))
    again = await _reshipped(ask, old)
    if is_confirmed:
        await deliveries.received(ask, old, "10")
    else:
        await feed.results(feed.event("DELIVERED", 1, sscc=sscc, isCorrection=True))
    assert (await deliveries.read(ask, old))["state"] == "RESHIPPED"
    await _cancelled(ask, again)
    now = await deliveries.read(ask, old)
    assert (now["state"], now["deliveredAt"] is None) == ("DELIVERED", False)
    assert "RESHIP" not in now["availableActions"]


async def test_what_was_lost_and_is_packed_short_again_is_owed_whatever_the_policy(ask, world):
    feed, fields = Feed(ask, world), {"deliveryPolicy": "PARTIAL_CANCEL_REST"}
    order = await orders.ten(world, ask, **fields)
    old = await deliveries.dispatched(world, ask, order)
    await feed.results(feed.event("LOST", sscc=old["parcels"][0]["sscc"]))
    await _packed_short(ask, await _reshipped(ask, old))
    (line,) = (await deliveries.read(ask, old))["lines"]
    assert line["orderLine"]["cancelled"] == "0"
    assert [it["planned"] for it in (await _reshipped(ask, old))["lines"]] == ["4"]
