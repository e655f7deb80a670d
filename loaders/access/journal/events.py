"""Events: the entries of the journal as objects tell them, one by one and in feeds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    CompoundSelect,
    Integer,
    Select,
    Subquery,
    Text,
    Uuid,
    and_,
    any_,
    case,
    cast,
    column,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.types import TypeEngine

from kit.inputs import Input
from loaders.reading.cursors import PageArgs
from loaders.reading.pages import Paged, PageOf, Sorted
from loaders.reading.relations import Bind, One, Part, Reader, Relation
from models.access.journal import EventEntry
from models.base.events import EVENTS
from models.base.records import columns, record
from models.base.tables import entity_named, fixed
from models.base.visibility import seen_by

EventType = StrEnum(  # type: ignore[misc] # The classes of events say themselves what there is.
    "EventType", {name.replace(".", "_").upper(): name for name in sorted(EVENTS)}
)
Objects = Callable[[Reader, Any], Select[Any] | CompoundSelect[Any]]
"""reader, the id of a row -> the ids of all whose events its feed tells, one column `id`."""


def is_known(entry: Any) -> ColumnElement[bool]:
    """Tell whether an entry is of a class that is there: a later release may have written more."""
    return entry.type == any_(literal(sorted(EVENTS), ARRAY(Text())))  # type: ignore[no-any-return]


def alone(key: Any) -> Select[Any]:
    """Select an id alone."""
    found = func.unnest(array([key])).table_valued(column("id", Uuid()))
    return select(found.render_derived().c.id)


def shown_once(reader: Reader, rows: Callable[[Any], Select[Any]]) -> Subquery:
    """Return the entries of a select, each shown to the reader once, however much of it is read.

    PostgreSQL would write what masks a payload anew at each place where something of it is read.
    """
    table = reader.table(EventEntry)
    found = rows(table).add_columns(*columns(EventEntry, table)).offset(fixed(0))
    return found.subquery()


_ORDER: Mapping[Enum | None, Sorted] = {None: Sorted("sequence")}
"""What cursors tell of the order beside the entry's id."""


def position_of(reader: Reader, key: Any) -> ColumnElement[int]:
    """Return the position of an entry that a cursor names, NULL for one that tells nothing."""
    limit = reader.table(EventEntry)
    own = (limit.id == key, *seen_by(reader.viewer, limit))
    position = select(limit.position).where(*own).correlate_except(limit)
    return cast(position.scalar_subquery(), BigInteger())


@dataclass(frozen=True, eq=False)
class Feed(Paged):
    """The events of an object and of what belongs to it, in the order in which they were recorded.

    That is the merchant's position, which cursors do not tell: it would say how much others do.
    """

    entity: type[EventEntry] = EventEntry
    sorts: Mapping[Enum | None, Sorted] = field(default_factory=lambda: _ORDER)
    of: str | None = "aggregate_id"
    objects: Objects = lambda _reader, key: alone(key)

    def page(self, args: PageArgs, filter_by: Input | None, sort: Enum | None) -> "PageOfFeed":
        """Return the relation parent key -> page."""
        del sort
        return PageOfFeed(self, args, filter_by, _ORDER[None])

    def whole(self, reader: Reader, table: Any, key: Any) -> list[ColumnElement[bool]]:
        """Return the conditions of an object's whole feed."""
        own = table.aggregate_id.in_(self.objects(reader, key))
        return [own, *seen_by(reader.viewer, table), is_known(table)]


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
        entry = reader.table(EventEntry)
        found = select(entry.id, entry.position).where(
            entry.aggregate_id == objects.c.id,
            *seen_by(reader.viewer, entry),
            is_known(entry),
            *self._between(reader, entry, bind),
        )
        order = self._order((entry.position,))
        each = found.order_by(*order).limit(size).correlate(objects).lateral()
        ids = select(each.c.id).select_from(objects.join(each, true()))
        ids = ids.order_by(*self._order((each.c.position,))).limit(size)
        page = ids.correlate_except(objects, each).subquery()

        def shown(table: Any) -> Select[Any]:
            rows = select().select_from(page.join(table, table.id == page.c.id))
            return rows.where(*seen_by(reader.viewer, table)).correlate_except(table, page)

        entries = shown_once(reader, shown)
        rows = select().select_from(entries).correlate_except(entries)
        return entries.c, rows.order_by(*self._order((entries.c.position,))).limit(size)

    def _between(self, reader: Reader, entry: Any, bind: Bind) -> list[ColumnElement[bool]]:
        """Return that an entry lies between the cursors, which name entries by their ids."""
        conditions = []
        for name, there in (("after", self.has_after), ("before", self.has_before)):
            if there:
                at = position_of(reader, bind(f"{name}_id", Uuid()))
                conditions.append(entry.position > at if name == "after" else entry.position < at)
        return conditions


class _OneEvent(Relation):
    """id -> the event, of an object that the reader sees."""

    source, record = EventEntry, record(EventEntry)

    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return the entry as it is shown, and the select of its row."""

        def shown(table: Any) -> Select[Any]:
            own = (table.id == key, *seen_by(reader.viewer, table), is_known(table))
            rows = select().select_from(table).where(*own)
            rows = rows if reader.viewer.sees_all else rows.where(is_of_seen(reader, table))
            return rows.correlate_except(table)

        entries = shown_once(reader, shown)
        return entries.c, select().select_from(entries).correlate_except(entries)


def is_of_seen(reader: Reader, entry: Any) -> ColumnElement[bool]:
    """Tell whether the reader sees the row that an event is about."""
    about = {kind.aggregate: kind.about for kind in EVENTS.values()}
    seen = []
    for aggregate, entity in sorted(about.items()):
        if reader.viewer.actor in entity.__seen__:
            row = reader.table(entity_named(entity.__name__))
            found = exists().where(row.id == entry.aggregate_id, *seen_by(reader.viewer, row))
            own = entry.aggregate == fixed(aggregate)
            seen.append(and_(own, found.correlate_except(row)))
    return or_(false(), *seen)


of_object = Feed()
"""The events of one object alone."""
by_id = _OneEvent()
PLACED = {
    name: (One(kind.about), kind.zone_column)
    for name, kind in sorted(EVENTS.items())
    if kind.zone_column
}
"""Name of an event whose instants are of a place -> its row by id, the column of the time zone."""


def zone_of(reader: Reader, entry: Any) -> ColumnElement[str | None]:
    """Return the time zone of the place of an entry's instants; NULL for the merchant's."""
    found = []
    for name, (rows, zone_column) in PLACED.items():
        row = reader.table(rows.source)
        zone = select(getattr(row, zone_column)).correlate_except(row)
        own = zone.where(row.id == entry.aggregate_id, *seen_by(reader.viewer, row))
        found.append((entry.type == fixed(name), own.scalar_subquery()))
    return case(*found)
