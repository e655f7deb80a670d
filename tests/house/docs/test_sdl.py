"""The schema as clients see it: written down, described."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
    OperationDefinitionNode,
    build_schema,
    get_named_type,
    parse,
    specified_directives,
    specified_scalar_types,
    validate,
)

from schema.schema import schema
from server import OPERATIONS
from tests.house.places import ROOT

SHOWN = build_schema(schema.as_str())
OWN = [
    kind
    for name, kind in SHOWN.type_map.items()
    if not name.startswith("__") and name not in specified_scalar_types
]
EXAMPLES = sorted(OPERATIONS.glob("*.graphql"))
WIDEST_EXAMPLE = 60


def undescribed(kind: GraphQLNamedType) -> Iterator[str]:
    """Give the coordinates inside a type, and of the type, that have no description."""
    if not kind.description:
        yield kind.name
    if isinstance(kind, GraphQLEnumType):
        members = kind.values
    elif isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
        members = kind.fields
    else:
        members = {}
    for name, member in members.items():
        if not member.description:
            yield f"{kind.name}.{name}"
        for argument, each in getattr(member, "args", {}).items():
            if not each.description:
                yield f"{kind.name}.{name}({argument}:)"


def test_the_schema_is_the_one_in_schema_graphql() -> None:
    written = (ROOT / "schema.graphql").read_text()
    assert written == f"{schema.as_str()}\n", "The schema has changed: run `make sdl`."


def test_everything_has_a_description() -> None:
    assert [place for kind in OWN for place in undescribed(kind)] == []
    directives = [it for it in SHOWN.directives if it not in specified_directives]
    assert [it.name for it in directives if not it.description] == []


def test_why_a_window_breaks_rules_is_said_to_be_shown() -> None:
    """Buyers, warehouses and carriers read it with the order or the delivery."""
    inputs = [it for it in OWN if isinstance(it, GraphQLInputObjectType)]
    texts = {it.name: it.fields["windowOverride"].description for it in inputs if _says_why(it)}
    assert [name for name, it in texts.items() if "hown to the customer" not in it] == []
    assert "OrderPlaceInput" in texts


def _says_why(kind: GraphQLInputObjectType) -> bool:
    return "windowOverride" in kind.fields


def test_a_thing_without_a_description_would_be_found() -> None:
    bare = build_schema(
        '"Q." type Query { "A." a("B." b: Int, c: Int): E d: Int } "E." enum E { F }'
    )
    found = [place for name in ("Query", "E") for place in undescribed(bare.type_map[name])]
    assert found == ["Query.a(c:)", "Query.d", "E.F"]


@pytest.mark.parametrize("name", SHOWN.mutation_type.fields)
def test_a_mutation_takes_one_input_and_gives_its_payload(name: str) -> None:
    mutation = SHOWN.mutation_type.fields[name]
    capital = name[0].upper() + name[1:]
    assert {key: str(it.type) for key, it in mutation.args.items()} == {"input": f"{capital}Input!"}
    assert str(mutation.type) == f"{capital}Payload!"


@pytest.mark.parametrize("name", [it for it in SHOWN.mutation_type.fields if it.endswith("Upsert")])
def test_every_upsert_has_one_form(name: str) -> None:
    """`doorsUpsert` takes `doors: [DoorUpsertInput!]!`, and gives a `door: Door` for each."""
    mutation, items = SHOWN.mutation_type.fields[name], name.removesuffix("Upsert")
    takes = get_named_type(mutation.args["input"].type).fields
    assert takes.keys() == {items, "idempotencyKey"}
    noun = get_named_type(takes[items].type).name.removesuffix("UpsertInput")
    assert str(takes[items].type) == f"[{noun}UpsertInput!]!"
    results = get_named_type(mutation.type).fields["results"].type
    assert str(results) == f"[{noun}UpsertResult!]"
    shown = get_named_type(results).fields
    own = {
        it: str(shown[it].type) for it in shown if it not in {"status", "userErrors", "openWork"}
    }
    assert own == {noun[0].lower() + noun[1:]: noun}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.stem)
def test_an_example_is_one_valid_named_operation_of_narrow_lines(example: Path) -> None:
    document = parse(example.read_text())
    assert validate(SHOWN, document) == []
    (operation,) = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    assert operation.name is not None
    lines = example.read_text().splitlines()
    assert [line for line in lines if len(line) >= WIDEST_EXAMPLE] == []
    variables = example.parent / "variables" / f"{example.stem}.json"
    inputs = json.loads(variables.read_text()) if variables.exists() else {}
    request = [it.variable.name.value for it in operation.variable_definitions or ()]
    assert sorted(inputs) == sorted(request)
