"""What stops an act: its declaration, evaluated for the row that is locked."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import DateTime, Uuid, bindparam, literal_column, select, union_all
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

    known: stop -> its refusal; those that share one are about the same table. at: when it is
    done, now by default. Refused: as `known` says, WRONG_STATE with the stop's own words for any
    other.
    """
    if not stops:
        return
    values = {**writing.parameters, "key": row.id, "now": at or writing.now}
    found = await writing.session.rows(_statement(row.__class__, tuple(stops)), values)
    stopping = [(stops[place], key) for place, key in found]
    for stop in (it for it in stops if any(it is other for other, _ in stopping)):
        refuse = known.get(stop)
        if refuse is None:
            raise Refused(Code.WRONG_STATE, f"{row.number} is stopped: {stop.words}.", path)
        ids = {key for other, key in stopping if known.get(other) is refuse}
        raise refuse(await writing.for_all().among(stop.entities[0], "id", ids, "id"))


@cache
def _statement(entity: type[OfMerchant], stops: Sequence[Some]) -> Statement:
    """Select the place of each stop of the row `key`, and the rows that stop it."""
    row: Any = aliased(entity)
    merchant = bindparam("merchant", type_=Uuid())
    rows = AllRows(merchant, bindparam("now", type_=DateTime(timezone=True)))
    selects = []
    for place, stop in enumerate(stops):
        stopping, conditions = stop.found(rows, row)
        own = (row.id == bindparam("key", type_=Uuid()), row.merchant_id == merchant)
        selects.append(
            select(literal_column(str(place)).label("place"), stopping.id).where(*own, *conditions)
        )
    return Statement(union_all(*selects))
