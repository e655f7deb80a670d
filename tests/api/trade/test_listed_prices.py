"""What a line costs: the list of its party, its group, its channel, else the product's list price.

On which day, from which quantity on, and of several lists which one; each time it is what the
product said beforehand to who places the order.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from commands.access.keys import operate as keys
from kit.ids import to_global
from models.access.keys import Merchant
from models.access.viewers import Actor
from tests import make
from tests.guard import counted
from tests.make.master import channels, parties, prices
from tests.make.trade import orders

PRICED = """
mutation ($input: OrderPlaceInput!) { orderPlace(input: $input) {
  order { lines { unitPrice { amount currency } } } userErrors { code field }
} }
"""


SHOWN = """
query ($id: ID!, $quantity: Decimal, $currency: Currency, $channelId: ID, $partyId: ID) {
  product(id: $id) { price(quantity: $quantity, currency: $currency, channelId: $channelId,
    partyId: $partyId) { unitPrice { amount } } }
}
"""


@dataclass(frozen=True)
class Shop:
    """A company of the group GOLD that orders over a portal; ask: as staff."""

    world: make.World
    ask: make.Ask
    buyer: make.Ask
    party: str
    portal: str
    bolt: str

    async def price(self, quantity: str = "10", by: make.Ask | None = None, **fields: Any) -> Any:
        """Return what a bolt costs in an order, as it was shown before, or codes of refusals."""
        by, lines = by or self.buyer, [{"productId": self.bolt, "quantity": quantity}]
        values = {"channelId": self.portal, "currency": "EUR", "lines": lines, **fields}
        of = {name: values.get(name) for name in ("channelId", "currency", "partyId")}
        of["quantity"] = values["lines"][0]["quantity"]
        shown = (await by(SHOWN, id=self.bolt, **of))["product"]["price"]
        price = await self.placed(by, **values)
        assert isinstance(price, list) or shown == {"unitPrice": {"amount": price}}
        return price

    async def placed(self, by: make.Ask, **values: Any) -> Any:
        """Return what the first line of an order costs, or the codes of its refusals."""
        answer = (await by(PRICED, input=values))["orderPlace"]
        if answer["userErrors"]:
            return [it["code"] for it in answer["userErrors"]]
        return answer["order"]["lines"][0]["unitPrice"]["amount"]


@pytest.fixture
async def shop(world: make.World, ask: make.Ask) -> Shop:
    company = await parties.company(world, number="K-1", price_group="GOLD")
    portal = to_global("Channel", await channels.channel(world, code="PORTAL"))
    party = to_global("Party", company)
    await parties.allow(world, party, portal)
    (bolt,) = await orders.products(ask, "BOLT")
    buyer = ask.by(await world.key(Actor.BUYER, company))
    return Shop(world, ask, buyer, party, portal, bolt)


PARTY, GROUP, CHANNEL = {"partyNumber": "K-1"}, {"partyGroup": "GOLD"}, {"channelCode": "PORTAL"}


async def test_the_partys_price_goes_before_its_groups_its_channels_and_the_list_price(shop):
    assert await shop.price() == "2.5"
    for of, price in ((CHANNEL, "2.4"), (GROUP, "2.3"), (PARTY, "2.6")):
        await prices.price_list(shop.ask, f"L-{price}", price, **of)
        assert await shop.price() == price


async def test_a_guest_pays_the_channels_price_and_staff_order_at_the_partys(shop, world, ask):
    for of, price in ((CHANNEL, "2.4"), (GROUP, "2.3"), (PARTY, "2.2")):
        await prices.price_list(ask, f"L-{price}", price, **of)
    guest = {"guest": {"name": "Anna"}}
    front = parties.key_of("Channel", shop.portal)
    storefront = ask.by(await world.key(Actor.STOREFRONT, front))
    assert await shop.price(by=storefront, **guest) == "2.4"
    assert await shop.price(by=ask, **guest) == "2.4"
    assert await shop.price(by=ask, partyId=shop.party) == "2.2"


async def test_nobody_pays_what_lists_of_others_say(shop, world, ask):
    await parties.company(world, number="K-2")
    await channels.channel(world, code="OTHER")
    others = {"partyNumber": "K-2"}, {"partyGroup": "SILVER"}, {"channelCode": "OTHER"}
    for number, of in enumerate(others):
        await prices.price_list(ask, f"L-{number}", "1", **of)
    await prices.price_list(ask, "FRANCS", "1", currency="CHF", **PARTY)
    assert await shop.price() == "2.5"
    assert await shop.price(currency="CHF") == "1"


async def test_a_list_without_the_product_leaves_the_price_to_the_next(shop, ask):
    await orders.products(ask, "NUT")
    await prices.price_list(ask, "OWN", **PARTY)
    await prices.entries(ask, prices.entry("OWN", "1", sku="NUT"))
    await prices.price_list(ask, "GROUPS", "2.3", **GROUP)
    assert await shop.price() == "2.3"
    assert await prices.entries(ask, prices.entry("GROUPS", "2.3", isActive=False)) == ["UPDATED"]
    assert await shop.price() == "2.5"


async def test_a_price_counts_from_its_quantity_on(shop, ask):
    await prices.price_list(ask, "OWN", **PARTY)
    steps = (("10", "2.4"), ("100", "2.1"), ("1000", "2.2"))
    await prices.entries(ask, *(prices.entry("OWN", it, fromQuantity=at) for at, it in steps))
    found = [await shop.price(it) for it in ("9", "10", "99", "100", "999", "1000", "5000")]
    assert found == ["2.5", "2.4", "2.4", "2.1", "2.1", "2.2", "2.2"]


async def test_the_quantity_of_each_line_counts_by_itself(shop, ask):
    await prices.price_list(ask, "OWN", **PARTY)
    await prices.entries(ask, prices.entry("OWN", "2", fromQuantity="20"))
    window = {"earliest": "2026-03-10T08:00:00Z", "latest": "2026-03-10T16:00:00Z"}
    one = {"productId": shop.bolt, "quantity": "10"}
    lines = [one, one | {"window": window | {"timeZone": "UTC"}}]
    assert await shop.price(lines=lines) == "2.5"
    same = [one, one | {"quantity": "20"}]
    assert await shop.price(lines=same) == ["DUPLICATE"]


async def test_of_two_lists_the_one_counts_that_began_last_then_the_first_by_code(shop, ask):
    await prices.price_list(ask, "B", "2.4", **PARTY)
    await prices.price_list(ask, "C", "2.3", **PARTY)
    assert await shop.price() == "2.4"
    await prices.price_list(ask, "Z", "2.6", validFrom="2026-02-01", **PARTY)
    assert await shop.price() == "2.6"
    await prices.price_list(ask, "A", "2.2", validFrom="2027-01-01", **PARTY)
    assert await shop.price() == "2.6"


ZONES = [
    ("UTC", "2026-03-31T23:59:59.999Z", "2026-04-01T00:00:00Z"),
    ("Europe/Berlin", "2026-03-31T21:59:59.999Z", "2026-03-31T22:00:00Z"),
    ("America/New_York", "2026-04-01T03:59:59.999Z", "2026-04-01T04:00:00Z"),
    ("Pacific/Kiritimati", "2026-03-31T09:59:59.999Z", "2026-03-31T10:00:00Z"),
]


@pytest.mark.parametrize(("zone", "last", "first"), ZONES)
async def test_a_list_ends_at_the_merchants_midnight(shop, world, ask, zone, last, first):
    await _count_days_in(world, zone)
    march = {"validFrom": "2026-03-01", "validTo": "2026-03-31"}
    await prices.price_list(ask, "MARCH", "2.3", **PARTY, **march)
    await prices.price_list(ask, "APRIL", "2.2", validFrom="2026-04-01", **PARTY)
    for at, price in ((last, "2.3"), (first, "2.2")):
        world.clock.time = datetime.fromisoformat(at)
        assert await shop.price() == price


async def test_a_list_begins_at_the_merchants_midnight(shop, world, ask):
    await _count_days_in(world, "Europe/Berlin")
    today = {"validFrom": "2026-03-05", "validTo": "2026-03-05"}
    await prices.price_list(ask, "TODAY", "2.3", **PARTY, **today)
    moments = {
        "2026-03-04T22:59:59Z": "2.5",
        "2026-03-04T23:00:00Z": "2.3",
        "2026-03-05T22:59:59Z": "2.3",
        "2026-03-05T23:00:00Z": "2.5",
    }
    for at, price in moments.items():
        world.clock.time = datetime.fromisoformat(at)
        assert await shop.price() == price


DAYS_OF_CHANGE = [
    ("2026-03-29", "2026-03-28T23:00:00Z", "2026-03-29T21:59:59Z", "2026-03-29T22:00:00Z"),
    ("2026-10-25", "2026-10-24T22:00:00Z", "2026-10-25T22:59:59Z", "2026-10-25T23:00:00Z"),
]
"""A day of 23 hours and one of 25 in Berlin: its first instant, its last second, what follows."""


@pytest.mark.parametrize("times", DAYS_OF_CHANGE)
async def test_a_list_of_the_day_on_which_clocks_change_counts_all_of_it(shop, world, ask, times):
    day, first, last, after = times
    await _count_days_in(world, "Europe/Berlin")
    await prices.price_list(ask, "DAY", "2.3", **PARTY, validFrom=day, validTo=day)
    for at, price in ((first, "2.3"), (last, "2.3"), (after, "2.5")):
        world.clock.time = datetime.fromisoformat(at)
        assert await shop.price() == price


@pytest.mark.usefixtures("shop")
async def test_an_import_is_priced_as_of_when_it_was_placed(ask):
    march = {"validFrom": "2026-02-01", "validTo": "2026-02-01"}
    await prices.price_list(ask, "PAST", "2.3", **PARTY, **march)
    document = """mutation ($input: OrdersImportInput!) { ordersImport(input: $input) {
      results { order { lines { unitPrice { amount } } } userErrors { code } } } }"""
    values = {"channelCode": "PORTAL", "partyNumber": "K-1", "currency": "EUR"}
    found = []
    for day in ("2026-01-31", "2026-02-01", "2026-02-02"):
        lines = [{"productSku": "BOLT", "quantity": "1"}]
        order = values | {"externalReference": day, "placedAt": f"{day}T12:00:00Z", "lines": lines}
        answer = await ask(document, input={"orders": [order]})
        (result,) = answer["ordersImport"]["results"]
        found.append(result["order"]["lines"][0]["unitPrice"]["amount"])
    assert found == ["2.5", "2.3", "2.5"]


async def test_an_order_keeps_its_price_when_the_list_changes(shop, ask):
    await prices.price_list(ask, "OWN", "2.3", **PARTY)
    lines = [{"productId": shop.bolt, "quantity": "10"}]
    own = {"partyId": shop.party, "channelId": shop.portal, "lines": lines}
    order = await orders.order(shop.world, shop.buyer, **own)
    await prices.entries(ask, prices.entry("OWN", "9"))
    query = "query ($id: ID!) { order(id: $id) { lines { unitPrice { amount } } } }"
    (line,) = (await ask(query, id=order["id"]))["order"]["lines"]
    assert line["unitPrice"] == {"amount": "2.3"}
    assert await shop.price() == "9"


async def test_another_merchants_lists_price_nothing(shop, world, ask, database):
    other = await make.world(database, world.clock)
    staff = ask.by(other.token)
    await parties.company(other, number="K-1", price_group="GOLD")
    await channels.channel(other, code="PORTAL")
    await orders.products(staff, "BOLT")
    for of in (PARTY, GROUP, CHANNEL):
        await prices.price_list(staff, f"L-{next(iter(of))}", "1", **of)
    assert await shop.price() == "2.5"


async def test_prices_are_read_with_the_products_by_one_statement(shop, world, ask):
    await prices.price_list(ask, "OWN", "2.3", **PARTY)
    nut, cog = await orders.products(ask, "NUT", "COG")
    counts = []
    for products in ([shop.bolt], [shop.bolt, nut, cog]):
        lines = [{"productId": it, "quantity": "1"} for it in products]
        with counted(world.database.engine) as statements:
            own = {"channelId": shop.portal, "currency": "EUR", "lines": lines}
            assert isinstance(await shop.placed(shop.buyer, **own), str)
        counts.append(len(statements))
        assert sum("price_lists" in it for it in statements) == 1
        assert sum("FROM products" in it or "JOIN products" in it for it in statements) >= 1
    assert counts[0] == counts[1]


async def _count_days_in(world: make.World, zone: str) -> None:
    async with world.database.owner.writing(None) as session:
        merchant = await session.get(Merchant, world.merchant_id)
        assert merchant is not None
        changed = await keys.change_merchant(session, merchant.slug, time_zone=zone)
        assert changed.time_zone == zone
