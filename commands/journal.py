"""The journal's writing end: the last statements of every transaction that changed something."""

from collections import Counter
from uuid import UUID

from sqlalchemy import ARRAY, Uuid, any_, func, literal, select

from commands.counters import raised
from commands.writing import Writing
from kit.ids import new_id
from models.journal import JournalEntry
from models.keys import CounterName
from models.sight import merchant


async def append(writing: Writing) -> None:
    """Write the transaction's events at the merchant's next positions.

    The counter row is raised after everything else and stays locked until the commit, so that
    positions become visible in order and without holes, and sequences of an aggregate too.
    """
    if not writing.events:
        return
    count = len(writing.events)
    last = await raised(writing, CounterName.JOURNAL, count)
    sequences = await _sequences(writing)
    for position, event in enumerate(writing.events, last - count + 1):
        sequences[event.aggregate_id] += 1
        writing.session.add(
            JournalEntry(
                merchant_id=writing.viewer.merchant_id,
                id=new_id(),
                position=position,
                aggregate=event.aggregate,
                aggregate_id=event.aggregate_id,
                sequence=sequences[event.aggregate_id],
                type=event.type,
                occurred_at=event.occurred_at,
                recorded_at=writing.now,
                actor=writing.viewer.actor.value,
                actor_name=writing.viewer.name,
                actor_key_id=writing.viewer.key_id,
                actor_subject=writing.viewer.subject,
                address=writing.origin.address,
                idempotency_key=writing.origin.idempotency_key,
                payload=dict(event.payload),
            )
        )
    await writing.session.flush()


async def _sequences(writing: Writing) -> Counter[UUID]:
    """Return aggregate id -> its last sequence number."""
    ids = literal(list({event.aggregate_id for event in writing.events}), ARRAY(Uuid()))
    rows = await writing.session.execute(
        select(JournalEntry.aggregate_id, func.max(JournalEntry.sequence))
        .where(
            JournalEntry.merchant_id == merchant(writing.viewer),
            JournalEntry.aggregate_id == any_(ids),
        )
        .group_by(JournalEntry.aggregate_id)
    )
    return Counter(dict(iter(rows)))
