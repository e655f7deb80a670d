"""Documents that differ only in what their client calls things share a plan and a statement."""

from typing import Any

import pytest
from graphql import FragmentDefinitionNode, OperationDefinitionNode, parse

from execution.arguments import Unnamed, spelt, unnamed
from execution.statements import Filled
from kit.db.database import Database
from schema.schema import PLANNER
from tests import make
from tests.guard import counted
from tests.make.everything import CORE
from tests.make.trade import orders

PLAIN = """
query ($first: Int, $shown: Boolean!, $begins: String) {
  all: orders(first: $first, filter: {numberPrefix: $begins}) {
    nodes { lines { lineNo product { sku name } } id @include(if: $shown) number }
    pageInfo { hasNextPage }
  }
}
"""
FRAGMENT = """
fragment %(a)sOf on Order { %(b)s: lines { lineNo %(c)s: product { %(a)s: sku name } } }
"""
QUERY = """
query %(a)s($%(b)s: Int, $%(a)s: Boolean!, $%(c)s: String) {
  %(a)s: orders(first: $%(b)s, filter: {numberPrefix: $%(c)s}) {
    %(c)s: nodes { ...%(a)sOf id @include(if: $%(a)s) number: number }
    %(b)s: pageInfo { %(a)s: hasNextPage }
  }
}
"""
NAMES = [
    *(("_0", "_1", "_2"), ("_2", "_0", "_1"), ("_10", "_100", "_1000"), ("id", "name", "lines")),
    *((f"a{it}", f"b{it}", "c" * it) for it in range(1, 17)),
]
"""Ours, in another order; names of fields that stand there too; any."""


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[Filled]:
    """Collect the statements that are made."""
    found: list[Filled] = []
    make_one = Filled.__init__

    def noted(self: Filled, *about: Any) -> None:
        make_one(self, *about)
        found.append(self)

    monkeypatch.setattr(Filled, "__init__", noted)
    return found


def _values(answer: Any) -> Any:
    """Return an answer without its keys."""
    if isinstance(answer, dict):
        answer = list(answer.values())
    return [_values(it) for it in answer] if isinstance(answer, list) else answer


async def test_documents_that_differ_in_names_make_one_plan_and_one_statement(
    ask: make.Ask, world: make.World, database: Database, made: list[Filled]
) -> None:
    """Names of operations, fragments and variables, aliases, and the order of definitions."""
    for _ in range(2):
        await orders.order(world, ask)
    plain = await ask(PLAIN, first=1, shown=True, begins=None)
    PLANNER.forget()
    made.clear()
    for number, (a, b, c) in enumerate(NAMES):
        parts = [it % {"a": a, "b": b, "c": c} for it in (FRAGMENT, QUERY)]
        document = "".join(reversed(parts) if number % 2 else parts)
        with counted(database.engine) as statements:
            found = await ask(document, **{a: True, b: 1, c: None})
        assert len(statements) == 1
        assert _values(found) == _values(plain)
        assert list(found[a]) == [c, b]
        assert list(found[a][b]) == [a]
        (order,) = found[a][c]
        assert list(order) == [b, "id", "number"]
        assert [list(it) for it in order[b]] == [["lineNo", c]] * 2
        assert [list(it[c]) for it in order[b]] == [[a, "name"]] * 2
    assert len(made) == 1
    assert PLANNER.counted == {
        "plan made": 1,
        "plan reused": len(NAMES) - 1,
        "one statement": len(NAMES),
    }


async def test_a_name_that_is_the_fields_own_is_none(ask: make.Ask, world: make.World) -> None:
    await orders.order(world, ask)
    document = "{ orders(first: 1) { nodes { id: id lines { lineNo } lines: lines { id } } } }"
    (order,) = (await ask(document))["orders"]["nodes"]
    assert list(order) == ["id", "lines"]
    assert [list(it) for it in order["lines"]] == [["lineNo", "id"]] * 2


def _of(document: str) -> Unnamed:
    definitions = parse(document).definitions
    operation = next(it for it in definitions if isinstance(it, OperationDefinitionNode))
    fragments = [it for it in definitions if isinstance(it, FragmentDefinitionNode)]
    return unnamed(operation, {it.name.value: it for it in fragments})


DIFFERENT = [
    "{ a { b } }",
    "mutation { a { b } }",
    "{ a { c } }",
    "{ a { x: b } }",
    "{ a { x: b y: b } }",
    "{ a { x: b x: b } }",
    "{ a(b: 1) { b } }",
    "{ a(b: $b) { b } }",
    "{ a(b: $b c: $b) { b } }",
    "{ a(b: $b c: $c) { b } }",
    '{ a(b: "$b") { b } }',
    '{ a(b: {c: [1 2 "}"]}) { b } }',
    '{ a(b: {c: [1 2 "} "]}) { b } }',
    '{ a(b: """\n  x\n   y""") { b } }',
    "{ a(b: E) { b } }",
    "{ a(b: null) { b } }",
    "{ a { b @skip(if: true) } }",
    "{ a { b @skip(if: $b) } }",
    "{ a @skip(if: $b) { b } }",
    "{ a { ... { b } } }",
    "{ a { ... on A { b } } }",
    "{ a { ...A } } fragment A on A { b }",
    "{ a { ...A ...B } } fragment A on A { b } fragment B on A { b }",
    "{ a { ...A ...A } } fragment A on A { b }",
]


def test_what_differs_in_more_than_names_is_written_differently_and_reads_back() -> None:
    texts = [_of(f"query Q {it}" if it[0] == "{" else it).text for it in DIFFERENT]
    assert len(set(texts)) == len(DIFFERENT)
    # What is written is a document that means the same: written again, it does not change.
    assert [_of(it).text for it in texts] == texts


def test_variables_that_decide_come_in_the_order_of_the_operation() -> None:
    first = _of("query ($x: A $y: A) { a @skip(if: $y) { b @include(if: $x) } }")
    second = _of("query ($y: A $x: A) { a @skip(if: $x) { b @include(if: $y) } }")
    assert first.text == second.text
    assert (first.conditions, second.conditions) == (("y", "x"), ("x", "y"))


def test_keys_are_written_where_they_stand_and_nowhere_else() -> None:
    statement = """concat('{"_1":', x."_1"::TEXT, ',"_0":', y, ',"of__0":', '"_0"')"""
    written = """concat('{"_0":', x."_1"::TEXT, ',"a":', y, ',"of__0":', '"_0"')"""
    assert spelt(statement, ("a", "_0")) == written


def test_no_field_has_a_name_of_ours() -> None:
    fields = {name for it in CORE.type_map.values() for name in getattr(it, "fields", ())}
    assert fields
    assert {it for it in fields if it.startswith("_")} == set()
