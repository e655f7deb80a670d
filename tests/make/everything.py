"""Everything that sweeps go over, wing by wing: the one place where a new noun registers.

Types, fields, arguments and by-id keys are found from the schema, tables from the models. What
cannot be found is how a valid input is made: for every mutation, `tests/make/<wing>/inputs`
holds an async function of its name in snake case that takes a Scene and gives the input, with as
many fields as can stand beside each other; further ones, for fields that exclude each other, add a
word to the name (`order_place_guest`). `tests/prepared.py` makes them all once, and lets them all
run: a row of everything for the sweeps and for the differential test.
"""

import importlib
import pkgutil
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from types import ModuleType
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLObjectType,
    build_schema,
    get_named_type,
    get_nullable_type,
)

from models.base.tables import Base, Owned
from schema.graphql.nodes import NODES
from schema.schema import schema
from tests.make import Ask, World
from tests.make.feed import rows
from tests.make.scene import Scene, fresh
from tests.make.sweeps.versions import Versions

Maker = Callable[[Scene], Awaitable[dict[str, Any]]]
CORE = schema._schema  # noqa: SLF001 -- graphql-core's side of the schema.
SHOWN = build_schema(schema.as_str())
"""The schema as clients see it."""
ROOTS: Mapping[str, GraphQLField] = SHOWN.query_type.fields
LISTS = {name: field for name, field in ROOTS.items() if field.args.keys() >= {"first", "after"}}
CONNECTIONS = [
    (kind.name, name)
    for kind in SHOWN.type_map.values()
    if isinstance(kind, GraphQLObjectType)
    for name, field in kind.fields.items()
    if field.args.keys() >= {"first", "after"}
]
"""(Type, field) of every list that is read page by page."""


@dataclass(frozen=True)
class Listed:
    """A list that is read page by page. parent: the type that it hangs on."""

    parent: str
    name: str

    @property
    def field(self) -> GraphQLField:
        """Return the field as clients see it."""
        field: GraphQLField = SHOWN.type_map[self.parent].fields[self.name]
        return field

    @property
    def rows(self) -> str:
        """Return the type of what is listed."""
        page = get_named_type(self.field.type)
        return str(get_named_type(page.fields["nodes"].type).name)

    @property
    def sorts(self) -> Sequence[str]:
        """Return what chooses an order, nothing where there is only one."""
        of = self.field.args.get("sort")
        return [f"sort: {it}" for it in get_named_type(of.type).values] if of else [""]


SHARED = {"Product", "Packaging", "Channel", "Location", "MethodHandling", "MerchantSettings"}
"""Types of which every company of a merchant sees all rows."""


def _wing_of(field: GraphQLField) -> str:
    """Return the wing whose room declares a mutation: `schema.<wing>.<noun>`."""
    return field.extensions["strawberry-definition"].origin.__module__.split(".")[1]


WING_OF = {name: _wing_of(field) for name, field in CORE.mutation_type.fields.items()}
WINGS = sorted(set(WING_OF.values()))
_SNAKE = {re.sub("([A-Z])", r"_\1", name).lower(): name for name in WING_OF}


@cache
def makers(mutation: str) -> Sequence[Maker]:
    """Return what makes the mutation's inputs. LookupError says what to add and where."""
    wing, own = WING_OF[mutation], next(it for it, name in _SNAKE.items() if name == mutation)
    every = (it for room in _rooms(wing) for it in vars(room).items())
    found = [maker for name, maker in every if _names(name) == own]
    if not found:
        message = (
            f"{mutation} has no valid input: add `async def {own}(s: Scene) -> dict[str, Any]`"
            f" to tests/make/{wing}/inputs"
        )
        raise LookupError(message)
    return found


def _rooms(wing: str) -> list[ModuleType]:
    """Return the modules with a wing's inputs: one, or those of a package of nouns."""
    room = importlib.import_module(f"tests.make.{wing}.inputs")
    nouns = (it.name for it in pkgutil.iter_modules(getattr(room, "__path__", ())))
    return [room, *(importlib.import_module(f"{room.__name__}.{it}") for it in nouns)]


def _names(function: str) -> str | None:
    """Return the mutation that a function makes inputs of: the longest name that it starts with."""
    fitting = [it for it in _SNAKE if function == it or function.startswith(f"{it}_")]
    return max(fitting, key=len, default=None)


def inputs_of(wing: str) -> list[tuple[str, Maker]]:
    """Return (mutation, maker) of all inputs of a wing."""
    of_wing = [name for name, its in WING_OF.items() if its == wing]
    return [(name, maker) for name in of_wing for maker in makers(name)]


def payload_of(mutation: str) -> GraphQLObjectType:
    return get_named_type(SHOWN.mutation_type.fields[mutation].type)


def items_of(name: str) -> str | None:
    """Return the field whose items a mutation answers one by one, None where there is none."""
    results = payload_of(name).fields.get("results")
    if results is None or "userErrors" not in get_named_type(results.type).fields:
        return None
    fields = get_named_type(SHOWN.mutation_type.fields[name].args["input"].type).fields.items()
    return next((field for field, it in fields if _holds_objects(it.type)), None)


def _holds_objects(kind: Any) -> bool:
    is_list = isinstance(get_nullable_type(kind), GraphQLList)
    return is_list and isinstance(get_named_type(kind), GraphQLInputObjectType)


ALL = [it for wing in WINGS for it in inputs_of(wing)]


async def every_input(here: Scene) -> dict[str, Any]:
    """Return maker's name -> its input; none of them takes away what another one names."""
    return {maker.__name__: await maker(here) for _, maker in ALL}


async def live(ask: Ask, inputs: Mapping[str, Any], versions: Versions) -> None:
    """Let every mutation run with each of its inputs, so that there is a row of every kind."""
    await versions.look("")
    for name, maker in ALL:
        values = {**inputs[maker.__name__], "idempotencyKey": fresh("I")}
        takes = f"{name[0].upper()}{name[1:]}Input"
        request = f"{name}(input: $input) {{ userErrors {{ code field message }} }}"
        answer = await ask(f"mutation ($input: {takes}!) {{ {request} }}", input=values)
        assert answer[name]["userErrors"] == [], maker.__name__
        await versions.look(name)


def entities() -> dict[str, Any]:
    """Return the table's class of every type of objects."""
    return {name: schema.get_type_by_name(name).origin.entity for name in NODES}


async def nodes(world: World) -> dict[str, list[Any]]:
    """Return type name -> the merchant's rows of it, oldest first."""
    return {name: await rows(world, entity) for name, entity in entities().items()}


def tables() -> dict[str, Any]:
    """Return table -> class, for every table of a merchant."""
    mappers = [it for it in Base.registry.mappers if issubclass(it.class_, Owned)]
    return {it.local_table.name: it.class_ for it in mappers}
