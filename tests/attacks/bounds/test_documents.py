"""Documents that keep a server busy before, or beside, anything that is read."""

import asyncio
import gc
from collections import Counter
from dataclasses import dataclass
from functools import partial
from threading import Event
from typing import Any

import pytest
from graphql import FieldNode, GraphQLSyntaxError, Token
from graphql.execution import executor
from graphql.language.parser import Parser

from execution.plans import Fused
from kit.db.database import Database
from kit.limits import DEFAULT_LIMITS
from kit.loop.apart import Apart
from loaders.reading.pages import Paged
from resolvers.running.context import Context
from schema.access import documents as registering
from schema.graphql.extensions import limits
from schema.schema import PLANNER, schema
from tests import make
from tests.guard import counted
from tests.make.running import staff, until
from tests.make.trade import orders

DISTINCT = 10
TREE = """lines { id product { sku } } deliveries { id lines { id } parcels { id } holds { id } }"""


def distinct(number: int) -> str:
    """Return a document that nobody has sent, of eight trees; it differs in more than names."""
    one = f'filter: {{externalReference: "{number}"}}'
    trees = (f"t{it}: orders(first: 1, {one}) {{ nodes {{ {TREE} }} }}" for it in range(8))
    return f"{{ {' '.join(trees)} }}"


@dataclass(frozen=True)
class Begun:
    """A plan that is begun. waited: for how many others. beside: how many are being made."""

    payer: Any
    waited: int
    beside: int


@pytest.fixture
def planned(monkeypatch: pytest.MonkeyPatch) -> list[Begun]:
    """Collect what is planned, when it is begun."""
    found: list[Begun] = []
    going: list[Any] = []
    made = Apart.made
    monkeypatch.setattr(PLANNER, "apart", Apart(patience=60))

    async def noted(self: Apart, payer: Any, make_it: Any, *over: Any) -> Any:
        before = len(found)

        def begun() -> Any:
            found.append(Begun(payer, len(found) - before, len(going)))
            going.append(payer)
            try:
                return make_it()
            finally:
                going.remove(payer)

        return await made(self, payer, begun, *over)

    monkeypatch.setattr(Apart, "made", noted)
    return found


async def test_ten_distinct_documents_are_planned_one_at_a_time_and_paid(
    ask: make.Ask, planned: list[Begun]
) -> None:
    answers = await asyncio.gather(*(ask.answer(distinct(it)) for it in range(DISTINCT)))
    assert all("errors" not in it for it in answers)
    assert len(planned) >= DISTINCT
    assert max(it.beside for it in planned) == 0
    paid = [it["extensions"]["cost"]["planningCost"] for it in answers]
    assert min(paid) > 100
    assert sum(paid) < DEFAULT_LIMITS.bucket


async def test_a_thousand_values_of_filters_build_nothing_after_the_first(
    ask: make.Ask,
    database: Database,
    planned: list[Begun],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    built: list[Any] = []
    matched = Paged.matched

    def noted(self: Paged, *about: Any) -> Any:
        built.append(about)
        return matched(self, *about)

    monkeypatch.setattr(Paged, "matched", noted)
    lists = range(9)
    declared = ", ".join(f"$f{it}: OrderFilter" for it in lists)
    asks = (f"a{it}: orders(first: 1, filter: $f{it}) {{ nodes {{ id }} }}" for it in lists)
    document = f"query ({declared}) {{ {' '.join(asks)} }}"
    texts = set()
    for number in range(120):
        values = {
            f"f{each}": {"externalReference": f"R{number} {each}", "states": ["CONFIRMED"] * each}
            for each in lists
        }
        with counted(database.engine) as statements:
            assert "errors" not in await ask.answer(document, **values)
        texts |= set(statements)
        if not number:
            begun = (len(planned), len(built))
    assert (len(planned), len(built)) == begun
    assert len(built) == len(lists)
    assert len(texts) == 1


async def test_variables_of_many_entries_are_read_beside_the_event_loop_and_paid(
    ask: make.Ask, planned: list[Begun]
) -> None:
    document = "query ($by: OrderFilter) { orders(first: 1, filter: $by) { nodes { id } } }"
    await ask(document, by=None)
    planned.clear()
    answer = await ask.answer(document, by={"states": [["x"] * 9] * 900})
    assert answer["errors"][0]["extensions"]["code"] == "GRAPHQL_VALIDATION_FAILED"
    # The variables, the filter, its list, what is in that.
    entries = 1 + 1 + 900 + 900 * 9
    assert answer["extensions"]["cost"]["planningCost"] == (entries - 1_000) // 200
    # Once to read them, once to tell what is wrong.
    assert len(planned) == 2


async def test_variables_of_too_many_lists_are_not_even_read(
    ask: make.Ask, planned: list[Begun]
) -> None:
    document = "query ($by: OrderFilter) { orders(first: 1, filter: $by) { nodes { id } } }"
    await ask(document, by=None)
    planned.clear()
    (error,) = (await ask.answer(document, by={"states": [[[1]] * 100] * 250}))["errors"]
    assert error["message"] == "The variables hold 20,001 lists and objects; 20,000 is the most."
    assert planned == []


RELEASES = "mutation (%s) { releasesRecord(input: {releases: [%s]}) { results { status } } }"
RELEASE = {"number": "W", "lines": [{"quantity": "1"}] * 1_000}
SPREAD = """mutation ($r: ProductUpsertInput!) { ...many ...many }
  fragment many on Mutation { productsUpsert(input: {products: [%s]}) { results { status } } }"""


@pytest.mark.parametrize(
    ("document", "variables", "message"),
    [
        (
            RELEASES % ("$r: RecordedReleaseInput!", "$r " * 900),
            {"r": RELEASE},
            "The variables hold 901,803 lists and objects; 20,000 is the most.",
        ),
        (
            RELEASES % ("$r: [RecordedReleaseInput!] = [%s]" % ("{}" * 30), "$r " * 900),
            {},
            "The variables hold 27,903 lists and objects; 20,000 is the most.",
        ),
        (
            SPREAD % ("$r " * 300),
            {"r": {"sku": "S", "options": ["x" * 9] * 500}},
            "The lists and objects in the variables have 301,803 entries together; 200,000 is",
        ),
        (
            RELEASES % ("$r: RecordedReleaseInput!", "1 " * 1_001),
            {"r": {}},
            "A list or object in the variables has 1,001 entries; 1,000 is the most.",
        ),
    ],
)
async def test_a_variable_counts_as_often_as_it_is_named_before_anything_is_read(
    ask: make.Ask, monkeypatch: pytest.MonkeyPatch, document: str, variables: Any, message: str
) -> None:
    def coerced(*_: object) -> None:
        pytest.fail("It was coerced.")

    monkeypatch.setattr(executor, "get_variable_values", coerced)
    error, *_ = (await ask.answer(document, **variables))["errors"]
    assert message in error["message"]


async def test_a_variable_that_is_named_twice_is_taken(ask: make.Ask) -> None:
    products = [{"sku": f"S-{it}", "name": "Shaft"} for it in range(250)]
    text = "productsUpsert(input: {products: $p}) { results { status } }"
    answer = await ask(
        f"mutation ($p: [ProductUpsertInput!]!) {{ a: {text} b: {text} }}", p=products
    )
    assert {it["status"] for it in answer["b"]["results"]} == {"UNCHANGED"}


async def test_another_waits_for_two_plans_of_them_at_most(
    world: make.World, ask: make.Ask, planned: list[Begun]
) -> None:
    """One is being made, one is the next."""
    neighbour = await make.world(world.database, world.clock)
    other = make.Ask(ask.client, neighbour.token)
    document = "{ orders(first: 9) { nodes { id number } } }"
    storm = (ask.answer(distinct(100 + it)) for it in range(DISTINCT))
    answers = await asyncio.gather(*storm, other.answer(document))
    assert all("errors" not in it for it in answers)
    ((of_storm, _),) = Counter(it.payer for it in planned).most_common(1)
    neighbours = [it.waited for it in planned if it.payer != of_storm]
    assert neighbours
    assert max(neighbours) <= 2
    assert max(it.waited for it in planned) > 2


async def test_a_long_document_that_waits_too_long_is_told_when_to_come_again(
    ask: make.Ask, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Meanwhile short ones are answered."""
    apart = Apart(patience=0)
    monkeypatch.setattr(PLANNER, "apart", apart)
    with await apart._long.taken(()):  # noqa: SLF001 -- stands for others' long documents.
        with counted(database.engine) as statements:
            (error,) = (await ask.answer(distinct(500)))["errors"]
        assert (await ask("{ orders(first: 7) { nodes { id } } }"))["orders"]["nodes"] == []
    extensions = error["extensions"]
    assert (extensions["code"], extensions["retryAfter"]) == ("THROTTLED", 1)
    assert [it for it in statements if "orders" in it] == []
    assert "errors" not in await ask.answer(distinct(500))


async def test_who_hangs_up_while_a_statement_is_written_pays_for_it(world: make.World) -> None:
    context = Context(staff(world), world.database, world.clock)
    with await PLANNER.apart._long.taken(()):  # noqa: SLF001 -- stands for others' long documents.
        running = asyncio.create_task(schema.execute(distinct(600), context_value=context))
        await until(lambda: len(PLANNER.apart._long._taken) > 1)  # noqa: SLF001
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert context.bill.owed > 100


async def test_what_is_written_to_its_end_after_that_is_kept_and_paid_in_full(
    world: make.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, released, made = Event(), Event(), Fused.made

    def held(self: Fused, *about: Any) -> Any:
        begun.set()
        released.wait()
        return made(self, *about)

    monkeypatch.setattr(Fused, "made", held)
    context = Context(staff(world), world.database, world.clock)
    execute = partial(schema.execute, "{ orders(first: 61) { nodes { id number state } } }")
    running = asyncio.create_task(execute(context_value=context))
    await asyncio.to_thread(begun.wait)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    before, kept = context.bill.owed, len(PLANNER._statements)  # noqa: SLF001
    released.set()
    await until(lambda: len(PLANNER._statements) > kept)  # noqa: SLF001
    assert context.bill.owed > before
    again = Context(staff(world), world.database, world.clock)
    assert (await execute(context_value=again)).errors is None
    assert len(PLANNER._statements) == kept + 1  # noqa: SLF001


async def test_counts_under_aliases_are_paid_one_by_one(ask: make.Ask, database: Database) -> None:
    counts = " ".join(f"a{it}: orders(first: 0) {{ totalCount }}" for it in range(25))
    with counted(database.engine) as statements:
        answer = await ask.answer(f"{{ {counts} }}")
    assert len(answer["data"]) == 25
    assert answer["extensions"]["cost"]["actualQueryCost"] == 25 * (1 + 5)
    assert len([it for it in statements if "orders_25" in it]) == 1


async def test_a_refused_document_of_15_kb_costs_15_points_and_is_parsed_once(
    ask: make.Ask, database: Database
) -> None:
    document = f"{{ orders(first: 1) {{ nodes {{ nothing }} }} }} # {'x' * 15_000}"
    with counted(database.engine) as statements:
        answers = [await ask.answer(document) for _ in range(2)]
    for answer in answers:
        assert answer["extensions"]["cost"]["planningCost"] == len(document) // 1_000
        assert answer["extensions"]["cost"]["actualQueryCost"] == 1
    assert statements == []


async def test_a_response_key_of_3000_characters_is_refused(
    ask: make.Ask, database: Database
) -> None:
    document = f"{{ {'a' * 3_000}: orders(first: 1) {{ nodes {{ id }} }} }}"
    with counted(database.engine) as statements:
        (error,) = (await ask.answer(document))["errors"]
    assert error["extensions"] == {
        "code": "GRAPHQL_VALIDATION_FAILED",
        "requested": 3_000,
        "maximum": 100,
    }
    assert statements == []


async def test_results_of_bulk_work_are_priced_with_what_is_asked_below_them(
    ask: make.Ask, database: Database
) -> None:
    text = """mutation ($input: ProductsUpsertInput!) {
      productsUpsert(input: $input) {
        results { product { timeline(first: 250) { nodes { type } } } }
      }
    }"""
    products = [{"sku": f"P{number}", "name": "n"} for number in range(250)]
    with counted(database.engine) as statements:
        error, *_ = (await ask.answer(text, input={"products": products}))["errors"]
    assert error["extensions"]["requested"] > 250 * 250
    assert error["extensions"]["maximum"] == DEFAULT_LIMITS.nodes
    assert statements == []
    fits = text.replace("250", str(error["extensions"]["fits"]))
    assert "errors" not in await ask.answer(fits, input={"products": products})
    assert len(await orders.products(ask, *(it["sku"] for it in products))) == 250


async def test_documents_that_are_registered_are_judged_beside_the_event_loop_and_paid(
    ask: make.Ask, planned: list[Begun]
) -> None:
    """One by one, and no others' turn is behind all of them."""
    texts = [f"query Q{it} {{ {'a' * 10}: __typename }} # {'x' * 4_000}" for it in range(9)]
    register = """mutation ($input: DocumentsRegisterInput!) {
      documentsRegister(input: $input) { ids userErrors { code field } }
    }"""
    await ask(register, input={"documents": [{"text": "{ __typename }"}]})
    planned.clear()
    documents = [{"text": it} for it in [*texts, "{ nothing }", "{" * 1_500]]
    answer = await ask.answer(register, input={"documents": documents})
    refused = answer["data"]["documentsRegister"]["userErrors"]
    assert [it["field"][2] for it in refused] == ["9", "10"]
    assert answer["extensions"]["cost"]["planningCost"] == 9 * 5 + 1 + 2
    # What is refused is written without a level of its own.
    assert len(planned) == len(documents)
    answer = await ask.answer(register, input={"documents": documents[:9]})
    assert len(answer["data"]["documentsRegister"]["ids"]) == 9


async def test_on_a_busy_machine_each_document_has_the_whole_time(
    world: make.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = Context(staff(world), world.database, world.clock)
    begun, begin = list[None](), Context.begin_time

    def noted(self: Context) -> None:
        begun.append(begin(self))

    monkeypatch.setattr(Context, "begin_time", noted)
    documents = [{"text": f"{{ a{it}: __typename }}"} for it in range(DISTINCT)]
    document = """mutation ($input: DocumentsRegisterInput!) {
      documentsRegister(input: $input) { ids }
    }"""
    values = {"input": {"documents": documents}}
    result = await schema.execute(document, context_value=context, variable_values=values)
    assert result.errors is None
    # With the operation, and after each.
    assert len(begun) == 1 + DISTINCT


async def test_documents_of_several_calls_are_judged_once_and_have_the_time_of_one_call(
    world: make.World, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = Context(staff(world), world.database, world.clock)
    begun, checked, begin = list[None](), list[str](), Context.begin_time
    monkeypatch.setattr(Context, "begin_time", lambda it: begun.append(begin(it)))
    monkeypatch.setattr(registering, "LARGEST_BULK", 3)
    monkeypatch.setattr(registering, "faults", lambda _, text, __: checked.append(text) or [])
    register = "documentsRegister(input: {documents: $d}) { ids }"
    values = {"d": [{"text": f"{{ a{it}: __typename }}"} for it in range(5)]}
    result = await schema.execute(
        f"mutation ($d: [DocumentRegisterInput!]!) {{ a: {register} b: {register} }}",
        context_value=context,
        variable_values=values,
    )
    assert result.data
    assert len(checked) == 5
    assert len(begun) == 1 + 3


@pytest.mark.parametrize(
    "text", ["{" + "a " * 3_000 + "}", "{ a { " * 400, "{ a b c ! " + "d " * 900]
)
def test_nothing_of_a_document_that_cannot_be_parsed_waits_for_the_collector(text: str) -> None:
    def parts() -> int:
        return sum(isinstance(it, Token | Parser | FieldNode) for it in gc.get_objects())

    gc.collect()
    before = parts()
    gc.disable()
    try:
        with pytest.raises(GraphQLSyntaxError):
            limits._parsed(text, DEFAULT_LIMITS)  # noqa: SLF001 -- what every request begins with.
        assert parts() == before
    finally:
        gc.enable()
