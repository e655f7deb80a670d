"""A valid input for every mutation of supply: see tests/make/everything.py."""

from typing import Any

from tests.make.master.inputs import code_of
from tests.make.scene import Scene, fresh
from tests.make.supply import stock

CARTON = "CARTON"


async def _place(s: Scene) -> dict[str, Any]:
    """Return a place of a new product whose stock is kept, packed in cartons."""
    sku = fresh("S")
    await stock.tracked(s.ask, sku)
    await stock.packed(s.ask, sku, CARTON)
    location = await code_of(s, "location")
    return {"productSku": sku, "locationCode": location, "packaging": CARTON}


async def stock_adjust(s: Scene) -> dict[str, Any]:
    terms = {"reason": "FOUND", "quantity": "5", "expectedOnHand": "0", "note": "Under a shelf."}
    return {"adjustments": [{**await _place(s), **terms}]}


async def safety_stock_set(s: Scene) -> dict[str, Any]:
    return {"safetyStocks": [{**await _place(s), "quantity": "2"}]}
