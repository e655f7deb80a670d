"""Numbers without holes: one counter row for each merchant and kind of document.

Whoever takes a number keeps the merchant's others from taking theirs until the commit. So rows are
numbered when all that takes long is done, where that is much. What no index keeps has lines, in
which a merchant's transactions wait: of two at once, the second finds what the first has written.
"""

from collections.abc import Collection, Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    CTE,
    ColumnElement,
    Text,
    Uuid,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects.postgresql import insert

from commands.writing.rows import WrittenRow, write_rows
from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.ids import new_id
from kit.loop.work import SLICE
from kit.standards.written import document_number
from models.access.keys import PREFIXES, CounterName, MerchantCounter
from models.base.tables import OfMerchant

MERCHANT = bindparam("merchant_id", type_=Uuid())


def raise_after(*before: CTE) -> Any:
    """Build the statement that raises a counter, and makes it where it is the first time.

    Its parameters are those of `raising`, and it returns the new value. before: parts of the same
    statement that end before the counter is locked.
    """
    table: Any = MerchantCounter.__table__
    new = select(*(bindparam(it.key, type_=it.type) for it in table.c))
    for part in before:
        new = new.select_from(select(func.count()).select_from(part).subquery())
    row = insert(table).from_select([it.key for it in table.c], new)
    return row.on_conflict_do_update(
        index_elements=["merchant_id", "name"],
        set_={"value": table.c.value + row.excluded.value},
    ).returning(table.c.value)


_RAISED = Statement(raise_after())


def renewing() -> Any:
    """Build the statement that gives a counter's row another id, by which it is seen to be new."""
    table: Any = MerchantCounter.__table__
    row = insert(table).values({it.key: bindparam(it.key, type_=it.type) for it in table.c})
    return row.on_conflict_do_update(
        index_elements=["merchant_id", "name"], set_={"id": row.excluded.id}
    )


COUNTER_RENEWED = Statement(renewing())


def raising(writing: Writing, name: CounterName, by: int) -> dict[str, Any]:
    """Return the parameters of `raise_after`; the counter's row stays locked until the commit."""
    merchant = writing.viewer.merchant_id
    return {"merchant_id": merchant, "id": new_id(), "name": name, "value": by}


async def raised(writing: Writing, name: CounterName, by: int) -> int:
    """Raise a counter and return its new value."""
    ((value,),) = await writing.session.rows(_RAISED, raising(writing, name, by))
    return int(value)


async def numbers_of(
    writing: Writing,
    name: CounterName,
    entity: type[OfMerchant],
    keys: Sequence[UUID],
    *,
    lines: int,
) -> list[str]:
    """Return the numbers of rows that are about to be written, in their order.

    lines: how many are to be written with and after them. Where those are many, the rows get what
    nobody else has, their ids, until `number_rows` numbers them at the end of the transaction.
    """
    if lines <= SLICE:
        return await numbers(writing, name, len(keys))
    writing.unnumbered.setdefault((name, entity), []).extend(keys)
    return [str(key) for key in keys]


async def number_rows(writing: Writing) -> None:
    """Give the rows that wait for one their numbers, counter by counter in one order for all."""
    changed: dict[type[OfMerchant], list[tuple[Any, dict[str, Any]]]] = {}
    for (name, entity), keys in sorted(writing.unnumbered.items(), key=_place):
        if not keys:
            continue
        taken = await numbers(writing, name, len(keys))
        changed[entity] = [
            (WrittenRow(key), {"number": number}) for key, number in zip(keys, taken, strict=True)
        ]
    await write_rows(writing, {}, changed)


def _place(waiting: tuple[tuple[CounterName, Any], Any]) -> int:
    return list(CounterName).index(waiting[0][0])


async def numbers(writing: Writing, name: CounterName, how_many: int) -> list[str]:
    """Return the next document numbers, for example O-000042. Ask late: it holds a lock."""
    last = await raised(writing, name, how_many)
    return [
        document_number(PREFIXES[name], value) for value in range(last - how_many + 1, last + 1)
    ]


async def stand_in_line(writing: Writing, line: str) -> None:
    """Wait for a merchant's other transactions in a line, until this one ends."""
    await writing.session.rows(_waiting(), {**writing.parameters, "line": line})


async def stand_in_lines(writing: Writing, line: str, names: Collection[str]) -> None:
    """Wait for a merchant's other transactions that name some of the same, until this one ends."""
    if names:
        values = {**writing.parameters, "line": line, "names": sorted(names)}
        await writing.session.rows(_waiting_for_names(), values)


@cache
def _waiting_for_names() -> Statement:
    named = func.unnest(bindparam("names", type_=ARRAY(Text()))).column_valued("named")
    line = bindparam("line", type_=Text())
    return Statement(each_in_line(select(named.label("name")), "name", line))


_LINES = 64
"""Beside each other, so many lines of one kind: locks of one call are not more than that."""


def each_in_line(rows: Any, name: str, line: Any) -> Any:
    """Build what returns rows, and waits for whoever has some of their names, line by line."""
    place = (func.hashtextextended(rows.selected_columns[name], 0) % _LINES).label("place")
    placed = rows.add_columns(place).order_by(place).offset(literal_column("0")).subquery()
    own = [it for it in placed.c if it.key != place.key]
    return select(*own, waiting(line, placed.c.place).label("lock"))


@cache
def _waiting() -> Statement:
    return Statement(select(waiting(bindparam("line", type_=Text())).label("lock")))


def waiting(line: Any, place: Any = 0) -> ColumnElement[str]:
    """Return what waits in one of a merchant's lines. place: one of many beside each other.

    Who waits in several does so in one order for all: whatever selects this is put in order.
    """
    named = func.concat(line, cast(bindparam("merchant", type_=Uuid()), Text()))
    lock = func.pg_advisory_xact_lock(func.hashtextextended(named, place))
    return cast(lock, Text())
