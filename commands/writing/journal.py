"""The journal's writing end: the last statement of every transaction that changed something."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import CTE, BigInteger, Insert, bindparam, func, insert, select

from commands.writing import kept
from commands.writing.counters import COUNTER_RENEWED, MERCHANT, number_rows, raise_after, raising
from commands.writing.rows import json_rows
from commands.writing.transaction import Writing
from kit.db.statements import Statement, as_part
from kit.ids import new_id
from models.access.journal import JournalEntry
from models.access.keys import CounterName
from models.access.viewers import Viewer
from models.base.events import Moving

ENTRIES_AT_ONCE = 2_500
"""Entries of one statement, which has seconds only; nobody else comes between it and the next."""
_ACTOR = ("actor", "actor_name", "actor_key_id", "actor_subject")
"""Columns of who did it: an entry may say them itself."""
_SAME = (
    "recorded_at",
    *_ACTOR,
    "address",
    "idempotency_key",
    "written_by",
)
"""Columns that all entries of a transaction share."""


async def append(writing: Writing) -> None:
    """Write the transaction's events at the merchant's next positions.

    The counter row is raised after everything else and stays locked until the commit, so that
    positions become visible in order and without holes. An aggregate's sequence is read as it was
    when the statement began: whoever records an event holds the lock of its aggregate, so that
    nobody else goes on with it meanwhile. Just before, what waits for its number gets it; counters
    are taken in one order by all, that of SSCCs first. What rows keep of others is read and written
    before any of them waits for that: it takes as long as there are lines.

    Where no entry tells of what viewers see, the counter's row gets another id instead.
    """
    if writing.at_end or any(writing.unnumbered.values()) or not writing.events:
        await kept.write(writing)
    if not writing.events:
        if writing.unrecorded:
            await writing.session.rows(COUNTER_RENEWED, raising(writing, CounterName.JOURNAL, 0))
        return
    origin = writing.origin
    same = {
        "recorded_at": writing.now,
        **_by(writing.viewer),
        "address": origin.address,
        "idempotency_key": origin.idempotency_key,
        "written_by": origin.written_by,
    }
    entries = await _entries(writing, 0)
    for finish in writing.at_end:
        await finish()
    await number_rows(writing)
    for start in range(0, len(writing.events), ENTRIES_AT_ONCE):
        entries = entries if start == 0 else await _entries(writing, start)
        own = raising(writing, CounterName.JOURNAL, len(entries))
        values = {**own, **same, **kept.values(writing), "entries": entries}
        await writing.session.rows(_statement(kept.parts(writing)), values)
        writing.kept.clear()


async def _entries(writing: Writing, start: int) -> list[object]:
    """Return the events of a statement, counted in it and, by sequence, in their aggregate.

    start: the place of the first of them. TypeError for a payload that is not what its class says.
    """
    counted: Counter[UUID] = Counter()
    entries = list[object]()
    events = writing.events[start : start + ENTRIES_AT_ONCE]
    for position, (event, occurred_at, by) in enumerate(events, 1):
        await writing.room(1 + len(event.moved) if isinstance(event, Moving) else 1)
        counted[event.id] += 1
        entry = {
            "id": new_id(),
            "position": position,
            "aggregate": event.aggregate,
            "aggregate_id": event.id,
            "sequence": counted[event.id],
            "type": event.name,
            "occurred_at": occurred_at,
            "payload": event.payload(),
            "payload_version": event.versions.version,
        }
        if by is not None:
            entry |= _by(by)
        # As text: the payload of a long order takes several times as much.
        entries.append(as_part(entry))
    return entries


def _by(viewer: Viewer) -> dict[str, Any]:
    """Return the columns of who did it."""
    by = (viewer.actor.value, viewer.name, viewer.key_id, viewer.subject)
    return dict(zip(_ACTOR, by, strict=True))


def _append(before: Sequence[CTE]) -> Insert:
    """Build the statement that raises the counter and writes all events of a transaction.

    before: parts of it that end before the counter is locked.
    """
    entry, new = JournalEntry, json_rows(JournalEntry, "entries").c
    last = raise_after(*before).cte("counter").c.value - bindparam("value", type_=BigInteger())
    sequence = (
        select(func.coalesce(func.max(entry.sequence), 0))
        .where(entry.merchant_id == MERCHANT, entry.aggregate_id == new.aggregate_id)
        .scalar_subquery()
    )
    same = {name: bindparam(name, type_=getattr(entry, name).type) for name in _SAME}
    values: dict[str, Any] = {
        "merchant_id": MERCHANT,
        "id": new.id,
        "position": last + new.position,
        "aggregate": new.aggregate,
        "aggregate_id": new.aggregate_id,
        "sequence": sequence + new.sequence,
        "type": new.type,
        "occurred_at": new.occurred_at,
        "payload": new.payload,
        "payload_version": new.payload_version,
        **same,
        **{name: func.coalesce(new[name], same[name]) for name in _ACTOR},
    }
    return insert(entry).from_select(list(values), select(*values.values()))


@cache
def _statement(parts: kept.Keepings) -> Statement:
    """Return the statement that also writes some of what is kept."""
    return Statement(_append(kept.updates(parts)))
