"""Objects of several types that are rows of one source: a branch for those that differ.

What is asked of their interface is written once for all; only what a fragment asks of one type
makes a branch of its own.
"""

from collections.abc import Hashable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from graphql import GraphQLObjectType
from sqlalchemy import Text, case, literal
from sqlalchemy.dialects.postgresql import JSONB

from execution.building import (
    Build,
    Details,
    Shaping,
    Unfusible,
    declared_of,
    written_object,
)
from execution.fields import Kinds
from execution.texts import Sql, constant, quoted

if TYPE_CHECKING:
    from execution.fusing import Selection

_TYPE_NAME = "__typename"


class _Alike(NamedTuple):
    """Types of which the same is asked. values: of the column that tells which a row is of."""

    kind: GraphQLObjectType
    fields: Mapping[str, Details]
    values: list[str]


def kinds_of(type_: Any) -> Kinds:
    """Return how rows are of the types of an interface. Unfusible where they are not."""
    definition = type_.extensions.get("strawberry-definition")
    kinds = getattr(getattr(definition, "origin", None), "kinds", None)
    if not isinstance(kinds, Kinds):
        message = f"{type_} is not one object type"
        raise Unfusible(message)
    return kinds


def family(selection: "Selection", type_: Any, details: Details, example: Any) -> Build:
    """Build an object of one of an interface's types."""
    kinds = kinds_of(type_)
    first, *others = _alike(selection, type_, details, kinds)
    read = kinds.source(example)
    usual = _object(selection, first, read, kinds)
    branches = [(it.values, _object(selection, it, read, kinds)) for it in others]

    def build(source: Any, shaping: Shaping) -> Sql:
        row = kinds.source(source)
        if not branches:
            return usual(row, shaping)
        which = getattr(row, kinds.column)
        texts = [
            (which.in_([constant(it) for it in values]), item(row, shaping))
            for values, item in branches
        ]
        return case(*texts, else_=usual(row, shaping))

    return build


def _alike(selection: "Selection", type_: Any, details: Details, kinds: Kinds) -> Sequence[_Alike]:
    """Return the types by what is asked of them, first those of which most rows may be."""
    own = {it.name: it for it in selection.possible_types(type_)}
    found: dict[Hashable, _Alike] = {}
    for value, name in kinds.types.items():
        fields = selection.fields(own[name], details)
        wanted = tuple(_wanted(own[name], key, nodes) for key, nodes in fields.items())
        found.setdefault(wanted, _Alike(own[name], fields, [])).values.append(value)
    return sorted(found.values(), key=lambda it: -len(it.values))


def _wanted(kind: GraphQLObjectType, key: str, nodes: Details) -> Hashable:
    """Return by what one field of a type is known to be the same as that of another."""
    definition = kind.fields.get(nodes[0].node.name.value)
    declared = None if definition is None else declared_of(definition)
    return (key, id(declared), *(id(it.node) for it in nodes))


def _object(selection: "Selection", of: _Alike, read: Any, kinds: Kinds) -> Build:
    fields = []
    for key, nodes in of.fields.items():
        is_name = nodes[0].node.name.value == _TYPE_NAME
        field = _type_name(of, kinds) if is_name else selection.field(of.kind, nodes, read)
        fields.append((key, field))
    return written_object(fields)


def _type_name(of: _Alike, kinds: Kinds) -> Build:
    """Write the name of a row's type."""
    if len(of.values) == 1:
        return lambda _row, _: constant(f'"{of.kind.name}"')
    names = literal(dict(kinds.types), JSONB())
    return lambda row, _: quoted(names.op("->>", return_type=Text())(getattr(row, kinds.column)))
