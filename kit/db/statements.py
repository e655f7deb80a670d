"""Statements compiled once: what goes to the driver is a text and its values in order.

SQLAlchemy builds and compiles them; to send one, half a dozen of its layers need five times as long
as the driver. docs/decisions/0025-write-path.md gives the figures.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import ARRAY, Executable
from sqlalchemy.dialects.postgresql.asyncpg import PGDialect_asyncpg
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

Change = Callable[[Any], Any]

_NUMERIC = 1700
"""PostgreSQL's number of the type numeric, which SQLAlchemy's own asks for."""


def dumps(value: object) -> str:
    """Write JSON for the database."""
    return orjson.dumps(value, default=str).decode()


loads = orjson.loads
_DIALECT: Dialect = PGDialect_asyncpg(  # type: ignore[no-untyped-call]
    json_serializer=dumps, json_deserializer=loads
)


class Statement:
    """One statement of SQLAlchemy, compiled. reads: whether it is a SELECT.

    Its parameters are given by name; a row is a tuple that knows its columns by name, too.
    """

    def __init__(self, built: Executable, row: Any = None) -> None:
        """Compile. row: the class of named tuples that rows become, if not one of the columns.

        Lists are compared as arrays, so that one text does for any length. Defaults are the
        database's: what has one in Python must be among the values.
        """
        compiled: Any = built.compile(dialect=_DIALECT)  # type: ignore[attr-defined]
        if compiled.insert_prefetch or compiled.update_prefetch:
            message = f"defaults that nobody would give in {compiled}"
            raise ValueError(message)
        self.text, self.reads = compiled.string, bool(built.is_select)
        self._given = dict(compiled.params)
        self._order = [(it, _sent(compiled.binds[it].type)) for it in compiled.positiontup or ()]
        columns: Any = getattr(built, "exported_columns", ())
        self._row: Any = row or namedtuple("Row", [it.key for it in columns])  # noqa: PYI024 -- the columns are known at run time only.
        self._changes = [
            (place, change)
            for place, it in enumerate(columns)
            if (change := _received(it.type)) is not None
        ]

    def values(self, named: Mapping[str, Any]) -> list[Any]:
        """Return the parameters in their order."""
        values = {**self._given, **named}
        return [
            values[name] if change is None else change(values[name]) for name, change in self._order
        ]

    def rows(self, records: Sequence[Sequence[Any]]) -> list[Any]:
        """Return what the driver gave as rows of the columns' types."""
        if not self._changes:
            return [self._row._make(record) for record in records]
        rows = []
        for record in records:
            values = list(record)
            for place, change in self._changes:
                values[place] = change(values[place])
            rows.append(self._row._make(values))
        return rows


def _sent(type_: TypeEngine[Any]) -> Change | None:
    """Return how values of a type are prepared for the driver, None where it takes them."""
    if isinstance(type_, ARRAY):
        return _each(_sent(type_.item_type))
    return type_.dialect_impl(_DIALECT).bind_processor(_DIALECT)


def _received(type_: TypeEngine[Any]) -> Change | None:
    """Return how values of a type come from the driver, None where it gives them."""
    if isinstance(type_, ARRAY):
        return _each(_received(type_.item_type))
    return type_.dialect_impl(_DIALECT).result_processor(_DIALECT, _NUMERIC)


def _each(change: Change | None) -> Change | None:
    """Return how a list is changed whose items are."""
    if change is None:
        return None
    return lambda values: None if values is None else [change(value) for value in values]
