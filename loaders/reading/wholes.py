"""What is read of a whole paged list, whatever page is asked: its count, its sums."""

from abc import abstractmethod
from collections import namedtuple
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, func, select

from kit.inputs import Input
from loaders.reading.pages import Paged
from loaders.reading.relations import Bind, Part, Reader, Relation


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


class CountOf(WholeOf):
    """parent key -> how many rows its whole list has."""

    source = SimpleNamespace(count=func.count())
    record = namedtuple("record", ("count",))  # noqa: PYI024 -- one value, as relations give it.

    def whole(self, reader: Reader, bind: Bind | None, key: Any) -> Part:
        """Count."""
        table = self.paged.table(reader)
        conditions = self.conditions(reader, table, bind, key)
        rows = select().select_from(table).where(*conditions).correlate_except(table)
        return self.source, rows

    def results(self, keys: Sequence[Any], rows: Sequence[Any]) -> list[Any]:
        """Give each key its count."""
        return [found.count for found in super().results(keys, rows)]
