"""Releasing to the warehouse, holding back, taking back: deliveries over GraphQL."""

import pytest

from kit.ids import from_global, to_global
from models.access.viewers import Actor
from tests.make.fulfilment import deliveries
from tests.make.master import parties
from tests.make.trade import orders

ORDER = """
query ($id: ID!) { order(id: $id) {
  lines { planned picked packed shipped backordered }
} }
"""
RECIPIENT = "query ($id: ID!) { delivery(id: $id) { recipient { name building } } }"
ON_HOLD = """
query ($held: Boolean!) { deliveries(first: 9, filter: {onHold: $held}) { nodes { id } } }
"""


async def _on_hold(ask, *, held):
    found = await ask(ON_HOLD, held=held)
    return [it["id"] for it in found["deliveries"]["nodes"]]


@pytest.mark.gate("D7", "deliveryRelease", "deliveriesRelease", sure=True)
async def test_a_company_gets_nothing_without_a_named_recipient(world, ask):
    delivery = await deliveries.planned(world, ask, recipient=None)
    refused = await deliveries.refusals(ask, "deliveryRelease", deliveryId=delivery["id"])
    assert refused == [("RECIPIENT_MISSING", "deliveryId")]
    assert "RELEASE" not in delivery["availableActions"]
    named = await deliveries.planned(world, ask)
    assert "RELEASE" in named["availableActions"]


@pytest.mark.gate("D7", "deliveryRelease", "deliveriesRelease")
async def test_who_takes_a_planned_delivery_in_is_named_afterwards(world, ask):
    delivery = await deliveries.planned(world, ask, recipient=None)
    call = {"deliveryId": delivery["id"], "window": delivery["window"]}
    named = {"recipient": {"name": "A. Gate", "building": "Ramp 3"}}
    refused = await deliveries.refusals(ask, "deliveryRelease", deliveryId=delivery["id"])
    assert refused == [("RECIPIENT_MISSING", "deliveryId")]
    done = (await deliveries.done(ask, "deliveryReschedule", **call, **named))["delivery"]
    assert (done["window"], "RELEASE" in done["availableActions"]) == (delivery["window"], True)
    again = (await deliveries.done(ask, "deliveryReschedule", **call))["delivery"]
    assert again == done
    await deliveries.done(ask, "deliveryRelease", deliveryId=delivery["id"])
    found = await ask(RECIPIENT, id=delivery["id"])
    assert found["delivery"]["recipient"] == named["recipient"]


async def test_a_person_takes_it_in_without_being_named(world, ask):
    order = await orders.order(world, ask, partyId=to_global("Party", await parties.person(world)))
    where = {"line1": "Hafenstr. 2", "city": "Bonn", "country": "DE"}
    delivery = await deliveries.planned(world, ask, order, recipient=None, shipTo=where)
    assert "RELEASE" in delivery["availableActions"]
    await deliveries.done(ask, "deliveryRelease", deliveryId=delivery["id"])


@pytest.mark.gate("D11", "deliveryRelease", "deliveriesRelease")
async def test_an_order_that_must_come_complete_is_not_released_in_parts(world, ask):
    order = await orders.order(world, ask, deliveryPolicy="SHIP_COMPLETE")
    part = await deliveries.planned(world, ask, order, lines=deliveries.lines(order, "9", "4"))
    refused = await deliveries.refusals(ask, "deliveryRelease", deliveryId=part["id"])
    assert refused == [("DELIVERY_POLICY", "deliveryId")]
    assert "RELEASE" not in part["availableActions"]
    await deliveries.done(ask, "deliveryCancel", deliveryId=part["id"])
    whole = await deliveries.released(world, ask, order)
    assert whole["state"] == "RELEASED"


@pytest.mark.gate(
    "D10",
    "deliveryRelease",
    "deliveriesRelease",
    "deliveryPack",
    "deliveriesPack",
    "deliveryDispatch",
    "deliveriesDispatch",
)
@pytest.mark.parametrize(
    ("made", "verb"),
    [
        (deliveries.planned, "deliveryRelease"),
        (deliveries.released, "deliveryPack"),
        (deliveries.packed, "deliveryPack"),
        (deliveries.packed, "deliveryDispatch"),
    ],
)
async def test_nothing_goes_on_after_its_orders_last_instant(world, ask, clock, made, verb):
    order = await orders.order(
        world, ask, deliveryPolicy="CANCEL_IF_NOT_BY", cancelIfNotBy="2026-03-03T00:00:00Z"
    )
    delivery = await made(world, ask, order)
    clock.advance(days=2)
    more = {"deliveryPack": {"parcels": [{"contents": deliveries.contents(delivery)}]}}
    one = {"deliveryId": delivery["id"], **more.get(verb, {})}
    assert await deliveries.refusals(ask, verb, **one) == [("DELIVERY_POLICY", "deliveryId")]
    now = await deliveries.read(ask, delivery)
    assert now["version"] == delivery["version"]
    assert {"RELEASE", "PACK"} & set(now["availableActions"]) == set()


@pytest.mark.gate("D10", "deliveryDispatch", "deliveriesDispatch")
async def test_what_left_before_the_last_instant_is_told_later(world, ask, clock):
    order = await orders.order(
        world, ask, deliveryPolicy="CANCEL_IF_NOT_BY", cancelIfNotBy="2026-03-03T00:00:00Z"
    )
    one = {"deliveryId": (await deliveries.packed(world, ask, order))["id"]}
    clock.advance(days=2)
    late = await deliveries.refusals(
        ask, "deliveryDispatch", **one, dispatchedAt="2026-03-03T00:00:01Z"
    )
    assert late == [("DELIVERY_POLICY", "deliveryId")]
    sent = await deliveries.done(
        ask, "deliveryDispatch", **one, dispatchedAt="2026-03-03T00:00:00Z"
    )
    assert sent["delivery"]["state"] == "DISPATCHED"


@pytest.mark.gate("D9", "deliveryRelease", "deliveriesRelease", "deliveryHold")
async def test_a_hold_on_the_delivery_stops_its_release(world, ask):
    delivery = await deliveries.planned(world, ask)
    hold = {"reason": "ADDRESS", "owner": "Ops"}
    held = await deliveries.done(ask, "deliveryHold", deliveryId=delivery["id"], **hold)
    assert "RELEASE" not in held["delivery"]["availableActions"]
    assert "RELEASE_HOLD" in held["delivery"]["availableActions"]
    refused = await deliveries.refusals(ask, "deliveryRelease", deliveryId=delivery["id"])
    assert refused == [("ON_HOLD", "deliveryId")]
    assert await _on_hold(ask, held=True) == [delivery["id"]]
    again = await deliveries.refusals(ask, "deliveryHold", deliveryId=delivery["id"], **hold)
    assert again == [("TAKEN", "reason")]
    free = await deliveries.done(ask, "deliveryReleaseHold", holdId=held["hold"]["id"])
    assert "RELEASE" in free["delivery"]["availableActions"]
    assert free["delivery"]["version"] == 3
    await deliveries.done(ask, "deliveryRelease", deliveryId=delivery["id"])


@pytest.mark.gate("D9", "deliveryRelease", "deliveriesRelease")
async def test_a_hold_on_the_order_stops_its_deliveries(world, ask):
    order = await orders.order(world, ask)
    delivery = await deliveries.planned(world, ask, order)
    await ask(
        "mutation ($input: OrderHoldInput!) { orderHold(input: $input) { userErrors { code } } }",
        input={"orderId": order["id"], "reason": "PAYMENT", "owner": "Finance"},
    )
    refused = await deliveries.refusals(ask, "deliveryRelease", deliveryId=delivery["id"])
    assert refused == [("ON_HOLD", "deliveryId")]
    found = await deliveries.read(ask, delivery)
    assert "RELEASE" not in found["availableActions"]
    assert await _on_hold(ask, held=False) == []


@pytest.mark.gate("D5", "deliveryCancel")
async def test_cancelling_gives_everything_back(world, ask):
    order = await orders.order(world, ask)
    delivery = await deliveries.packed(world, ask, order)
    done = await deliveries.done(ask, "deliveryCancel", deliveryId=delivery["id"])
    assert done["delivery"]["state"] == "CANCELLED"
    assert done["delivery"]["availableActions"] == []
    assert {it["status"] for it in done["delivery"]["parcels"]} == {"VOIDED"}
    lines = (await ask(ORDER, id=order["id"]))["order"]["lines"]
    assert [set(line.values()) for line in lines] == [{"0"}, {"0"}]
    again = await deliveries.refusals(ask, "deliveryCancel", deliveryId=delivery["id"])
    assert again == [("WRONG_STATE", "deliveryId")]
    assert (await deliveries.planned(world, ask, order))["state"] == "PLANNED"


async def test_what_has_left_is_not_cancelled(world, ask):
    delivery = await deliveries.dispatched(world, ask)
    refused = await deliveries.refusals(ask, "deliveryCancel", deliveryId=delivery["id"])
    assert refused == [("WRONG_STATE", "deliveryId")]


async def test_a_stale_version_is_refused(world, ask):
    delivery = await deliveries.released(world, ask)
    refused = await deliveries.refusals(
        ask, "deliveryCancel", deliveryId=delivery["id"], expectedVersion=1
    )
    assert refused == [("VERSION_CONFLICT", "expectedVersion")]
    assert (await deliveries.read(ask, delivery))["state"] == "RELEASED"


async def test_actions_follow_the_state_and_the_viewers_scopes(world, ask):
    order = await orders.order(world, ask)
    delivery = await deliveries.planned(world, ask, order)
    before = {"SPLIT", "MOVE", "RESCHEDULE", "EXCUSE", "HOLD", "CANCEL"}
    assert set(delivery["availableActions"]) == before | {"RELEASE"}
    release = await deliveries.done(ask, "deliveryRelease", deliveryId=delivery["id"])
    assert set(release["delivery"]["availableActions"]) == before | {"PACK"}
    buyer = ask.by(await world.key(Actor.BUYER, from_global(order["party"]["id"])[1]))
    assert (await deliveries.read(buyer, delivery))["availableActions"] == []
