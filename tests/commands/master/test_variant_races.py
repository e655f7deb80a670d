"""Variants that two transactions write at the same moment."""

from asyncio import gather

from tests.make.trade import orders

WRITE = """
mutation ($input: ProductsUpsertInput!) {
  productsUpsert(input: $input) { results { userErrors { code } } userErrors { code } }
}
"""
PARENTS = "{ products(first: 99) { nodes { sku variantOf { sku variantOf { sku } } } } }"


async def _write(ask, sku, of):
    item = {"sku": sku, "name": sku, "variantOfSku": of}
    payload = (await ask(WRITE, input={"products": [item]}))["productsUpsert"]
    problems = [
        *payload["userErrors"],
        *(it for of in payload["results"] for it in of["userErrors"]),
    ]
    return [it["code"] for it in problems]


async def test_of_two_products_that_become_variants_of_each_other_at_once_one_does(ask):
    for place in range(4):
        first, second, third = (f"{name}-{place}" for name in "ABC")
        await orders.products(ask, first, second, third)
        rounds = await gather(*(_write(ask, *it) for it in ((first, second), (second, first))))
        assert sorted(rounds) == [[], ["INVALID"]]
        loser = first if rounds[0] else second
        chain = await gather(_write(ask, loser, third), _write(ask, third, loser))
        assert ["INVALID"] in chain
    nodes = (await ask(PARENTS))["products"]["nodes"]
    assert all(it["variantOf"]["variantOf"] is None for it in nodes if it["variantOf"])
