"""Events: the entries of the journal as objects tell them, one by one and in feeds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    cast,
    exists,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.orm import aliased
from sqlalchemy.types import TypeEngine

from kit.inputs import Input
from loaders.reading.cursors import PageArgs
from loaders.reading.pages import Paged, PageOf, Sorted
from loaders.reading.relations import Bind, One, Part, Reader, Rows
from models.access.journal import EventEntry
from models.base.events import EVENTS
from models.base.tables import entity_named, fixed
from models.base.visibility import seen_by

Objects = Callable[[Reader, Any], Select[Any] | CompoundSelect[Any]]
"""reader, the id of a row -> the ids of all whose events its feed tells, one column `id`."""


def _is_known(entry: Any) -> ColumnElement[bool]:
    """Tell whether an entry is of a class that is there: a later release may have written more."""
    return entry.type == any_(literal(sorted(EVENTS), ARRAY(Text())))  # type: ignore[no-any-return]


@dataclass(frozen=True, eq=False)
class Told(Paged):
    """The events of one object."""

    def whole(self, reader: Reader, table: Any, key: Any) -> list[ColumnElement[bool]]:
        """Return the conditions of an object's whole list."""
        return [*super().whole(reader, table, key), _is_known(table)]


BY_SEQUENCE: Mapping[Enum | None, Sorted] = {None: Sorted("sequence")}
of_object = Told(EventEntry, BY_SEQUENCE, of="aggregate_id")
"""The events of one object, in their order."""


@dataclass(frozen=True, eq=False)
class Feed(Told):
    """The events of an object and of what belongs to it, in the order in which they were recorded.

    That is the merchant's position, which cursors do not tell: it would say how much others do.
    """

    objects: Objects = lambda _reader, key: select(key.label("id"))

    def page(self, args: PageArgs, filter_by: Input | None, sort: Enum | None) -> "PageOfFeed":
        """Return the relation parent key -> page."""
        del sort
        return PageOfFeed(self, args, filter_by, BY_SEQUENCE[None])

    def whole(self, reader: Reader, table: Any, key: Any) -> list[ColumnElement[bool]]:
        """Return the conditions of an object's whole feed."""
        own = table.aggregate_id.in_(self.objects(reader, key))
        return [own, *seen_by(reader.viewer, table), _is_known(table)]


class PageOfFeed(PageOf):
    """A page of a feed. PostgreSQL reads no more of each object's events than the page has."""

    paged: Feed

    def order_keys(self, table: Any) -> tuple[Any, Any]:
        """Return by what the rows are sorted."""
        return table.position, table.id

    def rows(self, reader: Reader, bind: Bind, key: Any, *, more: bool) -> tuple[Any, Select[Any]]:
        """Return a page for a larger statement."""
        table, rows = self._page_of(reader, bind, key, more=more)
        return table, self._in_its_list(rows, bind, key)

    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return the table and the select of one parent's page, one row more than it has."""
        values = self.values

        def bind(name: str, type_: TypeEngine[Any]) -> ColumnElement[Any]:
            return literal(values[name], type_)

        return self._page_of(reader, bind, key, more=True)

    def _page_of(self, reader: Reader, bind: Bind, key: Any, *, more: bool) -> Part:
        """Select the entries of a page by their ids, then read them as they are shown."""
        size = bind("size", Integer())
        size = size + 1 if more else size
        objects = self.paged.objects(reader, key).offset(fixed(0)).subquery()
        entry: Any = aliased(EventEntry)
        found = select(entry.id, entry.position).where(
            entry.aggregate_id == objects.c.id,
            *seen_by(reader.viewer, entry),
            _is_known(entry),
            *self._between(reader, entry, bind),
        )
        order = self._order((entry.position,))
        each = found.order_by(*order).limit(size).correlate(objects).lateral()
        ids = select(each.c.id).select_from(objects.join(each, true()))
        ids = ids.order_by(*self._order((each.c.position,))).limit(size)
        table, page = reader.table(EventEntry), ids.correlate_except(objects, each).subquery()
        rows = select().select_from(page.join(table, table.id == page.c.id))
        rows = rows.where(*seen_by(reader.viewer, table)).correlate_except(table, page)
        return table, rows.order_by(*self._order((table.position,))).limit(size)

    def _between(self, reader: Reader, entry: Any, bind: Bind) -> list[ColumnElement[bool]]:
        """Return that an entry lies between the cursors, which name entries by their ids."""
        conditions = []
        for name, there in (("after", self.has_after), ("before", self.has_before)):
            if there:
                limit: Any = aliased(EventEntry)
                own = (limit.id == bind(f"{name}_id", Uuid()), *seen_by(reader.viewer, limit))
                position = select(limit.position).where(*own).correlate_except(limit)
                at = cast(position.scalar_subquery(), BigInteger())
                conditions.append(entry.position > at if name == "after" else entry.position < at)
        return conditions


class _OneEvent(One):
    """id -> the event, of an object that the reader sees."""

    def rows(self, reader: Reader) -> Rows:
        """Return the table, its rows, its key column."""
        table, rows, own = super().rows(reader)
        rows = rows.where(_is_known(table))
        return (
            table,
            rows if reader.viewer.sees_all else rows.where(_is_of_seen(reader, table)),
            own,
        )


def _is_of_seen(reader: Reader, entry: Any) -> ColumnElement[bool]:
    """Tell whether the reader sees the row that an event is about."""
    about = {kind.aggregate: kind.about for kind in EVENTS.values()}
    seen = []
    for aggregate, entity in sorted(about.items()):
        if reader.viewer.actor in entity.__seen__:
            row = reader.table(entity_named(entity.__name__))
            found = exists().where(row.id == entry.aggregate_id, *seen_by(reader.viewer, row))
            own = entry.aggregate == fixed(aggregate)
            seen.append(and_(own, found.correlate_except(row)))
    return or_(*seen)


by_id = _OneEvent(EventEntry)
