"""Idempotency keys: one effect and one answer, whoever calls how often and at what time."""

import asyncio

import pytest

from models.access.viewers import Actor
from tests.make import Ask

UPSERT = """
mutation ($input: ProductsUpsertInput!) {
  productsUpsert(input: $input) {
    results { status userErrors { code field } product { id name } }
    userErrors { code field }
  }
}
"""
COUNT = "{ products(first: 0) { totalCount nodes { timeline(first: 0) { totalCount } } } }"
NUT = {"products": [{"sku": "NUT", "name": "Nut"}], "idempotencyKey": "k"}


async def test_equal_calls_at_once_have_one_effect_and_one_answer(ask):
    answers = await asyncio.gather(*(ask(UPSERT, input=NUT) for _ in range(20)))
    assert all(answer == answers[0] for answer in answers)
    assert answers[0]["productsUpsert"]["results"][0]["status"] == "CREATED"
    assert (await ask(COUNT))["products"]["totalCount"] == 1


async def test_a_refusal_does_not_burn_the_key(ask):
    refused = await ask(UPSERT, input=NUT | {"products": []})
    assert refused["productsUpsert"]["userErrors"][0]["code"] == "TOO_FEW_ITEMS"
    done = await ask(UPSERT, input=NUT)
    assert done["productsUpsert"]["userErrors"] == []


async def test_a_key_is_free_again_after_a_day(ask, clock):
    await ask(UPSERT, input=NUT)
    clock.advance(hours=25)
    other = NUT | {"products": [{"sku": "BOLT", "name": "Bolt"}]}
    assert (await ask(UPSERT, input=other))["productsUpsert"]["userErrors"] == []


async def test_a_key_belongs_to_its_viewer(ask, world, client):
    await ask(UPSERT, input=NUT)
    colleague = Ask(client, await world.key(Actor.STAFF))
    answer = await colleague(UPSERT, input=NUT)
    assert answer["productsUpsert"]["results"][0]["status"] == "UNCHANGED"


@pytest.mark.parametrize("key", ["x" * 256, "a\0b"])
async def test_a_key_of_wrong_form_is_refused(ask, key):
    answer = await ask(UPSERT, input=NUT | {"idempotencyKey": key})
    assert answer["productsUpsert"]["userErrors"][0]["field"] == ["input", "idempotencyKey"]


async def test_the_header_is_the_key_of_an_only_mutation(ask):
    by_header = ask.with_headers({"Idempotency-Key": "h"})
    without = {"products": NUT["products"]}
    first = await by_header(UPSERT, input=without)
    assert await by_header(UPSERT, input=without) == first
    other = await by_header(UPSERT, input={"products": [{"sku": "X", "name": "X"}]})
    assert other["productsUpsert"]["userErrors"][0]["code"] == "IDEMPOTENCY_KEY_REUSED"
