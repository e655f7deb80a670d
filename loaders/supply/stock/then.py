"""How much there was at an instant: what the last movement before it has left."""

from collections import namedtuple
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

from pydantic import Field
from sqlalchemy import DateTime, func, literal_column, null, select, true, type_coerce

from kit.inputs import Input, Instant
from loaders.reading.relations import Part, Reader
from loaders.reading.wanted import AsWanted
from models.access.viewers import Actor, anyone
from models.base.visibility import seen_by
from models.supply.stock import StockLevel, StockMovement

_ONE: Any = literal_column("1")
_NONE: Any = literal_column("0")


class StockWanted(Input):
    """At which instant stock is wanted."""

    at: Instant | None = Field(
        None, description="The instant; what was recorded then counts. Now when left out."
    )


@dataclass(frozen=True)
class StockAsOf(AsWanted[StockWanted]):
    """Level -> what was there at an instant. It reads one movement, however many there are."""

    def one(self, reader: Reader, wanted: StockWanted, key: Any) -> Part:
        """Return it and the select of one row's."""
        return _then(reader, wanted.at, key)


def _then(reader: Reader, at: Any, key: Any) -> Part:
    """Return what was there, and the select of it for one level."""
    level, movement = reader.table(StockLevel), reader.table(StockMovement)
    before = select(movement.id, movement.on_hand).where(
        movement.level_id == level.id, *seen_by(reader.viewer, movement)
    )
    if at is not None:
        before = before.where(movement.recorded_at <= type_coerce(at, DateTime(timezone=True)))
    newest = before.order_by(movement.recorded_at.desc(), movement.number.desc()).limit(_ONE)
    last = newest.correlate_except(movement).lateral("last")
    rows = select().select_from(level).outerjoin(last, true())
    rows = rows.where(level.id == key, *seen_by(reader.viewer, level))
    on_hand = func.coalesce(last.c.on_hand, _NONE, type_=level.on_hand.type)
    found = SimpleNamespace(on_hand=on_hand, movement_id=last.c.id)
    return found, rows.correlate_except(level, last)


_EXAMPLE, _ = _then(Reader(anyone(Actor.STAFF), None), None, null())
StockAsOf.source, StockAsOf.record = _EXAMPLE, namedtuple("Stock", vars(_EXAMPLE))  # noqa: PYI024 -- the types of the fields are SQL's.
