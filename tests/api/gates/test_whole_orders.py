"""What is told of an order is true of the whole of it; what must come complete comes so."""

import pytest

from kit.ids import to_global
from models.access.viewers import Actor
from tests.api.gates import test_recorded_plans as recorded
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


@pytest.mark.gate(
    "D11",
    "ordersUpdate",
    "orderAddLines",
    "deliveryRelease",
    "deliveriesRelease",
    "deliveryDispatch",
    "deliveriesDispatch",
)
@pytest.mark.parametrize("verb", list(orders.REVISE))
@pytest.mark.parametrize("is_packed", [True, False])
async def test_what_is_added_to_an_order_that_must_come_complete_comes_with_it(
    world, ask, verb, *, is_packed
):
    order = await orders.order(world, ask, deliveryPolicy="SHIP_COMPLETE")
    make = deliveries.packed if is_packed else deliveries.planned
    whole = await make(world, ask, order)
    new = {"productSku": "NUT", "quantity": "3", "unitPrice": "8"}
    added = {"orderId": order["id"], "lines": [new]}
    changed = {"orders": [{"orderId": order["id"], "addLines": [new]}]}
    sent = {"orderAddLines": added, "ordersUpdate": changed}[verb]
    payload = (await ask(orders.REVISE[verb], input=sent))[verb]
    assert [it["userErrors"] for it in (payload, *payload.get("results", ()))] in ([[]], [[], []])
    act = "deliveryDispatch" if is_packed else "deliveryRelease"
    offered = set((await deliveries.read(ask, whole))["availableActions"])
    assert not offered & {"DISPATCH", "RELEASE"}
    refused = await deliveries.refusals(ask, act, deliveryId=whole["id"])
    assert refused == [("DELIVERY_POLICY", "deliveryId")]


@pytest.mark.gate("D11", "deliveriesRecord", "deliveryRelease", "deliveryDispatch")
async def test_what_must_come_complete_is_recorded_whole(world, ask):
    order = await orders.order(world, ask, deliveryPolicy="SHIP_COMPLETE")
    at = "2026-03-02T08:00:00Z"
    part = await deliveries.part(world, order, lines=deliveries.lines(order, "9", "4"))
    for times in ({"releasedAt": at}, {"plannedAt": at, "dispatchedAt": at}):
        found = await recorded.refusals(ask, part | times)
        assert {code for code, _ in found[0]} == {"DELIVERY_POLICY"}
    whole = part | {"lines": deliveries.lines(order)}
    assert await recorded.refusals(ask, whole | {"releasedAt": at}) == [[]]
