"""How far a contract line came, step by step, as the journal tells it."""

from collections import namedtuple
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from itertools import chain
from types import SimpleNamespace
from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement, Date, Text, cast, func, literal_column, null, select, true
from sqlalchemy.dialects.postgresql import JSONB, aggregate_order_by

from kit.inputs import Input
from loaders.reading.listed import listed_in
from loaders.reading.relations import Part, Reader
from loaders.reading.wanted import AsWanted
from models.access.journal import JournalEntry
from models.access.viewers import Actor, anyone
from models.base.tables import fixed
from models.base.visibility import seen_by
from models.trade.contracts.tables import Contract, ContractLine

_QUANTITY = ContractLine.called_off.type
PROGRESSING = ("called_off", "released", "shipped", "delivered")


class ProgressInterval(StrEnum):
    """How long a step is."""

    DAY = "DAY"
    WEEK = "WEEK"
    MONTH = "MONTH"


class ProgressWanted(Input):
    """How a line's progress is told."""

    interval: ProgressInterval = Field(
        ProgressInterval.DAY, description="What is told by one step, at the contract's zone."
    )


@dataclass(frozen=True)
class ProgressOf(AsWanted[ProgressWanted]):
    """Contract line -> the steps by which it came to where it stands."""

    def one(self, reader: Reader, wanted: ProgressWanted, key: Any) -> Part:
        """Return it and the select of one line's."""
        return _progress(reader, wanted, key)


def _progress(reader: Reader, wanted: ProgressWanted, key: Any) -> Part:
    """Return the steps, and the select of them for one line."""
    line, contract = reader.table(ContractLine), reader.table(Contract)
    steps = _steps(_sums(_movements(reader, wanted, line, contract)))
    rows = select().select_from(line).join(contract, contract.id == line.contract_id)
    seen = (*seen_by(reader.viewer, line), *seen_by(reader.viewer, contract))
    rows = rows.join(steps, true()).where(line.id == key, *seen)
    found = SimpleNamespace(steps=steps.c.steps)
    return found, rows.correlate_except(line, contract, steps)


def _movements(reader: Reader, wanted: ProgressWanted, line: Any, contract: Any) -> Any:
    """Select what events of the contract tell of the line, each with the first day of its step."""
    entry = reader.table(JournalEntry)
    moved = entry.payload[fixed("moved")][cast(line.id, Text)]
    length = func.lower(cast(wanted.interval, Text))
    then = func.timezone(contract.time_zone, entry.occurred_at)
    amounts = (_moved(moved, name).label(name) for name in PROGRESSING)
    rows = select(cast(func.date_trunc(length, then), Date).label("day"), *amounts)
    own = (entry.aggregate_id == contract.id, moved.is_not(None))
    rows = rows.where(*own, *seen_by(reader.viewer, entry))
    return rows.correlate_except(entry).subquery("movements")


def _moved(moved: Any, counter: str) -> ColumnElement[Decimal]:
    """Return by how much an event moved a counter."""
    return func.coalesce(cast(moved[fixed(counter)].astext, _QUANTITY), 0, type_=_QUANTITY)


def _sums(movements: Any) -> Any:
    """Select for each step how much there was of each counter at its end."""
    day = movements.c.day
    sums = (func.sum(func.sum(movements.c[it])).over(order_by=day).label(it) for it in PROGRESSING)
    return select(day, *sums).group_by(day).subquery("sums")


def _steps(sums: Any) -> Any:
    """Select the steps as one list, the oldest first."""
    written = {"day": sums.c.day} | {it: cast(sums.c[it], Text()) for it in PROGRESSING}
    pairs: list[tuple[Any, Any]] = [(fixed(name), it) for name, it in written.items()]
    each = aggregate_order_by(func.jsonb_build_object(*chain.from_iterable(pairs)), sums.c.day)
    none: ColumnElement[Any] = literal_column("'[]'::jsonb")
    listed = func.coalesce(func.jsonb_agg(each), none, type_=JSONB())
    return select(listed.label("steps")).select_from(sums).lateral("steps")


def _step(value: Any) -> SimpleNamespace:
    amounts = {it: cast(value[it].astext, _QUANTITY) for it in PROGRESSING}
    return SimpleNamespace(day=cast(value["day"].astext, Date), **amounts)


steps = listed_in("steps", _step)
_EXAMPLE, _ = _progress(Reader(anyone(Actor.STAFF), None), ProgressWanted(), null())
ProgressOf.source, ProgressOf.record = (
    _EXAMPLE,
    namedtuple("Progress", vars(_EXAMPLE)),  # noqa: PYI024 -- the types of the fields are SQL's.
)
