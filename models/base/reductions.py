"""What of a payload an actor reads: only what tells of rows that it sees.

The classes of events say of which rows each field tells (`models.base.payloads.IdOf`), the tables
who sees them (`models.base.visibility`).
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Uuid,
    and_,
    case,
    cast,
    column,
    exists,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from models.base.events import EVENTS, Event
from models.base.payloads import Referenced, Telling, Value
from models.base.tables import Base, entity_named, fixed
from models.base.visibility import ALL, AnyViewer, seen_by


def reduced(viewer: AnyViewer, entry: Any, payload: Any) -> ColumnElement[Any]:
    """Return the payload of a journal entry without rows that the viewer does not see.

    Lists and mappings lose them, a single id is left out. Fields that tell of rows of the same
    tables in the same way are looked at by one expression, whatever their events.
    """
    alike: defaultdict[_Alike, list[str]] = defaultdict(list)
    for kind in EVENTS.values():
        for value, form in _shown_in_part(viewer, kind):
            alike[form].append(f"{kind.name}.{value.name}")
    if not alike:
        return payload  # type: ignore[no-any-return]
    field = func.jsonb_each(payload).table_valued("key", column("value", JSONB))
    name = entry.type + literal_column("'.'") + field.c.key
    read = [
        (name.in_(map(fixed, fields)), _shown(viewer, form, entry, field.c.value))
        for form, fields in alike.items()
    ]
    every = func.jsonb_object_agg(field.c.key, case(*read, else_=field.c.value))
    less = func.jsonb_strip_nulls(func.coalesce(every, func.jsonb_build_object()))
    types = sorted({field.rpartition(".")[0] for fields in alike.values() for field in fields})
    whole = select(less).select_from(field).scalar_subquery()
    return case((entry.type.in_(map(fixed, types)), whole), else_=payload)


class _Alike(NamedTuple):
    """What fields have in common that are reduced by the same expression."""

    how: Telling
    tables: tuple[Any, ...]
    is_needed: bool
    beside: str | None


def _shown_in_part(viewer: AnyViewer, kind: type[Event]) -> Iterator[tuple[Value, _Alike]]:
    """Yield the fields of an event that may tell of rows that the viewer does not see."""
    if viewer.actor not in kind.about.__seen__:
        return
    for value in kind.versions.values:
        if value.kind.rows is not None:
            how, _, beside = value.kind.rows
            tables = tuple(tables_of(_named(value.kind.rows, kind), kind))
            if all(it.__seen__.get(viewer.actor) is not ALL for it in tables):
                yield value, _Alike(how, tables, value.is_needed, beside)


def _named(rows: Referenced, kind: type[Event]) -> Referenced:
    """Return of which rows a field tells, also where another one has the id."""
    if rows.beside is None:
        return rows
    (of,) = (it.kind.rows for it in kind.versions.values if it.name == rows.beside and it.kind.rows)
    return of


def _shown(viewer: AnyViewer, form: _Alike, entry: Any, field: Any) -> ColumnElement[Any]:
    """Return a field without rows that the viewer does not see, NULL for nothing."""
    if form.how is Telling.ALL_LINES:
        return case((not_(_hides(viewer, form.tables[0], entry.aggregate_id)), field))
    if form.how is Telling.ONE:
        named = field if form.beside is None else entry.payload[form.beside]
        text = named.op("#>>")(literal_column("'{}'"))
        return case((_shows(viewer, form.tables, text), field))
    if form.how is Telling.LIST:
        listed = func.jsonb_array_elements_text(field).table_valued("value")
        every, nothing = func.jsonb_agg(listed.c.value), func.jsonb_build_array()
        shown = _shows(viewer, form.tables, listed.c.value)
    else:
        listed = func.jsonb_each(field).table_valued("key", column("value", JSONB))
        every = func.jsonb_object_agg(listed.c.key, listed.c.value)
        nothing, shown = func.jsonb_build_object(), _shows(viewer, form.tables, listed.c.key)
    seen = select(every).select_from(listed).where(shown).scalar_subquery()
    return func.coalesce(seen, nothing) if form.is_needed else seen


def tables_of(rows: Referenced, kind: type[Event]) -> list[Any]:
    """Return the tables that are named, or that of the lines whose counters the event's tells."""
    if rows.tables:
        return [*map(entity_named, rows.tables)]
    classes = (it.class_ for it in Base.registry.mappers)
    return [it for it in classes if it.__tally__ is not None and it.__tally__.of is kind.about]


def _shows(viewer: AnyViewer, tables: Sequence[Any], key: Any) -> ColumnElement[bool]:
    """Tell whether the viewer sees the row of one of the tables with this id, a text.

    Ids of tables that it never sees are not looked at: older payloads have other texts there.
    """
    rows = [aliased(it) for it in tables if viewer.actor in it.__seen__]
    found = (exists().where(it.id == cast(key, Uuid), *seen_by(viewer, it)) for it in rows)
    return or_(false(), *(one.correlate_except(it) for one, it in zip(found, rows, strict=True)))


def _hides(viewer: AnyViewer, lines: Any, of: Any) -> ColumnElement[bool]:
    """Tell whether the viewer does not see one of the lines of a row."""
    line = aliased(lines)
    of_merchant, *seen = seen_by(viewer, line)
    by = getattr(line, lines.__tally__.by)
    return exists().where(by == of, of_merchant, not_(and_(*seen))).correlate(of.table)
