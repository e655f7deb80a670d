"""Every field has a declared scope, and a token without it is refused before anything is read."""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
import strawberry
from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_composite_type,
    is_required_argument,
)

from admission.demands import of_field, of_type
from kit.ids import new_id
from models.access.viewers import SCOPES, Actor, Scope, Viewer
from resolvers.running.context import Context, Terms
from schema.access.journal import TimelineEntry
from schema.graphql.connections import PageInfo
from schema.graphql.nodes import NODES, Node
from schema.graphql.scopes import Authenticated, Requires
from schema.schema import schema
from tests.conftest import PATIENT
from tests.guard import counted
from tests.make.master import channels

CORE = schema._schema  # noqa: SLF001 -- graphql-core's side of the schema.
OPERATIONS = {"query": CORE.query_type, "mutation": CORE.mutation_type}
ORDER_OF_A_FRAGMENT = """
query ($id: ID!) { node(id: $id) { id ...deep } }
fragment deep on Node { ...deeper }
fragment deeper on Order { party { contacts { name } } }
"""


def undeclared(core: GraphQLSchema) -> Iterator[str]:
    """Give every type without a scope of its own, and every root field without any."""
    roots = (core.query_type, core.mutation_type, core.subscription_type)
    for name, kind in core.type_map.items():
        if name.startswith("__") or not isinstance(kind, GraphQLObjectType | GraphQLInterfaceType):
            continue
        if kind in roots:
            for field_name, field in kind.fields.items():
                says = any(isinstance(it, Authenticated) for it in _directives(field))
                if not says and not of_field(kind, field):
                    yield f"{name}.{field_name}"
        elif of_type(kind) is None or (_is_a_row(kind) and not of_type(kind)):
            yield name


def _directives(field: Any) -> Iterable[Any]:
    return field.extensions["strawberry-definition"].directives


def _is_a_row(kind: Any) -> bool:
    return any(it.name == "Node" for it in kind.interfaces)


def documents(scope: Scope) -> Iterator[tuple[str, frozenset[Scope]]]:
    """Give a document for each field that needs the scope, and all that the field needs."""
    for operation, root in OPERATIONS.items():
        for name, field in root.fields.items():
            needed = of_field(root, field)
            if scope in needed:
                yield _document(operation, name, field), needed
    for type_name in NODES:
        kind = CORE.type_map[type_name]
        for name, field in kind.fields.items():
            needed = of_field(kind, field)
            if scope in needed:
                below = "{ __typename }" if is_composite_type(get_named_type(field.type)) else ""
                found = f'node(id: "unknown") {{ ... on {type_name} {{ {name} {below} }} }}'
                yield f"{{ {found} }}", needed


def _document(operation: str, name: str, field: Any) -> str:
    required = {key: it.type for key, it in field.args.items() if is_required_argument(it)}
    variables = "".join(f"${key}: {kind} " for key, kind in required.items())
    inputs = "".join(f"{key}: ${key} " for key in required)
    head = f"{operation} ({variables})" if required else operation
    return f"{head} {{ {name}{f'({inputs})' if required else ''} {{ __typename }} }}"


def test_every_field_has_a_declared_scope() -> None:
    assert list(undeclared(CORE)) == []


def test_a_field_without_a_scope_would_be_found() -> None:
    @strawberry.type
    class Bare:
        a: int

    @strawberry.type
    class Row(Node):
        entity = object
        b: int

    @strawberry.type
    class Query:
        declared: TimelineEntry
        open: PageInfo = strawberry.field(directives=[Authenticated()])
        page: PageInfo
        number: int
        bare: Bare
        own: int = strawberry.field(directives=[Requires(scope=Scope.ORDERS_READ)])
        row: Row

    found = undeclared(strawberry.Schema(query=Query)._schema)  # noqa: SLF001
    assert set(found) == {"Bare", "Row", "Query.page", "Query.number", "Query.bare", "Query.row"}


@pytest.mark.parametrize("scope", Scope)
async def test_a_token_that_lacks_only_this_scope_is_refused_before_anything_is_read(
    scope: Scope, database, clock
) -> None:
    for document, needed in documents(scope):
        with counted(database.engine) as sent:
            lacking = await _codes(database, clock, document, frozenset(Scope) - {scope})
        assert (lacking, sent) == ({("FORBIDDEN", scope.value)}, []), document
        if scope is min(needed):
            passing = await _codes(database, clock, document, needed)
            assert "FORBIDDEN" not in {code for code, _ in passing}, document


async def _codes(database, clock, document: str, scopes: frozenset[Scope]) -> set[tuple[str, str]]:
    viewer = Viewer(new_id(), Actor.STAFF, new_id(), "test", scopes)
    context = Context(viewer, database, clock, terms=Terms(limits=PATIENT))
    answer = await schema.execute(document, context_value=context)
    answers = [error.extensions for error in answer.errors or ()]
    return {(it["code"], ", ".join(it.get("missingScopes", ()))) for it in answers}


async def test_what_fragments_ask_for_counts(database, clock) -> None:
    codes = await _codes(database, clock, ORDER_OF_A_FRAGMENT, frozenset())
    assert codes == {("FORBIDDEN", "MASTER_DATA_READ, ORDERS_READ")}


async def test_a_token_without_scopes_reads_itself_and_the_schema(database, clock) -> None:
    document = '{ viewer { name scopes } node(id: "x") { id } __schema { types { name } } }'
    assert await _codes(database, clock, document, frozenset()) == set()


async def test_only_the_operation_that_runs_counts(database, clock) -> None:
    two = "query A { viewer { name } } query B { orders(first: 1) { totalCount } }"
    viewer = Viewer(new_id(), Actor.STAFF, new_id(), "test")
    for name, refused in (("A", False), ("B", True)):
        context = Context(viewer, database, clock, terms=Terms(limits=PATIENT))
        answer = await schema.execute(two, context_value=context, operation_name=name)
        assert bool(answer.errors) == refused


async def test_a_refusal_is_403_and_names_what_is_missing(world, ask) -> None:
    shop = ask.by(await world.key(Actor.STOREFRONT, await channels.channel(world)))
    body = {
        "query": "mutation ($i: PartiesUpsertInput!) { partiesUpsert(input: $i) { __typename } }"
    }
    headers = {"Authorization": f"Bearer {shop.token}"}
    new, old = [
        await ask.client.post("/graphql", json=body, headers=headers | {"Accept": accept})
        for accept in ("application/graphql-response+json", "application/json")
    ]
    assert (new.status_code, old.status_code) == (403, 200)
    assert "data" not in new.json() | old.json()
    assert new.json()["errors"] == [
        {
            "message": "This token lacks the scope MASTER_DATA_WRITE.",
            "extensions": {"code": "FORBIDDEN", "missingScopes": ["MASTER_DATA_WRITE"]},
        }
    ]


@pytest.mark.parametrize("actor", Actor)
def test_whoever_writes_may_read_what_it_wrote(actor: Actor) -> None:
    needed = {
        scope
        for field in CORE.mutation_type.fields.values()
        if of_field(CORE.mutation_type, field) <= SCOPES[actor]
        for shown in get_named_type(field.type).fields.values()
        for scope in of_field(get_named_type(field.type), shown)
    }
    assert needed <= SCOPES[actor]
