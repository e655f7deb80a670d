"""Demand: the lines of effective schedules, listed for one contract line, a customer or all."""

from collections import namedtuple
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, Date, FromClause, type_coerce

from kit.ids import Names
from kit.inputs import Day
from loaders.reading.filters import Spread
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import Reader
from models.access.viewers import Actor, anyone
from models.base.visibility import merchant
from models.trade.releases.effective import effective


class DemandOfLineFilter(Spread):
    """Which demand of a contract line to list."""

    from_: Day | None = Field(None, description="`dueOn` is this day or a later one.")
    to_: Day | None = Field(None, description="`dueOn` is this day or an earlier one.")
    open: bool | None = Field(None, description="Something of it is still to ship, or nothing is.")


class DemandFilter(DemandOfLineFilter):
    """Which demand to list."""

    party_id: Annotated[UUID, Names("Party")] | None = Field(
        None, description="Of this customer; of all when left out."
    )
    contract_id: Annotated[UUID, Names("Contract")] | None = Field(
        None, description="By this contract."
    )


class DemandSort(Enum):
    """Orders of a list of demand."""

    DUE_ON = "DUE_ON"
    DUE_ON_DESC = "DUE_ON_DESC"
    ARRIVES_ON = "ARRIVES_ON"
    ARRIVES_ON_DESC = "ARRIVES_ON_DESC"


def _due(
    _reader: Reader, demand: Any, filter_by: DemandOfLineFilter
) -> Iterable[ColumnElement[bool]]:
    if filter_by.from_ is not None:
        yield demand.due_on >= type_coerce(filter_by.from_, Date)
    if filter_by.to_ is not None:
        yield demand.due_on <= type_coerce(filter_by.to_, Date)
    if filter_by.open is not None:
        yield (demand.open_quantity > 0) == filter_by.open


def _matching(
    reader: Reader, demand: Any, filter_by: DemandFilter
) -> Iterable[ColumnElement[bool]]:
    for column in ("party_id", "contract_id"):
        if (value := getattr(filter_by, column)) is not None:
            yield getattr(demand, column) == value
    yield from _due(reader, demand, filter_by)


class _Rows:
    """A sub-select that is read like a table: its columns are attributes."""

    def __init__(self, rows: FromClause) -> None:
        """Take the sub-select."""
        self._rows = rows
        vars(self).update(rows.c.items())

    def __clause_element__(self) -> FromClause:
        """Return what is selected from."""
        return self._rows


_COLUMNS = effective(Reader(anyone(Actor.STAFF), None)).selected_columns
_Demand: Any = type("Demand", (), {**dict(_COLUMNS.items()), "__hidden__": {}})
"""What a line of demand has; hidden from nobody who sees its contract."""
_Record = namedtuple("Demand", _COLUMNS.keys())  # type: ignore[misc]  # noqa: PYI024 -- the columns are those of the statement.


@dataclass(frozen=True, eq=False)
class _Demanded(Paged):
    """A list of lines of effective schedules, which one statement finds with all that is open."""

    @property
    def record(self) -> Any:
        """Return the records of its rows."""
        return _Record

    def table(self, reader: Reader) -> Any:
        """Return what its rows are read from: who reads it sees their contracts."""
        return _Rows(effective(reader).subquery("demand"))

    once = table

    def whole(self, reader: Reader, table: Any, key: Any) -> list[ColumnElement[bool]]:
        """Return the conditions of a parent's whole list."""
        own = [] if self.of is None else [getattr(table, self.of) == key]
        return [*own, table.merchant_id == merchant(reader.viewer)]


_SORTS: Mapping[Enum | None, Sorted] = {
    DemandSort.DUE_ON: Sorted("due_on"),
    DemandSort.DUE_ON_DESC: Sorted("due_on", descending=True),
    DemandSort.ARRIVES_ON: Sorted("arrives_on"),
    DemandSort.ARRIVES_ON_DESC: Sorted("arrives_on", descending=True),
}
every = _Demanded(_Demand, _SORTS, matching=_matching)
of_contract_line = _Demanded(_Demand, _SORTS, of="contract_line_id", matching=_due)
