"""An answer stops growing at its limit, whoever makes it and however it was announced."""

import asyncio
import gc
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from types import TracebackType
from typing import Any

import httpx
import pytest
from graphql import GraphQLError

from execution.mixed import Mixed
from kit.db.database import Database
from kit.db.lost import Unavailable
from kit.limits import DEFAULT_LIMITS, Limits
from kit.loop.memory import Leftovers
from kit.loop.work import SLICE, Grown, Slices, TooLarge, Work
from models.master.catalog import Product
from resolvers.running.context import Context, Terms
from schema.graphql.errors import RETRY_S, after_write, shown
from schema.schema import schema
from server import application
from tests import make
from tests.conftest import PATIENT
from tests.guard import counted
from tests.make.feed import rows
from tests.make.running import staff, until
from tests.make.trade import orders
from transport.serving import Serving

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
        transport = httpx.ASGITransport(application(Serving(database, clock=clock, terms=terms)))
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
    rounds, grown = Slices(), Counter[int]()

    async def grow(objects: int) -> None:
        if not rounds.has_room(objects):
            await rounds.room("A", objects)
        grown[rounds.count] += objects

    await asyncio.gather(grow(LINES), *(grow(1) for _ in range(9 * SLICE + 1)), grow(LINES))
    # More than a slice at once has a round for itself.
    assert list(grown.values()) == [LINES, *9 * [SLICE], 1, LINES]


async def test_answers_share_a_round_and_take_turns_in_it() -> None:
    rounds, grown = Slices(), list[tuple[int, str]]()

    async def grow(of: str, objects: int) -> None:
        if not rounds.has_room(objects):
            await rounds.room(of, objects)
        grown.append((rounds.count, of))

    first = [grow("A", LINES), *(grow("A", 1) for _ in range(5 * SLICE))]
    await asyncio.gather(*first, *(grow(it, LINES) for it in "BCD"), grow("E", 1))
    # Four lists of four callers are four rounds; who comes last waits for no more of the first.
    lists = {of: count for count, of in grown if of in "BCD"}
    assert len(set(lists.values()) | {0}) == 4
    assert [of for _, of in grown].index("E") < 2 * SLICE


@pytest.fixture
async def answered(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Counter[int]]:
    """Count the objects that code answers in each round of the event loop."""
    found, round_ = Counter[int](), 0
    loop, answer = asyncio.get_running_loop(), Mixed._fields

    def go_round() -> None:
        nonlocal round_, next_
        round_ += 1
        next_ = loop.call_soon(go_round)

    def counting(self: Mixed, *about: Any) -> Any:
        found[round_] += 1
        return answer(self, *about)

    next_ = loop.call_soon(go_round)
    monkeypatch.setattr(Mixed, "_fields", counting)
    yield found
    next_.cancel()


by_code = pytest.mark.parametrize("bounded", [False], indirect=True, ids=["reference"])


@by_code
async def test_a_round_of_the_loop_answers_one_slice_whatever_is_read_together(
    bounded: Open, order_id: str, answered: Counter[int]
) -> None:
    """The 250 orders above the lines come from the loader in one round, and are short lists."""
    async with bounded(UNPRICED) as ask:
        await ask("query ($id: ID!) { order(id: $id) { lines { order { id } } } }", id=order_id)
    assert max(answered.values()) <= LINES
    assert answered.total() == 2 * LINES + 2


@pytest.mark.parametrize("bounded", [True], indirect=True, ids=["planned"])
async def test_a_long_list_of_a_payload_is_a_slice_in_a_round_and_one_statement(
    bounded: Open, database: Database, order_id: str, answered: Counter[int]
) -> None:
    """Its results have something that a statement reads, and something that code resolves."""
    del order_id
    document = """mutation ($input: ProductsUpsertInput!) { productsUpsert(input: $input) {
      results { status product { sku } userErrors { code } } } }"""
    counts = []
    async with bounded(UNPRICED) as ask:
        for count in (SLICE, LINES):
            products = [{"sku": f"P{it}", "name": "Shaft"} for it in range(count)]
            answered.clear()
            with counted(database.engine) as statements:
                made = (await ask(document, input={"products": products}))["productsUpsert"]
            assert len(made["results"]) == answered.total() - 1 == count
            assert max(answered.values()) <= SLICE
            counts.append(len(statements))
    assert counts[0] == counts[1]


@by_code
async def test_errors_take_their_part_of_an_answer(bounded: Open, order_id: str) -> None:
    document = """query ($id: ID!, $n: Int = 251) { order(id: $id) { lines { order {
      timeline(first: $n) { totalCount } } } } }"""
    async with bounded(replace(UNPRICED, answer=LINES * 100)) as ask:
        (error,) = (await ask.answer(document, id=order_id))["errors"]
    assert error["extensions"]["code"] == "MAX_COST_EXCEEDED"


@by_code
async def test_an_operation_that_is_cut_leaves_nothing_that_goes_on(
    bounded: Open, order_id: str, answered: Counter[int]
) -> None:
    document = "query ($id: ID!) { order(id: $id) { lines { order { lines { id } } } } }"
    async with bounded(UNPRICED) as ask:
        before = asyncio.all_tasks()
        cut = asyncio.create_task(ask.answer(document, id=order_id))
        await until(lambda: answered.total() > 2 * LINES)
        cut.cancel()
        with pytest.raises(asyncio.CancelledError):
            await cut
        total = answered.total()
        for _ in range(10):
            await asyncio.sleep(0)
        assert asyncio.all_tasks() <= before
        assert answered.total() == total


def test_the_first_reason_is_the_one_that_is_told() -> None:
    work = Work(replace(DEFAULT_LIMITS, nodes=2, answer=10), Slices())
    work.texts([b'{"a":1}'])
    assert work.paid == 1
    with pytest.raises(TooLarge) as first:
        work.texts([b'[{"a":"{"}]'])
    assert work.end(Grown.BYTES) is first.value
    assert work.paid == 2


async def test_nothing_of_an_answer_that_is_too_large_waits_for_the_collector(
    world: make.World, order_id: str
) -> None:
    """An error that keeps where it was met keeps the megabytes that were met there."""
    terms = Terms(limits=replace(PATIENT, nodes=LINES // 2))
    context = Context(staff(world), world.database, world.clock, terms=terms)
    gc.collect()
    gc.disable()
    try:
        result = await schema.execute(LONG, context_value=context, variable_values={"id": order_id})
        assert context.work.ended
        assert result.errors
        steps = [it for it in gc.get_objects() if isinstance(it, TracebackType)]
        assert [it for it in steps if "rows" in it.tb_frame.f_locals] == []
    finally:
        gc.enable()


async def test_answers_tell_how_much_they_leave_behind(
    bounded: Open, order_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Events of 60,000 objects left 60 MB between what is kept, until it is given back."""
    counts = list[tuple[int, int]]()
    monkeypatch.setattr(Leftovers, "of", lambda _, *left: counts.append(left))
    async with bounded(UNPRICED) as ask:
        await ask(LONG, id=order_id)
    ((objects, size),) = counts
    assert objects == LINES + 2
    assert size > LINES * len(order_id)
