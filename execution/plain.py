"""Objects of nothing but attributes, such as refusals: a whole list of them is written as JSON.

graphql-core takes a fraction of a millisecond for each of them, and a list may have thousands.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

from graphql import (
    GraphQLObjectType,
    GraphQLOutputType,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.executor import Executor

from execution.building import Details, Unfusible, definition_of
from execution.fields import column_of

Write: TypeAlias = Callable[[Any], Any]
"""A value -> what JSON has for it. ValueError and others: it does not fit its type."""
Collect: TypeAlias = Callable[[GraphQLObjectType, Details], Mapping[str, Details]]
"""(type, nodes of a field) -> the fields that they ask of an object: response key -> nodes."""


def writer(type_: GraphQLOutputType, details: Details, schema: Any, collect: Collect) -> Write:
    """Return what writes values of a type under a selection.

    Unfusible: there is more in it than attributes, lists of them and objects of them.
    """
    plain = get_nullable_type(type_)
    if is_leaf_type(plain):
        write: Write = partial(Executor.complete_leaf_value, plain)
    elif is_list_type(plain):
        write = partial(_list, writer(plain.of_type, details, schema, collect))
    elif is_object_type(plain) and not plain.is_type_of:
        write = partial(_object, _fields(plain, details, schema, collect))
    else:
        raise Unfusible(str(plain))
    return partial(_value, write, is_non_null_type(type_))


def _fields(
    type_: GraphQLObjectType, details: Details, schema: Any, collect: Collect
) -> Sequence[tuple[str, Write]]:
    """Return how each field of an object is written from it."""
    found = []
    for key, nodes in collect(type_, details).items():
        name = nodes[0].node.name.value
        if name == "__typename":
            found.append((key, partial(_named, type_.name)))
            continue
        field = schema.get_field(type_, name)
        column = column_of(definition_of(field))
        if column is None:
            message = f"{type_.name}.{name}"
            raise Unfusible(message)
        found.append((key, partial(_attribute, column, writer(field.type, nodes, schema, collect))))
    return found


def _value(write: Write, must: bool, value: Any) -> Any:  # noqa: FBT001 -- bound once.
    if value is None and must:
        message = "null where there must be a value"
        raise ValueError(message)
    return None if value is None else write(value)


def _list(write: Write, values: Sequence[Any]) -> list[Any]:
    return [write(it) for it in values]


def _object(fields: Sequence[tuple[str, Write]], value: Any) -> dict[str, Any]:
    return {key: write(value) for key, write in fields}


def _named(name: str, _object: Any) -> str:
    return name


def _attribute(name: str, write: Write, value: Any) -> Any:
    return write(getattr(value, name))
