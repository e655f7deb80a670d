"""A cursor is a place in one list in one order: every other list and order refuses it."""

from itertools import product
from typing import Any, NamedTuple

import pytest
from graphql import get_named_type

from execution import DECLARED
from kit.ids import to_global
from tests import make
from tests.make.everything import CONNECTIONS, CORE, SHOWN, nodes
from tests.make.scene import scene

PAIRS = 2_040
"""Over `--operations`: of the pairs of different lists one in so many is tried, another of each."""


class Order(NamedTuple):
    """A list of a type in one of its orders; sort: None where it has but one."""

    owner: str
    name: str
    sort: str | None

    @property
    def paged(self) -> Any:
        """What the code declares the list to be, which several types may share."""
        field = CORE.type_map[self.owner].fields[self.name].extensions["strawberry-definition"]
        return field.metadata[DECLARED].choose({"first": 1}).paged

    def wanted(self, ids: dict[str, str], **supplied: str) -> tuple[str, dict[str, str]]:
        """Return a document that asks for a page, and its variables."""
        sort = "" if self.sort is None else f", sort: {self.sort}"
        names = ", ".join(f"${name}: String" for name in supplied)
        arguments = "".join(f", {name}: ${name}" for name in supplied)
        page = f"{self.name}(first: 1{arguments}{sort}) {{ edges {{ cursor }} }}"
        if self.owner != "Query":
            page = f'node(id: "{ids[self.owner]}") {{ ... on {self.owner} {{ {page} }} }}'
        return f"query {f'({names})' if names else ''} {{ {page} }}", supplied


def orders() -> list[Order]:
    found = []
    for owner, name in CONNECTIONS:
        sort = SHOWN.type_map[owner].fields[name].args.get("sort")
        names = [None] if sort is None else list(get_named_type(sort.type).values)
        found += [Order(owner, name, it) for it in names]
    return found


def cursors_in(value: Any) -> list[str]:
    """Return every cursor that an answer holds."""
    if isinstance(value, dict):
        own = [value["cursor"]] if "cursor" in value else []
        return [*own, *(it for each in value.values() for it in cursors_in(each))]
    return [it for each in value for it in cursors_in(each)] if isinstance(value, list) else []


@pytest.mark.prepared("everything")
async def test_a_cursor_is_taken_by_its_own_list_and_order_only(
    request: pytest.FixtureRequest,
    world: make.World,
    both: tuple[make.Ask, make.Ask],
) -> None:
    part = max(1, PAIRS // int(request.config.getoption("--operations")))
    ids = {name: to_global(name, its[0].id) for name, its in (await nodes(world)).items()}
    supplied: dict[Order, str] = {}
    for item in orders():
        document, _ = item.wanted(ids)
        planned, resolved = [cursors_in(await each(document)) for each in both]
        assert planned == resolved, item
        if planned:
            (supplied[item],) = planned
    assert {it for it in orders() if it.owner == "Query"} <= supplied.keys()
    pairs = list(product(supplied.items(), orders()))
    wrong, refused, other = [], 0, 0
    for place, ((source, text), target) in enumerate(pairs):
        is_own = (source.paged, source.sort) == (target.paged, target.sort)
        if source.paged != target.paged and place % part:
            continue
        other += not is_own
        document, variables = target.wanted(ids, after=text)
        for each in both:
            answer = await each.answer(document, **variables)
            messages = [
                (one["extensions"]["code"], one["extensions"].get("argument"))
                for one in answer.get("errors", ())
            ]
            if messages != ([] if is_own else [("BAD_USER_INPUT", ["after"])]):
                wrong.append(f"{source} -> {target}: {messages}")
            refused += bool(messages)
    assert not wrong, "\n".join(wrong)
    assert refused == 2 * other > 2 * len(supplied)


async def test_another_filter_takes_the_same_cursor(
    world: make.World, ask: make.Ask, both: tuple[make.Ask, make.Ask]
) -> None:
    await scene(world, ask)
    listed = "{ parties(first: 1, sort: NAME) { edges { cursor } } }"
    (text,) = cursors_in(await ask(listed))
    document = """query ($after: String) { parties(
        first: 1, sort: NAME, after: $after, filter: { nameContains: "a" }
    ) { edges { cursor } } }"""
    for each in both:
        assert "errors" not in await each.answer(document, after=text)
