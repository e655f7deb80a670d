"""Master data in bulk: create what is new, change what differs, leave the rest alone."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, any_, literal

from commands.writing.transaction import Entity, Outcome, Writing
from commands.writing.upserts.frozen import check_frozen
from commands.writing.upserts.keys import check_keys
from kit.errors import Path
from kit.ids import new_id
from kit.inputs import Upsert
from models.base.events import Created, Event, Updated
from models.base.payloads import ColumnName
from models.base.tables import Owned


class UpsertColumns(NamedTuple):
    """Columns that an upsert writes. whole: of a new row; changes: of one that is there.

    is_later: whether it may name others, behind which it is written.
    """

    whole: Mapping[str, Any]
    changes: Mapping[str, Any]
    is_later: bool = False

    def also(self, columns: Mapping[str, Any]) -> "UpsertColumns":
        """Return it with columns that are written, whatever the input says."""
        whole, changes = {**self.whole, **columns}, {**self.changes, **columns}
        return self._replace(whole=whole, changes=changes)


def item_of(
    one: Upsert, as_columns: Mapping[str, Mapping[str, Any]] | None = None
) -> UpsertColumns:
    """Return the columns of an input: what is left out stays, null empties.

    as_columns: field that is no column of its own -> the columns that it writes.
    """
    whole, changes = dict[str, Any](), dict[str, Any]()
    of_fields = {
        **{name: {name: it} for name, it in one.model_dump().items()},
        **(as_columns or {}),
    }
    for name, columns in of_fields.items():
        whole |= columns
        if name in one.model_fields_set:
            changes |= columns
    return UpsertColumns(whole, changes)


class UpsertEvents(NamedTuple):
    """What the journal tells of a table's rows."""

    created: type[Created]
    updated: type[Updated]


async def upsert(
    writing: Writing,
    entity: type[Owned],
    events: UpsertEvents,
    key: str,
    items: Sequence[UpsertColumns],
    path: Path,
    **keys: str,
) -> tuple[list[Any], list[str]]:
    """Write items by their business key, which is among their columns. path: of them.

    keys: of each other key of the table, one column -> the field of an item that gives it. Returns
    the rows and what was done to each (CREATED, UPDATED or UNCHANGED), by position. Refused: IN_USE
    for a change of what is frozen once it is used, TAKEN for another key that another row has.
    """
    found = await locked_rows(writing, entity, key, (item.whole[key] for item in items))
    changes = [(found.get(item.whole[key]), item.changes) for item in items]
    await check_frozen(writing, entity, changes, path)
    if keys:
        wanted = [
            (row, item.whole if row is None else item.changes)
            for item, (row, _) in zip(items, changes, strict=True)
        ]
        await check_keys(writing, entity, wanted, path, keys)
    rows, statuses = dict[int, Any](), dict[int, str]()
    places = range(len(items))
    for place in sorted(places, key=lambda it: items[it].is_later):
        old = found.get(items[place].whole[key])
        rows[place], changed = put(writing, entity, old, items[place])
        event = happened(events, rows[place], changed, is_new=old is None)
        statuses[place] = status(writing, event)
    await writing.session.flush()
    return [rows[it] for it in places], [statuses[it] for it in places]


async def locked_rows(
    writing: Writing, entity: type[Entity], key: str, values: Iterable[str]
) -> dict[str, Entity]:
    """Return business key -> row of those that exist, locked in id order.

    A row that another transaction creates meanwhile is found by the next attempt.
    """
    of = getattr(entity, key)
    wanted = literal(sorted(values), ARRAY(of.type))
    known = writing.seen(entity).where(of == any_(wanted)).order_by(entity.id)
    return {getattr(row, key): row for row in await writing.all(known.with_for_update(of=entity))}


def put(
    writing: Writing, entity: type[Entity], row: Entity | None, item: UpsertColumns
) -> tuple[Entity, list[str]]:
    """Create the row, or change what differs; returns it and the columns that were written."""
    if row is None:
        row = entity(**{"merchant_id": writing.viewer.merchant_id, "id": new_id(), **item.whole})
        writing.session.add(row)
        return row, list(item.whole)
    changed = [name for name, value in item.changes.items() if getattr(row, name) != value]
    for name in changed:
        setattr(row, name, item.changes[name])
    return row, changed


def happened(
    events: UpsertEvents, row: Owned, changed: Iterable[str], *, is_new: bool
) -> Event | None:
    """Return what happened to a row, None where nothing did."""
    if is_new:
        return events.created(row.id)
    fields = tuple(map(ColumnName, changed))
    return events.updated(row.id, fields=fields) if fields else None


def status(writing: Writing, event: Event | None) -> str:
    """Record what happened to a row, None for nothing, and return it as a client reads it."""
    if event is None:
        return "UNCHANGED"
    writing.record(event)
    return "CREATED" if isinstance(event, Created) else "UPDATED"


def results(
    name: str, rows: Sequence[Any], statuses: Sequence[str], **more: Sequence[Any]
) -> Outcome:
    """Return the outcome of a bulk call. name: under which an item's id stands, "product_id".

    more: what else is known of each item, by name.
    """
    return {
        "results": [
            {name: row.id, "status": status, "problems": [], **dict(zip(more, values, strict=True))}
            for row, status, *values in zip(rows, statuses, *more.values(), strict=True)
        ]
    }
