"""What stops acts: looked for in rows of the database, under the locks, by one statement."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    DateTime,
    Uuid,
    bindparam,
    column,
    func,
    literal_column,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from commands.writing.transaction import Writing
from kit.db.statements import Statement
from kit.errors import Code, Path, Refused
from models.base.acts import AllRows, Some
from models.base.tables import OfMerchant

Refuse = Callable[[Sequence[Any]], Refused]
"""The rows that stop an act -> its refusal."""


async def check_stops(
    writing: Writing,
    row: Any,
    stops: Sequence[Some],
    path: Path,
    known: Mapping[Some, Refuse],
    *,
    at: datetime | None = None,
) -> None:
    """Refuse while rows stop what is done with a row, whoever sees them: by one statement.

    known: as of `find_stops`. at: when it is done, now by default. Refused: as `known` says,
    WRONG_STATE with the stop's own words for any other.
    """
    found = await find_stops(writing, {row: at or writing.now}, stops, path, lambda _row: known)
    if found:
        raise found[row.id]


async def find_stops(
    writing: Writing,
    rows: Mapping[Any, datetime],
    stops: Sequence[Some],
    path: Path,
    known: Callable[[Any], Mapping[Some, Refuse]],
) -> dict[UUID, Refused]:
    """Return id of each row with which something may not be done -> why. rows: when it is done.

    One statement for all rows, and one for each kind of what stops some. known: row -> stop -> its
    refusal; those that share one are about the same table.
    """
    if not stops or not rows:
        return {}
    refused: dict[UUID, Refused] = {}
    deciding: dict[UUID, _Deciding] = {}
    stopping = await _stopping(writing, rows, stops)
    for row in (it for it in rows if it.id in stopping):
        its, of = stopping[row.id], known(row)
        stop, _ = its[0]
        refuse = of.get(stop)
        if refuse is None:
            text = f"{row.number} is stopped: {stop.words}."
            refused[row.id] = Refused(Code.WRONG_STATE, text, path)
        else:
            ids = {key for other, key in its if of.get(other) is refuse}
            deciding[row.id] = _Deciding(refuse, stop.entities[0], ids)
    there = await _rows_of(writing, deciding.values())
    for row_id, reason in deciding.items():
        refused[row_id] = reason.refuse([there[key] for key in sorted(reason.ids)])
    return refused


class _Deciding(NamedTuple):
    """The rows of a table that stop something, and its refusal."""

    refuse: Refuse
    entity: type[OfMerchant]
    ids: set[UUID]


async def _stopping(
    writing: Writing, rows: Mapping[Any, datetime], stops: Sequence[Some]
) -> Mapping[UUID, Sequence[tuple[Some, UUID]]]:
    """Return id of each row that is stopped -> its stops in their order, with what stops it."""
    keys, entity = [row.id for row in rows], next(iter(rows)).__class__
    values = {**writing.parameters, "keys": keys, "ats": list(rows.values())}
    stopping: defaultdict[UUID, list[tuple[Some, UUID]]] = defaultdict(list)
    found = await writing.session.rows(_statement(entity, tuple(stops)), values)
    for place, row_id, key in sorted(found):
        stopping[row_id].append((stops[place], key))
    return stopping


async def _rows_of(writing: Writing, deciding: Iterable[_Deciding]) -> Mapping[UUID, Any]:
    """Return id -> row of all that stops something: one statement a table."""
    wanted: defaultdict[type[OfMerchant], set[UUID]] = defaultdict(set)
    for each in deciding:
        wanted[each.entity] |= each.ids
    there: dict[UUID, Any] = {}
    for entity, ids in wanted.items():
        there |= {it.id: it for it in await writing.for_all().among(entity, "id", ids, "id")}
    return there


@cache
def _statement(entity: type[OfMerchant], stops: Sequence[Some]) -> Statement:
    """Select the place of each stop of the rows `keys`, those rows, and the rows that stop them."""
    row: Any = aliased(entity)
    merchant = bindparam("merchant", type_=Uuid())
    at = DateTime(timezone=True)
    lists = (bindparam("keys", type_=ARRAY(Uuid())), bindparam("ats", type_=ARRAY(at)))
    pairs = func.unnest(*lists).table_valued(column("key", Uuid()), column("at", at), name="wanted")
    pairs = pairs.render_derived()
    rows = AllRows(merchant, pairs.c.at)
    selects = []
    for place, stop in enumerate(stops):
        stopping, conditions = stop.found(rows, row)
        own = (row.id == pairs.c.key, row.merchant_id == merchant)
        found = select(
            literal_column(str(place)).label("place"), row.id.label("row_id"), stopping.id
        )
        selects.append(found.where(*own, *conditions))
    return Statement(union_all(*selects))
