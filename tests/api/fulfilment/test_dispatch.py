"""Dispatch over GraphQL: what was packed is shipped, and what follows from it."""

import pytest

from kit.ids import from_global
from models.access.viewers import Actor
from tests.make.fulfilment import deliveries
from tests.make.master import parties
from tests.make.trade import orders

ORDER = """
query ($id: ID!) { order(id: $id) {
  fulfilmentStatus version
  lines { planned picked packed shipped cancelled backordered }
  timeline(first: 9) { nodes { type } }
} }
"""


async def _order(ask, order):
    return (await ask(ORDER, id=order["id"]))["order"]


@pytest.mark.gate("P1", "deliveryDispatch")
async def test_a_dispatch_ships_what_is_in_the_parcels(world, ask, clock):
    order = await orders.order(world, ask)
    part = await deliveries.packed(world, ask, order, lines=deliveries.lines(order, "6", "4"))
    clock.advance(hours=1)
    sent = await deliveries.done(ask, "deliveryDispatch", deliveryId=part["id"])
    assert sent["delivery"]["state"] == "DISPATCHED"
    assert sent["delivery"]["dispatchedAt"] == "2026-03-02T10:00:00+00:00"
    assert [it["shipped"] for it in sent["delivery"]["lines"]] == ["6", "4"]
    found = await _order(ask, order)
    assert [it["shipped"] for it in found["lines"]] == ["6", "4"]
    assert found["fulfilmentStatus"] == "PARTIALLY_SHIPPED"


async def test_back_offices_tell_of_dispatches_in_the_past_never_of_ones_to_come(world, ask):
    delivery = await deliveries.packed(world, ask)
    call = {"deliveryId": delivery["id"]}
    refused = await deliveries.refusals(
        ask, "deliveryDispatch", **call, dispatchedAt="2026-03-03T09:00:01Z"
    )
    assert refused == [("INVALID_DATE", "dispatchedAt")]
    ancient = await deliveries.refusals(
        ask, "deliveryDispatch", **call, dispatchedAt="0001-01-02T00:00:00Z"
    )
    assert ancient == [("INVALID_DATE", "dispatchedAt")]
    before_it_was_ordered = await deliveries.refusals(
        ask, "deliveryDispatch", **call, dispatchedAt="2026-03-01T08:59:59Z"
    )
    assert before_it_was_ordered == [("INVALID_DATE", "dispatchedAt")]
    sent = await deliveries.done(
        ask, "deliveryDispatch", **call, dispatchedAt="2026-03-01T09:00:00Z"
    )
    assert sent["delivery"]["dispatchedAt"] == "2026-03-01T09:00:00+00:00"


async def test_only_what_is_packed_is_sent_and_only_once(world, ask):
    delivery = await deliveries.released(world, ask)
    wrong = [("WRONG_STATE", "deliveryId")]
    call = {"deliveryId": delivery["id"]}
    assert await deliveries.refusals(ask, "deliveryDispatch", **call) == wrong
    parcels = [{"contents": deliveries.contents(delivery)}]
    await deliveries.done(ask, "deliveryPack", **call, parcels=parcels)
    await deliveries.done(ask, "deliveryDispatch", **call)
    assert await deliveries.refusals(ask, "deliveryDispatch", **call) == wrong


@pytest.mark.gate("D9", "deliveryDispatch", "deliveriesDispatch")
async def test_what_is_on_hold_stays_in_the_house(world, ask):
    delivery = await deliveries.packed(world, ask)
    hold = {"deliveryId": delivery["id"], "reason": "FRAUD", "owner": "Risk"}
    await deliveries.done(ask, "deliveryHold", **hold)
    refused = await deliveries.refusals(ask, "deliveryDispatch", deliveryId=delivery["id"])
    assert refused == [("ON_HOLD", "deliveryId")]


async def test_the_first_dispatch_cancels_the_rest_where_the_policy_says_so(world, ask):
    order = await orders.order(world, ask, deliveryPolicy="PARTIAL_CANCEL_REST")
    later = await deliveries.planned(world, ask, order, lines=deliveries.lines(order, "3"))
    await deliveries.dispatched(world, ask, order, lines=deliveries.lines(order, "5"))
    found = await _order(ask, order)
    assert [it["cancelled"] for it in found["lines"]] == ["2", "4"]
    assert [it["planned"] for it in found["lines"]] == ["8", "0"]
    assert "order.lines_cancelled" in [it["type"] for it in found["timeline"]["nodes"]]
    assert (await deliveries.read(ask, later))["state"] == "PLANNED"


async def test_an_order_in_parts_keeps_its_rest_open(world, ask):
    order = await orders.order(world, ask)
    await deliveries.dispatched(world, ask, order, lines=deliveries.lines(order, "5"))
    found = await _order(ask, order)
    assert [it["cancelled"] for it in found["lines"]] == ["0", "0"]
    remaining = await deliveries.dispatched(
        world, ask, order, lines=deliveries.lines(order, "5", "4")
    )
    assert remaining["state"] == "DISPATCHED"
    assert (await _order(ask, order))["fulfilmentStatus"] == "SHIPPED"


async def test_a_buyer_and_a_carrier_send_nothing(world, ask):
    order = await orders.order(world, ask)
    carrier = await parties.carrier(world)
    delivery = await deliveries.packed(world, ask, order)
    for actor, bound_to in (
        (Actor.BUYER, from_global(order["party"]["id"])[1]),
        (Actor.CARRIER, carrier),
    ):
        viewer = ask.by(await world.key(actor, bound_to))
        answer = await viewer.answer(
            "mutation ($input: DeliveryDispatchInput!)"
            " { deliveryDispatch(input: $input) { userErrors { code } } }",
            input={"deliveryId": delivery["id"]},
        )
        assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert (await deliveries.read(ask, delivery))["state"] == "PACKED"
