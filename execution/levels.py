"""A level: the fields of one object type under one selection, prepared once for every object.

What of it is a leaf of the row is read from the row; what is one relation away becomes one
statement for all objects of the level; the rest is resolved by code, field by field.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import orjson
from graphql import (
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    get_nullable_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
    is_object_type,
)
from graphql.execution.executor import Executor
from sqlalchemy import Text

from execution.building import Details, Unfusible, definition_of
from execution.fields import DECLARED, Chosen, Related, Written, column_of


class FieldPlace:
    """One response key of a level: its field, and the nodes that ask for it."""

    def __init__(
        self, key: str, parent: GraphQLObjectType, field: GraphQLField, details: Sequence[Any]
    ) -> None:
        """Take what graphql-core has collected."""
        self.key, self.parent, self.field, self.details = key, parent, field, details
        own: Any = field.extensions.get("strawberry-definition")
        is_plain = own and not own.extensions
        self.declared: Any = own.metadata.get(DECLARED) if is_plain else None
        self._column = column_of(own) if is_plain else None

    @property
    def field_name(self) -> str:
        """Return the field's name in the schema."""
        return str(self.details[0].node.name.value)

    @property
    def is_root(self) -> bool:
        """Tell whether a statement answers it without anything of a parent."""
        return isinstance(self.declared, Chosen) and self.declared.key is None

    @property
    def key_of_parent(self) -> tuple[str, Any] | None:
        """Return the parent's attribute that a statement needs, and its SQL type."""
        declared = self.declared
        if isinstance(declared, Related):
            return declared.key, Text() if declared.each else declared.relation.key_type
        if isinstance(declared, Chosen) and declared.key is not None:
            return declared.key, declared.key_type
        return None

    def start(self, parent: Any) -> Any:
        """Return what a statement needs of one parent; a list of keys goes as JSON."""
        value = getattr(parent, self.declared.key, None)
        is_list = isinstance(self.declared, Related) and self.declared.each and value is not None
        return orjson.dumps(value, default=str).decode() if is_list else value

    def leaf(self) -> Any:
        """Return (row) -> the leaf that the row holds, None for what is more."""
        if isinstance(self.declared, Written):
            value, name = self.declared.value, self.parent.name
            return lambda row: value(row, name)
        type_: Any = get_nullable_type(self.field.type)
        if self._column is None or not is_leaf_type(type_):
            return None
        write = partial(Executor.complete_leaf_value, type_)
        return partial(_leaf, self._column, write, is_non_null_type(self.field.type))


def _leaf(name: str, write: Any, must: bool, row: Any) -> Any:  # noqa: FBT001 -- bound once.
    value = getattr(row, name)
    if value is None and must:
        message = "null where there must be a value"
        raise ValueError(message)
    return None if value is None else write(value)


class Level:
    """The fields of one object type under one selection.

    fused: the statement for what is one relation away, None where nothing is. places: what it
    answers, in its order. unfused: why each other field that reads something is read by code.
    weight: bytes that it takes, once it is weighed.
    """

    weight = 0

    def __init__(
        self,
        type_: GraphQLObjectType,
        places: Mapping[str, FieldPlace | None],
        fused: Any,
        answered: Sequence[FieldPlace],
        unfused: Sequence[str],
    ) -> None:
        """Take the places by response key, None for `__typename`."""
        self.fused, self.places, self.unfused = fused, answered, unfused
        leaves = {key: it.leaf() for key, it in places.items() if it is not None}
        self._leaves = [(key, read) for key, read in leaves.items() if read is not None]
        self._named = {key: type_.name for key, it in places.items() if it is None}

    def leaves(self, row: Any) -> dict[str, Any]:
        """Return what a row holds. Where a value does not fit, it is told field by field which."""
        try:
            return {**self._named, **{key: read(row) for key, read in self._leaves}}
        except Exception:  # noqa: BLE001 -- graphql-core meets and tells it, with its path.
            return {}

    def starts(self, parent: Any) -> dict[str, Any]:
        """Return what the statement needs of one parent: attribute -> value."""
        return {it.declared.key: it.start(parent) for it in self.places if not it.is_root}


Encode: TypeAlias = Callable[[Any], Any]
"""A value -> what JSON has for it. ValueError and others: it does not fit its type."""
Collect: TypeAlias = Callable[[GraphQLObjectType, Details], Mapping[str, Details]]
"""(type, nodes of a field) -> the fields that they ask of an object: response key -> nodes."""


def encoder(type_: GraphQLOutputType, details: Details, schema: Any, collect: Collect) -> Encode:
    """Return what writes values of a type under a selection.

    Unfusible: there is more in it than attributes, lists of them and objects of them.
    """
    plain = get_nullable_type(type_)
    if is_leaf_type(plain):
        encode: Encode = partial(Executor.complete_leaf_value, plain)
    elif is_list_type(plain):
        encode = partial(_list, encoder(plain.of_type, details, schema, collect))
    elif is_object_type(plain) and not plain.is_type_of:
        encode = partial(_object, _fields(plain, details, schema, collect))
    else:
        raise Unfusible(str(plain))
    return partial(_value, encode, is_non_null_type(type_))


def _fields(
    type_: GraphQLObjectType, details: Details, schema: Any, collect: Collect
) -> Sequence[tuple[str, Encode]]:
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
        found.append(
            (key, partial(_attribute, column, encoder(field.type, nodes, schema, collect)))
        )
    return found


def _value(encode: Encode, must: bool, value: Any) -> Any:  # noqa: FBT001 -- bound once.
    if value is None and must:
        message = "null where there must be a value"
        raise ValueError(message)
    return None if value is None else encode(value)


def _list(encode: Encode, values: Sequence[Any]) -> list[Any]:
    return [encode(it) for it in values]


def _object(fields: Sequence[tuple[str, Encode]], value: Any) -> dict[str, Any]:
    return {key: encode(value) for key, encode in fields}


def _named(name: str, _object: Any) -> str:
    return name


def _attribute(name: str, encode: Encode, value: Any) -> Any:
    return encode(getattr(value, name))
