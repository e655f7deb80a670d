"""A unit that changes while its product is ordered, agreed on, or priced for the first time."""

from asyncio import gather
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests import make
from tests.make import refusals
from tests.make.master import packagings, prices
from tests.make.trade import contracts, orders

CHANGE = """
mutation ($input: ProductsUpsertInput!) { productsUpsert(input: $input) {
  results { status userErrors { code field } } userErrors { code }
} }
"""
UNITS = """
query ($sku: String!) { product(sku: $sku) { unit } orders(first: 1) { nodes { lines { unit } } } }
"""
Use = Callable[[str, str], Awaitable[Any]]


async def _change(ask: make.Ask, sku: str) -> list[str]:
    item = {"sku": sku, "name": sku, "listPrice": orders.LIST_PRICE, "unit": "KILOGRAM"}
    payload = (await ask(CHANGE, input={"products": [item]}))["productsUpsert"]
    return [it["code"] for it in refusals(payload)]


async def _uses(world: make.World, ask: make.Ask) -> dict[str, Use]:
    """Return what uses a product, given its SKU and its id."""
    made = await orders.order(world, ask)
    own = {"partyId": made["party"]["id"], "channelId": made["channel"]["id"]}
    await prices.price_list(ask, "OWN", partyGroup="GOLD")

    async def order(_sku: str, product: str) -> Any:
        return await orders.order(world, ask, **own, lines=[orders.line(product)])

    async def contract(_sku: str, product: str) -> Any:
        terms = {"partyId": own["partyId"], "lines": [contracts.line(product)]}
        return await contracts.draft(world, ask, **terms)

    async def price(sku: str, _product: str) -> Any:
        return await prices.entries(ask, prices.entry("OWN", "1", sku=sku))

    return {"order": order, "contract": contract, "price": price}


@pytest.mark.parametrize("use", ["order", "contract", "price"])
async def test_a_use_and_a_change_of_the_unit_at_once_agree_on_it(world, ask, use):
    """The line has a foreign key to the unit: both are written, or the change is refused."""
    uses = (await _uses(world, ask))[use]
    for number in range(10):
        sku = f"S{number}"
        (product,) = await orders.products(ask, sku)
        refused, _ = await gather(_change(ask, sku), uses(sku, product))
        found = await ask(UNITS, sku=sku)
        assert refused in ([], ["IN_USE"])
        assert found["product"]["unit"] == ("PIECE" if refused else "KILOGRAM")
        if use == "order":
            (line,) = found["orders"]["nodes"][0]["lines"]
            assert line == found["product"]
        assert await _change(ask, sku) == ([] if not refused else ["IN_USE"])


@pytest.mark.gate("O13", "orderPlace")
async def test_an_order_and_a_change_of_a_cartons_content_at_once_agree_on_it(world, ask):
    made = await orders.order(world, ask)
    own = {"partyId": made["party"]["id"], "channelId": made["channel"]["id"]}
    for number in range(10):
        sku = f"S{number}"
        (product,) = await orders.products(ask, sku)
        await packagings.packagings(ask, packagings.item("CARTON", "12", productSku=sku))
        line = orders.line(product, "2", packaging="CARTON")
        changed, placed = await gather(
            packagings.try_packagings(ask, packagings.item("CARTON", "10", productSku=sku)),
            orders.order(world, ask, **own, lines=[line]),
        )
        refused = [it["code"] for it in refusals(changed)]
        assert refused in ([], ["IN_USE"])
        assert placed["lines"][0]["ordered"] == ("24" if refused else "20")
