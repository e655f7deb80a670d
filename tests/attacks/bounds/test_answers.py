"""An answer stops growing at its limit, whoever makes it and however it was announced."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from graphql import GraphQLError

from kit.db.database import Database
from kit.db.lost import Unavailable
from kit.limits import DEFAULT_LIMITS, Limits
from kit.work import SLICE, Grown, TooLarge, Work
from models.master.catalog import Product
from resolvers.running.context import Terms
from schema.graphql.errors import RETRY_S, after_write, shown
from server import application
from tests import make
from tests.conftest import PATIENT
from tests.guard import counted
from tests.make.feed import rows
from tests.make.trade import orders

LINES = 250
MOST = 2**31 - 1
UNPRICED = replace(PATIENT, cost=MOST, bucket=MOST, nodes=MOST)
"""Whatever is announced is let through: what holds then is what is counted."""
NESTED = """query ($id: ID!) {
  order(id: $id) { lines { order { lines { order { lines { id } } } } } }
}"""
FRAGMENTS = """query ($id: ID!) { order(id: $id) { ...A } }
fragment A on Order { lines { ...B } } fragment B on OrderLine { order { ...C } }
fragment C on Order { lines { ...D } } fragment D on OrderLine { order { lines { id } } }"""
BESIDE = f"""query ($id: ID!) {{
  order(id: $id) {{ {" ".join(f"a{it}: lines {{ id }}" for it in range(25))} }}
}}"""
ROOTS = f"""query ($id: ID!) {{
  {" ".join(f"a{it}: order(id: $id) {{ lines {{ id }} }}" for it in range(25))}
}}"""
LONG = "query ($id: ID!) { order(id: $id) { lines { id } } }"

Open = Callable[..., Any]


@pytest.fixture
async def order_id(world: make.World, ask: make.Ask) -> str:
    """Place an order as long as orders may be."""
    products = await orders.products(ask, *(f"P{number}" for number in range(LINES)))
    placed = await orders.order(world, ask, lines=[orders.line(it) for it in products])
    return str(placed["id"])


@pytest.fixture(params=[True, False], ids=["planned", "reference"])
def bounded(
    request: pytest.FixtureRequest, database: Database, clock: make.Clock, world: make.World
) -> Open:
    """Give what asks an application with other limits, by either executor."""

    @asynccontextmanager
    async def open_(limits: Limits) -> AsyncIterator[make.Ask]:
        terms = Terms(limits=limits, plans=request.param)
        transport = httpx.ASGITransport(application(database, clock=clock, terms=terms))
        async with httpx.AsyncClient(transport=transport, base_url="http://abruf") as client:
            yield make.Ask(client, world.token)

    return open_


@pytest.mark.parametrize("document", [NESTED, FRAGMENTS], ids=["nested", "fragments"])
async def test_lists_that_lead_back_up_are_refused_by_their_price(
    bounded: Open, database: Database, order_id: str, document: str
) -> None:
    async with bounded(DEFAULT_LIMITS) as ask:
        with counted(database.engine) as statements:
            answer = await ask.answer(document, id=order_id)
    codes = {it["extensions"]["code"] for it in answer["errors"]}
    assert codes == {"GRAPHQL_VALIDATION_FAILED", "MAX_COST_EXCEEDED"}
    assert statements == []


@pytest.mark.parametrize("document", [NESTED, BESIDE, ROOTS], ids=["nested", "beside", "roots"])
async def test_an_answer_ends_at_its_bytes_and_is_not_tried_again(
    bounded: Open, database: Database, order_id: str, document: str
) -> None:
    """250 lines are 12 kB, so that each of the documents asks for more than the limit."""
    limits = replace(UNPRICED, answer=100_000)
    async with bounded(limits) as ask:
        with counted(database.engine) as statements:
            answer = await ask.answer(document, id=order_id)
    (error,) = answer["errors"]
    assert answer.get("data") is None
    assert error["extensions"] == {"code": "MAX_COST_EXCEEDED", "maximum": limits.answer}
    assert "100,000 bytes" in error["message"]
    assert len(statements) <= 2


async def test_an_answer_ends_at_its_objects(bounded: Open, order_id: str) -> None:
    """Announced are an order and five lines."""
    limits = replace(UNPRICED, nodes=100)
    async with bounded(limits) as ask:
        answer = await ask.answer(
            "query ($id: ID!) { order(id: $id) { lines { id } } }", id=order_id
        )
    (error,) = answer["errors"]
    assert answer.get("data") is None
    assert error["extensions"] == {"code": "MAX_COST_EXCEEDED", "maximum": limits.nodes}
    assert "100 objects" in error["message"]


async def test_an_answer_at_its_limit_is_whole(bounded: Open, order_id: str) -> None:
    limits = replace(UNPRICED, nodes=LINES + 2)
    async with bounded(limits) as ask:
        found = await ask(LONG, id=order_id)
    assert len(found["order"]["lines"]) == LINES


async def test_what_was_written_is_told_where_the_answer_ended(
    bounded: Open, world: make.World
) -> None:
    upsert = """mutation ($input: ProductsUpsertInput!) {
      productsUpsert(input: $input) { results { status product { sku } } } }"""
    products = [{"sku": f"S-{number}", "name": "Shaft"} for number in range(5)]
    async with bounded(replace(UNPRICED, answer=100)) as ask:
        answer = await ask.answer(upsert, input={"products": products})
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "MAX_COST_EXCEEDED", "maximum": 100, "written": True}
    assert len(await rows(world, Product)) == len(products)


def test_a_read_after_the_write_is_not_told_as_if_nothing_was_done() -> None:
    lost = shown(GraphQLError("", original_error=Unavailable("gone")))
    assert lost.extensions == {"code": "UNAVAILABLE", "retryAfter": RETRY_S}
    assert after_write(lost).extensions == {"code": "OUTCOME_UNKNOWN", "written": True}


async def test_growing_leaves_the_loop_to_others_after_each_slice() -> None:
    work, grown = Work(DEFAULT_LIMITS), []

    async def grow(objects: int) -> None:
        await work.slot(objects)
        grown.append((work.slices, objects))

    await asyncio.gather(*(grow(LINES) for _ in range(9)), grow(SLICE))
    in_slice: dict[int, int] = {}
    for number, objects in grown:
        in_slice[number] = in_slice.get(number, 0) + objects
    assert max(in_slice.values()) <= SLICE
    assert sum(in_slice.values()) == 9 * LINES + SLICE


def test_the_first_reason_is_the_one_that_is_told() -> None:
    work = Work(replace(DEFAULT_LIMITS, nodes=2, answer=10))
    work.texts(['{"a":1}'])
    assert work.paid == 1
    with pytest.raises(TooLarge) as first:
        work.texts(['[{"a":"{"}]'])
    assert work.end(Grown.BYTES) is first.value
    assert work.paid == 2
