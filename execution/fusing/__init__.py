"""From a selection to one SQL expression that gives the JSON text of its whole sub-tree.

What cannot be certain to equal the reference executor's answer raises `Unfusible` while the
selection is read.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLObjectType,
    GraphQLScalarType,
    get_named_type,
    get_nullable_type,
    is_abstract_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from sqlalchemy import ARRAY, Boolean, case, func, null
from sqlalchemy.types import NullType, TypeEngine

from execution.arguments import Argued, Converter
from execution.building import (
    Build,
    Details,
    Shaping,
    Unfusible,
    complete,
    declared_of,
    definition_of,
    each_of,
    many,
    one,
    several,
    written_object,
)
from execution.fields import Chosen, Listed, Parts, Related, Worded, Written, column_of
from execution.fusing.families import family
from execution.paging import connection
from execution.texts import (
    Forms,
    Sql,
    certain,
    constant,
    enum_text,
    list_text,
    never_null,
    refusal,
)
from execution.texts.marks import Words, mark


class Selection:
    """Reads the selections below one field.

    arguments: what it found to be argued, numbered. relations: how many rows or lists it leads to.
    words: what makes texts of what is read, numbered.
    """

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
        self.words: list[Words] = []
        self.relations = 0

    def fields(self, type_: GraphQLObjectType, details: Details) -> Mapping[str, Details]:
        """Return response key -> nodes of an object's selection."""
        return self.collect(type_, details)  # type: ignore[no-any-return]

    def object(self, type_: Any, details: Details, example: Any) -> Build:
        """Build an object from a row source. example: a source to learn the SQL types from."""
        if not isinstance(type_, GraphQLObjectType):
            return family(self, type_, details, example)
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
        if isinstance(declared, Worded):
            return self.worded(definition, details, declared)
        if isinstance(declared, (Related, Chosen, Parts, Listed)):
            return self.below(definition, details, declared, example)
        if column_of(definition_of(definition)) is not None:
            return self.column(definition, example)
        message = f"{parent.name}.{name} is resolved by code"
        raise Unfusible(message)

    def worded(self, definition: GraphQLField, details: Details, declared: Worded) -> Build:
        """Build the mark of a text that code makes."""
        number, own = self.argued(definition, details, declared), len(self.words)
        self.words.append(declared.words)
        return lambda source, shaping: mark(
            own, declared.values(shaping.reader, source, shaping.bind(number))
        )

    def below(
        self, definition: GraphQLField, details: Details, declared: Any, example: Any
    ) -> Build:
        """Build what a declaration leads to."""
        self.relations += not isinstance(declared, Parts)
        if isinstance(declared, Related):
            return self.related(definition, details, declared)
        if isinstance(declared, Parts):
            return self.parts(definition, details, declared, example)
        if isinstance(declared, Listed):
            return self.listed(definition, details, declared.inside)
        if not declared.paged:
            return complete(self.chosen(definition, details, declared), definition.type)
        return connection(self, definition, details, declared)

    def column(self, definition: GraphQLField, example: Any) -> Build:
        """Build a leaf that is a column of the row."""
        name = column_of(definition_of(definition)) or ""
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
        if declared.attribute is not None:
            return complete(self.attribute(type_, declared), definition.type)
        is_list = relation.many or declared.each
        if is_list != is_list_type(type_) or declared.default is not None:
            message = f"{definition.type} is no {type(relation).__name__}"
            raise Unfusible(message)
        item = self.object(get_named_type(type_), details, relation.source)
        if declared.each:
            return complete(each_of(declared, item, type_.of_type), definition.type)
        reach = many if relation.many else one

        def build(source: Any, shaping: Shaping) -> Sql:
            part = relation.part(shaping.reader, getattr(source, declared.key))
            return reach(part, item, shaping)

        return build if relation.many else complete(build, definition.type)

    def attribute(self, type_: Any, declared: Related) -> Build:
        """Build one attribute of a related record; a record's own NULL is no missing record."""
        relation, name = declared.relation, declared.attribute or ""
        item = self.attribute_of(type_, relation.source, name)
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

    def attribute_of(self, type_: Any, example: Any, name: str) -> Build:
        """Build a leaf that is an attribute of a row source like the example."""
        form = self.leaf(type_, getattr(example, name))
        return lambda source, _: form(getattr(source, name))

    def default(self, type_: Any, value: Any) -> Sql:
        """Write the answer for a record that is not there."""
        if is_list_type(type_) and not value:
            return constant("[]")
        if not is_leaf_type(type_):
            message = f"{type_} has a default"
            raise Unfusible(message)
        return constant(orjson.dumps(type_.serialize(value)).decode())

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
        """Build one row that the arguments choose, or several."""
        number = self.argued(definition, details, declared)
        type_: Any = get_nullable_type(definition.type)
        if is_list_type(type_):
            some = self.possible(get_named_type(type_), details, declared.source)
            return several(number, some, type_.of_type)
        if isinstance(type_, GraphQLObjectType):
            items = {type_.name: self.object(type_, details, declared.source)}
        else:
            items = self.possible(type_, details, declared.source)

        def build(source: Any, shaping: Shaping) -> Sql:
            choice = shaping.choices[number]
            if choice is None:
                return null()
            key = None if declared.key is None else getattr(source, declared.key)
            item = items.get(getattr(choice, "type_name", None) or type_.name)
            if item is None:
                message = f"a {type_} that is read by code"
                raise Unfusible(message)
            return one(choice.row(shaping.reader, shaping.bind(number), key), item, shaping)

        return build

    def possible(self, type_: Any, details: Details, relations: Any) -> dict[str, Build]:
        """Build an object of each type that an abstract one may be, where that can be."""
        if not is_abstract_type(type_):
            message = f"{type_} is not one object"
            raise Unfusible(message)
        items: dict[str, Build] = {}
        for kind in self.possible_types(type_):
            own = next(it for it in (kind, *kind.interfaces) if it.name in relations)
            if own.name in items:
                continue
            before = len(self.arguments)
            try:
                items[own.name] = self.object(own, details, relations[own.name].source)
            except Unfusible:
                del self.arguments[before:]
        return items

    def argued(self, definition: GraphQLField, details: Details, declared: Chosen | Worded) -> int:
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
