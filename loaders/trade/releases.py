"""Releases as they are read: their schedule lines, and how far each line has come."""

from collections import namedtuple
from collections.abc import Iterable, Mapping
from enum import Enum
from types import SimpleNamespace
from typing import Any

from pydantic import Field
from sqlalchemy import ColumnElement, case, func, select, true, type_coerce

from kit.inputs import Input
from loaders.reading.filters import one_of
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import Many, One, Part, Reader, Relation
from models.base.tables import OneOf
from models.base.visibility import seen_by
from models.trade.contracts.tables import ContractLine
from models.trade.releases.tables import AccountPeriod, CumulativeAccount, Release, ScheduleLine
from models.trade.releases.words import ReleaseState, ReleaseType, ScheduleStatus

by_id = One(Release)
schedule_line_by_id = One(ScheduleLine)
schedule_of = Many(ScheduleLine, "release_id", order_by=("line_no",), typical=10)
account_by_id = One(CumulativeAccount)
accounts_of = Many(CumulativeAccount, "contract_line_id", order_by=("id",), typical=2)
period_by_id = One(AccountPeriod)
periods_of = Many(AccountPeriod, "account_id", order_by=("starts_on",), typical=2)


def _open(quantity: Any, upto: Any, gone: Any) -> Any:
    """Return what is open of a line in SQL, as `open_quantities` says. gone: issued, or arrived."""
    return func.greatest(0, func.least(quantity, upto - gone), type_=ScheduleLine.quantity.type)


def _figures(line: Any, release: Any, of: Any, upto: Any, is_past: Any) -> SimpleNamespace:
    """Return the figures of a line. upto: its cumulative quantity. of: its contract line.

    Of a superseded release nothing is open. Arrived is what the customer or we count, the more.
    """
    is_active = release.state == ReleaseState.ACTIVE
    missing = _open(line.quantity, upto, func.greatest(of.received, of.delivered))
    status = case(
        (~is_active, ScheduleStatus.CANCELLED.value),
        (missing == 0, ScheduleStatus.DELIVERED.value),
        (is_past, ScheduleStatus.OVERDUE.value),
        (missing < line.quantity, ScheduleStatus.PARTIALLY_DELIVERED.value),
        else_=ScheduleStatus.OPEN.value,
    )
    return SimpleNamespace(
        cumulative_released=upto,
        open_quantity=case((is_active, _open(line.quantity, upto, of.shipped)), else_=0),
        status=type_coerce(status, OneOf(ScheduleStatus)),
    )


class _Progress(Relation):
    """schedule line id -> cumulative and open quantity, and status.

    They follow from all lines of its release up to it (`models.trade.releases.cumulatives`).
    """

    record = namedtuple("record", ("cumulative_released", "open_quantity", "status"))  # noqa: PYI024 -- the figures of one line.
    source = _figures(ScheduleLine, Release, ContractLine, ScheduleLine.quantity, true())

    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return the figures and the select of one line's."""
        line, earlier, viewer = (
            reader.table(ScheduleLine),
            reader.table(ScheduleLine),
            reader.viewer,
        )
        release, of = reader.table(Release), reader.table(ContractLine)
        total = func.sum(earlier.quantity, type_=ScheduleLine.quantity.type)
        upto = select((release.cumulative_received + total).label("upto")).where(
            earlier.release_id == line.release_id,
            earlier.line_no <= line.line_no,
            *seen_by(viewer, earlier),
        )
        summed = upto.correlate_except(earlier).lateral()
        rows = select().select_from(line).join(release, release.id == line.release_id)
        rows = rows.join(of, of.id == release.contract_line_id).join(summed, true())
        rows = rows.where(
            line.id == key,
            *seen_by(viewer, line),
            *seen_by(viewer, release),
            *seen_by(viewer, of),
        )
        figures = _figures(line, release, of, summed.c.upto, line.window_latest < reader.at)
        return figures, rows.correlate_except(line, release, of, summed)


progress = _Progress()


class ReleaseSort(Enum):
    """Orders of a release list."""

    ACTIVE_FIRST = "ACTIVE_FIRST"
    RECEIVED_AT = "RECEIVED_AT"
    RECEIVED_AT_DESC = "RECEIVED_AT_DESC"


class ReleaseFilter(Input):
    """Which releases to list."""

    states: tuple[ReleaseState, ...] | None = Field(None, description="State is one of these.")
    types: tuple[ReleaseType, ...] | None = Field(None, description="Type is one of these.")


def _matching(
    _reader: Reader, release: Any, filter_by: ReleaseFilter
) -> Iterable[ColumnElement[bool]]:
    if filter_by.states is not None:
        yield one_of(release.state, filter_by.states)
    if filter_by.types is not None:
        yield one_of(release.type, filter_by.types)


_SORTS: Mapping[Enum | None, Sorted] = {
    ReleaseSort.ACTIVE_FIRST: Sorted("state"),
    ReleaseSort.RECEIVED_AT: Sorted("received_at"),
    ReleaseSort.RECEIVED_AT_DESC: Sorted("received_at", descending=True),
}
of_contract = Paged(Release, _SORTS, of="contract_id", matching=_matching)
of_contract_line = Paged(Release, _SORTS, of="contract_line_id", matching=_matching)
