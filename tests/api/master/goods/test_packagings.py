"""Packagings: what they hold, what names them, and what stays once something is counted in them."""

from typing import Any

import pytest

from kit.standards.gs1 import check_digit
from models.access.viewers import Actor
from tests import make
from tests.guard import counted
from tests.make import reasons, refusals
from tests.make.master import locations, parties
from tests.make.master.packagings import CARTON, PALLET, cartons, item, packagings, try_packagings
from tests.make.trade import contracts, orders

READ = """
query ($sku: String!) {
  product(sku: $sku) {
    packagings { code content unit packaged { quantity packaging { code } } }
  }
}
"""


def gtin(body: str) -> str:
    return body + check_digit(body)


def codes(payload: dict[str, Any]) -> list[tuple[str, str]]:
    return reasons(refusals(payload))


async def test_a_pallet_holds_cartons_that_hold_pieces(ask):
    await orders.products(ask, "BOLT")
    await cartons(ask)
    found = (await ask(READ, sku="BOLT"))["product"]["packagings"]
    assert [(it["code"], it["content"], it["unit"]) for it in found] == [
        (CARTON, "12", "PIECE"),
        (PALLET, "576", "PIECE"),
    ]
    assert found[0]["packaged"] is None
    assert found[1]["packaged"] == {"quantity": "48", "packaging": {"code": CARTON}}


async def test_packagings_are_created_then_unchanged_then_updated(ask):
    await orders.products(ask, "BOLT")
    statuses = []
    for name in ("Carton", "Carton", "Box"):
        (result,) = await packagings(ask, item(CARTON, "12", name=name))
        statuses.append(result["status"])
    assert statuses == ["CREATED", "UNCHANGED", "UPDATED"]


async def test_contents_fit_the_scale_of_the_product(ask):
    await orders.products(ask, "BOLT")
    await orders.products(ask, "GREASE", unit="KILOGRAM", scale=3)
    refused = await try_packagings(ask, item(CARTON, "1.5"))
    assert codes(refused) == [("SCALE_EXCEEDED", "packagings.0.quantity")]
    (drum,) = await packagings(ask, item("DRUM", "12.125", productSku="GREASE"))
    assert drum["packaging"]["content"] == "12.125"
    part = await try_packagings(ask, item("RACK", "2.5", productSku="GREASE", packaging="DRUM"))
    assert codes(part) == [("SCALE_EXCEEDED", "packagings.0.quantity")]
    huge = await try_packagings(
        ask, item("RACK", "999999999999", productSku="GREASE", packaging="DRUM")
    )
    assert codes(huge) == [("OUT_OF_RANGE", "packagings.0.quantity")]


async def test_what_a_packaging_is_made_up_of_is_there_or_comes_before_it(ask):
    await orders.products(ask, "BOLT", "NUT")
    late = await try_packagings(ask, item(PALLET, "48", packaging=CARTON), item(CARTON, "12"))
    assert codes(late) == [("NOT_FOUND", "packagings.0.packaging")]
    itself = await try_packagings(ask, item(CARTON, "12", packaging=CARTON))
    assert codes(itself) == [("INVALID", "packagings.0.packaging")]
    await cartons(ask)
    other = await try_packagings(ask, item("BOX", "2", productSku="NUT", packaging=CARTON))
    assert codes(other) == [("NOT_FOUND", "packagings.0.packaging")]
    unknown = await try_packagings(ask, item(CARTON, "12", productSku="COG"))
    assert codes(unknown) == [("NOT_FOUND", "packagings.0.productSku")]


async def test_a_gtin_names_one_product_or_packaging(ask):
    one, two = gtin("400638133393"), gtin("0400638133393")
    assert two.endswith(one), "The same number, written with another zero."
    await orders.products(ask, "BOLT", gtin=one)
    await orders.products(ask, "NUT")
    for number in (one, two):
        refused = await try_packagings(ask, item(CARTON, "12", gtin=number))
        assert codes(refused) == [("TAKEN", "packagings.0.gtin")]
    own = gtin("1400638133393")
    await packagings(ask, item(CARTON, "12", gtin=own))
    both = await try_packagings(
        ask, item("A", "2", gtin=gtin("2400638133393")), item("B", "3", gtin=gtin("2400638133393"))
    )
    assert codes(both) == [("DUPLICATE", "packagings.1.gtin")]
    for number in (one, own):
        products = [{"sku": "NUT", "name": "Nut", "gtin": number}]
        payload = (await ask(PRODUCTS, input={"products": products}))["productsUpsert"]
        assert codes(payload) == [("TAKEN", "products.0.gtin")]
    (again,) = await packagings(ask, item(CARTON, "12", gtin=own, name="Box"))
    assert again["status"] == "UPDATED"
    wrong = await try_packagings(ask, item("A", "2", gtin="4006381333930"))
    assert codes(wrong) == [("INVALID_CHECK_DIGIT", "packagings.0.gtin")]


PRODUCTS = """
mutation ($input: ProductsUpsertInput!) {
  productsUpsert(input: $input) { results { userErrors { code field } } userErrors { code field } }
}
"""


async def _order(world: make.World, ask: make.Ask, bolt: str) -> None:
    await orders.order(world, ask, lines=[orders.line(bolt, "2", packaging=CARTON)])


async def _contract(world: make.World, ask: make.Ask, bolt: str) -> None:
    await contracts.draft(world, ask, lines=[contracts.line(bolt, "50", packaging=CARTON)])


async def _pallet(_world: make.World, ask: make.Ask, _bolt: str) -> None:
    await packagings(ask, item(PALLET, "48", packaging=CARTON))


USES = {"order lines": _order, "contract lines": _contract, "packagings": _pallet}


@pytest.mark.gate("O13", "packagingsUpsert")
@pytest.mark.parametrize("table", USES)
async def test_what_a_packaging_holds_stays_once_it_is_counted_in(world, ask, table):
    (bolt,) = await orders.products(ask, "BOLT")
    await packagings(ask, item(CARTON, "10"))
    await packagings(ask, item(CARTON, "12"))
    await USES[table](world, ask, bolt)
    refused = await try_packagings(ask, item(CARTON, "10"))
    assert codes(refused) == [("IN_USE", "packagings.0.quantity")]
    assert f"used by {table}" in refusals(refused)[0]["message"]
    (renamed,) = await packagings(ask, item(CARTON, "12", name="Box"))
    assert renamed["status"] == "UPDATED"


async def test_a_packaging_freezes_the_unit_of_its_product(ask):
    await orders.products(ask, "BOLT")
    await packagings(ask, item(CARTON, "12"))
    products = [{"sku": "BOLT", "name": "Bolt", "unit": "KILOGRAM"}]
    payload = (await ask(PRODUCTS, input={"products": products}))["productsUpsert"]
    assert codes(payload) == [("IN_USE", "products.0.unit")]


async def test_packagings_are_shown_as_products_are(world, ask):
    await orders.products(ask, "BOLT")
    await cartons(ask)
    company, place = await parties.company(world), await locations.location(world)
    for actor, bound in ((Actor.BUYER, company), (Actor.WAREHOUSE, place)):
        by = ask.by(await world.key(actor, bound))
        found = (await by(READ, sku="BOLT"))["product"]["packagings"]
        assert [it["code"] for it in found] == [CARTON, PALLET]


async def test_statements_do_not_grow_with_the_number_of_packagings(ask, database):
    await orders.products(ask, "BOLT")
    sent = {}
    for count in (1, 20):
        items = [
            item(f"{count}-{it}", "12", gtin=gtin(f"{count:02}{it:010}")) for it in range(count)
        ]
        with counted(database.engine) as statements:
            await packagings(ask, *items)
        sent[count] = len(statements)
    assert sent[1] == sent[20]
