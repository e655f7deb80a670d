"""Master data in bulk: create what is new, change what differs, leave the rest alone."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ARRAY, any_, literal

from commands.writing import Outcome, Writing
from kit.ids import new_id
from models.base import Owned
from models.journal import Aggregate


async def upsert(
    writing: Writing,
    entity: type[Owned],
    aggregate: Aggregate,
    key: str,
    items: Sequence[Mapping[str, Any]],
) -> tuple[list[Any], list[str]]:
    """Write items by their business key. items: column -> value, the key among them.

    Returns the rows and what was done to each (CREATED, UPDATED or UNCHANGED), by position.
    Existing rows are locked in id order; a row that another transaction creates meanwhile is
    found by the next attempt.
    """
    of = getattr(entity, key)
    wanted = literal(sorted(item[key] for item in items), ARRAY(of.type))
    known = writing.seen(entity).where(of == any_(wanted)).order_by(entity.id)
    found = {getattr(row, key): row for row in await writing.all(known.with_for_update(of=entity))}
    done = [_write(writing, entity, aggregate, found.get(item[key]), item) for item in items]
    await writing.session.flush()
    return [row for row, _ in done], [status for _, status in done]


def _write(
    writing: Writing, entity: type[Owned], aggregate: Aggregate, row: Any, item: Mapping[str, Any]
) -> tuple[Any, str]:
    noun = aggregate.value.lower()
    if row is None:
        row = entity(merchant_id=writing.viewer.merchant_id, id=new_id(), **item)
        writing.session.add(row)
        writing.record(aggregate, row.id, f"{noun}.created")
        return row, "CREATED"
    changed = [name for name, value in item.items() if getattr(row, name) != value]
    if not changed:
        return row, "UNCHANGED"
    for name in changed:
        setattr(row, name, item[name])
    writing.record(aggregate, row.id, f"{noun}.updated", fields=changed)
    return row, "UPDATED"


def results(name: str, rows: Sequence[Owned], statuses: Sequence[str]) -> Outcome:
    """Return the outcome of a bulk call. name: under which an item's id stands, "product_id"."""
    return {
        "results": [
            {name: row.id, "status": status, "problems": []}
            for row, status in zip(rows, statuses, strict=True)
        ]
    }
