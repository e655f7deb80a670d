"""One GTIN that two transactions write at the same moment."""

from asyncio import gather

from tests.make import refusals
from tests.make.master import packagings
from tests.make.trade import orders

WRITE = """
mutation ($input: ProductsUpsertInput!) {
  productsUpsert(input: $input) {
    results { userErrors { code field } } userErrors { code field }
  }
}
"""
HOLDERS = "{ products(first: 99) { nodes { gtin packagings { gtin } } } }"
GTINS = ("4006381333931", "4012345000009", "4000539000003")


async def _write(ask, sku, gtin):
    item = {"sku": sku, "name": sku, "gtin": gtin}
    payload = (await ask(WRITE, input={"products": [item]}))["productsUpsert"]
    return [it["code"] for it in refusals(payload)]


async def test_of_products_at_once_one_has_the_gtin(ask):
    for gtin in GTINS:
        codes = await gather(*(_write(ask, f"{gtin}-{number}", gtin) for number in range(4)))
        assert sorted(codes) == [[], ["TAKEN"], ["TAKEN"], ["TAKEN"]]
    nodes = (await ask(HOLDERS))["products"]["nodes"]
    assert sorted(it["gtin"] for it in nodes) == sorted(GTINS)


async def test_of_a_product_and_a_packaging_at_once_one_has_the_gtin(ask):
    await orders.products(ask, "BOLT")

    async def _pack(code, gtin):
        payload = await packagings.try_packagings(ask, packagings.item(code, "12", gtin=gtin))
        return [it["code"] for it in refusals(payload)]

    for number, gtin in enumerate(GTINS):
        both = await gather(_write(ask, f"S-{number}", gtin), _pack(f"CARTON-{number}", gtin))
        assert sorted(both) == [[], ["TAKEN"]]
    nodes = (await ask(HOLDERS))["products"]["nodes"]
    held = [it["gtin"] for it in nodes] + [of["gtin"] for it in nodes for of in it["packagings"]]
    assert sorted(it for it in held if it is not None) == sorted(GTINS)
