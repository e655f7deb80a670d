"""Prices of many parties: imported a bulk at a time, and placing an order asks no more for them.

Full size, by `make simulate`: 100,000 prices of 1,000 parties.
"""

import os
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from resource import RUSAGE_SELF, getrusage
from time import perf_counter
from typing import Any

import pytest

from commands.master.prices import imports
from commands.writing.running.run import Author, run
from kit.ids import from_global
from kit.inputs import LARGEST_BULK
from models.access.viewers import Actor
from tests import make
from tests.guard import counted
from tests.make.master import channels
from tests.make.running import staff
from tests.make.trade import orders

PARTIES = int(os.environ.get("ABRUF_PRICED_PARTIES", "20"))
PRODUCTS = int(os.environ.get("ABRUF_PRICED_PRODUCTS", "20"))
MOST_KB = 64 * 1024
"""By which the process may grow, whatever the file."""
COMPANIES = """
mutation ($input: PartiesUpsertInput!) { partiesUpsert(input: $input) {
  results { party { id } } userErrors { code }
} }
"""
PLACE = """
mutation ($input: OrderPlaceInput!) { orderPlace(input: $input) {
  order { lines { unitPrice { amount } } } userErrors { code field }
} }
"""
PRICES = """
{ products(first: 50) { nodes { sku price { unitPrice { amount } source } } } }
"""


def _lists() -> Iterator[str]:
    yield "code,name,currency,party_number,valid_from\n"
    for party in range(PARTIES):
        yield f"L-{party},Own,EUR,K-{party},2026-01-01\n"


def _entries() -> Iterator[str]:
    yield "price_list_code,product_sku,unit_price\n"
    for party in range(PARTIES):
        for product in range(PRODUCTS):
            yield f"L-{party},S-{product:03},{product + 1}.{party:04}\n"


async def _bulks(ask: Any, document: str, name: str, items: list[dict[str, Any]]) -> list[Any]:
    """Write items, a bulk at a time; return the results."""
    found = []
    for at in range(0, len(items), LARGEST_BULK):
        values = {name: items[at : at + LARGEST_BULK]}
        (payload,) = (await ask(document, input=values)).values()
        found += payload["results"]
    return found


@pytest.fixture
async def buyer(world: make.World, ask: make.Ask) -> make.Ask:
    """The last of the companies, which all order over a shop."""
    await channels.channel(world, code="SHOP")
    numbers = (f"K-{it}" for it in range(PARTIES))
    companies = [{"number": it, "name": "Weber", "channelCodes": ["SHOP"]} for it in numbers]
    made = await _bulks(ask, COMPANIES, "parties", companies)
    return ask.by(await world.key(Actor.BUYER, from_global(made[-1]["party"]["id"])[1]))


@pytest.fixture
async def order(ask: make.Ask, buyer: make.Ask) -> dict[str, Any]:
    """An order of nine of the products."""
    price = {"amount": "0.5", "currency": "EUR"}
    goods = [{"sku": f"S-{it:03}", "name": "Bolt", "listPrice": price} for it in range(PRODUCTS)]
    made = await _bulks(ask, orders.PRODUCTS, "products", goods)
    lines = [{"productId": it["product"]["id"], "quantity": "2"} for it in made[:9]]
    shop = (await buyer('{ channel(code: "SHOP") { id } }'))["channel"]["id"]
    return {"channelId": shop, "currency": "EUR", "lines": lines}


async def test_prices_of_many_parties_need_bounded_memory_and_no_statement_more(
    world, buyer, order, record_property
):
    async def placed() -> tuple[list[str], int]:
        with counted(world.database.engine) as statements:
            answer = (await buyer(PLACE, input=order))["orderPlace"]
        return [it["unitPrice"]["amount"] for it in answer["order"]["lines"]], len(statements)

    await placed()
    amounts, before = await placed()
    assert amounts == ["0.5"] * 9
    write = partial(run, world.database, Author(staff(world), world.clock(), timedelta(0)))
    size, start = getrusage(RUSAGE_SELF).ru_maxrss, perf_counter()
    done = await imports.import_csv(write, imports.LISTS, _lists())
    done += await imports.import_csv(write, imports.ENTRIES, _entries())
    record_property("seconds of the import", perf_counter() - start)
    assert done == {"CREATED": PARTIES * (PRODUCTS + 1)}
    assert getrusage(RUSAGE_SELF).ru_maxrss - size < MOST_KB
    digits = f"{PARTIES - 1:04}".rstrip("0")
    assert await placed() == ([f"{number + 1}.{digits}" for number in range(9)], before)
    with counted(world.database.engine) as statements:
        page = (await buyer(PRICES))["products"]["nodes"]
    assert {it["price"]["source"] for it in page} == {"PARTY"}
    assert sum("price_lists" in it for it in statements) == 1
