"""Master data does not rewrite history: what is used keeps its unit and scale."""

from typing import Any

import pytest

from tests import make
from tests.guard import counted
from tests.make import refusals
from tests.make.master import prices
from tests.make.trade import contracts, orders

UPSERT = """
mutation ($input: ProductsUpsertInput!) {
  productsUpsert(input: $input) {
    results { status userErrors { code field message } product { unit scale } }
    userErrors { code field message }
  }
}
"""


def bolt(**fields: Any) -> dict[str, Any]:
    return {"sku": "BOLT", "name": "BOLT", "listPrice": orders.LIST_PRICE, **fields}


async def _upserted(ask: make.Ask, *items: dict[str, Any]) -> dict[str, Any]:
    return (await ask(UPSERT, input={"products": list(items)}))["productsUpsert"]


async def _of_order(world: make.World, ask: make.Ask, product: str) -> None:
    await orders.order(world, ask, lines=[orders.line(product)])


async def _of_contract(world: make.World, ask: make.Ask, product: str) -> None:
    await contracts.draft(world, ask, lines=[contracts.line(product)])


async def _of_price(_world: make.World, ask: make.Ask, _product: str) -> None:
    await prices.price_list(ask, "OWN", "1", partyGroup="GOLD")


USES = {"order lines": _of_order, "contract lines": _of_contract, "price list entries": _of_price}


@pytest.mark.gate("O12", "productsUpsert")
@pytest.mark.parametrize("table", USES)
async def test_the_unit_and_scale_of_what_is_used_stay(world, ask, table):
    (product,) = await orders.products(ask, "BOLT")
    await USES[table](world, ask, product)
    refused = await _upserted(ask, bolt(unit="KILOGRAM", scale=3))
    assert [(it["code"], it["field"][1:]) for it in refusals(refused)] == [
        ("IN_USE", ["products", "0", "scale"]),
        ("IN_USE", ["products", "0", "unit"]),
    ]
    text = refusals(refused)[1]["message"]
    assert table in text
    assert "another product or packaging whose unit is KILOGRAM" in text
    (kept,) = (await _upserted(ask, bolt(name="Bolt M8")))["results"]
    assert kept == {"status": "UPDATED", "userErrors": [], "product": {"unit": "PIECE", "scale": 0}}


async def test_the_unit_of_what_nobody_used_yet_may_be_corrected(ask):
    await orders.products(ask, "BOLT")
    (changed,) = (await _upserted(ask, bolt(unit="KILOGRAM", scale=3)))["results"]
    assert changed == {
        "status": "UPDATED",
        "userErrors": [],
        "product": {"unit": "KILOGRAM", "scale": 3},
    }


async def test_all_products_of_a_call_are_looked_up_by_one_statement(world, ask, database):
    skus = [f"S{number}" for number in range(20)]
    for product in await orders.products(ask, *skus):
        await contracts.draft(world, ask, lines=[contracts.line(product)])
    sent = {}
    for count in (1, 20):
        items = [bolt(sku=it, unit="LITRE") for it in skus[:count]]
        with counted(database.engine) as statements:
            refused = await _upserted(ask, *items)
        assert len(refusals(refused)) == count
        sent[count] = len(statements)
    assert sent[1] == sent[20]


async def test_lines_tell_their_own_unit(world, ask):
    (grease,) = await orders.products(ask, "GREASE", unit="KILOGRAM", scale=3)
    order = await orders.order(world, ask, lines=[orders.line(grease, "1.125")])
    contract = await contracts.draft(world, ask, lines=[contracts.line(grease, "1.125")])
    query = """
    query ($order: ID!, $contract: ID!) {
      order(id: $order) { lines { unit } } contract(id: $contract) { lines { unit } }
    }
    """
    found = await ask(query, order=order["id"], contract=contract["id"])
    assert found["order"]["lines"] == found["contract"]["lines"] == [{"unit": "KILOGRAM"}]
