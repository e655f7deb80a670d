"""Paged relations: lists that can grow, read by keyset (never by offset), with filter and sort."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from operator import index
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Uuid,
    bindparam,
    func,
    literal,
    select,
    true,
    tuple_,
)
from sqlalchemy.orm import aliased

from kit.errors import Code, Refused
from kit.inputs import Input
from kit.pages import Page, PageArgs
from loaders.records import columns, record
from loaders.relations import Asking, Relation, among_keys
from models.base import Owned
from models.sight import seen_by

ROOT = UUID(int=0)
"""The one key of a list that has no parent."""

Matching = Callable[[Asking, Any, Any], Iterable[ColumnElement[bool]]]
"""asking, table, the checked filter -> conditions."""


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


_READ: Mapping[type, Callable[[Any], Any]] = {
    datetime: _instant,
    date: date.fromisoformat,
    UUID: UUID,
    Decimal: Decimal,
    int: index,
    str: str,
}


@dataclass(frozen=True)
class Sorted:
    """A sort order: one column that is never NULL, the id breaks ties."""

    column: str
    descending: bool = False


def _nothing_to_match(_asking: Asking, _table: Any, _filter: Any) -> Iterable[ColumnElement[bool]]:
    return ()


@dataclass(frozen=True, eq=False)
class Paged:
    """A list that can grow. of: the column that names the parent, None for a root list.

    sorts: the client's choice -> order; the first one is the default.
    """

    entity: type[Owned]
    sorts: Mapping[Enum | None, Sorted]
    of: str | None = None
    matching: Matching = _nothing_to_match

    def page(self, args: PageArgs, filter_by: Input | None, sort: Enum | None) -> "PageOf":
        """Return the relation parent key -> page."""
        chosen = self.sorts[sort] if sort in self.sorts else next(iter(self.sorts.values()))
        return PageOf(self, args, filter_by, chosen)

    def rows(
        self, asking: Asking, table: Any, filter_by: Input | None
    ) -> list[ColumnElement[bool]]:
        """Return the conditions of the whole list, whatever page is asked."""
        matched = () if filter_by is None else self.matching(asking, table, filter_by)
        return [*seen_by(asking.viewer, table), *matched]


@dataclass(frozen=True)
class PageOf(Relation):
    """parent key -> one page of its list."""

    paged: Paged
    args: PageArgs
    filter_by: Input | None
    sort: Sorted

    def sort_values(self, row: Any) -> tuple[Any, Any]:
        """Return what a row's cursor holds."""
        return (getattr(row, self.sort.column), row.id)

    def _position(self, table: Any, values: tuple[Any, ...], name: str) -> list[Any]:
        """Read a cursor's values back. Refused: INVALID for another list's cursor."""
        kind = getattr(table, self.sort.column).type
        reads = (getattr(kind, "choices", None) or _READ[kind.python_type], UUID)
        try:
            read = [read(value) for read, value in zip(reads, values, strict=True)]
        except (ValueError, TypeError, ArithmeticError) as error:
            raise Refused(Code.INVALID, "This is not a cursor of this list.", (name,)) from error
        column = getattr(table, self.sort.column)
        return [literal(read[0], column.type), literal(read[1], Uuid())]

    def _slice(self, asking: Asking, table: Any) -> Select[Any]:
        """Select one row more than the page has, so that it shows whether more follow."""
        keys = tuple_(getattr(table, self.sort.column), table.id)
        descending = self.sort.descending != self.args.backward
        rows = select(*columns(self.paged.entity, table))
        rows = rows.where(*self.paged.rows(asking, table, self.filter_by))
        for name, cursor, later in (
            ("after", self.args.after, True),
            ("before", self.args.before, False),
        ):
            if cursor is not None:
                limit = tuple_(*self._position(table, cursor, name))
                rows = rows.where(keys > limit if later != self.sort.descending else keys < limit)
        order = [getattr(table, self.sort.column), table.id]
        return rows.order_by(*(it.desc() if descending else it for it in order)).limit(
            self.args.size + 1
        )

    def statement(self, asking: Asking) -> Select[Any]:
        """Select every parent's page: one index range each, joined laterally."""
        table = aliased(self.paged.entity)
        part = self._slice(asking, table)
        if self.paged.of is None:
            return part.add_columns(literal(ROOT, Uuid()).label("parent_key"))
        asked = func.unnest(bindparam("keys", type_=ARRAY(Uuid())))
        keys = asked.table_valued("key", name="parent").render_derived()
        part = part.where(getattr(table, self.paged.of) == keys.c.key)
        lateral = part.correlate(keys).lateral("page")
        return select(*lateral.c, keys.c.key.label("parent_key")).select_from(
            keys.join(lateral, true())
        )

    def results(self, keys: Sequence[Any], rows: Sequence[Any]) -> list[Any]:
        """Give each key its page, in display order."""
        make, found = record(self.paged.entity)._make, dict[Any, list[Any]]()
        for row in rows:
            found.setdefault(row[-1], []).append(make(row[:-1]))
        return [self._page(found.get(key, [])) for key in keys]

    def _page(self, rows: list[Any]) -> Page:
        args, more = self.args, len(rows) > self.args.size
        rows = rows[: args.size]
        if args.backward:
            return Page(rows[::-1], has_next=args.before is not None, has_previous=more)
        return Page(rows, has_next=more, has_previous=args.after is not None)


@dataclass(frozen=True)
class CountOf(Relation):
    """parent key -> how many rows its whole list has."""

    paged: Paged
    filter_by: Input | None

    def statement(self, asking: Asking) -> Select[Any]:
        """Count per parent."""
        table, of = aliased(self.paged.entity), self.paged.of
        rows = select(func.count()).select_from(table)
        rows = rows.where(*self.paged.rows(asking, table, self.filter_by))
        if of is None:
            return rows.add_columns(literal(ROOT, Uuid()).label("parent_key"))
        parent = getattr(table, of)
        return rows.add_columns(parent).where(among_keys(parent)).group_by(parent)

    def results(self, keys: Sequence[Any], rows: Sequence[Any]) -> list[Any]:
        """Give each key its count."""
        found = {parent: count for count, parent in rows}
        return [found.get(key, 0) for key in keys]
