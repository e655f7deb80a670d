"""What is read of a whole paged list, whatever page is asked: its count, its sums."""

from abc import abstractmethod
from collections import namedtuple
from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from kit.inputs import Input
from loaders.reading.pages import Paged
from loaders.reading.relations import Part, Reader, Relation

Conditions = list[ColumnElement[bool]]
Read = tuple[Any, Select[Any], Conditions]
"""A row source, the select of its one row without columns yet, what of a filter is in it."""


@dataclass(frozen=True)
class WholeOf(Relation):
    """parent key -> one row about its whole list."""

    lasting = False
    paged: Paged
    filter_by: Input | None

    @abstractmethod
    def whole(self, reader: Reader, key: Any) -> Read:
        """Return the row for a larger statement. key: the parent's, whatever for a root list."""

    def conditions(self, reader: Reader, table: Any, key: Any) -> tuple[Conditions, Conditions]:
        """Return what is true of the whole list's rows, and what of that is the filter."""
        matched = self.paged.matched(reader, table, self.filter_by)
        return [*self.paged.whole(reader, table, key), *matched], matched

    def part(self, reader: Reader, key: Any) -> Part:
        """Return the row source and the select of one parent's row."""
        source, rows, _ = self.whole(reader, key)
        return source, rows


class CountOf(WholeOf):
    """parent key -> how many rows its whole list has."""

    source = SimpleNamespace(count=func.count())
    record = namedtuple("record", ("count",))  # noqa: PYI024 -- one value, as relations give it.

    def whole(self, reader: Reader, key: Any) -> Read:
        """Count."""
        table = reader.table(self.paged.entity)
        conditions, matched = self.conditions(reader, table, key)
        rows = select().select_from(table).where(*conditions).correlate_except(table)
        return self.source, rows, matched

    def results(self, keys: Sequence[Any], rows: Sequence[Any]) -> list[Any]:
        """Give each key its count."""
        return [found.count for found in super().results(keys, rows)]
