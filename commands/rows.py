"""Rows that begin to exist: written by one statement, without an entity for each."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, Insert, bindparam, column, func, insert, select

from commands.writing import Writing
from models.base import Owned


async def insert_rows(
    writing: Writing, entity: type[Owned], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows that give the same columns, none of which is a list or JSON.

    What they do not give has its default in the database, or is NULL. The session learns nothing
    of them: movements of a quantity must be told to the ledger.
    """
    if rows:
        columns = tuple(rows[0])
        lists = {name: [row[name] for row in rows] for name in columns}
        await writing.session.execute(_insert(entity, columns), lists)


@lru_cache(maxsize=64)
def _insert(entity: type[Owned], columns: tuple[str, ...]) -> Insert:
    """Build INSERT ... SELECT from one array for each column."""
    table: Any = entity.__table__
    lists = [bindparam(name, type_=ARRAY(table.c[name].type)) for name in columns]
    given = (
        func.unnest(*lists)
        .table_valued(*(column(name, table.c[name].type) for name in columns), name="given")
        .render_derived()
    )
    return insert(table).from_select(columns, select(*given.c), include_defaults=False)
