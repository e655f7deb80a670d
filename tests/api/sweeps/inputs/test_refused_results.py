"""Every field of every payload and result answers where an item, or the whole call, is refused.

A list that is never null has no value for what was not done, and would hide what was.
"""

from collections.abc import Mapping
from typing import Any

import pytest
from graphql import GraphQLObjectType, get_named_type

from models.access.viewers import Actor
from tests.make import Ask, World
from tests.make.everything import SHOWN, WING_OF, items_of, makers, payload_of
from tests.make.sweeps.leaves import LONG, leaves, put, unknown, wrong_values

pytestmark = pytest.mark.prepared("inputs")
BULKS = [name for name in WING_OF if items_of(name)]


def _every_field(kind: GraphQLObjectType, *whole: str) -> str:
    """Write a selection of all fields of a type; whole: those of which all below is asked, too."""
    found = []
    for name, field in kind.fields.items():
        below = get_named_type(field.type)
        if name in whole:
            found.append(f"{name} {{ {_every_field(below, 'userErrors')} }}")
        else:
            found.append(f"{name} {{ __typename }}" if hasattr(below, "fields") else name)
    return " ".join(found)


async def _payload(ask: Ask, name: str, values: Mapping[str, Any]) -> Any:
    """Run a mutation, asking all that it answers; fails where a field has no value."""
    fields = _every_field(payload_of(name), "results", "userErrors")
    takes = SHOWN.mutation_type.fields[name].args["input"].type
    document = f"mutation ($input: {takes}) {{ it: {name}(input: $input) {{ {fields} }} }}"
    answer = await ask.answer(document, input=values)
    assert "errors" not in answer, (name, answer["errors"])
    return answer["data"]["it"]


def _refused(name: str, values: dict[str, Any], items: str) -> list[Any]:
    """Return items that are refused: one that is wrong by itself, and one that names no row."""
    kind = SHOWN.mutation_type.fields[name].args["input"].type
    of_item = [it for it in leaves(kind, values) if it.path[:2] == (items, 0) and it.path[2:]]
    wrong = [put(values, it.path, wrong_values(it)[0][0]) for it in of_item if wrong_values(it)][:1]
    ids = [it for it in of_item if it.kind == "ID" and isinstance(it.value, str)]
    wrong += [put(values, it.path, unknown(it)) for it in ids][:1]
    return [it[items][0] for it in wrong]


async def test_a_refused_item_answers_every_field_and_hides_no_other(
    made: Mapping[str, Any], world: World, ask: Ask
) -> None:
    for name in BULKS:
        # No key has the points for all of them.
        by = ask.by(await world.key(Actor.STAFF))
        values, items = made[makers(name)[0].__name__], str(items_of(name))
        refused = _refused(name, values, items)
        payload = await _payload(by, name, {**values, items: [*refused, *values[items]]})
        statuses = [it["status"] for it in payload["results"]]
        assert statuses[: len(refused)] == ["REFUSED"] * len(refused), name
        assert len(statuses) == len(refused) + len(values[items]), name


async def test_a_refused_call_answers_every_field(
    made: Mapping[str, Any], world: World, ask: Ask
) -> None:
    for name in WING_OF:
        # No key has the points for all of them.
        by = ask.by(await world.key(Actor.STAFF))
        values = {**made[makers(name)[0].__name__], "idempotencyKey": LONG}
        payload = await _payload(by, name, values)
        assert [it["field"] for it in payload["userErrors"]] == [["input", "idempotencyKey"]], name
