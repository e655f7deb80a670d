"""What is read of a whole paged list, whatever page is asked: its count, its sums."""

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Select, Uuid, bindparam, func, select, true
from sqlalchemy.orm import aliased

from kit.inputs import Input
from loaders.reading.pages import Paged
from loaders.reading.relations import Reader, Relation
from models.visibility import seen_by

Read = tuple[Any, Select[Any], list[ColumnElement[bool]]]
"""A row source, the select of its one row without columns yet, what of a filter is in it."""


@dataclass(frozen=True)
class WholeOf(Relation):
    """parent key -> one row about its whole list.

    source: an object whose attributes are the row's expressions.
    """

    lasting = False
    paged: Paged
    filter_by: Input | None

    @abstractmethod
    def whole(self, reader: Reader, key: Any) -> Read:
        """Return the row for a larger statement. key: the parent's, whatever for a root list."""

    def conditions(
        self, reader: Reader, table: Any, key: Any
    ) -> tuple[list[ColumnElement[bool]], list[ColumnElement[bool]]]:
        """Return what is true of the whole list's rows, and what of that is the filter."""
        filter_by, of = self.filter_by, self.paged.of
        matched = [] if filter_by is None else list(self.paged.matching(reader, table, filter_by))
        own = [] if of is None else [getattr(table, of) == key]
        return [*own, *seen_by(reader.viewer, table), *matched], matched

    def statement(self, reader: Reader) -> Select[Any]:
        """Select every parent's row."""
        listed = func.unnest(bindparam("keys", type_=ARRAY(Uuid())))
        keys = listed.table_valued("key", name="parent").render_derived()
        source, rows, _ = self.whole(reader, keys.c.key)
        columns = [getattr(source, name).label(name) for name in vars(self.source)]
        row = rows.add_columns(*columns).lateral("whole")
        return select(keys.c.key, *row.c).select_from(keys.join(row, true()))

    def results(self, keys: Sequence[Any], rows: Sequence[Any]) -> list[Any]:
        """Give each key its row."""
        found = {row[0]: self.made(*row[1:]) for row in rows}
        return [found[key] for key in keys]

    @abstractmethod
    def made(self, *values: Any) -> Any:
        """Return what the fields are read from."""


class CountOf(WholeOf):
    """parent key -> how many rows its whole list has."""

    source = SimpleNamespace(count=func.count())

    def whole(self, reader: Reader, key: Any) -> Read:
        """Count."""
        table = aliased(self.paged.entity)
        conditions, matched = self.conditions(reader, table, key)
        rows = select().select_from(table).where(*conditions).correlate_except(table)
        return self.source, rows, matched

    def made(self, *values: Any) -> Any:
        """Return the count."""
        (count,) = values
        return count
