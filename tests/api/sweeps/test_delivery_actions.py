"""Deliveries: `availableActions` offers what verbs accept, and nothing that they all refuse.

In every state, held or not, under every policy, before and after an order's last instant, with
and without others beside it.
"""

from typing import Any

import pytest

from kit.ids import from_global
from models.access.viewers import Actor, CompanyRole
from models.fulfilment.deliveries.acts import ACTS
from models.fulfilment.deliveries.states import BEFORE_DISPATCH, DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.master.channels import Channel, ReleaseWhen
from models.trade.orders.holds import Hold
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import DeliveryPolicy, PaymentState
from models.trade.orders.tables import Order
from tests.make.fulfilment import deliveries
from tests.make.fulfilment.inputs import actions_of_delivery
from tests.make.master import locations
from tests.make.scene import PERSON, PLACE
from tests.make.sweeps.offers import Client, Inputs, write
from tests.make.trade import orders

STOPPED = {state for act in ACTS if act.stopped_by for state in act.states}
HOLD = {"reason": "OTHER", "owner": "Somebody"}
ORDER_HOLD = """mutation ($input: OrderHoldInput!) {
  orderHold(input: $input) { hold { id } userErrors { code } } }"""
LAST = "2026-03-03T00:00:00+00:00"


def _inputs(delivery: dict[str, Any], *others: dict[str, Any]) -> Inputs:
    """Return what may be sent for each action of a delivery. others: to merge with it."""
    one, more = {"deliveryId": delivery["id"]}, actions_of_delivery(delivery, *others)
    return {it.action: [one | each for each in more.get(it.action, [{}])] for it in ACTS}


async def _planned(
    world: Any, ask: Any, placed: list[dict[str, Any]], *quantities: str, at: str
) -> dict[str, Any]:
    """Plan a delivery of orders. quantities: of the first one; of: the lines of each order."""
    lines = deliveries.lines(placed[0], *quantities)
    lines += [line for order in placed[1:] for line in deliveries.lines(order)]
    delivery = await deliveries.planned(world, ask, placed[0], lines=lines, locationId=at)
    return delivery | {"of": [{it["id"] for it in order["lines"]} for order in placed]}


async def _location(world: Any) -> str:
    return deliveries.to_global("Location", await locations.location(world))


async def test_in_every_state_held_or_not_for_whoever_reads(world, ask, clock):
    order = await orders.order(world, ask)
    at = await _location(world)
    first = await _planned(world, ask, [order], "6", "4", at=at)
    remaining = [{"orderLineId": order["lines"][0]["id"], "quantity": "4"}]
    other = await deliveries.planned(world, ask, order, locationId=at, lines=remaining)
    own = (await deliveries.done(ask, "deliveryHold", deliveryId=first["id"], **HOLD))["hold"]["id"]
    held = await ask(ORDER_HOLD, input={"orderId": order["id"], **HOLD})
    of_order = held["orderHold"]["hold"]["id"]
    inputs = {**_inputs(first, other), "RELEASE_HOLD": [{"holdId": own}]}
    party = from_global(order["party"]["id"])[1]
    clients = [
        Client.staff(world, ask),
        await Client.bound(world, ask, Actor.WAREHOUSE, from_global(at)[1]),
        await Client.bound(world, ask, Actor.BUYER, party, role=CompanyRole.BUYER),
    ]
    for state in DeliveryState:
        for each in (first, other):
            await write(world, Delivery, "id", each["id"], state=state)
        holds = {own, of_order} if state in STOPPED else {own}
        for active in (set(), *({it} for it in holds)):
            for hold in (own, of_order):
                ended = None if hold in active else clock()
                await write(world, Hold, "id", hold, released_at=ended)
            for client in clients:
                offered = await client.offered("delivery", first)
                assert offered == await client.accepted(ACTS, inputs), (state, active, client)


QUANTITIES = {
    "whole": ("10", "4"),
    "part": ("9", "4"),
    "least": ("1",),
    "two orders": ("10", "4"),
    "whole and more": ("10", "4"),
    "one of two": ("6", "4"),
    "one of two, the other held": ("6", "4"),
}
"""What a delivery brings -> of the lines of its order."""


async def _more(world: Any, line: dict[str, Any]) -> None:
    """Let a line of a delivery bring one more than was ordered."""
    tolerance = {"over_tolerance": 1, "planned": 11}
    await write(world, OrderLine, "id", line["orderLine"]["id"], **tolerance)
    await write(world, DeliveryLine, "id", line["id"], planned=11)
    line["planned"] = "11"


async def _made(world: Any, ask: Any, brings: str, **terms: Any) -> list[dict[str, Any]]:
    """Plan a delivery, and another one beside it where that is wanted. terms: of its orders."""
    placed = [await orders.order(world, ask, **terms)]
    if brings == "two orders":
        same = {"partyId": placed[0]["party"]["id"], "channelId": placed[0]["channel"]["id"]}
        placed.append(await orders.order(world, ask, **terms, **same))
    at = await _location(world)
    made = [await _planned(world, ask, placed, *QUANTITIES[brings], at=at)]
    if brings == "whole and more":
        await _more(world, made[0]["lines"][0])
    if "one of two" in brings:
        made.append(await _planned(world, ask, placed, "4", at=at))
    if "held" in brings:
        await deliveries.done(ask, "deliveryHold", deliveryId=made[1]["id"], **HOLD)
    return made


@pytest.mark.parametrize("policy", list(DeliveryPolicy))
@pytest.mark.parametrize("brings", QUANTITIES)
async def test_under_every_policy_before_and_after_the_last_instant(
    world, ask, clock, policy, brings
):
    is_dated = policy is DeliveryPolicy.CANCEL_IF_NOT_BY
    terms = {"deliveryPolicy": policy.value} | ({"cancelIfNotBy": LAST} if is_dated else {})
    first, *others = await _made(world, ask, brings, **terms)
    client = Client.staff(world, ask)
    inputs = {**_inputs(first, *others), "RELEASE_HOLD": []}
    for days in (0, 3) if is_dated else (0,):
        clock.advance(days=days)
        for state in BEFORE_DISPATCH:
            for each in (first, *others):
                await write(world, Delivery, "id", each["id"], state=state)
            offered = await client.offered("delivery", first)
            assert offered == await client.accepted(ACTS, inputs), (days, state)


async def test_whatever_is_known_of_the_payment(world, ask):
    order = await orders.order(world, ask)
    at = await _location(world)
    delivery = await _planned(world, ask, [order], "6", at=at)
    await write(world, Channel, "id", order["channel"]["id"], release_when=ReleaseWhen.AUTHORISED)
    client = Client.staff(world, ask)
    inputs = {**_inputs(delivery), "MERGE": [], "RELEASE_HOLD": []}
    for known in PaymentState:
        await write(world, Order, "id", order["id"], payment_state=known)
        for state in BEFORE_DISPATCH:
            await write(world, Delivery, "id", delivery["id"], state=state)
            offered = await client.offered("delivery", delivery)
            assert offered == await client.accepted(ACTS, inputs), (known, state)


async def test_deliveries_of_two_guests_are_not_offered_to_be_merged(world, ask):
    shop = (await orders.order(world, ask))["channel"]["id"]
    who = {"guest": PERSON, "shipTo": PLACE, "channelId": shop}
    placed = [await orders.order(world, ask, **who) for _ in range(2)]
    at = await _location(world)
    first = await _planned(world, ask, placed[:1], "6", at=at)
    strange = await _planned(world, ask, placed[1:], "10", at=at)
    client = Client.staff(world, ask)
    inputs = {**_inputs(first, strange), "RELEASE_HOLD": []}
    offered = await client.offered("delivery", first)
    assert offered == await client.accepted(ACTS, inputs)
    assert "MERGE" not in offered
    own = await _planned(world, ask, placed[:1], "4", at=at)
    inputs = {**_inputs(first, strange, own), "RELEASE_HOLD": []}
    offered = await client.offered("delivery", first)
    assert offered == await client.accepted(ACTS, inputs)
    assert "MERGE" in offered
