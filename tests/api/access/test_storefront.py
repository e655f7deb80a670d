"""A storefront sees the one order whose access token it holds, and what belongs to it."""

from typing import Any

import pytest
from sqlalchemy import Engine, event

from kit.ids import from_global, to_global
from models.access.keys import MerchantSecret
from models.access.tokens import order_token
from models.access.viewers import Actor, Scope
from tests import make
from tests.make.feed import rows
from tests.make.fulfilment import deliveries
from tests.make.master import channels
from tests.make.scene import PLACE as HOME
from tests.make.trade import orders

PLACE = """
mutation ($input: OrderPlaceInput!) {
  orderPlace(input: $input) {
    accessToken
    order { id number accessToken lines { ordered } timeline(first: 9) { nodes { type } } }
    userErrors { code field }
  }
}
"""
TWO = """
mutation ($one: OrderPlaceInput!, $two: OrderPlaceInput!) {
  one: orderPlace(input: $one) { accessToken order { number } }
  two: orderPlace(input: $two) { accessToken order { number } }
}
"""
SEEN = """{
  orders(first: 9) { totalCount nodes { number } summary { orderCount lineCount } }
  deliveries(first: 9) { totalCount nodes { lines { planned } } }
}"""
ORDER = """query ($id: ID!) { order(id: $id) {
  number lines { ordered product { sku } } holds { id }
  deliveries {
    number lines { planned } parcels { trackingNumbers { number } contents { quantity } }
  }
} }"""
NOTHING: dict[str, Any] = {
    "orders": {"totalCount": 0, "nodes": [], "summary": {"orderCount": 0, "lineCount": 0}},
    "deliveries": {"totalCount": 0, "nodes": []},
}
GUEST = {"name": "Jan Kowalski"}
GUESTS = "query ($id: ID!) { order(id: $id) { guest { name phone } } }"


class Shop:
    """A storefront of one channel."""

    def __init__(self, world: make.World, ask: make.Ask, channel: Any) -> None:
        self.world, self.ask, self.channel = world, ask, channel

    async def values(self, **fields: Any) -> dict[str, Any]:
        staff = self.ask.by(self.world.token)
        at = to_global("Channel", self.channel)
        return await orders.order_input(self.world, staff, guest=GUEST, channelId=at, **fields)

    async def place(self, **fields: Any) -> dict[str, Any]:
        payload = (await self.ask(PLACE, input=await self.values(**fields)))["orderPlace"]
        assert payload["userErrors"] == []
        return payload

    def holding(self, token: str) -> make.Ask:
        return self.ask.with_headers({"Abruf-Order-Token": token})


async def opened(world: make.World, ask: make.Ask) -> Shop:
    """Open a shop on a channel of its own."""
    channel = await channels.channel(world)
    return Shop(world, ask.by(await world.key(Actor.STOREFRONT, channel)), channel)


@pytest.fixture
async def shop(world: make.World, ask: make.Ask) -> Shop:
    return await opened(world, ask)


async def test_tokens_of_a_list_are_signed_where_the_secret_is(world, ask):
    """One statement, whose text and parameters do not hold what they are signed with."""
    placed = [from_global((await orders.order(world, ask))["id"])[1] for _ in range(2)]
    (kept,) = await rows(world, MerchantSecret)
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_others: Any) -> None:
        if "FROM orders" in statement:
            sent.append(f"{statement} {values}")

    event.listen(Engine, "before_cursor_execute", note)
    try:
        found = await ask("{ orders(first: 9) { nodes { lines { order { accessToken } } } } }")
    finally:
        event.remove(Engine, "before_cursor_execute", note)
    tokens = {
        line["order"]["accessToken"] for it in found["orders"]["nodes"] for line in it["lines"]
    }
    assert tokens == {order_token(kept.token_secret, it) for it in placed}
    (statement,) = sent
    assert "merchant_secrets" in statement
    assert not any(it in statement for it in (kept.token_secret.hex(), repr(kept.token_secret)))


async def test_without_a_token_it_sees_no_order_not_even_its_own(shop):
    order = (await shop.place())["order"]
    assert await shop.ask(SEEN) == NOTHING
    assert (await shop.ask(ORDER, id=order["id"]))["order"] is None


async def test_what_it_has_just_placed_is_in_the_answer(shop):
    payload = await shop.place()
    assert payload["order"]["lines"] == [{"ordered": "10"}, {"ordered": "4"}]
    assert payload["order"]["timeline"]["nodes"] == [{"type": "order.placed"}]
    assert payload["order"]["accessToken"] == payload["accessToken"]


async def test_with_the_token_it_sees_that_order_only(shop):
    first, second = await shop.place(), await shop.place()
    for payload in (first, second):
        holder = shop.holding(payload["accessToken"])
        seen = await holder(SEEN)
        assert seen["orders"] == {
            "totalCount": 1,
            "nodes": [{"number": payload["order"]["number"]}],
            "summary": {"orderCount": 1, "lineCount": 2},
        }
    other = await shop.holding(first["accessToken"])(ORDER, id=second["order"]["id"])
    assert other["order"] is None


async def test_the_order_of_one_guest_never_becomes_anothers(shop, world, ask):
    payload = await shop.place(externalReference="SHOP-1", shipTo=HOME)
    values = await shop.values(externalReference="SHOP-1", placedAt=world.clock().isoformat())
    for line in values["lines"]:
        line["unitPrice"] = "7"
    other = {"name": "Vera", "email": "vera@example.com", "phone": "+49 1"}
    another = {**values, "guest": other, "shipTo": HOME | {"line1": "Geheimweg 7"}}
    staff = ask.by(world.token)
    query = """mutation ($input: OrdersImportInput!) { ordersImport(input: $input) {
      results { status userErrors { code field } } } }"""
    answer = await staff(query, input={"orders": [another]})
    (result,) = answer["ordersImport"]["results"]
    refused = set(make.reasons(result["userErrors"], 3))
    assert {("WRONG_STATE", f"guest.{it}") for it in other} <= refused
    assert ("WRONG_STATE", "shipTo.line1") in refused
    seen = await shop.holding(payload["accessToken"])(GUESTS, id=payload["order"]["id"])
    assert seen["order"]["guest"] == {"name": GUEST["name"], "phone": None}
    same = await staff(query, input={"orders": [{**values, "shipTo": HOME}]})
    assert [it["status"] for it in same["ordersImport"]["results"]] == ["UPDATED"]


async def test_a_refused_order_gives_no_token(shop):
    values = await shop.values(cancelIfNotBy="2026-01-01T00:00:00Z")
    payload = (await shop.ask(PLACE, input=values))["orderPlace"]
    assert (payload["order"], payload["accessToken"]) == (None, None)
    assert payload["userErrors"] != []


async def test_two_orders_of_one_request_are_both_in_the_answer(shop):
    answer = await shop.ask(TWO, one=await shop.values(), two=await shop.values())
    for payload in (answer["one"], answer["two"]):
        seen = await shop.holding(payload["accessToken"])(SEEN)
        assert seen["orders"]["nodes"] == [{"number": payload["order"]["number"]}]


async def test_a_repetition_gives_the_same_order_and_token(shop):
    values = await shop.values(idempotencyKey="basket-1")
    first = (await shop.ask(PLACE, input=values))["orderPlace"]
    assert first["accessToken"].startswith("order_")
    assert (await shop.ask(PLACE, input=values))["orderPlace"] == first


async def test_what_hangs_below_the_order_is_seen(shop, world, ask):
    mine, other = await shop.place(shipTo=HOME), await shop.place(shipTo=HOME)
    for payload in (mine, other):
        found = await ask(
            "query ($id: ID!) { order(id: $id) { id lines { id unplanned } } }",
            id=payload["order"]["id"],
        )
        await deliveries.dispatched(world, ask, found["order"])
    holder = shop.holding(mine["accessToken"])
    order = (await holder(ORDER, id=mine["order"]["id"]))["order"]
    (delivery,) = order["deliveries"]
    assert [it["planned"] for it in delivery["lines"]] == ["10", "4"]
    assert [it["quantity"] for box in delivery["parcels"] for it in box["contents"]] != []
    seen = await holder(SEEN)
    assert seen["deliveries"]["totalCount"] == 1


async def test_a_token_of_another_channels_order_shows_nothing(shop, world, ask):
    elsewhere = await opened(world, ask)
    theirs = await elsewhere.place()
    holder = shop.holding(theirs["accessToken"])
    assert await holder(SEEN) == NOTHING
    assert (await holder(ORDER, id=theirs["order"]["id"]))["order"] is None


async def test_a_token_of_another_merchants_order_shows_nothing(shop, database, clock, ask):
    other = await make.world(database, clock)
    theirs = await (await opened(other, ask)).place()
    assert await shop.holding(theirs["accessToken"])(SEEN) == NOTHING


async def test_a_wrong_token_shows_nothing(shop):
    payload = await shop.place()
    right = payload["accessToken"]
    flipped = right[:-1] + ("0" if right[-1] != "0" else "1")
    name, order_id, signature = right.split("_")
    for wrong in (
        "",
        "order_",
        "order_1_2",
        right[:-1],
        flipped,
        f"{right}0",
        right.upper(),
        f"{order_id}_{signature}",
        f"{name}_{order_id}_",
    ):
        assert await shop.holding(wrong)(SEEN) == NOTHING, wrong


async def test_a_token_widens_nobody_else(shop, world, ask):
    payload = await shop.place()
    elsewhere = await opened(world, ask)
    warehouse = ask.by(await world.key(Actor.WAREHOUSE, elsewhere.channel))
    headers = {"Abruf-Order-Token": payload["accessToken"]}
    assert await warehouse.with_headers(headers)(SEEN) == NOTHING


async def test_staff_who_manage_orders_get_the_token_too(shop, world, ask):
    payload = await shop.place()
    request = "query ($id: ID!) { order(id: $id) { accessToken } }"
    found = await ask(request, id=payload["order"]["id"])
    assert found["order"]["accessToken"] == payload["accessToken"]
    reading = ask.by(await world.key(Actor.STAFF, scopes=[Scope.ORDERS_READ]))
    assert (await reading(request, id=payload["order"]["id"]))["order"]["accessToken"] is None
