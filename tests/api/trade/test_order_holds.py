"""Holds on orders."""

from uuid import UUID

import pytest

from kit.ids import from_global, to_global
from models.access.viewers import Actor
from tests import make
from tests.make.fulfilment import deliveries
from tests.make.trade import orders

HOLD = """
mutation ($input: OrderHoldInput!) {
  it: orderHold(input: $input) {
    hold { id reason owner note placedAt releasedAt }
    order {
      holds { reason owner } availableActions timeline(last: 1) { nodes { type payload } }
    }
    userErrors { code field }
  }
}
"""
RELEASE = """
mutation ($input: OrderReleaseHoldInput!) {
  it: orderReleaseHold(input: $input) {
    hold { releasedAt }
    order { holds { owner releasedAt } availableActions timeline(last: 1) { nodes { type } } }
    userErrors { code field }
  }
}
"""
CANCEL = """
mutation ($input: OrderCancelLinesInput!) {
  it: orderCancelLines(input: $input) { order { version } userErrors { code field } }
}
"""
HELD = "query ($held: Boolean) { orders(first: 9, filter: {onHold: $held}) { totalCount } }"
HOLDS = "{ orders(first: 9, filter: {onHold: true}) { nodes { holds { reason owner } } } }"
FRAUD = {"reason": "FRAUD", "owner": "risk team"}


async def _held(ask, order, **fields):
    return (await ask(HOLD, input={"orderId": order["id"], **FRAUD, **fields}))["it"]


async def _count(ask, *, held):
    return (await ask(HELD, held=held))["orders"]["totalCount"]


async def test_an_order_has_several_holds_at_once(world, ask):
    order = await orders.order(world, ask)
    first = await _held(ask, order, note="Same card, three names.")
    second = await _held(ask, order, reason="ADDRESS")
    assert first["hold"] | {"id": None} == {
        "id": None,
        **FRAUD,
        "note": "Same card, three names.",
        "placedAt": "2026-03-02T09:00:00+00:00",
        "releasedAt": None,
    }
    assert [it["reason"] for it in second["order"]["holds"]] == ["FRAUD", "ADDRESS"]
    both = [
        *("HOLD", "RELEASE_HOLD", "CANCEL_LINES", "CLOSE", "CONFIRM", "RECORD_PAYMENT"),
        *("STATE_AMOUNTS", "UPDATE", "ADD_LINES", "REORDER"),
    ]
    assert second["order"]["availableActions"] == both
    (found,) = second["order"]["timeline"]["nodes"]
    assert found["type"] == "order.held"
    assert found["payload"].keys() == {"hold_id", "reason"}
    assert to_global("Hold", UUID(found["payload"]["hold_id"])) == second["hold"]["id"]
    assert (await _count(ask, held=True), await _count(ask, held=False)) == (1, 0)


async def test_the_same_hold_twice_is_taken(world, ask):
    order = await orders.order(world, ask)
    await _held(ask, order)
    again = await _held(ask, order)
    assert again["userErrors"] == [{"code": "TAKEN", "field": ["input", "reason"]}]
    other_owner = await _held(ask, order, owner="Grace")
    assert other_owner["userErrors"] == []


async def test_a_released_hold_stops_nothing(world, ask, clock):
    order = await orders.order(world, ask)
    hold = (await _held(ask, order))["hold"]["id"]
    clock.advance(hours=1)
    released = (await ask(RELEASE, input={"holdId": hold}))["it"]
    assert released["hold"] == {"releasedAt": "2026-03-02T10:00:00+00:00"}
    assert released["order"]["availableActions"] == [
        *("HOLD", "CANCEL_LINES", "CLOSE", "CONFIRM", "RECORD_PAYMENT", "STATE_AMOUNTS"),
        *("UPDATE", "ADD_LINES", "REORDER"),
    ]
    assert released["order"]["timeline"]["nodes"] == [{"type": "order.hold_released"}]
    assert await _count(ask, held=True) == 0
    again = (await ask(RELEASE, input={"holdId": hold}))["it"]
    assert again["userErrors"] == [{"code": "WRONG_STATE", "field": ["input", "holdId"]}]
    held_anew = await _held(ask, order)
    assert held_anew["userErrors"] == []


@pytest.mark.parametrize("actor", [Actor.WAREHOUSE, Actor.BUYER])
async def test_an_order_is_on_hold_for_whoever_lists_it_without_the_reason(world, ask, actor):
    order = await orders.order(world, ask)
    delivery = await deliveries.planned(world, ask, order)
    own = {Actor.WAREHOUSE: delivery["location"]["id"], Actor.BUYER: order["party"]["id"]}
    reader = ask.by(await world.key(actor, from_global(own[actor])[1]))
    await deliveries.done(ask, "deliveryHold", deliveryId=delivery["id"], **FRAUD)
    assert (await _count(reader, held=True), await _count(reader, held=False)) == (0, 1)
    hold = (await _held(ask, order))["hold"]["id"]
    assert (await _count(reader, held=True), await _count(reader, held=False)) == (1, 0)
    seen = (await reader(HOLDS))["orders"]["nodes"]
    assert seen == [{"holds": [{"reason": "UNDER_REVIEW", "owner": None}]}]
    await ask(RELEASE, input={"holdId": hold})
    assert (await _count(reader, held=True), await _count(reader, held=False)) == (0, 1)


@pytest.mark.gate("O11", "orderHold", "orderReleaseHold")
async def test_holds_raise_the_version_that_others_expect(world, ask):
    order = await orders.order(world, ask)
    cancel = {
        "orderId": order["id"],
        "expectedVersion": order["version"],
        "lines": [{"lineId": order["lines"][0]["id"], "quantity": "1"}],
    }
    hold = (await _held(ask, order))["hold"]["id"]
    stale = {"code": "VERSION_CONFLICT", "field": ["input", "expectedVersion"]}
    assert (await ask(CANCEL, input=cancel))["it"] == {"order": None, "userErrors": [stale]}
    cancel["expectedVersion"] += 1
    await ask(RELEASE, input={"holdId": hold})
    assert (await ask(CANCEL, input=cancel))["it"] == {"order": None, "userErrors": [stale]}
    cancel["expectedVersion"] += 1
    done = (await ask(CANCEL, input=cancel))["it"]
    assert done == {"order": {"version": order["version"] + 3}, "userErrors": []}


async def test_an_order_that_is_over_is_not_held(world, ask):
    order = await orders.order(world, ask)
    await ask(
        "mutation ($input: OrderCloseInput!) { orderClose(input: $input) { order { state } } }",
        input={"orderId": order["id"]},
    )
    refused = await _held(ask, order)
    assert refused["userErrors"] == [{"code": "WRONG_STATE", "field": ["input", "orderId"]}]


async def test_another_merchants_hold_and_order_are_unknown(world, ask, database, clock):
    order = await orders.order(world, ask)
    hold = (await _held(ask, order))["hold"]["id"]
    stranger = ask.by((await make.world(database, clock)).token)
    held = await _held(stranger, order)
    released = (await stranger(RELEASE, input={"holdId": hold}))["it"]
    assert [held["userErrors"], released["userErrors"]] == [
        [{"code": "NOT_FOUND", "field": ["input", "orderId"]}],
        [{"code": "NOT_FOUND", "field": ["input", "holdId"]}],
    ]
    assert await _count(ask, held=True) == 1
