"""From a selection to one SQL expression that gives the JSON text of its whole sub-tree.

A selection is read once and becomes nested builders; a builder makes the expression for one
shape of the arguments (`Shaping`). What cannot be certain to equal the reference executor's
answer raises `Unfusible` while the selection is read.
"""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from sqlalchemy import ARRAY, Boolean, ColumnElement, bindparam, case, func, null, select
from sqlalchemy.types import NullType, TypeEngine

from execution.arguments import Argued, Converter
from execution.fields import DECLARED, Batched, Chosen, Listed, Parts, Related, Written, column_of
from execution.texts import (
    Forms,
    Sql,
    certain,
    constant,
    enum_text,
    joined,
    list_text,
    never_null,
    refusal,
)

Details: TypeAlias = Sequence[Any]
"""graphql-core's collected nodes of one response key."""


class Unfusible(Exception):
    """The planner does not know how to make a statement of this. The reason is counted."""


@dataclass
class Shaping:
    """One building of a statement: who asks, and what each argued field chose.

    filled: parameters of filters, (field number, position) -> the parameters in the statement.
    """

    reader: Any
    choices: Sequence[Any]
    filled: dict[tuple[int, int], list[Any]] = field(default_factory=dict)

    def bind(self, number: int) -> Callable[[str, TypeEngine[Any]], Sql]:
        """Return how the values of a field's choice are carried."""
        values = self.choices[number].values

        def carried(name: str, type_: TypeEngine[Any]) -> Sql:
            return bindparam(f"{name}_of_{number}", values[name], type_)

        return carried

    def note(self, number: int, conditions: Sequence[ColumnElement[bool]]) -> None:
        """Remember which parameters carry a filter's values."""
        shape, parameters = form_of(conditions)
        del shape
        for position, parameter in enumerate(parameters):
            self.filled.setdefault((number, position), []).append(parameter)


def form_of(conditions: Sequence[ColumnElement[bool]]) -> tuple[Hashable, Sequence[Any]]:
    """Return the structure of conditions, None if it cannot be told, and their parameters."""
    keys = [condition._generate_cache_key() for condition in conditions]  # noqa: SLF001 -- SQLAlchemy's statement caching, documented with its caching examples.
    if any(key is None for key in keys):
        return None, ()
    told = [key for key in keys if key is not None]
    return tuple(key.key for key in told), [it for key in told for it in key.bindparams]


Build: TypeAlias = Callable[[Any, Shaping], Sql]
"""(row source, shaping) -> the JSON text, NULL for null."""


def declared_of(definition: GraphQLField) -> Any:
    """Return how SQL may read a field, None for a field that only code reads."""
    declared = _strawberry(definition).metadata.get(DECLARED)
    return declared.listed if isinstance(declared, Batched) else declared


def _strawberry(definition: GraphQLField) -> Any:
    found = definition.extensions.get("strawberry-definition")
    if found is None or found.extensions:
        message = "a field with extensions of its own"
        raise Unfusible(message)
    return found


def complete(build: Build, type_: GraphQLOutputType) -> Build:
    """Write null for NULL, or fail where the type has no null."""
    if not is_non_null_type(type_):
        return lambda source, shaping: func.coalesce(build(source, shaping), constant("null"))

    return lambda source, shaping: func.coalesce(build(source, shaping), refusal())


class Selection:
    """Reads the selections below one field. arguments: what it found to be argued, numbered."""

    def __init__(
        self,
        collect: Callable[[GraphQLObjectType, Details], Any],
        possible_types: Callable[[Any], Sequence[GraphQLObjectType]],
        forms: Forms,
        converter: Converter,
    ) -> None:
        """Take how sub-fields are collected, what is of a type, how values are written and read."""
        self.collect, self.possible_types, self.forms = collect, possible_types, forms
        self._converter = converter
        self.arguments: list[Argued] = []

    def fields(self, type_: GraphQLObjectType, details: Details) -> Mapping[str, Details]:
        """Return response key -> nodes of an object's selection."""
        return self.collect(type_, details)  # type: ignore[no-any-return]

    def object(self, type_: Any, details: Details, example: Any) -> Build:
        """Build an object from a row source. example: a source to learn the SQL types from."""
        if not isinstance(type_, GraphQLObjectType):
            message = f"{type_} is not one object type"
            raise Unfusible(message)
        fields = self.fields(type_, details).items()
        builders = [(key, self.field(type_, nodes, example)) for key, nodes in fields]
        return written_object(builders)

    def field(self, parent: GraphQLObjectType, details: Details, example: Any) -> Build:
        """Build one field of an object."""
        name = details[0].node.name.value
        if name == "__typename":
            return lambda _source, _shaping: constant(f'"{parent.name}"')
        definition = parent.fields.get(name)
        if definition is None:
            message = "introspection"
            raise Unfusible(message)
        declared = declared_of(definition)
        if isinstance(declared, Written):
            text = declared.text
            return lambda source, _: certain(text(source, parent.name))
        if isinstance(declared, (Related, Chosen, Parts, Listed)):
            return self.below(definition, details, declared, example)
        if column_of(_strawberry(definition)) is not None:
            return self.column(definition, example)
        message = f"{parent.name}.{name} is resolved by code"
        raise Unfusible(message)

    def below(
        self, definition: GraphQLField, details: Details, declared: Any, example: Any
    ) -> Build:
        """Build what a declaration leads to."""
        if isinstance(declared, Related):
            return self.related(definition, details, declared)
        if isinstance(declared, Parts):
            return self.parts(definition, details, declared, example)
        if isinstance(declared, Listed):
            return self.listed(definition, details, declared.inside)
        if not declared.paged:
            return complete(self.chosen(definition, details, declared), definition.type)
        from execution.paging import connection  # noqa: PLC0415 -- pages are made of selections.

        return connection(self, definition, details, declared)

    def column(self, definition: GraphQLField, example: Any) -> Build:
        """Build a leaf that is an attribute of the row."""
        name = column_of(_strawberry(definition)) or ""
        known = getattr(example, name, None)
        form = self.leaf(get_nullable_type(definition.type), known)
        if is_non_null_type(definition.type) and never_null(known):
            return lambda source, _: certain(form(getattr(source, name)))
        return complete(lambda source, _: form(getattr(source, name)), definition.type)

    def leaf(self, type_: Any, example: Any) -> Callable[[Any], Sql]:
        """Return how a leaf type, or a list of one, writes values like the example."""
        sql_type = type_read(example)
        if is_list_type(type_) and isinstance(sql_type, ARRAY):
            items = list_text(get_nullable_type(type_.of_type), sql_type.item_type)
            if items is not None and is_non_null_type(type_.of_type):
                return items
        elif isinstance(type_, GraphQLEnumType) and sql_type is not None:
            form = enum_text(type_, sql_type)
            if form is not None:
                return form
        elif isinstance(type_, GraphQLScalarType):
            known = self.forms.get(type_.name)
            if known is not None and isinstance(sql_type, known.kinds):
                return known.text
        message = f"{type_} is not written from {sql_type!r}"
        raise Unfusible(message)

    def related(self, definition: GraphQLField, details: Details, declared: Related) -> Build:
        """Build a relation: an object, a list of objects, or one attribute of a record."""
        relation = declared.relation
        type_: Any = get_nullable_type(definition.type)
        if declared.each or getattr(relation, "part", None) is None:
            message = f"{type(relation).__name__} is read by code"
            raise Unfusible(message)
        if declared.attribute is not None:
            return complete(self.attribute(type_, declared), definition.type)
        if relation.many != is_list_type(type_) or declared.default is not None:
            message = f"{definition.type} is no {type(relation).__name__}"
            raise Unfusible(message)
        inner = get_named_type(type_)
        item = self.object(inner, details, relation.source)
        reach = many if relation.many else one

        def build(source: Any, shaping: Shaping) -> Sql:
            part = relation.part(shaping.reader, getattr(source, declared.key))
            return reach(part, item, shaping)

        return build if relation.many else complete(build, definition.type)

    def attribute(self, type_: Any, declared: Related) -> Build:
        """Build one attribute of a related record; a record's own NULL is no missing record."""
        relation, name = declared.relation, declared.attribute or ""
        form = self.leaf(type_, getattr(relation.source, name))
        item: Build = lambda source, _: form(getattr(source, name))  # noqa: E731 -- typed as what it is.
        if declared.default is None:
            reached = item
        else:
            reached = lambda source, it: func.coalesce(item(source, it), constant("null"))  # noqa: E731 -- typed as what it is.
        default = None if declared.default is None else self.default(type_, declared.default)

        def build(source: Any, shaping: Shaping) -> Sql:
            part = relation.part(shaping.reader, getattr(source, declared.key))
            found = one(part, reached, shaping)
            return found if default is None else func.coalesce(found, default)

        return build

    def default(self, type_: Any, value: Any) -> Sql:
        """Write the answer for a record that is not there."""
        from orjson import dumps  # noqa: PLC0415 -- only here.

        if not is_leaf_type(type_):
            message = f"{type_} has a default"
            raise Unfusible(message)
        return constant(dumps(type_.serialize(value)).decode())

    def parts(
        self, definition: GraphQLField, details: Details, declared: Parts, example: Any
    ) -> Build:
        """Build an object of its parent's columns."""
        item = self.object(get_nullable_type(definition.type), details, declared.source(example))

        missing = refusal() if is_non_null_type(definition.type) else constant("null")

        def build(source: Any, shaping: Shaping) -> Sql:
            text, there = item(declared.source(source), shaping), declared.present(source)
            return text if there is None else case((there, text), else_=missing)

        return build

    def listed(self, definition: GraphQLField, details: Details, inside: Any) -> Build:
        """Build the list that lies inside its parent's row."""
        item = self.object(get_named_type(definition.type), details, inside.source)
        return lambda source, shaping: many(inside.part(shaping.reader, source), item, shaping)

    def chosen(self, definition: GraphQLField, details: Details, declared: Chosen) -> Build:
        """Build one row that the arguments name."""
        number = self.argued(definition, details, declared)
        type_: Any = get_nullable_type(definition.type)
        if isinstance(type_, GraphQLObjectType):
            items = {type_.name: self.object(type_, details, declared.source)}
        else:
            items = self.possible(type_, details, declared.source)

        def build(_source: Any, shaping: Shaping) -> Sql:
            choice = shaping.choices[number]
            if choice is None:
                return null()
            item = items.get(getattr(choice, "type_name", None) or type_.name)
            if choice.part is None or item is None:
                message = f"a {type_} that is read by code"
                raise Unfusible(message)
            return one(choice.part(shaping.reader, shaping.bind(number)), item, shaping)

        return build

    def possible(self, type_: Any, details: Details, relations: Any) -> dict[str, Build]:
        """Build an object of each type that an abstract one may be, where that can be."""
        if not is_abstract_type(type_):
            message = f"{type_} is not one object"
            raise Unfusible(message)
        items = {}
        for kind in self.possible_types(type_):
            mark = len(self.arguments)
            try:
                items[kind.name] = self.object(kind, details, relations[kind.name].source)
            except Unfusible:
                del self.arguments[mark:]
        return items

    def argued(self, definition: GraphQLField, details: Details, declared: Chosen) -> int:
        """Remember a field whose arguments are coerced for each request; return its number."""
        self.arguments.append(Argued(definition, details[0], declared, self._converter))
        return len(self.arguments) - 1


def type_read(example: Any) -> TypeEngine[Any] | None:
    """Return the SQL type of an expression, also of functions that SQLAlchemy gives none."""
    sql_type, name = getattr(example, "type", None), getattr(example, "name", None)
    if isinstance(sql_type, NullType) and name in {"greatest", "least"}:
        return next(iter(example.clauses)).type  # type: ignore[no-any-return]
    if isinstance(sql_type, NullType) and name in {"bool_or", "bool_and"}:
        return Boolean()
    return sql_type


def written_object(builders: Sequence[tuple[str, Build]]) -> Build:
    """Build the text of an object from the texts of its fields."""

    def build(source: Any, shaping: Shaping) -> Sql:
        parts: list[Sql] = [constant("{")]
        for place, (key, builder) in enumerate(builders):
            parts += (constant(f'{"," if place else ""}"{key}":'), builder(source, shaping))
        return joined([*parts, constant("}")])

    return build


def one(part: tuple[Any, Any], item: Build, shaping: Shaping) -> Sql:
    """Build the one row of a part, NULL if there is none."""
    table, rows = part
    found: Any = rows.add_columns(item(table, shaping))
    return found.scalar_subquery()  # type: ignore[no-any-return]


def many(part: tuple[Any, Any], item: Build, shaping: Shaping) -> Sql:
    """Build the list of a part's rows."""
    table, rows = part
    texts = rows.add_columns(item(table, shaping).label("item")).subquery()
    return listed(select(func.string_agg(texts.c.item, constant(","))).scalar_subquery())


def listed(items: Sql) -> Sql:
    """Write the list of aggregated items, which are NULL where there are none."""
    return joined([constant("["), items, constant("]")])


__all__ = ["Selection", "Shaping", "Unfusible", "complete", "form_of"]
