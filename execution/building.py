"""Builders: functions from a row source to the SQL expression of a JSON text.

A selection is read once and becomes nested builders; a builder makes the expression for one shape
of the arguments (`Shaping`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from graphql import GraphQLField, GraphQLOutputType, is_non_null_type
from sqlalchemy import (
    Text,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    null,
    select,
)
from sqlalchemy import column as sql_column
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

from execution.fields import DECLARED, Related
from execution.texts import Sql, collected, constant, joined, refusal

Details: TypeAlias = Sequence[Any]
"""graphql-core's collected nodes of one response key."""


class Unfusible(Exception):
    """The planner does not know how to make a statement of this. The reason is counted."""


@dataclass(frozen=True)
class Shaping:
    """One building of a statement: who asks, and what each argued field chose."""

    reader: Any
    choices: Sequence[Any]

    def bind(self, number: int) -> Callable[[str, TypeEngine[Any]], Sql]:
        """Return how the values of a field's choice are carried."""
        values = self.choices[number].values

        def carried(name: str, type_: TypeEngine[Any]) -> Sql:
            return bindparam(f"{name}_of_{number}", values[name], type_)

        return carried


def declared_of(definition: GraphQLField) -> Any:
    """Return how SQL may read a field, None for a field that only code reads."""
    return definition_of(definition).metadata.get(DECLARED)


def definition_of(definition: GraphQLField) -> Any:
    """Return Strawberry's side of a field. Unfusible: extensions of its own, left uncalled."""
    found = definition.extensions.get("strawberry-definition")
    if found is None or found.extensions:
        message = "a field with extensions of its own"
        raise Unfusible(message)
    return found


Build: TypeAlias = Callable[[Any, Shaping], Sql]
"""(row source, shaping) -> the JSON text, NULL for null."""


def complete(build: Build, type_: GraphQLOutputType) -> Build:
    """Write null for NULL, or fail where the type has no null."""
    missing = refusal() if is_non_null_type(type_) else constant("null")
    return lambda source, shaping: func.coalesce(build(source, shaping), missing)


def braced(fields: Iterable[tuple[str, Sql]]) -> Sql:
    """Write an object of the texts of its fields."""
    parts: list[Sql] = [constant("{")]
    for place, (key, text) in enumerate(fields):
        parts += (constant(f'{"," if place else ""}"{key}":'), text)
    return joined([*parts, constant("}")])


def written_object(builders: Sequence[tuple[str, Build]]) -> Build:
    """Build the text of an object from the texts of its fields."""
    return lambda source, shaping: braced((key, it(source, shaping)) for key, it in builders)


def one(part: tuple[Any, Any], item: Build, shaping: Shaping) -> Sql:
    """Build the one row of a part, NULL if there is none."""
    table, rows = part
    found: Any = rows.add_columns(item(table, shaping))
    return found.scalar_subquery()  # type: ignore[no-any-return]


def many(part: tuple[Any, Any], item: Build, shaping: Shaping) -> Sql:
    """Build the list of a part's rows."""
    table, rows = part
    # With an offset PostgreSQL does not write the item twice, once for each aggregate.
    once = rows.add_columns(item(table, shaping).label("item")).offset(literal_column("0"))
    found = once.subquery().c.item
    items = collected(found, func.string_agg(found, constant(",")))
    return listed(select(items).scalar_subquery())


def listed(items: Sql) -> Sql:
    """Write the list of aggregated items, which are NULL where there are none."""
    return joined([constant("["), items, constant("]")])


def nothing_there(item_type: Any) -> Sql:
    """Return what stands in a list for a key that leads nowhere."""
    return refusal() if is_non_null_type(item_type) else constant("null")


def each_of(declared: Related, item: Build, item_type: Any) -> Build:
    """Build the list of what the keys lead to that a parent has as JSON; NULL without a list."""
    relation, nothing = declared.relation, nothing_there(item_type)

    def followed(key: Any, shaping: Shaping) -> Sql:
        part = relation.part(shaping.reader, cast(key, relation.key_type))
        return func.coalesce(one(part, item, shaping), nothing)

    def build(source: Any, shaping: Shaping) -> Sql:
        keys = getattr(source, declared.key)
        each = func.jsonb_array_elements_text(cast(keys, JSONB))
        column = sql_column("key", Text())
        table = each.table_valued(column, with_ordinality="place", name="each").render_derived()
        rows = select().select_from(table).order_by(table.c.place).correlate_except(table)
        return case((keys.is_(None), null()), else_=many((table.c.key, rows), followed, shaping))

    return build


def several(number: int, items: dict[str, Build], item_type: Any) -> Build:
    """Build the list of objects of several types that arguments name: a branch for each type."""
    nothing = nothing_there(item_type)

    def build(_source: Any, shaping: Shaping) -> Sql:
        choice = shaping.choices[number]
        table, rows = choice.keys(shaping.reader, shaping.bind(number))
        branches = []
        for name, relation in choice.relations.items():
            if name not in items:
                message = f"a {name} that is read by code"
                raise Unfusible(message)
            found = one(relation.part(shaping.reader, table.key), items[name], shaping)
            branches.append((table.type_name == constant(name), found))
        item = func.coalesce(case(*branches), nothing) if branches else nothing
        return many((table, rows), lambda _table, _shaping: item, shaping)

    return build
