"""Products over GraphQL."""

from tests import make
from tests.guard import counted
from tests.make import refusals

UPSERT = """
mutation ($input: ProductsUpsertInput!) {
  productsUpsert(input: $input) {
    results { status userErrors { code field message } product { sku name unit scale gtin } }
    userErrors { code field message }
  }
}
"""
PRODUCTS = """
query ($first: Int, $after: String, $last: Int, $filter: ProductFilter) {
  products(first: $first, after: $after, last: $last, filter: $filter) {
    nodes { id sku timeline(first: 5) { nodes { type } totalCount } }
    pageInfo { hasNextPage hasPreviousPage endCursor }
    totalCount
  }
}
"""


def _products(count: int) -> list[dict[str, str]]:
    return [{"sku": f"S{number:03}", "name": f"Screw {number}"} for number in range(count)]


async def test_products_are_created_then_unchanged_then_updated(ask):
    one = {"sku": "BOLT", "name": "Bolt", "gtin": "4006381333931"}
    created = await ask(UPSERT, input={"products": [one]})
    again = await ask(UPSERT, input={"products": [one]})
    changed = await ask(UPSERT, input={"products": [one | {"name": "Bolt M8"}]})
    statuses = [it["productsUpsert"]["results"][0]["status"] for it in (created, again, changed)]
    assert statuses == ["CREATED", "UNCHANGED", "UPDATED"]
    assert changed["productsUpsert"]["results"][0]["product"] == {
        "sku": "BOLT",
        "name": "Bolt M8",
        "unit": "PIECE",
        "scale": 0,
        "gtin": "4006381333931",
    }


async def test_a_page_leads_to_the_next(ask):
    await ask(UPSERT, input={"products": _products(5)})
    page = (await ask(PRODUCTS, first=2))["products"]
    assert [it["sku"] for it in page["nodes"]] == ["S000", "S001"]
    assert page["totalCount"] == 5
    following = (await ask(PRODUCTS, first=9, after=page["pageInfo"]["endCursor"]))["products"]
    assert [it["sku"] for it in following["nodes"]] == ["S002", "S003", "S004"]
    assert following["pageInfo"]["hasPreviousPage"]
    assert not following["pageInfo"]["hasNextPage"]
    last = (await ask(PRODUCTS, last=2))["products"]
    assert [it["sku"] for it in last["nodes"]] == ["S003", "S004"]


async def test_a_wrong_check_digit_is_refused_with_its_path(ask):
    bad = [*_products(1), {"sku": "X", "name": "X", "gtin": "4006381333930"}]
    answer = (await ask(UPSERT, input={"products": bad}))["productsUpsert"]
    assert [(it["code"], it["field"]) for it in refusals(answer)] == [
        ("INVALID_CHECK_DIGIT", ["input", "products", "1", "gtin"])
    ]
    assert (await ask(PRODUCTS, first=1))["products"]["totalCount"] == 1


async def test_the_same_key_gives_the_same_answer_once(ask):
    call = {"products": _products(1), "idempotencyKey": "k1"}
    first = await ask(UPSERT, input=call)
    second = await ask(UPSERT, input=call)
    assert first == second
    other = await ask(UPSERT, input={"products": _products(2), "idempotencyKey": "k1"})
    assert other["productsUpsert"]["userErrors"][0]["code"] == "IDEMPOTENCY_KEY_REUSED"


async def test_statements_do_not_grow_with_the_number_of_rows(ask, database, plans):
    await ask(UPSERT, input={"products": _products(20)})
    texts = []
    for first in (1, 20):
        with counted(database.engine) as sent:
            await ask(PRODUCTS, first=first)
        texts.append(len(sent))
    # All at once; or the page, its count, the timelines and their counts.
    assert texts == ([1, 1] if plans else [4, 4])


async def test_another_merchants_token_sees_nothing(ask, database, clock):
    await ask(UPSERT, input={"products": _products(1)})
    stranger = ask.by((await make.world(database, clock)).token)
    assert (await stranger(PRODUCTS, first=1))["products"]["totalCount"] == 0
