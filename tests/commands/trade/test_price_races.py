"""Prices and limits under orders that come at once."""

from asyncio import gather
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from kit.ids import to_global
from models.access.viewers import Actor, CompanyRole
from tests import make
from tests.make.master import channels, parties, prices
from tests.make.trade import contracts, orders

PLACE = """
mutation ($input: OrderPlaceInput!) { orderPlace(input: $input) {
  order { state awaitingApprovalOf lines { unitPrice { amount } } }
  userErrors { code price { amount } }
} }
"""
AT_ONCE = 20


def euros(amount: str) -> dict[str, str]:
    return {"amount": amount, "currency": "EUR"}


async def _portal(world: make.World, company: Any) -> str:
    portal = to_global("Channel", await channels.channel(world))
    await parties.allow(world, to_global("Party", company), portal)
    return portal


async def _ordered(by: make.Ask, portal: str, product: str, quantity: str = "4") -> str:
    """Place an order and return its state."""
    lines = [{"productId": product, "quantity": quantity}]
    values = {"channelId": portal, "currency": "EUR", "lines": lines}
    payload = (await by(PLACE, input=values))["orderPlace"]
    assert payload["userErrors"] == []
    return payload["order"]["state"]


async def test_twenty_orders_at_once_keep_the_limit_of_the_day(world, ask):
    company = await parties.company(world, approval_limit_per_day=euros("55"))
    portal, (bolt,) = await _portal(world, company), await orders.products(ask, "BOLT")
    buyers = [ask.by(await world.key(Actor.BUYER, company)) for _ in range(AT_ONCE)]
    states = await gather(*(_ordered(it, portal, bolt) for it in buyers))
    assert Counter(states) == {"CONFIRMED": 5, "PENDING_APPROVAL": AT_ONCE - 5}


async def test_call_offs_and_orders_at_once_share_the_limit_of_the_day(world, ask):
    company = await parties.company(world, approval_limit_per_day=euros("55"))
    portal, (bolt,) = await _portal(world, company), await orders.products(ask, "BOLT")
    contract = await contracts.contract(world, ask, partyId=to_global("Party", company))
    buyers = [ask.by(await world.key(Actor.BUYER, company)) for _ in range(10)]

    async def call_off(by: make.Ask) -> str:
        placed = await contracts.call_off(world, by, contract, "4", channelId=portal)
        return str(placed["state"])

    each = (both for it in buyers for both in (_ordered(it, portal, bolt), call_off(it)))
    assert Counter(await gather(*each)) == {"CONFIRMED": 5, "PENDING_APPROVAL": 15}


async def test_the_day_of_the_limit_is_the_merchants(world, ask):
    company = await parties.company(world, approval_limit_per_day=euros("20"))
    portal, (bolt,) = await _portal(world, company), await orders.products(ask, "BOLT")
    buyer = ask.by(await world.key(Actor.BUYER, company))
    found = [await _ordered(buyer, portal, bolt) for _ in range(3)]
    hours = 24 - world.clock().hour
    world.clock.advance(hours=hours - 1)
    found.append(await _ordered(buyer, portal, bolt))
    world.clock.advance(hours=1)
    found += [await _ordered(buyer, portal, bolt) for _ in range(3)]
    waits = ["PENDING_APPROVAL"]
    assert found == ["CONFIRMED"] * 2 + waits * 2 + ["CONFIRMED"] * 2 + waits


async def test_what_counts_on_a_day_is_what_stays_ordered(world, ask):
    """An order that waits, or was rejected or cancelled, takes nothing of it; an approved one."""
    company = await parties.company(world, approval_limit_per_day=euros("20"))
    portal, (bolt,) = await _portal(world, company), await orders.products(ask, "BOLT")
    buyer = ask.by(await world.key(Actor.BUYER, company))
    approver = ask.by(await world.key(Actor.BUYER, company, role=CompanyRole.APPROVER))
    values = {"partyId": to_global("Party", company), "channelId": portal}
    large = await orders.order(world, buyer, lines=[orders.line(bolt, "100")], **values)
    assert large["state"] == "PENDING_APPROVAL"
    small = await orders.order(world, buyer, lines=[orders.line(bolt, "8")], **values)
    assert small["state"] == "CONFIRMED"
    assert await _ordered(buyer, portal, bolt, "1") == "PENDING_APPROVAL"
    cancel = """mutation ($input: OrderCancelLinesInput!) {
      orderCancelLines(input: $input) { userErrors { code } } }"""
    part = {"lineId": small["lines"][0]["id"], "quantity": "7"}
    await ask(cancel, input={"orderId": small["id"], "lines": [part]})
    assert await _ordered(buyer, portal, bolt, "7") == "CONFIRMED"
    assert await _ordered(buyer, portal, bolt, "1") == "PENDING_APPROVAL"
    assert await _ordered(approver, portal, bolt, "50") == "CONFIRMED"


async def test_both_limits_count(world, ask):
    limits = {"approval_limit": euros("10"), "approval_limit_per_day": euros("20")}
    company = await parties.company(world, **limits)
    portal, (bolt,) = await _portal(world, company), await orders.products(ask, "BOLT")
    buyer = ask.by(await world.key(Actor.BUYER, company))
    found = [await _ordered(buyer, portal, bolt, it) for it in ("5", "4", "4", "1")]
    assert found == ["PENDING_APPROVAL", "CONFIRMED", "CONFIRMED", "PENDING_APPROVAL"]


async def test_an_order_while_prices_change_has_all_old_or_all_new_ones(world, ask):
    company = await parties.company(world, number="K-1")
    portal = await _portal(world, company)
    products = await orders.products(ask, "BOLT", "NUT", "COG")
    await prices.price_list(ask, "OWN", partyNumber="K-1")
    skus = ("BOLT", "NUT", "COG")

    async def reprice(price: str) -> None:
        await prices.entries(ask, *(prices.entry("OWN", price, sku=it) for it in skus))

    await reprice("1")
    buyer = ask.by(await world.key(Actor.BUYER, company))
    lines = [{"productId": it, "quantity": "1"} for it in products]
    values = {"channelId": portal, "currency": "EUR", "lines": lines}
    seen = set()

    async def place() -> None:
        payload = (await buyer(PLACE, input=values))["orderPlace"]
        assert payload["userErrors"] == []
        seen.add(tuple(it["unitPrice"]["amount"] for it in payload["order"]["lines"]))

    for number in range(2, 12):
        await gather(place(), reprice(str(number)), place())
    assert all(len(set(it)) == 1 for it in seen)
    assert len(seen) > 1


async def test_what_was_shown_is_paid_or_refused_with_what_counts_now(world, ask):
    company = await parties.company(world, number="K-1")
    portal, (bolt,) = await _portal(world, company), await orders.products(ask, "BOLT")
    await prices.price_list(ask, "OWN", "1", partyNumber="K-1")
    buyer = ask.by(await world.key(Actor.BUYER, company))

    async def place(shown: str) -> str:
        line = {"productId": bolt, "quantity": "1", "expectedUnitPrice": shown}
        values = {"channelId": portal, "currency": "EUR", "lines": [line]}
        payload = (await buyer(PLACE, input=values))["orderPlace"]
        if payload["userErrors"]:
            (refusal,) = payload["userErrors"]
            assert refusal["code"] == "PRICE_CHANGED"
            assert refusal["price"]["amount"] != shown
            return str(refusal["price"]["amount"])
        assert payload["order"]["lines"][0]["unitPrice"]["amount"] == shown
        return shown

    for number in range(2, 12):
        before, after = str(number - 1), str(number)
        paid, *_ = await gather(place(before), prices.entries(ask, prices.entry("OWN", after)))
        assert Decimal(paid) in {Decimal(before), Decimal(after)}
    assert await place("1") == "11"


async def test_a_pending_call_off_keeps_its_price_when_the_contract_is_amended(world, ask):
    company = await parties.company(world, approval_limit=euros("10"))
    portal = await _portal(world, company)
    contract = await contracts.contract(world, ask, partyId=to_global("Party", company))
    buyer = ask.by(await world.key(Actor.BUYER, company))
    approver = ask.by(await world.key(Actor.BUYER, company, role=CompanyRole.APPROVER))
    pending = await contracts.call_off(world, buyer, contract, "10", channelId=portal)
    assert pending["state"] == "PENDING_APPROVAL"
    change = {"contractLineId": contract["lines"][0]["id"], "unitPrice": "9"}
    amended = await contracts.change(
        ask, "contractAmend", contractId=contract["id"], lines=[change]
    )
    assert amended["userErrors"] == []
    approve = """mutation ($input: OrderApproveInput!) { orderApprove(input: $input) {
      order { state net { amount } lines { unitPrice { amount } } } userErrors { code } } }"""
    payload = (await approver(approve, input={"orderId": pending["id"]}))["orderApprove"]
    assert payload["order"] == {
        "state": "CONFIRMED",
        "net": {"amount": "25"},
        "lines": [{"unitPrice": {"amount": "2.5"}}],
    }
    later = await contracts.call_off(world, approver, contract, "10", channelId=portal)
    assert later["lines"][0]["unitPrice"]["amount"] == "9"


@pytest.mark.parametrize("verb", ["order", "call-off"])
async def test_a_buyer_orders_only_over_its_companys_channels(world, ask, verb):
    company = await parties.company(world)
    portal, (bolt,) = await _portal(world, company), await orders.products(ask, "BOLT")
    open_one = to_global("Channel", await channels.channel(world))
    contract = await contracts.contract(world, ask, partyId=to_global("Party", company))
    lines = [{"productId": bolt, "quantity": "1"}]

    async def place(by: make.Ask, channel: str) -> list[tuple[str, str]]:
        if verb == "order":
            values = {"channelId": channel, "currency": "EUR", "lines": lines}
            values |= {"partyId": to_global("Party", company)}
            payload = (await by(orders.PLACE, input=values))["orderPlace"]
        else:
            values = await contracts.call_off_input(world, contract, "1", channelId=portal)
            own = values | {"channelId": channel}
            payload = (await by(contracts.CALL_OFF, input=own))["contractCallOff"]
        return [(it["code"], it["field"][-1]) for it in payload["userErrors"]]

    for role in (CompanyRole.BUYER, CompanyRole.APPROVER):
        buyer = ask.by(await world.key(Actor.BUYER, company, role=role))
        assert await place(buyer, open_one) == [("NOT_ALLOWED", "channelId")]
        assert await place(buyer, portal) == []
    assert await place(ask, open_one) == []


async def test_the_prices_of_another_channel_are_told_to_no_buyer(world, ask):
    company = await parties.company(world)
    await _portal(world, company)
    secret = to_global("Channel", await channels.channel(world, code="SECRET"))
    (bolt,) = await orders.products(ask, "BOLT")
    await prices.price_list(ask, "OWN", "1", channelCode="SECRET")
    buyer = ask.by(await world.key(Actor.BUYER, company))
    for output in ("expectedUnitPrice", "unitPrice"):
        line = {"productId": bolt, "quantity": "1", output: "9"}
        values = {"channelId": secret, "currency": "EUR", "lines": [line]}
        payload = (await buyer(PLACE, input=values))["orderPlace"]
        assert payload["userErrors"] == [{"code": "NOT_ALLOWED", "price": None}]
