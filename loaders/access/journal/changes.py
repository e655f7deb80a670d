"""Changes: what has happened to all that a viewer sees, in the order in which it was recorded.

Who sees much finds a page among the next entries there are. Who sees little has it put together
of the entries of each object that it sees, so that it reads no more of others' than `NEAR`.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, StrEnum
from functools import cache, cached_property
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    Uuid,
    and_,
    any_,
    bindparam,
    column,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
    type_coerce,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY, array
from sqlalchemy.types import TypeEngine

from kit.ids import Names
from kit.inputs import Input
from loaders.access.journal import TYPES_OF_AGGREGATES
from loaders.access.journal.events import EventType, is_known, is_of_seen, position_of, shown_once
from loaders.reading.acts import everything
from loaders.reading.cursors import PageArgs
from loaders.reading.filters import Spread, one_of, with_parameters
from loaders.reading.pages import Paged, PageOf, Sorted
from loaders.reading.relations import Bind, Part, Reader
from models.access.journal import EventEntry
from models.access.viewers import Actor, anyone
from models.base.events import EVENTS
from models.base.tables import entity_named, fixed
from models.base.visibility import ALL, seen_by

NEAR = 1_000
"""Entries among which a page is looked for, whoever sees them."""
ObjectKind = StrEnum("ObjectKind", {it: it for it in sorted(TYPES_OF_AGGREGATES)})  # type: ignore[misc] # Events say what there is.
"""What entries of the journal are about."""
_ABOUT = {it.aggregate: it.about for it in EVENTS.values()}


class ChangesWanted(Spread):
    """Which changes are read."""

    types: tuple[EventType, ...] | None = Field(
        None, description="Only if what happened is one of these."
    )
    aggregates: tuple[ObjectKind, ...] | None = Field(
        None, description="Only if it happened to an object of one of these kinds."
    )
    about: (
        Annotated[UUID, Names("journalled object", frozenset(TYPES_OF_AGGREGATES.values()))] | None
    ) = Field(None, description="Only if it happened to this object.")


def _matching(_reader: Reader, entry: Any, wanted: ChangesWanted) -> Iterable[ColumnElement[bool]]:
    if wanted.types is not None:
        yield one_of(entry.type, wanted.types)
    if wanted.aggregates is not None:
        yield one_of(entry.aggregate, wanted.aggregates)
    if wanted.about is not None:
        yield entry.aggregate_id == wanted.about


_ORDER: Mapping[Enum | None, Sorted] = {None: Sorted("sequence")}
"""What cursors tell beside the entry's id: the merchant's position says how much others do."""


@dataclass(frozen=True, eq=False)
class AllChanges(Paged):
    """The events of all that the reader sees, by the merchant's position."""

    entity: type[EventEntry] = EventEntry
    sorts: Mapping[Enum | None, Sorted] = field(default_factory=lambda: _ORDER)
    matching: Any = _matching

    def page(self, args: PageArgs, filter_by: Input | None, sort: Enum | None) -> "PageOfChanges":
        """Return the relation to a page."""
        del sort
        return PageOfChanges(self, args, filter_by, _ORDER[None])

    def whole(self, reader: Reader, table: Any, key: Any) -> list[ColumnElement[bool]]:
        """Return the conditions of all changes."""
        del key
        return [*seen_by(reader.viewer, table), is_known(table), *_of_seen(reader, table)]


def _of_seen(reader: Reader, entry: Any) -> list[ColumnElement[bool]]:
    return [] if reader.viewer.sees_all else [is_of_seen(reader, entry)]


class PageOfChanges(PageOf):
    """A page of changes: first which entries it has, then those as they are shown."""

    paged: AllChanges

    @cached_property
    def values(self) -> Mapping[str, Any]:
        """Return what fills the statement. Refused: as that of every page."""
        return {**super().values, "near": NEAR - 1}

    def order_keys(self, table: Any) -> tuple[Any, Any]:
        """Return by what the rows are sorted."""
        return table.position, table.id

    def rows(self, reader: Reader, bind: Bind, key: Any, *, more: bool) -> tuple[Any, Select[Any]]:
        """Return a page for a larger statement."""
        del key
        return self._page_of(reader, bind, more=more)

    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return the row source and the select of the page, one row more than it has."""
        del key
        values = self.values

        def bind(name: str, type_: TypeEngine[Any]) -> ColumnElement[Any]:
            return literal(values[name], type_)

        return self._page_of(reader, bind, more=True)

    def _page_of(self, reader: Reader, bind: Bind, *, more: bool) -> Part:
        size = bind("size", Integer())
        size = size + 1 if more else size
        page = _Finding(self, reader, bind, size).found().limit(size).subquery()

        def shown(table: Any) -> Select[Any]:
            rows = select().select_from(page.join(table, table.id == page.c.id))
            return rows.where(*seen_by(reader.viewer, table)).correlate_except(table, page)

        entries = shown_once(reader, shown)
        rows = select().select_from(entries).correlate_except(entries)
        return entries.c, rows.order_by(*self.ordered(entries.c.position)).limit(size)

    def ordered(self, position: Any) -> list[ColumnElement[Any]]:
        """Return the order of reading."""
        return self._order((position,))

    def between(self, reader: Reader, bind: Bind, entry: Any) -> Iterator[ColumnElement[bool]]:
        """Yield that an entry lies between the cursors, which name entries by their ids."""
        if self.has_after:
            yield entry.position > position_of(reader, bind("after_id", Uuid()))
        if self.has_before:
            yield entry.position < position_of(reader, bind("before_id", Uuid()))


class _Finding:
    """Selects (id, position) of the entries of a page."""

    def __init__(self, page: PageOfChanges, reader: Reader, bind: Bind, size: Any) -> None:
        self._page, self._reader, self._bind, self._size = page, reader, bind, size
        wanted = page.filter_by
        self._wanted: Any = None if wanted is None else with_parameters(wanted, bind)

    def found(self) -> Select[Any]:
        """Select the entries, in the order of reading."""
        wanted = self._wanted
        if wanted is not None and wanted.about is not None:
            return self._near(None)
        if not self._reader.viewer.sees_all:
            return self._near_or_far()
        if wanted is None or (wanted.types is None and wanted.aggregates is None):
            return self._near(None)
        return self._ordered(self._of_kinds(sorted(_ABOUT)).subquery())

    def _conditions(self, entry: Any) -> list[ColumnElement[bool]]:
        reader, paged = self._reader, self._page.paged
        matched = paged.matched(reader, entry, self._page.filter_by, self._bind)
        between = self._page.between(reader, self._bind, entry)
        return [*seen_by(reader.viewer, entry), is_known(entry), *matched, *between]

    def _next(self, entry: Any, *further: Any) -> Select[Any]:
        """Select as many entries as a page has."""
        rows = select(entry.id, entry.position).where(*self._conditions(entry), *further)
        return rows.order_by(*self._page.ordered(entry.position)).limit(self._size)

    def _ordered(self, rows: Any) -> Select[Any]:
        return select(rows.c.id, rows.c.position).order_by(*self._page.ordered(rows.c.position))

    def _near(self, edge: Any) -> Select[Any]:
        """Select the next entries that are seen. edge: the position of the last one looked at."""
        entry = self._reader.table(EventEntry)
        within = []
        if edge is not None:
            before = entry.position >= edge if self._page.backward else entry.position <= edge
            within = [or_(edge.is_(None), before)]
        rows = self._next(entry, *within, *_of_seen(self._reader, entry))
        return rows.correlate_except(entry)

    def _near_or_far(self) -> Select[Any]:
        """Select entries among the next ones; else, where those are too few, of each object."""
        reader = self._reader
        entry = reader.table(EventEntry)
        own, *_ = seen_by(reader.viewer, entry)
        ahead = select(entry.position).where(own, *self._page.between(reader, self._bind, entry))
        ahead = ahead.order_by(*self._page.ordered(entry.position))
        last = (
            ahead.offset(self._bind("near", Integer()))
            .limit(fixed(1))
            .correlate_except(entry)
            .cte()
        )
        edge = select(last.c.position).scalar_subquery()
        near = self._near(edge).cte()
        count = select(func.count()).select_from(near).scalar_subquery()
        suffices = or_(edge.is_(None), count >= self._size)
        shared = [it for it in sorted(_ABOUT) if self._rule(it) is ALL]
        parts = [
            select(near.c.id, near.c.position).where(suffices),
            self._of_kinds(shared, not_(suffices)),
            self._of_objects(not_(suffices)),
        ]
        return self._ordered(union_all(*parts).subquery())

    def _rule(self, noun: str) -> Any:
        return _ABOUT[noun].__seen__.get(self._reader.viewer.actor)

    def _of_kinds(self, nouns: list[str], *where: Any) -> Select[Any]:
        """Select the next entries about objects of kinds of which all are seen."""
        texts: Any = [fixed(it, Text()) for it in nouns]
        listed = func.unnest(array(texts, type_=Text()))
        kind = listed.table_valued(column("noun", Text())).render_derived()
        entry = self._reader.table(EventEntry)
        next_ = self._next(entry, entry.aggregate == kind.c.noun).correlate(kind).lateral()
        rows = select(next_.c.id, next_.c.position).select_from(kind.join(next_, true()))
        return rows.where(*where, self._is_wanted(kind.c.noun))

    def _of_objects(self, *where: Any) -> Select[Any]:
        """Select the next entries of each object that is seen, of kinds that are seen in part."""
        reader, objects = self._reader, []
        for noun in sorted(_ABOUT):
            if self._rule(noun) not in {None, ALL}:
                row = reader.table(entity_named(_ABOUT[noun].__name__))
                own = (*seen_by(reader.viewer, row), *where, self._is_wanted(fixed(noun, Text())))
                objects.append(select(fixed(noun, Text()).label("noun"), row.id).where(*own))
        each, entry = union_all(*objects).subquery(), reader.table(EventEntry)
        about = and_(entry.aggregate_id == each.c.id, entry.aggregate == each.c.noun)
        next_ = self._next(entry, about).correlate(each).lateral()
        return select(next_.c.id, next_.c.position).select_from(each.join(next_, true()))

    def _is_wanted(self, noun: Any) -> ColumnElement[bool]:
        """Tell whether entries about a kind of objects may be wanted at all."""
        conditions = []
        if self._wanted is not None and self._wanted.aggregates is not None:
            listed = type_coerce(self._wanted.aggregates, ARRAY(Text()))
            conditions.append(noun == any_(listed))
        if self._wanted is not None and self._wanted.types is not None:
            named = func.unnest(type_coerce(self._wanted.types, ARRAY(Text())))
            types = named.table_valued(column("type", Text())).render_derived()
            of = func.upper(func.split_part(types.c.type, fixed("."), fixed(1)))
            conditions.append(exists().where(of == noun).select_from(types))
        return and_(true(), *conditions)


every = AllChanges()


@cache
def audience(actor: Actor) -> Select[Any]:
    """Select (position, place) of entries and of viewers of a kind who see them, for many at once.

    Parameters: merchant, positions; bounds and holdings: of the viewers, by their places from 1.
    """
    bounds, holdings = (bindparam(it, type_=ARRAY(Uuid())) for it in ("bounds", "holdings"))
    listed = func.unnest(bounds, holdings).table_valued(
        column("bound_to", Uuid()), column("holding", Uuid()), with_ordinality="place"
    )
    who = listed.render_derived("viewers")
    many: Any = {"bound_to": who.c.bound_to, "holding": who.c.holding}
    viewer = replace(anyone(actor), **many)
    all_rows = everything(Reader(viewer, None))
    (entry,), own = all_rows.tables((EventEntry,))
    seen = []
    for noun, entity in sorted(_ABOUT.items()):
        if actor in entity.__seen__:
            (row,), of_merchant = all_rows.tables((entity_named(entity.__name__),))
            found = exists().where(row.id == entry.aggregate_id, *of_merchant)
            found = found.where(*seen_by(viewer, row)).correlate_except(row)
            seen.append(and_(entry.aggregate == fixed(noun), found))
    wanted = entry.position == any_(bindparam("positions", type_=ARRAY(BigInteger())))
    rows = select(entry.position, who.c.place).where(*own, wanted, or_(false(), *seen))
    return rows.where(*seen_by(viewer, entry), is_known(entry))
