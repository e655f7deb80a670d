"""What must not leave, whichever verb comes first: held goods, and parts of complete orders."""

import pytest

from kit.ids import from_global, to_global
from models.access.viewers import Actor
from models.fulfilment.deliveries.acts import ACTS
from tests.make.feed import Feed
from tests.make.fulfilment import deliveries
from tests.make.master import locations
from tests.make.running import do_due
from tests.make.sweeps.offers import VERBS
from tests.make.trade import orders
from workers.fulfilment.deliveries import LAPSE_ORDERS

LATER = {**deliveries.WINDOW, "latest": "2026-03-20T12:00:00+00:00"}
HOLD = {"reason": "FRAUD", "owner": "Risk"}
ORDER_HOLD = """mutation ($input: OrderHoldInput!) {
  orderHold(input: $input) { hold { id } userErrors { code } } }"""
STATUS = "query ($id: ID!) { order(id: $id) { fulfilmentStatus deliveries { ...fields } } }"
HOLDS = """query ($id: ID!) { delivery(id: $id) {
  holds { reason owner note placedAt releasedAt } timeline(first: 9) { nodes { type } } } }"""
LIST = """query ($held: Boolean!) {
  deliveries(first: 9, filter: {onHold: $held}) { nodes { id availableActions } } }"""


async def _order(ask, order):
    return (await ask(STATUS + deliveries.FIELDS, id=order["id"]))["order"]


async def _reshape(world, ask, verb, delivery):
    """Do what a verb can do with a delivery, or be refused."""
    short = {"deliveryLineId": delivery["lines"][0]["id"], "picked": "4", "shortReason": "DAMAGED"}
    more = {
        "deliveryPack": {
            "parcels": [{"contents": deliveries.contents(delivery, "4", "4")}],
            "lines": [short],
        },
        "deliverySplit": {"lines": deliveries.contents(delivery, "4")},
        "deliveryMove": {"locationId": to_global("Location", await locations.location(world))},
        "deliveryReschedule": {"window": LATER},
    }
    return await deliveries.refusals(ask, verb, deliveryId=delivery["id"], **more.get(verb, {}))


async def _send(ask, delivery):
    """Do all that brings a delivery out of the house, each step whether or not it is refused."""
    one = {"deliveryId": delivery["id"]}
    await deliveries.act(ask, "deliveryRelease", **one)
    now = await deliveries.read(ask, delivery)
    if contents := deliveries.contents(now):
        await deliveries.act(ask, "deliveryPack", **one, parcels=[{"contents": contents}])
    await deliveries.act(ask, "deliveryDispatch", **one)


async def _send_all(world, ask, order):
    """Plan again what is unplanned, and try to send every delivery of an order."""
    await deliveries.act(ask, "deliveryPlan", deliveries=[await deliveries.part(world, order)])
    for each in (await _order(ask, order))["deliveries"]:
        await _send(ask, each)
    return (await _order(ask, order))["fulfilmentStatus"]


RESHAPING = ["deliverySplit", "deliveryMove", "deliveryReschedule", "deliveryCancel"]


MADE = {
    "PLANNED": deliveries.planned,
    "RELEASED": deliveries.released,
    "PACKED": deliveries.packed,
}
DONE = {
    "deliverySplit": {"PLANNED", "RELEASED"},
    "deliveryMove": {"PLANNED", "RELEASED"},
    "deliveryReschedule": set(MADE),
    "deliveryCancel": set(MADE),
    "deliveryRelease": {"PLANNED"},
    "deliveryPack": {"RELEASED", "PACKED"},
    "deliveryDispatch": {"PACKED"},
}
"""Verb -> states in which it is done; a pack is a short one."""
STOPPED = {
    "deliveryRelease": {"delivery", "order"},
    "deliveryDispatch": {"delivery", "order"},
    "deliveryCancel": {"delivery"},
    "deliveryPack": {"delivery"},
}
"""Verb -> what its refusal finds held; others take the hold along, or leave it where it is."""


def test_every_verb_of_one_delivery_is_tried_while_it_is_held():
    mutations = {it.name for it in VERBS if it.act in ACTS}
    of_holds_and_receipts = {"deliveryHold", "deliveryReleaseHold", "deliveryConfirmReceipt"}
    after_it_left = {"deliveryExcuse", "deliveryReship"}
    # Those for many do what those for one do: `test_many_deliveries` holds some of them.
    of_many = {it for it in mutations if it.startswith("deliveries")}
    others = of_holds_and_receipts | after_it_left | of_many | {"deliveryMerge"}
    assert mutations - others == set(DONE)


@pytest.mark.gate(
    "D9",
    "deliveryRelease",
    "deliveriesRelease",
    "deliveryDispatch",
    "deliveriesDispatch",
    "deliveryCancel",
    "deliverySplit",
    "deliveryMerge",
    "deliveryPack",
    "deliveriesPack",
)
@pytest.mark.parametrize("held", ["delivery", "order"])
@pytest.mark.parametrize(
    ("verb", "state"), [(verb, state) for verb in DONE for state in MADE if state in DONE[verb]]
)
async def test_nothing_held_leaves_whichever_verb_comes_first(world, ask, held, verb, state):
    order = await orders.order(world, ask)
    delivery = await MADE[state](world, ask, order)
    if held == "order":
        await ask(ORDER_HOLD, input={"orderId": order["id"], **HOLD})
    else:
        await deliveries.done(ask, "deliveryHold", deliveryId=delivery["id"], **HOLD)
    code, *others = [code for code, _ in await _reshape(world, ask, verb, delivery)] or [None]
    assert (code, others) == ("ON_HOLD" if held in STOPPED.get(verb, ()) else None, [])
    assert await _send_all(world, ask, order) == "UNFULFILLED"


@pytest.mark.gate("D9", "deliveryPack", "deliveriesPack")
async def test_what_is_held_is_packed_as_it_was_planned(world, ask):
    delivery = await deliveries.released(world, ask)
    one = {"deliveryId": delivery["id"]}
    held = await deliveries.done(ask, "deliveryHold", **one, **HOLD)
    assert await _reshape(world, ask, "deliveryPack", delivery) == [("ON_HOLD", "lines")]
    parcels = [{"contents": deliveries.contents(delivery)}]
    assert "PACK" in held["delivery"]["availableActions"]
    packed = await deliveries.done(ask, "deliveryPack", **one, parcels=parcels)
    assert packed["delivery"]["state"] == "PACKED"
    await deliveries.done(ask, "deliveryReleaseHold", holdId=held["hold"]["id"])
    assert await _reshape(world, ask, "deliveryPack", delivery) == []


@pytest.mark.gate("D9", "deliveryMerge")
@pytest.mark.parametrize("held", ["target", "source"])
async def test_nothing_held_leaves_by_a_merge(world, ask, held):
    order = await orders.order(world, ask)
    at = to_global("Location", await locations.location(world))
    lines = [deliveries.lines(order, *it) for it in (("5",), ("5", "4"))]
    target, source = [
        await deliveries.planned(world, ask, order, locationId=at, lines=it) for it in lines
    ]
    one = {"target": target, "source": source}[held]
    await deliveries.done(ask, "deliveryHold", deliveryId=one["id"], **HOLD)
    refused = await deliveries.refusals(
        ask, "deliveryMerge", deliveryId=target["id"], deliveryIds=[source["id"]]
    )
    assert refused == ([] if held == "target" else [("ON_HOLD", "deliveryIds.0")])
    await _send_all(world, ask, order)
    assert (await deliveries.read(ask, one))["state"] not in {"DISPATCHED", "CANCELLED"}


async def test_a_part_has_the_holds_that_are_active_and_is_told_of_them(world, ask):
    whole = await deliveries.planned(world, ask)
    one = {"deliveryId": whole["id"]}
    over = await deliveries.done(ask, "deliveryHold", **one, reason="OTHER", owner="Ops")
    await deliveries.done(ask, "deliveryReleaseHold", holdId=over["hold"]["id"])
    await deliveries.done(ask, "deliveryHold", **one, **HOLD, note="Ask first.")
    lines = deliveries.contents(whole, "4")
    part = (await deliveries.done(ask, "deliverySplit", **one, lines=lines))["part"]
    *_, of_whole = (await ask(HOLDS, id=whole["id"]))["delivery"]["holds"]
    found = (await ask(HOLDS, id=part["id"]))["delivery"]
    assert found["holds"] == [of_whole]
    assert of_whole["note"] == "Ask first."
    types = {it["type"] for it in found["timeline"]["nodes"]}
    assert types == {"delivery.planned", "delivery.held"}


@pytest.mark.gate("D9", "deliveryReleaseHold")
async def test_a_delivery_is_taken_back_when_its_hold_has_ended_or_is_on_its_order(world, ask):
    order = await orders.order(world, ask)
    delivery = await deliveries.planned(world, ask, order)
    await ask(ORDER_HOLD, input={"orderId": order["id"], **HOLD})
    one = {"deliveryId": delivery["id"]}
    held = (await deliveries.done(ask, "deliveryHold", **one, **HOLD))["hold"]
    assert "CANCEL" not in (await deliveries.read(ask, delivery))["availableActions"]
    await deliveries.done(ask, "deliveryReleaseHold", holdId=held["id"])
    assert "CANCEL" in (await deliveries.read(ask, delivery))["availableActions"]
    await deliveries.done(ask, "deliveryCancel", **one)
    assert await _send_all(world, ask, order) == "UNFULFILLED"


@pytest.mark.gate(
    "D11",
    "deliverySplit",
    "deliveryPack",
    "deliveriesPack",
    "deliveryDispatch",
    "deliveriesDispatch",
)
@pytest.mark.parametrize("verb", RESHAPING)
async def test_a_complete_order_leaves_whole_whichever_verb_follows_the_release(world, ask, verb):
    order = await orders.order(world, ask, deliveryPolicy="SHIP_COMPLETE")
    delivery = await deliveries.released(world, ask, order)
    refused = await _reshape(world, ask, verb, delivery)
    assert refused == ([("DELIVERY_POLICY", "lines")] if verb == "deliverySplit" else [])
    assert await _send_all(world, ask, order) == "SHIPPED"


async def test_whole_orders_are_split_off_a_released_delivery(world, ask):
    first = await orders.order(world, ask, deliveryPolicy="SHIP_COMPLETE")
    shared = {"partyId": first["party"]["id"], "channelId": first["channel"]["id"]}
    second = await orders.order(world, ask, deliveryPolicy="SHIP_COMPLETE", **shared)
    both = [*deliveries.lines(first), *deliveries.lines(second)]
    delivery = await deliveries.released(world, ask, first, lines=both)
    mine = {it["id"] for it in first["lines"]}
    lines = [
        {"deliveryLineId": each["id"], "quantity": each["planned"]}
        for each in delivery["lines"]
        if each["orderLine"]["id"] in mine
    ]
    call = {"deliveryId": delivery["id"]}
    await deliveries.done(ask, "deliverySplit", **call, lines=lines)
    await _send(ask, delivery)
    found = [(await _order(ask, it))["fulfilmentStatus"] for it in (first, second)]
    assert found == ["UNFULFILLED", "SHIPPED"]


async def test_a_warehouse_finds_what_a_hold_on_the_order_stops(world, ask):
    order = await orders.order(world, ask)
    delivery = await deliveries.packed(world, ask, order)
    await ask(ORDER_HOLD, input={"orderId": order["id"], **HOLD})
    warehouse = ask.by(await world.key(Actor.WAREHOUSE, from_global(delivery["location"]["id"])[1]))
    one = {"deliveryId": delivery["id"]}
    assert await deliveries.refusals(warehouse, "deliveryDispatch", **one) == [
        ("ON_HOLD", "deliveryId")
    ]
    (found,) = (await warehouse(LIST, held=True))["deliveries"]["nodes"]
    assert found["id"] == delivery["id"]
    assert "DISPATCH" not in found["availableActions"]
    assert (await warehouse(LIST, held=False))["deliveries"]["nodes"] == []


@pytest.mark.gate("D10", "deliveryDispatch", "deliveriesDispatch")
@pytest.mark.parametrize("stacked", [0, 1, 2])
async def test_of_what_its_carrier_took_too_late_the_other_parcels_stay(
    world, ask, clock, database, stacked
):
    wanted = {"deliveryPolicy": "CANCEL_IF_NOT_BY", "cancelIfNotBy": "2026-03-03T00:00:00Z"}
    order = await orders.order(world, ask, **wanted)
    made = await deliveries.released(world, ask, order)
    boxes = (deliveries.contents(made, *it) for it in (("6",), ("1", "0"), ("3", "4")))
    parcels = [{"contents": it} for it in boxes]
    if stacked:
        parcels = [it | {"parent": 0} for it in parcels[:stacked]] + parcels[stacked:]
        parcels.insert(0, {"contents": []})
    packed = [it | {"generateSscc": True} for it in parcels]
    named = {"deliveryId": made["id"]}
    await deliveries.done(ask, "deliveryPack", **named, parcels=packed)
    clock.advance(days=1)
    now, feed = (await deliveries.read(ask, made))["parcels"], Feed(ask, world)
    await feed.results(feed.event("PICKED_UP", sscc=now[stacked // 2]["sscc"]))
    why = {"windowOverride": "The driver came at noon."}
    sent = (await deliveries.done(ask, "deliveryDispatch", **named, **why))["delivery"]
    # Of two that stand on a pallet, its carrier tells of one: all that stands there left with it.
    shipped = "7" if stacked > 1 else "6"
    assert [it["shipped"] for it in sent["lines"]] == [shipped, "0"]
    statuses = [it["status"] == "VOIDED" for it in sent["parcels"]]
    assert statuses == [place > stacked for place in range(len(packed))]
    await do_due(database, clock, LAPSE_ORDERS)
    lines = [it["orderLine"] for it in (await deliveries.read(ask, made))["lines"]]
    counts = [(it["planned"], it["shipped"], it["cancelled"]) for it in lines]
    assert counts == [(shipped, shipped, str(10 - int(shipped))), ("0", "0", "4")]
