"""Wrong arguments of queries: BAD_USER_INPUT with the argument, never an internal fault."""

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    get_named_type,
    is_enum_type,
    is_required_argument,
)

from execution.fields import DECLARED
from kit.ids import from_global, new_id, to_global
from loaders.reading.cursors import cursor
from loaders.reading.pages import ROOT
from tests.make import Ask, World
from tests.make.everything import CONNECTIONS, CORE, SHOWN, nodes
from tests.make.sweeps.leaves import LONG, NO_DAYS, NO_INSTANTS, STACKED

ROOTS = [(name, it) for name, it in SHOWN.query_type.fields.items() if it.args]
EXPECTED = {"BAD_USER_INPUT", "GRAPHQL_VALIDATION_FAILED"}
TEXTS = ("\0", "a\0b", STACKED, "A\u200b", "", "   ", LONG, "🏭 שלום", "%_\\", "'; --")
FAR = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+14:00")
EMPTY = ("", " \t ")
ACCENTS = ("\N{COMBINING ACUTE ACCENT}" * 2, "\N{ACUTE ACCENT}")
"""What nothing is left of when it is folded."""
TEXTUAL = ("String", "ID", "Currency")
LAST_YEAR = "9999-12-31T23:59:59-12:00"
ODD: dict[str, tuple[Any, ...]] = {
    "ID": (*TEXTS, "UGFydHk6", 5, {"a": 1}),
    "String": (*TEXTS, 5),
    "DateTime": (*FAR, LAST_YEAR, *NO_INSTANTS[::4], 5),
    "Date": (*NO_DAYS[::4], "0001-01-01", "9999-12-31", "soon", 5, "\0"),
    "Boolean": ("yes", 2),
    "Decimal": (*TEXTS, "NaN", "-1", "1e400", "1" * 65, 5, {"a": 1}),
    "Currency": (*TEXTS, "eur", "XXY", 5),
}
FORGED: tuple[tuple[Any, ...], ...] = (
    ("x", "x"),
    ("\0", str(new_id())),
    (2**63, str(new_id())),
    ("99999999999999999999999", str(new_id())),
    ("2026-03-02T09:00:00", str(new_id())),
    ("0001-01-01T00:00:00+14:00", str(new_id())),
    ("9999-12-31T23:59:59-12:00", str(new_id())),
    (True, str(new_id())),
)
"""Values that a cursor with the tag of a list may hold; some list may take them for its own."""
UNTAGGED = "\0"
NO_CURSORS = [
    "garbage",
    "",
    "\0",
    LONG,
    "🏭",
    cursor(UNTAGGED, [1, str(new_id())]),
    base64.b64encode(b'{"a": 1}').decode(),
    base64.b64encode(b"\xff\xfe").decode(),
    base64.b64encode(json.dumps(["x", str(new_id())]).encode()).decode(),
]
"""The last one is as they were before they named their list."""


def tag_of(owner: str, name: str, ids: Mapping[str, str]) -> str:
    """Return the tag of an object's list in its first order, as the code declares it."""
    field = CORE.type_map[owner].fields[name].extensions["strawberry-definition"]
    page = field.metadata[DECLARED].choose({"first": 1})
    return str(page.tag_below(ROOT if owner == "Query" else from_global(ids[owner])[1]))


def codes(answer: dict[str, Any]) -> set[str]:
    return {error["extensions"]["code"] for error in answer.get("errors", ())}


async def objects(world: World) -> dict[str, str]:
    """Return type name -> id of one object of it that is there."""
    return {name: to_global(name, its[0].id) for name, its in (await nodes(world)).items()}


@dataclass(frozen=True)
class Reader:
    """Asks for lists of objects that are there. ids: type name -> id of one of its objects."""

    ask: Ask
    ids: dict[str, str]

    async def answer(self, owner: str, name: str, **inputs: Any) -> dict[str, Any]:
        """Ask for a list with these arguments."""
        taken = SHOWN.type_map[owner].fields[name].args
        variables = [f"${it}: {taken[it].type}" for it in inputs]
        arguments = ", ".join(f"{it}: ${it}" for it in inputs)
        request = f"{name}({arguments}) {{ nodes {{ __typename }} totalCount }}"
        if owner != "Query":
            variables.append("$id: ID!")
            request = f"node(id: $id) {{ ... on {owner} {{ {request} }} }}"
            inputs = {**inputs, "id": self.ids[owner]}
        return await self.ask.answer(f"query ({', '.join(variables)}) {{ {request} }}", **inputs)

    async def wrong(self, owner: str, name: str, argument: str, **inputs: Any) -> list[str]:
        """Return the answer unless it refuses the argument."""
        answer = await self.answer(owner, name, **inputs)
        (error,) = answer.get("errors") or [{"extensions": {"code": "NONE"}}]
        found = error["extensions"]
        is_shown = found["code"] == "BAD_USER_INPUT" and found.get("argument", [])[:1] == [argument]
        return [] if is_shown else [f"{owner}.{name}({str(inputs)[:150]}): {answer}"]


@pytest.fixture
async def reader(world: World, ask: Ask) -> Reader:
    return Reader(ask, await objects(world))


@pytest.mark.prepared("everything")
async def test_a_wrong_page_is_refused_with_its_argument(reader: Reader) -> None:
    pages: list[tuple[str, dict[str, Any]]] = [
        ("first", {"first": -1}),
        ("first", {"first": 251}),
        ("last", {"last": -1}),
        ("last", {"last": 251}),
        ("first", {"first": 1, "last": 1}),
        ("first", {"first": None, "last": None}),
        ("first", {"after": cursor(UNTAGGED, [1, str(new_id())])}),
    ]
    for argument in ("after", "before"):
        pages += [(argument, {"first": 1, argument: it}) for it in NO_CURSORS]
    wrong = []
    for owner, name in CONNECTIONS:
        for argument, inputs in pages:
            wrong += await reader.wrong(owner, name, argument, **inputs)
    assert not wrong, "\n".join(wrong)


@pytest.mark.prepared("everything")
async def test_a_forged_cursor_is_refused_or_a_place_in_the_list(reader: Reader) -> None:
    wrong = []
    for owner, name in CONNECTIONS:
        tag = tag_of(owner, name, reader.ids)
        for values in FORGED:
            answer = await reader.answer(owner, name, first=1, after=cursor(tag, values))
            if not codes(answer) <= {"BAD_USER_INPUT"}:
                wrong.append(f"{owner}.{name}({str(values)[:80]}): {answer}")
        for values in ([], [1], [1, 2], [1, str(new_id()), 3], [{"a": 1}, str(new_id())]):
            wrong += await reader.wrong(owner, name, "after", first=1, after=cursor(tag, values))
    assert not wrong, "\n".join(wrong)


def odd_filters(kind: GraphQLInputObjectType) -> Iterator[tuple[str, Any]]:
    """Yield (field, odd value) for every field of a filter."""
    for name, field in kind.fields.items():
        scalar = get_named_type(field.type)
        is_enum = isinstance(scalar, GraphQLEnumType)
        for value in ("NOPE", "\0", 5) if is_enum else ODD[scalar.name]:
            yield name, value
        yield name, None
        if isinstance(field.type, GraphQLList):
            item = next(iter(scalar.values)) if is_enum else "x"
            yield from ((name, it) for it in ([], [None], [item] * 1000))


@pytest.mark.prepared("everything")
async def test_no_odd_filter_is_an_internal_fault(reader: Reader) -> None:
    wrong = []
    for owner, name in CONNECTIONS:
        argument = SHOWN.type_map[owner].fields[name].args.get("filter")
        for field, value in odd_filters(argument.type) if argument else ():
            answer = await reader.answer(owner, name, first=1, filter={field: value})
            found = [error["extensions"].get("argument") for error in answer.get("errors", ())]
            is_shown = all(it is None or it[:2] == ["filter", field] for it in found)
            if not (codes(answer) <= EXPECTED and is_shown):
                wrong.append(f"{owner}.{name}({field}: {str(value)[:40]!r}): {answer}")
    assert not wrong, "\n".join(wrong)


def chosen(field: GraphQLField, but: str) -> Iterator[str]:
    """Give a value of each other argument that has to be there: the first one of its enum."""
    for name, each in field.args.items():
        if name != but and is_required_argument(each):
            yield f", {name}: {next(iter(get_named_type(each.type).values))}"


async def test_no_odd_key_is_an_internal_fault(ask: Ask) -> None:
    wrong = []
    for name, field in ROOTS:
        for argument, each in field.args.items():
            if (
                "first" in field.args
                or argument == "ids"
                or is_enum_type(get_named_type(each.type))
            ):
                continue
            more = "".join(chosen(field, argument))
            for value in ODD[get_named_type(each.type).name]:
                document = (
                    f"query ($it: {each.type}) {{ {name}({argument}: $it{more}) {{ __typename }} }}"
                )
                answer = await ask.answer(document, it=value)
                missing = not codes(answer) and answer["data"] == {name: None}
                if not (missing or (codes(answer) and codes(answer) <= EXPECTED)):
                    wrong.append(f"{name}({argument}: {str(value)[:40]!r}): {answer}")
    assert not wrong, "\n".join(wrong)


async def test_a_lone_surrogate_is_no_text(ask: Ask) -> None:
    written = await ask.answer('{ order(number: "\\ud800") { id } }')
    assert codes(written) == {"GRAPHQL_PARSE_FAILED"}
    body = json.dumps(
        {"query": "query ($n: String) { order(number: $n) { id } }", "variables": {"n": "\ud800"}}
    )
    response = await ask.client.post(
        "/graphql",
        content=body.encode(),
        headers={"Authorization": f"Bearer {ask.token}", "Content-Type": "application/json"},
    )
    assert codes(response.json()) == {"BAD_USER_INPUT"}


@pytest.mark.prepared("everything")
async def test_a_filter_that_names_nothing_finds_nothing(reader: Reader) -> None:
    wrong = []
    for owner, name in CONNECTIONS:
        argument = SHOWN.type_map[owner].fields[name].args.get("filter")
        for field, its in argument.type.fields.items() if argument else ():
            scalar = get_named_type(its.type).name
            for value in EMPTY if scalar in TEXTUAL else ():
                sent = [value] if isinstance(its.type, GraphQLList) else value
                wrong += await reader.wrong(owner, name, "filter", first=1, filter={field: sent})
            for value in ACCENTS if scalar == "String" else ():
                sent = [value] if isinstance(its.type, GraphQLList) else value
                answer = await reader.answer(owner, name, first=1, filter={field: sent})
                found = (answer["data"] or {}).get("node", answer["data"])
                if codes(answer) != {"BAD_USER_INPUT"} and found[name]["totalCount"]:
                    wrong.append(f"{owner}.{name}({field}: {value!r}): {answer}")
    assert not wrong, "\n".join(wrong)
