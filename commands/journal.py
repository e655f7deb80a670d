"""The journal's writing end: the last statements of every transaction that changed something."""

from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Insert,
    Text,
    Uuid,
    bindparam,
    column,
    func,
    insert,
    literal,
    select,
)

from commands.counters import raised
from commands.writing import Writing
from kit.ids import new_id
from kit.statements import Statement
from models.journal import JournalEntry
from models.keys import CounterName


async def append(writing: Writing) -> None:
    """Write the transaction's events at the merchant's next positions.

    The counter row is raised after everything else and stays locked until the commit, so that
    positions become visible in order and without holes, and sequences of an aggregate too.
    """
    if not writing.events:
        return
    last = await raised(writing, CounterName.JOURNAL, len(writing.events))
    viewer, origin = writing.viewer, writing.origin
    await writing.session.rows(
        _APPEND,
        {
            "merchant": viewer.merchant_id,
            "after": last - len(writing.events),
            "ids": [new_id() for _ in writing.events],
            "aggregates": [event.aggregate for event in writing.events],
            "aggregate_ids": [event.aggregate_id for event in writing.events],
            "types": [event.type for event in writing.events],
            "occurred": [event.occurred_at for event in writing.events],
            "payloads": [dict(event.payload) for event in writing.events],
            "recorded_at": writing.now,
            "actor": viewer.actor.value,
            "actor_name": viewer.name,
            "actor_key_id": viewer.key_id,
            "actor_subject": viewer.subject,
            "address": origin.address,
            "idempotency_key": origin.idempotency_key,
        },
    )


def _append() -> Insert:
    """Build the statement that writes all events of a transaction, with their sequences."""
    entry = JournalEntry
    merchant = bindparam("merchant", type_=Uuid())
    lists: dict[str, Any] = {
        "id": bindparam("ids", type_=ARRAY(Uuid())),
        "aggregate": bindparam("aggregates", type_=ARRAY(Text())),
        "aggregate_id": bindparam("aggregate_ids", type_=ARRAY(Uuid())),
        "type": bindparam("types", type_=ARRAY(Text())),
        "occurred_at": bindparam("occurred", type_=ARRAY(entry.occurred_at.type)),
        "payload": bindparam("payloads", type_=ARRAY(entry.payload.type)),
    }
    columns = [column(name, values.type.item_type) for name, values in lists.items()]
    told = (
        func.unnest(*lists.values())
        .table_valued(*columns, with_ordinality="place", name="told")
        .render_derived()
    )
    before = (
        select(func.coalesce(func.max(entry.sequence), 0))
        .where(entry.merchant_id == merchant, entry.aggregate_id == told.c.aggregate_id)
        .scalar_subquery()
    )
    of_aggregate = func.row_number().over(partition_by=told.c.aggregate_id, order_by=told.c.place)
    same = {
        name: bindparam(name, type_=getattr(entry, name).type)
        for name in (
            "recorded_at",
            "actor",
            "actor_name",
            "actor_key_id",
            "actor_subject",
            "address",
            "idempotency_key",
        )
    }
    position = bindparam("after", type_=BigInteger()) + told.c.place
    values: dict[str, Any] = {
        "merchant_id": merchant,
        "position": position,
        "sequence": before + of_aggregate,
        "payload_version": literal(1),
        **{name: told.c[name] for name in lists},
        **same,
    }
    table: Any = entry.__table__
    return insert(table).from_select(list(values), select(*values.values()))


_APPEND = Statement(_append())
