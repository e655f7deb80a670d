"""Both executors answer alike over a small schema in which everything goes wrong."""

import logging
import random
from collections.abc import AsyncIterator
from typing import Any

import orjson
import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from execution import mixed
from execution.mixed import Mixed
from tests.execution.library import PLANNER, SCHEMA, Context
from tests.execution.operations import Seen, Writer, messages
from tests.execution.shelves import METADATA, ROWS
from tests.make import Walled

MANY = " ".join(f"n{number}: name" for number in range(120))
LONG = "a" * 90
CASES = {
    "text": "query ($n: String!) { shelf(name: $n) { id name __typename keeper { name } } }",
    "a missing object": '{ shelf(name: "nobody") { name } other: shelf(name: "") { id } }',
    "a refusal": '{ shelf(name: "refused") { name } good: shelf(name: "B") { id } }',
    "lists": '{ shelf(name: "B") { books { id } count least } c: shelf(name: "C") { least } }',
    "lists of enums": '{ b: shelf(name: "B") { sizes noSizes } c: shelf(name: "C") { sizes } }',
    "null in a list": '{ shelf(name: "C") { id books { id title } } }',
    "null in a nullable list": '{ shelf(name: "C") { id someBooks { title } favourite { id } } }',
    "null for an object": '{ shelf(name: "B") { id must { id } } }',
    "null for nothing found": '{ c: shelf(name: "C") { must { id } } b: shelf(name: "B") { id } }',
    "code below": '{ shelf(name: "B") { boom books { id } } }',
    "errors below a list": "{ shelves { id boom must { id } books { title } } }",
    "statements below code": "{ shelves { boom someBooks { title pages } favourite { title } } }",
    "an interface": "{ things { id __typename ... on Shelf { name books { pages } } } }",
    "merged fields": """{ shelf(name: "B") { ...A books { id } ... on Thing { id } } }
        fragment A on Shelf { books { pages id } name }""",
    "conditions": """query ($n: String!, $yes: Boolean = true) { shelf(name: $n) {
        id @skip(if: $yes) name @include(if: $yes) ... @skip(if: true) { keeper { name } } } }""",
    "nothing left": '{ shelf(name: "B") { name @skip(if: true) } }',
    "many fields": f'{{ shelf(name: "B") {{ {MANY} }} }}',
    "a long alias": f'{{ {LONG}: shelf(name: "B") {{ {LONG}: name {LONG}2: id }} }}',
    "mutations": 'mutation { first { books { title } } second(name: "B") { id books { id } } }',
    "lists of keys": """mutation {
        done(keys: {shelfIds: [3, 1, 9, 1], bookIds: [2, 1], shelfId: 2}) {
            shelves { id books { title } } books { id pages } shelf { name } must { id } } }""",
    "lists without keys": "mutation { done(keys: {shelfIds: []}) { shelves { id } books { id } } }",
    "a key that must lead somewhere": """mutation { done(keys: {bookIds: [1, 9], shelfIds: [1]}) {
        shelves { id } books { id } } }""",
    "no list where one must be": "mutation { done(keys: {shelfId: 1}) { must { id } } }",
    "several types": """{ several(types: ["Shelf", "Book", "none", "Shelf", "Book", "Book"]) {
        id __typename ... on Shelf { name books { pages } } ... on Book { pages title } } }""",
    "several of one type": '{ several(types: ["Shelf", "Shelf"]) { ... on Shelf { name } } }',
    "several of none": '{ several(types: ["none"]) { id } more: several(types: []) { id } }',
    "several with code": '{ several(types: ["Shelf", "Shelf"]) { ... on Shelf { boom name } } }',
    "introspection": '{ __type(name: "Shelf") { name } shelf(name: "B") { id } __typename }',
    "code with arguments": "{ shelves { books { id nearby(reach: 2) { id title halves } } } }",
    "a union": """query ($by: Wanted = {id: 2}) { found(by: $by, sort: DOWN) {
        ... on Thing { id } ... on Shelf { mustBoom books { halves } }
        ... on Book { nearby { title } } __typename } }""",
    "one of": '{ found(by: {id: 1, name: "B"}) { __typename } }',
    "null up to the root": "{ shelves { mustBoom(times: 1) boom books { halves } } }",
    "an unknown operation": "{ shelf(name: 3) { id } }",
}


FAULTS = {("boom", 2), ("nearby", 2), ("halves", 3), ("must_boom", 3)}

EVERY_FAULT = [(name, row) for name, _ in sorted(FAULTS) for row in (1, 2, 3)]


# Where null goes up past fields that still wait, graphql-core drops their coroutines.
pytestmark = [
    pytest.mark.usefixtures("dropped"),
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
async def connection(database: Walled) -> AsyncIterator[AsyncConnection]:
    engine = database.owner.engine
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.create_all)
        for table, rows in ROWS.items():
            await connection.execute(insert(table), rows)
    async with engine.connect() as reading:
        yield await reading.execution_options(isolation_level="AUTOCOMMIT")
    async with engine.begin() as connection:
        await connection.run_sync(METADATA.drop_all)


async def _answer(
    connection: AsyncConnection, text: str, values: Any, *, plans: bool, faults: Any = FAULTS
) -> tuple[Any, Any]:
    context = Context(connection, plans=plans, faults=faults)
    result = await SCHEMA.execute(text, variable_values=values, context_value=context)
    data = orjson.loads(orjson.dumps(result.data))
    errors = [(it.path, it.message, str(it.locations)) for it in result.errors or ()]
    return orjson.dumps(data), messages(data, errors)


@pytest.mark.parametrize("case", CASES)
async def test_an_operation_is_answered_alike(connection, case):
    values = {"n": ROWS[next(iter(ROWS))][0]["name"]} if "$n" in CASES[case] else {}
    planned = await _answer(connection, CASES[case], values, plans=True)
    assert planned == await _answer(connection, CASES[case], values, plans=False)


async def test_a_list_that_is_completed_piece_by_piece_is_answered_alike(connection, monkeypatch):
    """Each item of it is a piece here, with what it reads and what goes wrong in it."""
    pieces, piece = list[int](), Mixed._piece  # noqa: SLF001 -- what a round completes.

    def noted(self: Mixed, start: int, items: Any, *about: Any) -> Any:
        pieces.append(len(items))
        return piece(self, start, items, *about)

    monkeypatch.setattr(Mixed, "_piece", noted)
    for case in ("errors below a list", "statements below code", "null up to the root", "a union"):
        resolved = await _answer(connection, CASES[case], {}, plans=False)
        with monkeypatch.context() as short:
            short.setattr(mixed, "TOGETHER", 1)
            short.setattr(mixed, "SLICE", 1)
            assert await _answer(connection, CASES[case], {}, plans=True) == resolved
            assert await _answer(connection, CASES[case], {}, plans=False) == resolved
    assert set(pieces) == {1}


async def test_lists_of_enums_are_part_of_a_statement(connection):
    PLANNER.forget()
    name = ROWS[next(iter(ROWS))][0]["name"]
    text = "query ($n: String!) { shelf(name: $n) { sizes noSizes } }"
    data, errors = await _answer(connection, text, {"n": name}, plans=True)
    assert orjson.loads(data) == {"shelf": {"sizes": ["THIN", "THICK"], "noSizes": []}}
    assert errors == []
    assert PLANNER.counted == {"plan made": 1, "one statement": 1}


async def test_generated_operations_are_answered_alike(connection, request, caplog):
    caplog.set_level(logging.CRITICAL + 1)  # Thousands of faults are not told one by one.
    seed, seen = int(request.config.getoption("--seed")), Seen()
    seen.texts["name"] = [str(it["name"]) for it in ROWS[next(iter(ROWS))]]
    seen.texts["types"] = ["Shelf", "Book", "none"]
    PLANNER.forget()
    for number in range(int(request.config.getoption("--operations")) // 4):
        own = seed * 100_000 + number
        operation = Writer(SCHEMA._schema, seen, own).write(mutations=True)  # noqa: SLF001
        requests, chance = (operation.text, operation.variables), random.Random(own)
        for faults in ([], *(chance.sample(EVERY_FAULT, k=3) for _ in range(4))):
            planned = await _answer(connection, *requests, plans=True, faults=faults)
            resolved = await _answer(connection, *requests, plans=False, faults=faults)
            assert planned == resolved, (operation, faults)
    assert PLANNER.counted["levels with a statement"]
    assert not PLANNER.counted["not fused: a fault of the planner"]
