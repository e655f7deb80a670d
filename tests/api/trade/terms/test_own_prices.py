"""What a product says that it costs who asks: where that comes from, and of how much."""

from typing import Any

import pytest

from kit.ids import new_id, to_global
from models.access.viewers import Actor
from tests import make
from tests.guard import counted
from tests.make.master import channels, locations, packagings, parties, prices
from tests.make.trade import orders

PRICE = "price%s { unitPrice { amount currency } source priceListEntry { id } %s }"
COUNTED = "quantity unit scale packaged { quantity packaging { code } }"
PARTY, GROUP, CHANNEL = {"partyNumber": "K-1"}, {"partyGroup": "GOLD"}, {"channelCode": "PORTAL"}
LISTS = ((CHANNEL, "2.4"), (GROUP, "2.3"), (PARTY, "2.6"))


async def _price(by: make.Ask, product: str, of: str = "", more: str = "") -> Any:
    answer = await by(f'{{ product(id: "{product}") {{ {PRICE % (of, more)} }} }}')
    return answer["product"]["price"]


async def _source(by: make.Ask, product: str, of: str = "") -> Any:
    """Return amount and source, None without a price."""
    found = await _price(by, product, of)
    return None if found is None else (found["unitPrice"]["amount"], found["source"])


@pytest.fixture
async def gold(world: make.World, ask: make.Ask) -> Any:
    """Give a company of the group GOLD with a buyer, its portal, and bolts."""
    company = await parties.company(world, number="K-1", price_group="GOLD")
    portal = to_global("Channel", await channels.channel(world, code="PORTAL"))
    party = to_global("Party", company)
    await parties.allow(world, party, portal)
    (bolt,) = await orders.products(ask, "BOLT")
    return ask.by(await world.key(Actor.BUYER, company)), party, portal, bolt


async def test_a_price_tells_from_where_it_comes(ask, gold):
    buyer, _, portal, bolt = gold
    over = f'(channelId: "{portal}")'
    assert await _source(buyer, bolt, over) == ("2.5", "LIST_PRICE")
    assert (await _price(buyer, bolt, over))["priceListEntry"] is None
    for (of, price), source in zip(LISTS, ("CHANNEL", "GROUP", "PARTY"), strict=True):
        await prices.price_list(ask, source, price, **of)
        assert await _source(buyer, bolt, over) == (price, source)
        entry = (await _price(buyer, bolt, over))["priceListEntry"]["id"]
        query = (
            "query ($id: ID!) { node(id: $id) { ... on PriceListEntry { priceList { code } } } }"
        )
        assert (await buyer(query, id=entry))["node"] == {"priceList": {"code": source}}


async def test_each_is_told_the_price_that_it_pays_and_no_other(world, ask, gold):
    buyer, party, portal, bolt = gold
    for number, (of, price) in enumerate(LISTS):
        await prices.price_list(ask, f"L-{number}", price, **of)
    stranger = await parties.company(world, number="K-2")
    await parties.allow(world, to_global("Party", stranger), portal)
    other = ask.by(await world.key(Actor.BUYER, stranger))
    elsewhere = to_global("Channel", await channels.channel(world, code="OTHER"))
    shop = ask.by(await world.key(Actor.STOREFRONT, parties.key_of("Channel", portal)))
    over, of_party = f'channelId: "{portal}"', f'partyId: "{party}"'
    assert await _source(buyer, bolt, f"({over}, {of_party})") == ("2.6", "PARTY")
    assert await _source(buyer, bolt) == ("2.6", "PARTY")
    assert await _source(buyer, bolt, f'(channelId: "{elsewhere}")') is None
    assert await _source(other, bolt, f"({over})") == ("2.4", "CHANNEL")
    assert await _source(other, bolt) == ("2.4", "CHANNEL")
    assert await _source(other, bolt, f"({of_party})") is None
    assert await _source(shop, bolt) == ("2.4", "CHANNEL")
    assert await _source(shop, bolt, f"({of_party})") is None
    assert await _source(shop, bolt, f'(channelId: "{elsewhere}")') is None
    assert await _source(ask, bolt, f"({of_party})") == ("2.6", "PARTY")
    assert await _source(ask, bolt, f"({over})") == ("2.4", "CHANNEL")
    assert await _source(ask, bolt) == ("2.5", "LIST_PRICE")
    assert await _source(ask, bolt, f'(partyId: "{to_global("Party", new_id())}")') is None


async def test_no_warehouse_and_no_carrier_is_told_a_price(world, ask, gold):
    *_, bolt = gold
    await prices.price_list(ask, "ALL", "2.4", **CHANNEL)
    place = await locations.location(world)
    warehouse = ask.by(await world.key(Actor.WAREHOUSE, place))
    assert await _source(warehouse, bolt) is None
    carrier = ask.by(await world.key(Actor.CARRIER, new_id()))
    assert (await carrier(f'{{ product(id: "{bolt}") {{ sku }} }}'))["product"] is None


async def test_a_price_is_of_the_quantity_that_a_line_would_keep(ask, gold):
    buyer, *_, bolt = gold
    await packagings.cartons(ask)
    await prices.price_list(ask, "OWN", "2.4", **PARTY)
    await prices.entries(ask, prices.entry("OWN", "2.1", fromQuantity="2", packaging="CARTON"))
    units = {"unit": "PIECE", "scale": 0, "packaged": None}
    found = await _price(buyer, bolt, '(quantity: "23")', COUNTED)
    assert found["unitPrice"] == {"amount": "2.4", "currency": "EUR"}
    assert {name: found[name] for name in units} == units
    of = '(quantity: "2", packaging: "CARTON")'
    found = await _price(buyer, bolt, of, COUNTED)
    cartons = {"quantity": "2", "packaging": {"code": "CARTON"}}
    assert (found["unitPrice"]["amount"], found["quantity"]) == ("2.1", "24")
    assert found["packaged"] == cartons
    for wrong in ('quantity: "0.5"', 'quantity: "1.5", packaging: "CARTON"', 'packaging: "BOX"'):
        assert await _source(buyer, bolt, f"({wrong})") is None
    assert await _source(buyer, bolt, '(currency: "CHF")') is None


async def test_a_buyer_of_two_channels_names_the_one_whose_lists_count(world, ask, gold):
    buyer, party, portal, bolt = gold
    await prices.price_list(ask, "ALL", "2.4", **CHANNEL)
    assert await _source(buyer, bolt) == ("2.4", "CHANNEL")
    other = to_global("Channel", await channels.channel(world, code="OTHER"))
    await parties.allow(world, party, other)
    assert await _source(buyer, bolt) == ("2.5", "LIST_PRICE")
    assert await _source(buyer, bolt, f'(channelId: "{portal}")') == ("2.4", "CHANNEL")


async def test_without_a_currency_the_price_is_in_that_of_the_list_that_has_one(ask, gold):
    buyer, *_ = gold
    nut = {"sku": "NUT", "name": "NUT"}
    await ask(orders.PRODUCTS, input={"products": [nut]})
    await prices.price_list(ask, "OWN", currency="USD", **PARTY)
    await prices.entries(ask, prices.entry("OWN", "7", "NUT"))
    found = await ask('{ product(sku: "NUT") { id } }')
    shown = (await _price(buyer, found["product"]["id"]))["unitPrice"]
    assert shown == {"amount": "7", "currency": "USD"}
    assert await _source(buyer, found["product"]["id"], "(currency: EUR)") is None


async def test_what_nobody_can_order_has_no_price(world, ask, gold):
    buyer, *_, bolt = gold
    await packagings.cartons(ask)
    of = '(quantity: "2", packaging: "CARTON")'
    assert await _source(buyer, bolt, of) == ("2.5", "LIST_PRICE")
    await packagings.packagings(ask, packagings.item("CARTON", "12", isActive=False))
    assert await _source(buyer, bolt, of) is None
    await channels.channel(world, code="PORTAL", is_active=False)
    assert await _source(buyer, bolt) is None
    await channels.channel(world, code="PORTAL", is_active=True)
    bolts = {"sku": "BOLT", "name": "BOLT", "isActive": False}
    assert await _source(buyer, bolt) is not None
    await ask(orders.PRODUCTS, input={"products": [bolts]})
    assert await _source(buyer, bolt) is None


@pytest.mark.parametrize("wrong", ['quantity: "0"', 'currency: "XYZ"', 'partyId: "nonsense"'])
async def test_what_nobody_can_order_is_refused(gold, wrong):
    buyer, *_, bolt = gold
    query = f'{{ product(id: "{bolt}") {{ sku {PRICE % (f"({wrong})", "")} }} }}'
    answer = await buyer.answer(query)
    assert answer["data"] == {"product": None}
    assert [it["extensions"]["code"] for it in answer["errors"]] == ["BAD_USER_INPUT"]


async def test_a_page_of_products_with_prices_is_one_statement(world, ask, gold):
    buyer, _, portal, _ = gold
    await orders.products(ask, *(f"P-{number}" for number in range(49)))
    await prices.price_list(ask, "OWN", "2.4", **PARTY)
    price = PRICE % (f'(channelId: "{portal}")', "")
    query = f"{{ products(first: 50) {{ nodes {{ sku {price} }} }} }}"
    await buyer(query)
    with counted(world.database.engine) as statements:
        found = (await buyer(query))["products"]["nodes"]
    assert sum("price_lists" in it for it in statements) == 1
    assert [it["price"]["source"] for it in found] == ["PARTY"] + ["LIST_PRICE"] * 49
