"""One odd item stops no other: every verb that answers item by item, with everything wrong."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from graphql import get_named_type, get_nullable_type

from tests.api.sweeps.test_bad_input import NARROWED, shortened
from tests.make.everything import SHOWN, WINGS, inputs_of, items_of
from tests.make.scene import Scene
from tests.make.sweeps.leaves import (
    Leaf,
    leaves,
    put,
    unknown,
    without,
    wrong_types,
    wrong_values,
)

every_wing = pytest.mark.parametrize("wing", WINGS)
AT_ONCE = 249
MOST = 1_000
"""Characters or items: what only makes the request long is sent by the sweep of wrong values."""


def odd_items(name: str, field: str, item: Any) -> Iterator[tuple[Leaf, Any, Any]]:
    """Yield (field, wrong value, the item with it) for all that may be wrong in an item."""
    kind = get_named_type(SHOWN.mutation_type.fields[name].args["input"].type).fields[field].type
    for leaf in leaves(get_nullable_type(kind).of_type, item):
        values = [it for it, _ in wrong_values(leaf)][:2] + wrong_types(leaf)[:2]
        if leaf.kind == "ID" and leaf.name not in NARROWED:
            values.append(unknown(leaf))
        for value in values:
            if len(repr(value)) <= MOST:
                yield leaf, value, put(item, leaf.path, value)
        if leaf.path and leaf.is_required and isinstance(leaf.path[-1], str):
            yield leaf, "nothing", without(item, leaf.path)
    yield Leaf((), "OBJECT", "", item, is_required=True), None, None
    yield Leaf((), "OBJECT", "", item, is_required=True), "text", "text"


async def answered(here: Scene, name: str, values: Any) -> Any:
    """Run a mutation; return its payload."""
    takes = f"{name[0].upper()}{name[1:]}Input!"
    request = "results { status userErrors { code message field } } userErrors { code field }"
    mutation = f"mutation ($i: {takes}) {{ {name}(input: $i) {{ {request} }} }}"
    return (await here.ask(mutation, i=values))[name]


@every_wing
@pytest.mark.prepared("inputs")
async def test_an_odd_item_is_refused_alone_with_its_path(
    wing: str, here: Scene, made: Mapping[str, Any]
) -> None:
    wrong = []
    for name, maker in inputs_of(wing):
        about, field, values = maker.__name__, items_of(name), made[maker.__name__]
        if field is None:
            continue
        (item,) = values[field]
        odd = list(odd_items(name, field, item))
        for start in range(0, len(odd), AT_ONCE):
            part = odd[start : start + AT_ONCE]
            # Another one, for some verbs take each thing once.
            items = [*(it for _, _, it in part), *(await maker(here))[field]]
            payload = await answered(here, name, {**values, field: items})
            results = payload["results"]
            if payload["userErrors"] or len(results) != len(items):
                wrong.append(f"{about}: {payload}")
                continue
            for place, ((leaf, value, _), result) in enumerate(zip(part, results, strict=False)):
                shown = ["input", field, str(place), *leaf.shown[1:]]
                refusals = [it["field"][: len(shown)] for it in result["userErrors"]]
                if result["status"] != "REFUSED" or shown not in refusals:
                    wrong.append(f"{about}: {shown} = {shortened(value)}: {result}")
            if results[-1]["status"] == "REFUSED":
                wrong.append(f"{about}: the valid item is refused: {results[-1]}")
    assert not wrong, "\n".join(wrong)
