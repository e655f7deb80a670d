"""What the viewer may do with rows: acts as an SQL expression, so that lists tell it at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    and_,
    any_,
    case,
    func,
    literal_column,
    null,
    select,
)
from sqlalchemy.dialects.postgresql import array

from loaders.reading.relations import Expression, Reader
from models.base.acts import Act, AllRows, Some
from models.base.tables import OfMerchant, OneOf, fixed
from models.base.visibility import merchant, seen_by


def available(acts: Sequence[Act]) -> Expression:
    """Return the fact which acts the viewer may do now with a row: an array of their actions.

    Other rows count whoever sees them, as they do when the act is done.
    """
    kind = type(acts[0].action)

    def fact(reader: Reader, table: Any) -> ColumnElement[Any]:
        offered = (case((and_(*_conditions(reader, table, it)), fixed(it.action))) for it in acts)
        return func.array_remove(array(offered), null(), type_=ARRAY(OneOf(kind)))  # type: ignore[arg-type]

    return fact


def _conditions(reader: Reader, table: Any, act: Act) -> Iterator[ColumnElement[bool]]:
    yield fixed(act.scope) == any_(reader.scopes)
    if act.states != frozenset(type(next(iter(act.states)))):
        yield table.state.in_([fixed(state) for state in sorted(act.states)])
    for need in act.needs:
        if isinstance(need, Some):
            yield _one_by_one(reader, table, need)
        elif (passes := need.test(reader, table)) is not True:
            yield passes
    for stop in act.stopped_by:
        yield ~_one_by_one(reader, table, stop)


def _one_by_one(reader: Reader, table: Any, condition: Some) -> ColumnElement[bool]:
    """Tell what `some` does, where it is selected for the rows of a page.

    But for the OFFSET, PostgreSQL would first find every row of the merchant that passes, since it
    reckons with all rows of a list and not with those of a page.
    """
    _, conditions = condition.found(everything(reader), table)
    rows: Select[Any] = select(literal_column("1")).where(*conditions)
    return rows.offset(literal_column("0")).correlate(table).exists()


def there_is(condition: Some) -> Expression:
    """Return the fact whether there are rows that pass, whoever sees them."""
    return lambda reader, table: _one_by_one(reader, table, condition)


def some(reader: Reader, table: Any, condition: Some) -> ColumnElement[bool]:
    """Tell whether there are rows that pass among those that the reader sees: for filters."""
    return condition.of(_SeenRows(merchant(reader.viewer), reader.at, reader), table)


@dataclass(frozen=True)
class _SeenRows(AllRows):
    """The rows that a reader sees, as they are shown to it."""

    reader: Reader

    def tables(self, entities: Sequence[type[OfMerchant]]) -> tuple[list[Any], list[Any]]:
        """Return tables as they are shown, and the conditions under which their rows are seen."""
        tables = [self.reader.table(it) for it in entities]
        return tables, [seen for it in tables for seen in seen_by(self.reader.viewer, it)]


def everything(reader: Reader) -> AllRows:
    """Return all rows of the merchant, for what is true of a row whoever reads it."""
    return AllRows(merchant(reader.viewer), reader.at)
