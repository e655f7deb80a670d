"""Deliveries of more lines than one call names, since others were merged into them."""

from kit.ids import to_global
from tests.make import do
from tests.make.feed import Feed
from tests.make.fulfilment import deliveries
from tests.make.master import locations
from tests.make.trade import orders

LINES = "query ($id: ID!) { delivery(id: $id) { lines { id planned } } }"
PACK = """mutation ($input: DeliveryPackInput!) { deliveryPack(input: $input) {
  parcels { sscc } userErrors { code field } } }"""
RESHIP = """mutation ($input: DeliveryReshipInput!) { deliveryReship(input: $input) {
  reshipment { lines { planned } } userErrors { code field } } }"""


async def test_a_long_delivery_is_sent_again_whole(ask, world):
    (bolt,) = await orders.products(ask, "BOLT")
    parts, location = [], to_global("Location", await locations.location(world))
    lines = [orders.line(bolt, "2", externalReference=str(it)) for it in range(251)]
    order = await orders.order(world, ask, lines=lines[:250])
    await do(ask, "orderAddLines", orderId=order["id"], lines=lines[250:])
    query = "query ($id: ID!) { order(id: $id) { lines { id unplanned } } }"
    every = (await ask(query, id=order["id"]))["order"]["lines"]
    for some in (every[:250], every[250:]):
        fields = {"lines": deliveries.lines({"lines": some}), "locationId": location}
        parts.append(await deliveries.planned(world, ask, order, shown=SHORT, **fields))
    first, second = (it["id"] for it in parts)
    await do(ask, "deliveryMerge", deliveryId=first, deliveryIds=[second])
    await do(ask, "deliveryRelease", deliveryId=first)
    merged = (await ask(LINES, id=first))["delivery"]
    contents = deliveries.contents(merged)
    parcels = [{"generateSscc": True, "contents": it} for it in (contents[:250], contents[250:])]
    packed = (await ask(PACK, input={"deliveryId": first, "parcels": parcels}))["deliveryPack"]
    assert packed["userErrors"] == []
    await do(ask, "deliveryDispatch", deliveryId=first)
    feed = Feed(ask, world)
    await feed.results(*(feed.event("LOST", sscc=it["sscc"]) for it in packed["parcels"]))
    again = {"deliveryId": first, "window": deliveries.WINDOW, "recipient": deliveries.RECIPIENT}
    answer = (await ask(RESHIP, input=again))["deliveryReship"]
    assert answer["userErrors"] == []
    assert [it["planned"] for it in answer["reshipment"]["lines"]] == ["2"] * 251


SHORT = "fragment fields on Delivery { id }"
