"""Stock, made over the API."""

from typing import Any

from tests.make import Ask
from tests.make.master import packagings
from tests.make.trade import orders

ADJUST = """
mutation ($input: StockAdjustInput!) { stockAdjust(input: $input) {
  results { status userErrors { code field message }
    stockLevel { id onHand safety available movedAt }
    movement { id number reason quantity onHand note } }
  userErrors { code field message }
} }
"""
SAFETY = """
mutation ($input: SafetyStockSetInput!) { safetyStockSet(input: $input) {
  results { status userErrors { code field message } stockLevel { id onHand safety available } }
  userErrors { code field message }
} }
"""


async def tracked(ask: Ask, *skus: str, **fields: Any) -> list[str]:
    """Make products whose stock is kept, and return their ids."""
    return await orders.products(ask, *skus, stockKeeping="TRACKED", **fields)


async def packed(ask: Ask, sku: str, code: str) -> None:
    """Pack a product: twelve of it in one."""
    await packagings.packagings(ask, packagings.item(code, "12", productSku=sku))


def adjustment(location: str, quantity: str, reason: str = "FOUND", **fields: Any) -> Any:
    """Return an adjustment of bolts. location: its code."""
    own = {"productSku": "BOLT", "locationCode": location}
    return {**own, "quantity": quantity, "reason": reason, **fields}


async def try_adjust(ask: Ask, *adjustments: Any, **fields: Any) -> Any:
    """Adjust stock, and return the payload, refused or not."""
    return (await ask(ADJUST, input={"adjustments": list(adjustments), **fields}))["stockAdjust"]


async def adjust(ask: Ask, *adjustments: Any, **fields: Any) -> Any:
    """Adjust stock, and return the results."""
    payload = await try_adjust(ask, *adjustments, **fields)
    assert payload["userErrors"] == []
    assert [it["userErrors"] for it in payload["results"]] == [[]] * len(adjustments)
    return payload["results"]


async def set_safety(ask: Ask, *safety_stocks: Any) -> Any:
    """Set safety stocks, and return the results."""
    payload = (await ask(SAFETY, input={"safetyStocks": list(safety_stocks)}))["safetyStockSet"]
    assert payload["userErrors"] == []
    return payload["results"]
