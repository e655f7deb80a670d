"""Statements compiled once: what goes to the driver is a text and its values in order.

SQLAlchemy builds and compiles them; to send one, half a dozen of its layers need five times as long
as the driver. docs/decisions/0025-write-path.md gives the figures.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple

import orjson
from sqlalchemy import ARRAY, Executable
from sqlalchemy.dialects.postgresql.asyncpg import PGCompiler_asyncpg, PGDialect_asyncpg
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

from kit.db.driver import NUMERIC

Change = Callable[[Any], Any]


def dumps(value: object) -> str:
    """Write JSON for the database."""
    return orjson.dumps(value, default=str).decode()


def as_part(value: object) -> orjson.Fragment:
    """Write a part of JSON for the database, which `dumps` takes as it is.

    As a string: bytes of orjson's take 8 kB, however short they are.
    """
    return orjson.Fragment(dumps(value))


loads = orjson.loads
NOW = "now"
"""The parameter that carries the instant at which a statement is asked."""
UNRECORDED: dict[Any, Any] = {"unrecorded": True}
"""What a table or column has as `info` whose values change without an entry of the journal."""


class _Compiler(PGCompiler_asyncpg):
    """Notes whether what it writes is read of anything that changes without an entry."""

    is_recorded = True

    def visit_table(self, table: Any, *others: Any, **more: Any) -> Any:
        """Write a table."""
        self._note(table)
        return super().visit_table(table, *others, **more)  # type: ignore[no-untyped-call]

    def visit_column(self, column: Any, *others: Any, **more: Any) -> Any:
        """Write a column, also one of an alias or of a part that carries it."""
        for each in column.base_columns:
            self._note(each)
        return super().visit_column(column, *others, **more)

    def _note(self, of: Any) -> None:
        if of.__dict__.get("info") == UNRECORDED:
            self.is_recorded = False


_DIALECT: Dialect = PGDialect_asyncpg(  # type: ignore[no-untyped-call]
    json_serializer=dumps, json_deserializer=loads
)
_DIALECT.statement_compiler = _Compiler


class Compiled(NamedTuple):
    """What is left of a statement once it is compiled; it holds nothing of what it was built of.

    reads: whether it is a SELECT. parameters: in the order in which they are sent, each with its
    type and the value that the statement was built with. columns: with their types. lasts: whether
    the same values give the same rows until the merchant's journal has another entry.
    """

    text: str
    reads: bool
    parameters: Sequence[tuple[str, TypeEngine[Any], Any]]
    columns: Sequence[tuple[str, TypeEngine[Any]]]
    lasts: bool

    @classmethod
    def of(cls, built: Executable) -> "Compiled":
        """Compile. Defaults are the database's: what has one in Python must be a value.

        Lists are compared as arrays, so that one text does for any length.
        """
        compiled: Any = built.compile(  # type: ignore[attr-defined]
            dialect=_DIALECT, compile_kwargs={"render_postcompile": True}
        )
        if compiled.insert_prefetch or compiled.update_prefetch:
            message = f"defaults that nobody would give in {compiled}"
            raise ValueError(message)
        parameters = [
            (name, _parameter(compiled, name).type, compiled.params[name])
            for name in compiled.positiontup or ()
        ]
        # Names and types only: a column would keep all that it was built of, megabytes.
        columns: Any = getattr(built, "exported_columns", ())
        columns = [(it.key, it.type) for it in columns]
        lasts = compiled.is_recorded and NOW not in (compiled.positiontup or ())
        return cls(compiled.string, bool(built.is_select), parameters, columns, lasts)


class Statement:
    """One statement of SQLAlchemy, compiled.

    reads, lasts: as of what was compiled. built_with: parameter -> the value of then.
    Values are given by name; a row is a tuple that knows its columns by name, too.
    """

    def __init__(self, built: Executable | Compiled, row: Any = None) -> None:
        """Take how values are sent. row: the class of rows, if not one of the columns' names."""
        compiled = built if isinstance(built, Compiled) else Compiled.of(built)
        self.text, self.reads, self.lasts = compiled.text, compiled.reads, compiled.lasts
        self.built_with = {name: value for name, _, value in compiled.parameters}
        self._places: dict[str, tuple[int, Change | None]] = {}
        self._sent: list[Any] = []
        for place, (name, type_, value) in enumerate(compiled.parameters):
            change = _sent(type_)
            self._places[name] = place, change
            self._sent.append(value if change is None or value is None else change(value))
        self._columns = tuple(name for name, _ in compiled.columns)
        self._made = row
        self._changes = [
            (place, change)
            for place, (_, type_) in enumerate(compiled.columns)
            if (change := _received(type_)) is not None
        ]

    @cached_property
    def _row(self) -> Any:
        return self._made or namedtuple("Row", self._columns)  # noqa: PYI024 -- the columns are known at run time only.

    def values(self, named: Mapping[str, Any]) -> list[Any]:
        """Return the parameters in their order; those that are not named keep their values."""
        sent = self._sent.copy()
        for name, value in named.items():
            known = self._places.get(name)
            if known is not None:
                place, change = known
                sent[place] = value if change is None else change(value)
        return sent

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


def _parameter(compiled: Any, name: str) -> Any:
    """Return SQLAlchemy's parameter; the items of a list that was spelt out have the list's."""
    return compiled.binds[name if name in compiled.binds else name.rpartition("_")[0]]


def _sent(type_: TypeEngine[Any]) -> Change | None:
    """Return how values of a type are prepared for the driver, None where it takes them."""
    if isinstance(type_, ARRAY):
        return _each(_sent(type_.item_type))
    return type_.dialect_impl(_DIALECT).bind_processor(_DIALECT)


def _received(type_: TypeEngine[Any]) -> Change | None:
    """Return how values of a type come from the driver, None where it gives them."""
    if isinstance(type_, ARRAY):
        return _each(_received(type_.item_type))
    return type_.dialect_impl(_DIALECT).result_processor(_DIALECT, NUMERIC)


def _each(change: Change | None) -> Change | None:
    """Return how a list is changed whose items are."""
    if change is None:
        return None
    return lambda values: None if values is None else [change(value) for value in values]
