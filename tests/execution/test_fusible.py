"""What can be asked below a list is written by statements: code would make everybody wait."""

import re
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from graphql import GraphQLField, GraphQLObjectType, get_named_type, parse

from execution.building import Unfusible
from execution.levels import FieldPlace
from execution.plans import Fused, Planner
from kit.errors import Refused
from kit.ids import to_global
from loaders.reading.relations import Reader
from models.access.viewers import Actor, Scope, Viewer
from schema.graphql.nodes import NODES
from schema.graphql.scalars import FORMS
from schema.schema import schema
from tests.execution.whole import Whole
from tests.make.everything import CORE, SHOWN

STAFF = Viewer(UUID(int=1), Actor.STAFF, UUID(int=1), "staff", scopes=frozenset(Scope))
_CHANGING = re.compile(
    r"\b(now|random|random_normal|timeofday|gen_random_uuid|uuidv\d"
    r"|(clock|statement|transaction)_timestamp|(next|curr|last|set)val)\("
    r"|\b(CURRENT|LOCAL)_?(DATE|TIME)",
    re.IGNORECASE,
)
"""Functions of PostgreSQL that give another value each time."""
BY_CODE = {
    "Query.viewer is resolved by code": "Who asks is no row, and stands at the root alone.",
    "Query.notificationPreview is resolved by code": "A mail is rendered from rows; one at a time.",
    "Query.notificationPicture is resolved by code": "It seals the id of one row.",
}
"""Fields of reads that no statement writes, and why nobody is kept waiting by them."""
ANSWERS = {
    "userErrors": "One for each fault of an input, which is bounded.",
    "results": "One for each item of an input, which is bounded.",
    "items": "One for each contract line, place and window of a plan, which is bounded.",
    "field": "The path of an error.",
    "openWork": "A count for each kind of what may be open.",
    "ids": "Texts, one for each item of an input.",
    "price": "One for an error.",
}
"""Fields of what commands answer that code makes; all that lies below them is fusible."""


async def test_every_field_argument_filter_and_sort_of_a_read_is_part_of_a_statement():
    planner, whole = Planner(FORMS), Whole(SHOWN, set(NODES))
    planner.serve(schema)
    unfused, read = set(), 0
    for name, (way, *_) in whole.ways.items():
        for place, (selection, _) in enumerate(whole.questions(name)):
            prepared = await planner.prepared(parse(way.document(selection)), None, ())
            # Of no ids nothing would be written.
            named: dict[str, Any] = {"id": to_global(way.of, UUID(int=1))} if way.of else {}
            if way.start != "Query":
                named = {"ids": [to_global(way.start, UUID(int=1))]}
            variables = prepared.variables(named)
            assert variables is not None, selection
            roots = (await planner.plan(prepared, variables, ())).roots
            if isinstance(roots, str):
                unfused.add(roots)
            elif place == 0:
                unfused |= _unwritten(roots, prepared.renamed(variables))
            read += 1
    assert unfused == BY_CODE.keys()
    assert read > len(CORE.type_map)


def _unwritten(roots: Fused, variables: Any) -> set[str]:
    """Return why the statement cannot be written: what arguments choose is known only then.

    It is asked for the leaves of each type; to write one for every argument takes a minute.
    """
    reader = Reader(STAFF, None)
    request: Any = SimpleNamespace(general=reader.general, named=reader.parameters, viewer=STAFF)
    try:
        made = roots.made(request, roots.choices(variables, request))
        # What is kept and given again must not change by itself.
        assert not _CHANGING.search(made.text)
    except Unfusible as why:
        return {str(why)}
    except Refused:
        # No one row is asked for: the same field is asked with each argument, too.
        return set()
    return set()


def test_code_makes_of_a_payload_or_an_event_only_what_is_bounded():
    """A field of an object that code made is a leaf of it, leads to a statement, or is named."""
    roots = [CORE.mutation_type, CORE.subscription_type]
    ahead = [_object(field) for root in roots for field in root.fields.values()]
    made, by_code = set(), set()
    while ahead:
        kind = ahead.pop()
        if kind is None or kind.name in made:
            continue
        made.add(kind.name)
        for name, field in kind.fields.items():
            place = _place(kind, name, field)
            if place.key_of_parent is None and place.leaf() is None:
                by_code.add(name)
                ahead.append(_object(field))
    assert by_code == ANSWERS.keys()
    assert made.isdisjoint(NODES)


def _object(field: GraphQLField) -> GraphQLObjectType | None:
    kind = get_named_type(field.type)
    return kind if isinstance(kind, GraphQLObjectType) else None


def _place(kind: GraphQLObjectType, name: str, field: GraphQLField) -> FieldPlace:
    node = SimpleNamespace(name=SimpleNamespace(value=name))
    return FieldPlace(name, kind, field, [SimpleNamespace(node=node)])
