"""What is new is known to all sweeps: what is missing is named here, with what to add."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.make import World
from tests.make.everything import SHOWN, WING_OF, makers, nodes, tables
from tests.make.feed import rows
from tests.make.sweeps.leaves import kinds_of


def test_every_mutation_has_a_valid_input() -> None:
    """LookupError says what to add and where."""
    assert all(makers(name) for name in WING_OF)


@pytest.mark.prepared("inputs")
def test_the_inputs_of_a_mutation_give_each_of_its_fields(made: Mapping[str, Any]) -> None:
    missing = set()
    for name in WING_OF:
        kind = SHOWN.mutation_type.fields[name].args["input"].type
        found = {it for maker in makers(name) for it in kinds_of(kind, made[maker.__name__])}
        missing |= {
            f"{name}: {owner}.{field}"
            for owner in {owner for owner, _ in found}
            for field in SHOWN.type_map[owner].fields
            if (owner, field) not in found and field != "idempotencyKey"
        }
    assert sorted(missing) == [], "Give them in tests/make/<wing>/inputs."


@pytest.mark.prepared("everything")
async def test_the_mutations_fill_every_table(world: World) -> None:
    empty = {name for name, entity in tables().items() if not await rows(world, entity)}
    assert empty == set(), "A valid input must lead to a row of each table."
    assert [name for name, its in (await nodes(world)).items() if not its] == []
