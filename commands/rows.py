"""Rows that are written by one statement for all, without an entity for each."""

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import ARRAY, Uuid, bindparam, column, func, insert, select, update

from commands.writing import Writing
from kit.statements import Statement
from models.base import Owned


async def insert_rows(
    writing: Writing, entity: type[Owned], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Insert rows that give the same columns, none of which is a list or JSON.

    What they do not give has its default in the database, or is NULL. The session learns nothing
    of them: movements of a quantity must be told to the ledger.
    """
    if rows:
        await writing.session.rows(_insert(entity, tuple(rows[0])), _lists(rows))


async def update_rows(
    writing: Writing, entity: type[Owned], rows: Sequence[Mapping[str, Any]]
) -> None:
    """Update rows that are locked; each gives its id and the same columns, as for `insert_rows`.

    Not for counters, whose movements the session must see, nor for rows that it has read.
    """
    if rows:
        named = {"merchant": writing.viewer.merchant_id, **_lists(rows)}
        await writing.session.rows(_update(entity, tuple(rows[0])), named)


def _lists(rows: Sequence[Mapping[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]}


def _given(entity: type[Owned], names: tuple[str, ...]) -> Any:
    """Return a table of one array for each column."""
    types = [(name, entity.__table__.c[name].type) for name in names]
    lists = func.unnest(*(bindparam(name, type_=ARRAY(it)) for name, it in types))
    columns = [column(name, it) for name, it in types]
    return lists.table_valued(*columns, name="given").render_derived()


@cache
def _insert(entity: type[Owned], names: tuple[str, ...]) -> Statement:
    """Build INSERT ... SELECT from one array for each column."""
    table: Any = entity.__table__
    rows = select(*_given(entity, names).c)
    return Statement(insert(table).from_select(names, rows, include_defaults=False))


@cache
def _update(entity: type[Owned], names: tuple[str, ...]) -> Statement:
    """Build UPDATE ... FROM one array for each column."""
    table: Any = entity.__table__
    given = _given(entity, names)
    own = (table.c.merchant_id == bindparam("merchant", type_=Uuid()), table.c.id == given.c.id)
    return Statement(
        update(table).where(*own).values({it.name: it for it in given.c if it.name != "id"})
    )
