"""Paged relations: lists that can grow, read by keyset (never by offset), with filter and sort."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache, cached_property, partial
from operator import index
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Integer,
    Select,
    Text,
    Uuid,
    any_,
    bindparam,
    case,
    exists,
    func,
    literal,
    literal_column,
    or_,
    select,
    tuple_,
)
from sqlalchemy.types import TypeEngine

from kit.ids import Names
from kit.inputs import Input
from loaders.reading.cursors import MARK, Page, PageArgs, mark_in, mark_of, no_cursor, tag_of
from loaders.reading.filters import form_of, values_in, with_parameters
from loaders.reading.leading import NO_LEADS, Leads, Led
from loaders.reading.relations import Bind, Part, Reader, Relation, selected
from models.access.viewers import Actor, anyone
from models.base.masks import shown_to
from models.base.records import record
from models.base.tables import OfMerchant, entity_named, fixed
from models.base.visibility import seen_by

ROOT = UUID(int=0)
"""The one key of a list that has no parent."""

Matching = Callable[[Reader, Any, Any], Iterable[ColumnElement[bool]]]
"""reader, table, the checked filter -> conditions; its values may be parameters."""


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


def _by_name(name: str, type_: TypeEngine[Any]) -> ColumnElement[Any]:
    return bindparam(name, None, type_)


@dataclass(frozen=True)
class Sorted:
    """A sort order: one column that is never NULL, the id breaks ties."""

    column: str
    descending: bool = False


def _nothing_to_match(_reader: Reader, _table: Any, _filter: Any) -> Iterable[ColumnElement[bool]]:
    return ()


@cache
def named_in(kind: type[Input]) -> Mapping[str, Names]:
    """Return field -> of what it takes the id, for the fields of an input that take one."""
    return {
        name: mark
        for name, of in kind.model_fields.items()
        for part in get_args(of.annotation)
        for mark in get_args(part)
        if isinstance(mark, Names)
    }


def _seeing(reader: Reader, filter_by: Input) -> Iterable[ColumnElement[bool]]:
    """Yield that the reader sees each row that the filter names: what is hidden matches nothing."""
    if reader.viewer.sees_all:
        return
    for name, names in named_in(type(filter_by)).items():
        if (key := getattr(filter_by, name)) is not None:
            rows = [reader.table(entity_named(it)) for it in sorted(names.types)]
            yield or_(*(_is_seen(reader, it, key) for it in rows))


def _is_seen(reader: Reader, table: Any, key: UUID) -> ColumnElement[bool]:
    found = exists().where(table.id == key, *seen_by(reader.viewer, table))
    return found.correlate_except(table)


@cache
def _table(entity: type[OfMerchant], actor: Actor) -> Any:
    """Return a table for statements that read one list once, whose columns are made once.

    Who reads gives its merchant by name.
    """
    return shown_to(anyone(actor), entity)


@dataclass(frozen=True, eq=False)
class Paged:
    """A list that can grow. of: the column that names the parent, None for a root list.

    sorts: the client's choice -> order; the first one is the default. leads: what of a filter few
    rows may have.
    """

    entity: type[OfMerchant]
    sorts: Mapping[Enum | None, Sorted]
    of: str | None = None
    matching: Matching = _nothing_to_match
    leads: Leads = NO_LEADS

    def page(self, args: PageArgs, filter_by: Input | None, sort: Enum | None) -> "PageOf":
        """Return the relation parent key -> page."""
        chosen = self.sorts[sort] if sort in self.sorts else next(iter(self.sorts.values()))
        return PageOf(self, args, filter_by, chosen)

    @property
    def record(self) -> Any:
        """Return the records of its rows."""
        return record(self.entity)

    def table(self, reader: Reader) -> Any:
        """Return what its rows are read from, for a part of a larger statement."""
        return reader.table(self.entity)

    def once(self, reader: Reader) -> Any:
        """Return the same for a statement that reads nothing else."""
        return _table(self.entity, reader.viewer.actor)

    def whole(self, reader: Reader, table: Any, key: Any) -> list[ColumnElement[bool]]:
        """Return the conditions of a parent's whole list. key: not read for a root list."""
        own = [] if self.of is None else [getattr(table, self.of) == key]
        return [*own, *seen_by(reader.viewer, table)]

    def matched(
        self, reader: Reader, table: Any, filter_by: Input | None, bind: Bind | None
    ) -> list[ColumnElement[bool]]:
        """Return the conditions of the client's filter: it sees what the reader sees.

        bind: how its values are carried, None where they are part of the statement.
        """
        if filter_by is None:
            return []
        wanted = filter_by if bind is None else with_parameters(filter_by, bind)
        return [*self.matching(reader, table, wanted), *_seeing(reader, wanted)]

    def led(
        self, reader: Reader, filter_by: Input | None, bind: Bind | None, key: Any, sort: str = ""
    ) -> Led | None:
        """Return the rows of the client's filter by what leads to them, None where nothing does.

        bind: as above. key: of whose list it is. sort: the column by which they are sorted, none
        where they are counted.
        """
        if self.of is not None or reader.viewer.sees_all:
            leads = self.leads.of(self.entity, filter_by, sort, self.of)
        else:
            leads = self.leads.of_seen()
        wanted = filter_by
        if filter_by is not None and bind is not None:
            wanted = with_parameters(filter_by, bind)
        return Led(self, leads, reader, wanted, key) if leads else None


@dataclass(frozen=True)
class PageOf(Relation):
    """parent key -> one page of its list. Also what arguments chose, for a larger statement."""

    many = True
    lasting = False
    paged: Paged
    args: PageArgs
    filter_by: Input | None
    sort: Sorted

    @property
    def source(self) -> type[OfMerchant]:
        """Return the table that the page is of."""
        return self.paged.entity

    @property
    def form(self) -> Hashable:
        """Return what shapes the page's SQL."""
        slice_ = (self.sort, self.backward, self.has_after, self.has_before)
        return (self.paged, *slice_, form_of(self.filter_by))

    @property
    def backward(self) -> bool:
        """Tell whether the last rows are wanted instead of the first."""
        return self.args.backward

    @property
    def has_after(self) -> bool:
        """Tell whether the page lies after a cursor."""
        return self.args.after is not None

    @property
    def has_before(self) -> bool:
        """Tell whether the page lies before a cursor."""
        return self.args.before is not None

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """Return what fills the SQL: the size, the filter's values and the cursors'.

        Refused: INVALID for another list's cursor.
        """
        values: dict[str, Any] = {"size": self.args.size, **values_in(self.filter_by)}
        for name, cursor in (("after", self.args.after), ("before", self.args.before)):
            if cursor is not None:
                mark, sort, key = self._position(cursor, name)
                values |= {f"{name}_sort": sort, f"{name}_id": key}
                values |= {} if self.paged.of is None else {f"{name}_mark": mark}
        return values

    def sort_keys(self, table: Any) -> tuple[Any, Any]:
        """Return the columns of the order."""
        return (getattr(table, self.sort.column), table.id)

    def order_keys(self, table: Any) -> tuple[Any, Any]:
        """Return by what the rows are sorted: the same, unless cursors may not tell it."""
        return self.sort_keys(table)

    @cached_property
    def tag(self) -> str:
        """Return what tells the cursors of such lists in this order from all others."""
        paged, sort = self.paged, self.sort
        return tag_of(paged.entity.__name__, paged.of, sort.column, sort.descending)

    def tag_below(self, key: UUID) -> str:
        """Return the tag of one parent's list. key: not read for a root list."""
        return self.tag if self.paged.of is None else self.tag + mark_of(key)

    def tagged(self, key: Any) -> ColumnElement[str]:
        """Return the same in SQL."""
        tag: ColumnElement[str] = fixed(self.tag, Text())
        return tag if self.paged.of is None else tag.concat(mark_in(key))

    def check(self, key: UUID) -> None:
        """Refused: INVALID for the cursor of another parent's list."""
        tag = self.tag_below(key)
        for name, cursor in (("after", self.args.after), ("before", self.args.before)):
            if cursor is not None and cursor[0] != tag:
                raise no_cursor(name)

    def sort_values(self, row: Any) -> tuple[Any, Any]:
        """Return what a row's cursor holds."""
        return self.sort_keys(row)

    def _position(self, values: tuple[Any, ...], name: str) -> list[Any]:
        """Read a cursor's mark and values back. Refused: INVALID for another list's cursor."""
        tag, *sent = values
        known, mark = tag[: len(self.tag)], tag[len(self.tag) :]
        if known != self.tag or len(mark) != (0 if self.paged.of is None else MARK):
            raise no_cursor(name)
        kind = self.sort_keys(self.source)[0].type
        reads = (getattr(kind, "choices", None) or _READ[kind.python_type], UUID)
        try:
            return [mark, *(read(value) for read, value in zip(reads, sent, strict=True))]
        except (ValueError, TypeError, AttributeError, ArithmeticError) as error:
            raise no_cursor(name) from error

    def slice_of(
        self,
        table: Any,
        conditions: Iterable[ColumnElement[bool]],
        *,
        bind: Bind,
        more: bool,
        led: tuple[Any, Any] | None = None,
    ) -> Select[Any]:
        """Select what lies between the cursors, in reading order, without columns yet.

        led: a column by which the rows are sorted before all else, and the value that it has in
        each of them.
        """
        keys, first = self.sort_keys(table), led[:1] if led else ()
        rows = select().select_from(table).where(*conditions).correlate_except(table)
        for name, there, later in (
            ("after", self.has_after, True),
            ("before", self.has_before, False),
        ):
            if there:
                place = (bind(f"{name}_sort", keys[0].type), bind(f"{name}_id", Uuid()))
                here, limit = tuple_(*first, *keys), tuple_(*(led or ())[1:], *place)
                forward = later != self.sort.descending
                rows = rows.where(here > limit if forward else here < limit)
        size = bind("size", Integer())
        return rows.order_by(*self._order([*first, *keys])).limit(size + 1 if more else size)

    def _order(self, keys: Sequence[Any]) -> list[ColumnElement[Any]]:
        descending = self.sort.descending != self.backward
        return [key.desc() if descending else key for key in keys]

    def _there(
        self, reader: Reader, table: Any, bind: Bind, key: Any, *, is_kept: bool
    ) -> list[ColumnElement[bool]]:
        """Return the conditions of a parent's rows that match.

        is_kept: whether the filter's values are bound, too.
        """
        paged = self.paged
        whole, values = paged.whole(reader, table, key), bind if is_kept else None
        there = [*whole, *paged.matched(reader, table, self.filter_by, values)]
        if (led := paged.led(reader, self.filter_by, values, key, self.sort.column)) is not None:
            there.append(
                table.id == any_(led.of_page(partial(self.slice_of, bind=bind, more=True)))
            )
        return there

    def rows(self, reader: Reader, bind: Bind, key: Any, *, more: bool) -> tuple[Any, Select[Any]]:
        """Return a page for a larger statement.

        That is the table, and the select of its rows without columns yet.
        key: the parent's key, None for a root list. more: read one row more than the page has.
        """
        table = self.paged.table(reader)
        there = self._there(reader, table, bind, key, is_kept=True)
        return table, self._in_its_list(
            self.slice_of(table, there, bind=bind, more=more), bind, key
        )

    def place(self, keys: Sequence[Any]) -> ColumnElement[int]:
        """Return a row's place in its page. keys: the values by which its rows are sorted."""
        return func.row_number().over(order_by=self._order(keys))

    def _in_its_list(self, rows: Select[Any], bind: Bind, key: Any) -> Select[Any]:
        """Let the statement fail at a cursor of another parent's list, as `kit.db.reads` knows it.

        Which parent it is may be known in SQL only; PostgreSQL takes no negative numbers there.
        """

        def own(name: str, number: Any) -> ColumnElement[int]:
            is_own = mark_in(key) == bind(f"{name}_mark", Text())
            return case((is_own, number), else_=literal_column("-1"))

        if self.paged.of is not None and self.has_after:
            rows = rows.offset(own("after", literal_column("0")))
        if self.paged.of is not None and self.has_before:
            rows = rows.limit(own("before", rows._limit_clause))  # noqa: SLF001 -- it has no other name.
        return rows

    @property
    def record(self) -> Any:
        """Return the records of the table."""
        return self.paged.record

    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return the table and the select of one parent's page.

        One row more than the page has is read, so that it shows whether more follow.
        """
        table, values = self.paged.once(reader), self.values

        def bind(name: str, type_: TypeEngine[Any]) -> ColumnElement[Any]:
            return literal(values[name], type_)

        there = self._there(reader, table, bind, key, is_kept=False)
        return table, self.slice_of(table, there, bind=bind, more=True)

    def alone(self, reader: Reader) -> Select[Any]:
        """Select the page of a list without parent, one row more, with its values bound by name."""
        source, rows = self.rows(reader, _by_name, None, more=True)
        return rows.add_columns(*selected(self.record, source))

    def page(self, rows: Sequence[Sequence[Any]]) -> Page:
        """Return the page of what that has found."""
        return self._page(list(map(self.record._make, rows)))

    def results(self, keys: Sequence[Any], rows: Sequence[Any]) -> list[Any]:
        """Give each key its page, in display order."""
        return [self._page(found) for found in super().results(keys, rows)]

    def _page(self, rows: list[Any]) -> Page:
        args, more = self.args, len(rows) > self.args.size
        rows = rows[: args.size]
        if args.backward:
            return Page(rows[::-1], has_next=args.before is not None, has_previous=more)
        return Page(rows, has_next=more, has_previous=args.after is not None)
