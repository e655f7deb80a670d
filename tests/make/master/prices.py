"""Price lists, made over the API."""

from typing import Any

from tests.make import Ask

LISTS = """
mutation ($input: PriceListsUpsertInput!) { priceListsUpsert(input: $input) {
  results { status userErrors { code field message }
    priceList { id code } }
  userErrors { code field message }
} }
"""
ENTRIES = """
mutation ($input: PriceListEntriesUpsertInput!) { priceListEntriesUpsert(input: $input) {
  results { status userErrors { code field message }
    priceListEntry { id unitPrice { amount currency } } }
  userErrors { code field message }
} }
"""


def listed(code: str, **fields: Any) -> dict[str, Any]:
    """Return the input of a price list in euros that is valid from the first of January on."""
    return {"code": code, "name": code, "currency": "EUR", "validFrom": "2026-01-01", **fields}


def entry(code: str, unit_price: str, sku: str = "BOLT", **fields: Any) -> dict[str, Any]:
    return {"priceListCode": code, "productSku": sku, "unitPrice": unit_price, **fields}


async def upsert(ask: Ask, document: str, **values: Any) -> dict[str, Any]:
    """Return the payload of one of the two mutations."""
    (payload,) = (await ask(document, input=values)).values()
    return payload


async def price_list(ask: Ask, code: str, price: str | None = None, **fields: Any) -> str:
    """Make a price list, with a price of bolts where one is values; return its global id."""
    payload = await upsert(ask, LISTS, priceLists=[listed(code, **fields)])
    assert payload["userErrors"] == []
    if price is not None:
        await entries(ask, entry(code, price))
    return payload["results"][0]["priceList"]["id"]


async def entries(ask: Ask, *values: dict[str, Any]) -> list[str]:
    """Write prices; return what was done to each."""
    payload = await upsert(ask, ENTRIES, priceListEntries=list(values))
    assert payload["userErrors"] == []
    return [it["status"] for it in payload["results"]]
