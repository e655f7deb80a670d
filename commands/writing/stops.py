"""What stops an act: its declaration, evaluated for the row that is locked."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy import select, union_all

from commands.writing.transaction import Writing
from kit.errors import Code, Path, Refused
from models.base.acts import Act, Below

Refuse = Callable[[Sequence[Any]], Refused]
"""The rows that stop an act -> its refusal."""


async def check_stops(
    writing: Writing, row: Any, act: Act, path: Path, known: Mapping[Below, Refuse]
) -> None:
    """Refuse while a row below stops the act, whoever sees it: one statement for each refusal.

    known: stop -> its refusal; those that share one are about the same table. Refused: as `known`
    says, WRONG_STATE with the stop's own words for any other.
    """
    stops_of: defaultdict[Refuse, list[Below]] = defaultdict(list)
    for stop in act.stopped_by:
        stops_of[known.get(stop) or partial(_refused, row, stop, path)].append(stop)
    for refuse, stops in stops_of.items():
        if rows := await _stopping(writing.for_all(), row, stops):
            raise refuse(rows)


async def _stopping(writing: Writing, row: Any, stops: Sequence[Below]) -> Sequence[Any]:
    """Return the rows that stop; stops: of one table."""
    below = [stop.of(row.id, writing.viewer.merchant_id) for stop in stops]
    ids = union_all(*(select(table.id).where(*conditions) for table, conditions in below))
    entity = stops[0].entity
    return await writing.all(writing.seen(entity).where(entity.id.in_(ids)))


def _refused(row: Any, stop: Below, path: Path, _rows: Sequence[Any]) -> Refused:
    return Refused(Code.WRONG_STATE, f"{row.number} is stopped: {stop.words}.", path)
