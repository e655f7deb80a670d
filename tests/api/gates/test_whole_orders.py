"""What is told of an order is true of the whole of it, also for who sees only a part."""

import pytest

from kit.ids import to_global
from models.access.viewers import Actor
from tests.make.fulfilment import deliveries
from tests.make.master import locations
from tests.make.trade import orders

FOUND = """
query ($filter: OrderFilter) { orders(first: 9, filter: $filter) { totalCount nodes {
  fulfilmentStatus isOpen isLate isBackordered lines { id } } } }
"""


@pytest.mark.gate("O17", "deliveryConfirmReceipt")
async def test_a_warehouse_reads_how_far_the_whole_order_has_come(world, ask, clock):
    window = {**deliveries.WINDOW, "latest": "2026-03-09T08:30:00+00:00"}
    order = await orders.order(world, ask, window=window)
    there = await locations.location(world)
    warehouse = ask.by(await world.key(Actor.WAREHOUSE, there))
    mine = {"locationId": to_global("Location", there), "lines": deliveries.lines(order, "10", "0")}
    sent = await deliveries.dispatched(world, ask, order, **mine)
    other = deliveries.lines(order, "0", "4")
    elsewhere = await deliveries.released(world, ask, order, lines=other)
    received = [{"deliveryLineId": sent["lines"][0]["id"], "received": "10"}]
    await deliveries.done(ask, "deliveryConfirmReceipt", deliveryId=sent["id"], lines=received)
    short = {"deliveryLineId": elsewhere["lines"][0]["id"], "picked": "3"}
    await deliveries.done(
        ask,
        "deliveryPack",
        deliveryId=elsewhere["id"],
        lines=[short | {"shortReason": "OUT_OF_STOCK"}],
        parcels=[{"contents": deliveries.contents(elsewhere, "3")}],
    )
    clock.advance(days=8)
    seen = {
        "fulfilmentStatus": "PARTIALLY_DELIVERED",
        "isOpen": True,
        "isLate": True,
        "isBackordered": True,
    }
    for viewer, lines in ((ask, 2), (warehouse, 1)):
        (found,) = (await viewer(FOUND))["orders"]["nodes"]
        assert len(found.pop("lines")) == lines
        assert found == seen
        for name, value in (
            ("fulfilmentStatuses", ["PARTIALLY_DELIVERED"]),
            ("open", True),
            ("late", True),
            ("backordered", True),
        ):
            assert (await viewer(FOUND, filter={name: value}))["orders"]["totalCount"] == 1
        done = {"fulfilmentStatuses": ["DELIVERED"]}
        assert (await viewer(FOUND, filter=done))["orders"]["totalCount"] == 0
