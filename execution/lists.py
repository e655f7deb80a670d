"""Lists of keys as part of a statement: each key is followed, in the order of the list."""

from typing import Any

from graphql import is_non_null_type
from sqlalchemy import Text, case, cast, func, null, select
from sqlalchemy import column as sql_column
from sqlalchemy.dialects.postgresql import JSONB

from execution.building import ROW, Build, Shaping, Unfusible, many, one
from execution.fields import Related
from execution.texts import Sql, constant, refusal


def missing(item_type: Any) -> Sql:
    """Return what stands in a list for a key that leads nowhere."""
    return refusal() if is_non_null_type(item_type) else constant("null")


def each_of(declared: Related, item: Build, item_type: Any) -> Build:
    """Build the list of what the keys lead to that a parent has as JSON; NULL without a list."""
    relation, nothing = declared.relation, missing(item_type)

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
    nothing = missing(item_type)

    def build(_source: Any, shaping: Shaping) -> Sql:
        choice = shaping.choices[number]
        table, rows = choice.keys(shaping.bind(number))
        branches = []
        for name, relation in choice.relations.items():
            if name not in items:
                message = f"a {name} that is read by code"
                raise Unfusible(message)
            found = one(relation.part(shaping.reader, table.key), items[name], shaping)
            branches.append((table.type_name == constant(name), constant(ROW).concat(found)))
        item = func.coalesce(case(*branches), nothing) if branches else nothing
        return many((table, rows), lambda _table, _shaping: item, shaping)

    return build
