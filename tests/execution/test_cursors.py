"""A cursor is a place in one parent's list in one order: every other list refuses it."""

from itertools import product
from typing import Any, NamedTuple

import pytest
from graphql import get_named_type

from execution.fields import DECLARED
from kit.ids import to_global
from tests import make
from tests.make.everything import CONNECTIONS, CORE, SHOWN, nodes
from tests.make.scene import scene
from tests.make.trade import orders as sales

PAIRS = 3_920
"""Over `--operations`: of the pairs of different lists one in so many is tried, another of each."""
ALIKE = 5
"""The same of pairs that are declared alike and hang on different types, as all timelines are."""
ORDERS = 3
"""The same of pairs of different orders of one list."""


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
        """Return a document that asks for a page, and its variables: one for every parent."""
        sort = "" if self.sort is None else f", sort: {self.sort}"
        kinds = dict.fromkeys(supplied, "String")
        arguments = "".join(f", {name}: ${name}" for name in supplied)
        page = f"{self.name}(first: 1{arguments}{sort}) {{ edges {{ cursor }} }}"
        if self.owner != "Query":
            kinds["id"], supplied = "ID!", {**supplied, "id": ids[self.owner]}
            page = f"node(id: $id) {{ ... on {self.owner} {{ {page} }} }}"
        names = ", ".join(f"${name}: {kind}" for name, kind in kinds.items())
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


def faults(answer: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the code and the argument of each error."""
    found = [it["extensions"] for it in answer.get("errors", ())]
    return [(it["code"], ".".join(it.get("argument", ()))) for it in found]


async def among_parents(
    world: make.World, ask: make.Ask, both: tuple[make.Ask, make.Ask]
) -> tuple[list[str], int]:
    """Try cursors of one parent's lists with its siblings; return what is wrong, how many tries."""
    rows = await nodes(world)
    wrong, tries, lists = [], 0, [it for it in orders() if it.owner != "Query"]
    for item in lists:
        some = [to_global(item.owner, it.id) for it in rows[item.owner][-4:]]
        documents = [item.wanted({item.owner: it}) for it in some]
        found = {
            key: cursors_in(await ask(document, **variables))
            for key, (document, variables) in zip(some, documents, strict=True)
        }
        own = [(key, its[0]) for key, its in found.items() if its][:1]
        siblings = [*dict.fromkeys([*(key for key, _ in own), *some])][:2]
        for (key, text), argument, other in product(own, ("after", "before"), siblings):
            document, variables = item.wanted({item.owner: other}, **{argument: text})
            expected = [] if other == key else [("BAD_USER_INPUT", argument)]
            for each in both:
                met = faults(await each.answer(document, **variables))
                wrong += [] if met == expected else [f"{item} of {key} -> {other}: {met}"]
                tries += bool(expected)
    return wrong, tries


async def among_lists(
    supplied: dict[Order, str],
    ids: dict[str, str],
    both: tuple[make.Ask, make.Ask],
    part: int,
) -> tuple[list[str], int]:
    """Try cursors with other lists and orders, one of `part`; return the same."""
    wrong, tries = [], 0
    for place, ((source, text), target) in enumerate(product(supplied.items(), orders())):
        alike = (source.owner, source.sort) == (target.owner, target.sort)
        is_own = alike and source.paged == target.paged
        near = ORDERS if source.owner == target.owner else ALIKE
        if not is_own and place % min(near if source.paged == target.paged else part, part):
            continue
        document, variables = target.wanted(ids, after=text)
        expected = [] if is_own else [("BAD_USER_INPUT", "after")]
        for each in both:
            met = faults(await each.answer(document, **variables))
            wrong += [] if met == expected else [f"{source} -> {target}: {met}"]
            tries += bool(expected)
    return wrong, tries


@pytest.mark.prepared("everything")
async def test_a_cursor_is_taken_by_its_own_parents_list_and_order_only(
    request: pytest.FixtureRequest,
    world: make.World,
    ask: make.Ask,
    both: tuple[make.Ask, make.Ask],
) -> None:
    part = max(1, PAIRS // int(request.config.getoption("--operations")))
    ids = {name: to_global(name, its[0].id) for name, its in (await nodes(world)).items()}
    supplied: dict[Order, str] = {}
    for item in orders():
        document, variables = item.wanted(ids)
        planned, resolved = [cursors_in(await each(document, **variables)) for each in both]
        assert planned == resolved, item
        if planned:
            (supplied[item],) = planned
    assert {it for it in orders() if it.owner == "Query"} <= supplied.keys()
    wrong, tries = await among_lists(supplied, ids, both, part)
    assert not wrong, "\n".join(wrong)
    assert tries > 4 * len(supplied)
    wrong, tries = await among_parents(world, ask, both)
    assert not wrong, "\n".join(wrong)
    assert tries > 2 * len({it for it in orders() if it.owner != "Query"})


async def test_below_a_list_and_in_a_payload_it_is_refused_and_what_was_done_is_told(
    world: make.World, ask: make.Ask, both: tuple[make.Ask, make.Ask]
) -> None:
    first, second = [await sales.order(world, ask) for _ in range(2)]
    listed = "{ order(id: $id) { timeline(first: 1) { edges { cursor } } } }"
    (text,) = cursors_in(await ask(f"query ($id: ID) {listed}", id=first["id"]))
    page = "timeline(first: 1, after: $after) { nodes { type } }"
    below = f"query ($after: String) {{ orders(first: 9) {{ nodes {{ id {page} }} }} }}"
    held = f"""mutation ($after: String, $input: OrderHoldInput!) {{
        orderHold(input: $input) {{ order {{ id {page} }} userErrors {{ code }} }} }}"""
    for each, reason in zip(both, ("FRAUD", "ADDRESS"), strict=True):
        assert set(faults(await each.answer(below, after=text))) == {("BAD_USER_INPUT", "after")}
        answer = await each.answer(
            held, after=text, input={"orderId": second["id"], "owner": "Ops", "reason": reason}
        )
        assert faults(answer) == [("BAD_USER_INPUT", "after")]
        assert answer["data"]["orderHold"]["userErrors"] == []
        own = await each.answer(
            held, after=text, input={"orderId": first["id"], "owner": "Ops", "reason": reason}
        )
        assert "errors" not in own
        assert own["data"]["orderHold"]["order"]["timeline"]["nodes"]


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
