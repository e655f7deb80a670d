"""What is read of a whole paged list, whatever page is asked: its count, its sums."""

from abc import abstractmethod
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Integer, Select, func, literal_column, select

from kit.inputs import Input
from loaders.reading.pages import Paged
from loaders.reading.relations import Bind, Part, Reader, Relation
from models.base.tables import fixed


@dataclass(frozen=True)
class WholeOf(Relation):
    """parent key -> one row about its whole list."""

    lasting = False
    paged: Paged
    filter_by: Input | None

    @abstractmethod
    def whole(self, reader: Reader, bind: Bind | None, key: Any) -> Part:
        """Return a row source and the select of its one row.

        bind: how a larger statement carries the filter's values. key: the parent's, whatever for a
        root list.
        """

    def conditions(
        self, reader: Reader, table: Any, bind: Bind | None, key: Any
    ) -> list[ColumnElement[bool]]:
        """Return what is true of the whole list's rows."""
        matched = self.paged.matched(reader, table, self.filter_by, bind)
        return [*self.paged.whole(reader, table, key), *matched]

    def part(self, reader: Reader, key: Any) -> Part:
        """Return the row source and the select of one parent's row."""
        return self.whole(reader, None, key)


MOST_COUNTED = 10_000
"""Rows of a list that are counted; of more it is told that there are more."""


class RowCount(NamedTuple):
    """How many rows a list has, MOST_COUNTED at most. is_exact: whether it has no more."""

    rows: int
    is_exact: bool


class CountOf(WholeOf):
    """parent key -> how many rows its whole list has; no more are read than are counted."""

    source = SimpleNamespace(
        rows=func.least(func.count(), fixed(MOST_COUNTED), type_=Integer()),
        is_exact=func.count() <= fixed(MOST_COUNTED),
    )
    record = RowCount

    def whole(self, reader: Reader, bind: Bind | None, key: Any) -> Part:
        """Count, and stop behind the most."""
        more: ColumnElement[int] = literal_column(str(MOST_COUNTED + 1))
        led = self.paged.led(reader, self.filter_by, bind, key)
        if led is not None and len(led.leads) == 1:
            return self.source, select().select_from(led.some(more).subquery())
        table = self.paged.table(reader)
        conditions = self.conditions(reader, table, bind, key)
        rows: Select[Any] = select(literal_column("1")).select_from(table).where(*conditions)
        found = rows.correlate_except(table).limit(more).subquery()
        return self.source, select().select_from(found)
