"""Variants of a product, and what products need: written, read, refused where it makes no sense."""

from typing import Any

import pytest

from tests import make
from tests.make import reasons, refusals

UPSERT = """
mutation ($input: ProductsUpsertInput!) { productsUpsert(input: $input) {
  results { status userErrors { code field message }
    product { sku options { name value } variantOf { sku }
    handling { keepFromC keepToC unNumber hazardClass isHighValue isOversize } } }
  userErrors { code field message }
} }
"""
FAMILY = """
query ($sku: String!) { product(sku: $sku) {
  variants(first: 9) { totalCount nodes { sku options { name value } } }
} }
"""
METHODS = """
mutation ($input: MethodHandlingsUpsertInput!) { methodHandlingsUpsert(input: $input) {
  results { status userErrors { code field message }
    methodHandling { method handling { keepsFromC hazardClasses takesOversize } } }
  userErrors { code field }
} }
"""


def shirt(sku: str, of: str | None = None, **options: str) -> dict[str, Any]:
    named = [{"name": name, "value": value} for name, value in options.items()]
    return {"sku": sku, "name": sku, "variantOfSku": of, "options": named}


async def _upsert(ask: make.Ask, *items: dict[str, Any]) -> dict[str, Any]:
    return (await ask(UPSERT, input={"products": list(items)}))["productsUpsert"]


def _codes(payload: dict[str, Any]) -> list[tuple[str, str]]:
    return reasons(refusals(payload), 2)


async def test_a_product_leads_to_its_variants_and_they_to_it(ask):
    await _upsert(ask, shirt("SHIRT"))
    sizes = [shirt(f"SHIRT-{it}", "SHIRT", size=it, colour="red") for it in ("L", "XL")]
    made = await _upsert(ask, *sizes)
    assert [it["product"]["variantOf"] for it in made["results"]] == [{"sku": "SHIRT"}] * 2
    family = (await ask(FAMILY, sku="SHIRT"))["product"]["variants"]
    assert family["totalCount"] == 2
    assert [it["options"][0] for it in family["nodes"]] == [
        {"name": "size", "value": "L"},
        {"name": "size", "value": "XL"},
    ]
    assert (await _upsert(ask, *sizes))["results"][0]["status"] == "UNCHANGED"


async def test_a_product_comes_with_its_variants_in_any_order(ask):
    made = await _upsert(ask, shirt("SHIRT-L", "SHIRT", size="L"), shirt("SHIRT"))
    assert [it["product"]["sku"] for it in made["results"]] == ["SHIRT-L", "SHIRT"]
    assert [it["status"] for it in made["results"]] == ["CREATED"] * 2
    family = (await ask(FAMILY, sku="SHIRT"))["product"]["variants"]
    assert [it["sku"] for it in family["nodes"]] == ["SHIRT-L"]


async def test_variants_are_of_a_product_that_is_none(ask):
    await _upsert(ask, shirt("SHIRT"), shirt("COAT"))
    await _upsert(ask, shirt("SHIRT-L", "SHIRT", size="L"))
    for item, code in (
        (shirt("A", "NONE"), "NOT_FOUND"),
        (shirt("A", "SHIRT-L"), "INVALID"),
        (shirt("SHIRT", "SHIRT"), "INVALID"),
        (shirt("SHIRT", "COAT"), "INVALID"),
    ):
        assert _codes(await _upsert(ask, item)) == [(code, "0.variantOfSku")]
    twice = shirt("A") | {"options": [{"name": "size", "value": it} for it in ("L", "XL")]}
    assert _codes(await _upsert(ask, twice)) == [("DUPLICATE", "0.options.1.name")]


@pytest.mark.parametrize(
    ("handling", "code"),
    [
        ({"keepFromC": "2"}, "OUT_OF_RANGE"),
        ({"keepFromC": "8", "keepToC": "2"}, "OUT_OF_RANGE"),
        ({"keepFromC": "-300", "keepToC": "2"}, "OUT_OF_RANGE"),
        ({"unNumber": "UN1263"}, "INVALID"),
        ({"unNumber": "1263", "hazardClass": "3"}, "INVALID"),
        ({"unNumber": "UN1263", "hazardClass": "10"}, "INVALID"),
    ],
)
async def test_what_makes_no_sense_is_refused(ask, handling, code):
    payload = await _upsert(ask, shirt("A") | {"handling": handling})
    assert [it["code"] for it in refusals(payload)] == [code]


async def test_a_product_tells_what_it_needs(ask):
    handling = {"keepFromC": "-25", "keepToC": "-18.5", "unNumber": "UN1845", "hazardClass": "9"}
    (made,) = (await _upsert(ask, shirt("ICE") | {"handling": handling}))["results"]
    assert made["product"]["handling"] == {**handling, "isHighValue": False, "isOversize": False}
    (plain,) = (await _upsert(ask, shirt("ICE") | {"handling": None}))["results"]
    assert plain["status"] == "UPDATED"
    assert plain["product"]["handling"]["hazardClass"] is None


async def test_methods_tell_what_they_can_handle(ask):
    item = {"method": "FREIGHT", "hazardClasses": ["8", "3", "3"], "takesOversize": True}
    statuses = []
    for _ in range(2):
        payload = (await ask(METHODS, input={"methodHandlings": [item]}))["methodHandlingsUpsert"]
        statuses.append(payload["results"][0]["status"])
    assert statuses == ["CREATED", "UNCHANGED"]
    (found,) = payload["results"]
    assert found["methodHandling"]["handling"] == {
        "keepsFromC": None,
        "hazardClasses": ["3", "8"],
        "takesOversize": True,
    }
    twice = (await ask(METHODS, input={"methodHandlings": [item, item]}))["methodHandlingsUpsert"]
    assert [it["code"] for it in refusals(twice)] == ["DUPLICATE"]
    listed = await ask("{ methodHandlings(first: 9) { nodes { method } totalCount } }")
    assert listed["methodHandlings"] == {"nodes": [{"method": "FREIGHT"}], "totalCount": 1}
