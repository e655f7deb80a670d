"""Who ordered cancels what no delivery has taken, where the channel lets it."""

from typing import Any

import pytest

from kit.ids import to_global
from models.access.viewers import Actor, CompanyRole
from tests.make import Ask, World
from tests.make.fulfilment import deliveries
from tests.make.master import channels, parties
from tests.make.trade import orders

WITHDRAW = """mutation ($input: OrderWithdrawInput!) { orderWithdraw(input: $input) {
  order { state lines { cancelled unplanned } availableActions } userErrors { code field } } }"""
ACTIONS = "query ($id: ID!) { order(id: $id) { availableActions } }"


async def ordered(world: World, ask: Ask, *, withdrawable: bool) -> tuple[Ask, dict[str, Any]]:
    """Return a buyer and its order over a channel."""
    company = await parties.company(world)
    channel = await channels.channel(world, withdrawable=withdrawable)
    own = {"partyId": to_global("Party", company), "channelId": to_global("Channel", channel)}
    return ask.by(await world.key(Actor.BUYER, company)), await orders.order(world, ask, **own)


async def withdraw(by: Ask, order: dict[str, Any]) -> dict[str, Any]:
    answer = await by(WITHDRAW, input={"orderId": order["id"], "reason": "Not needed."})
    return dict(answer["orderWithdraw"])


def codes(payload: dict[str, Any]) -> list[str]:
    return [each["code"] for each in payload["userErrors"]]


@pytest.mark.harmless("orderWithdraw", "It takes all that is unplanned and nothing else.")
async def test_a_buyer_cancels_what_no_delivery_has_taken(world: World, ask: Ask) -> None:
    buyer, order = await ordered(world, ask, withdrawable=True)
    part = {"orderLineId": order["lines"][0]["id"], "quantity": "4"}
    await deliveries.planned(world, ask, order, lines=[part])
    assert "WITHDRAW" in (await buyer(ACTIONS, id=order["id"]))["order"]["availableActions"]
    payload = await withdraw(buyer, order)
    assert payload["userErrors"] == []
    assert payload["order"]["state"] == "CONFIRMED"
    assert {it["unplanned"] for it in payload["order"]["lines"]} == {"0"}
    assert "WITHDRAW" not in payload["order"]["availableActions"]
    assert codes(await withdraw(buyer, order)) == ["QUANTITY_NOT_OPEN"]


async def test_an_order_of_which_nothing_was_planned_is_cancelled(world: World, ask: Ask) -> None:
    buyer, order = await ordered(world, ask, withdrawable=True)
    assert (await withdraw(buyer, order))["order"]["state"] == "CANCELLED"
    assert codes(await withdraw(buyer, order)) == ["WRONG_STATE"]


async def test_a_channel_may_leave_it_to_the_merchant(world: World, ask: Ask) -> None:
    buyer, order = await ordered(world, ask, withdrawable=False)
    assert "WITHDRAW" not in (await buyer(ACTIONS, id=order["id"]))["order"]["availableActions"]
    assert codes(await withdraw(buyer, order)) == ["NOT_ALLOWED"]


async def test_another_company_and_who_only_reads_withdraw_nothing(world: World, ask: Ask) -> None:
    _, order = await ordered(world, ask, withdrawable=True)
    other = await parties.company(world)
    stranger = ask.by(await world.key(Actor.BUYER, other))
    assert codes(await withdraw(stranger, order)) == ["NOT_FOUND"]
    reader = ask.by(await world.key(Actor.BUYER, other, role=CompanyRole.VIEWER))
    answer = await reader.answer(WITHDRAW, input={"orderId": order["id"]})
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
