"""Packagings, made over the API."""

from typing import Any

from tests.make import Ask

UPSERT = """
mutation ($input: PackagingsUpsertInput!) { packagingsUpsert(input: $input) {
  results { status userErrors { code field message } packaging {
    id code name gtin content unit isActive packaged { quantity packaging { code } }
    product { sku }
  } }
  userErrors { code field message }
} }
"""
CARTON, PALLET = "CARTON", "PALLET"


def item(code: str, quantity: str, **fields: Any) -> dict[str, Any]:
    return {"productSku": "BOLT", "code": code, "name": code, "quantity": quantity, **fields}


async def try_packagings(ask: Ask, *items: dict[str, Any]) -> dict[str, Any]:
    """Write packagings and return the payload, refused or not."""
    return (await ask(UPSERT, input={"packagings": list(items)}))["packagingsUpsert"]


async def packagings(ask: Ask, *items: dict[str, Any]) -> list[dict[str, Any]]:
    """Write packagings and return the results."""
    payload = await try_packagings(ask, *items)
    assert payload["userErrors"] == []
    return payload["results"]


async def cartons(ask: Ask, **fields: Any) -> None:
    """Pack bolts: twelve in a carton, 48 cartons on a pallet."""
    pallet = item(PALLET, "48", packaging=CARTON, **fields)
    await packagings(ask, item(CARTON, "12", **fields), pallet)
