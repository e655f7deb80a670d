"""How far each schedule line has come."""

from collections import namedtuple
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, case, func, select, true, type_coerce

from loaders.reading.relations import Part, Reader, Relation
from models.base.tables import OneOf
from models.base.visibility import seen_by
from models.trade.releases.counting import counted, ours, received, supplied_upto
from models.trade.releases.tables import AccountPeriod, Release, ScheduleLine
from models.trade.releases.words import ReleaseState, ScheduleStatus


def _open(quantity: Any, upto: Any, gone: Any) -> Any:
    """Return what is open of a line in SQL, as `open_quantities` says. gone: left, or arrived."""
    return func.greatest(0, func.least(quantity, upto - gone), type_=ScheduleLine.quantity.type)


def _figures(line: Any, release: Any, stand: Any, upto: Any, is_past: Any) -> SimpleNamespace:
    """Return the figures of a line. upto: its cumulative quantity. stand: gone and arrived.

    Of a superseded release nothing is open, nor of one that waits, whose lines may yet be wanted.
    """
    is_active = release.state == ReleaseState.ACTIVE
    missing = _open(line.quantity, upto, stand.arrived)
    status = case(
        (release.state == ReleaseState.RECEIVED, ScheduleStatus.OPEN.value),
        (~is_active, ScheduleStatus.CANCELLED.value),
        (missing == 0, ScheduleStatus.DELIVERED.value),
        (is_past, ScheduleStatus.OVERDUE.value),
        (missing < line.quantity, ScheduleStatus.PARTIALLY_DELIVERED.value),
        else_=ScheduleStatus.OPEN.value,
    )
    return SimpleNamespace(
        cumulative_released=upto,
        open_quantity=case((is_active, _open(line.quantity, upto, stand.gone)), else_=0),
        status=type_coerce(status, OneOf(ScheduleStatus)),
    )


class _Progress(Relation):
    """schedule line id -> cumulative and open quantity, and status.

    They follow from all lines of its release up to it (`models.trade.releases.cumulatives`).
    """

    record = namedtuple("record", ("cumulative_released", "open_quantity", "status"))  # noqa: PYI024 -- the figures of one line.
    source = _figures(
        ScheduleLine,
        Release,
        SimpleNamespace(gone=AccountPeriod.opening, arrived=AccountPeriod.received),
        ScheduleLine.quantity,
        true(),
    )

    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return the figures and the select of one line's."""
        line, earlier, viewer = (
            reader.table(ScheduleLine),
            reader.table(ScheduleLine),
            reader.viewer,
        )
        release, period = reader.table(Release), reader.table(AccountPeriod)
        total = func.sum(earlier.quantity, type_=ScheduleLine.quantity.type)
        upto = select((release.cumulative_received + total).label("upto")).where(
            earlier.release_id == line.release_id,
            earlier.line_no <= line.line_no,
            *seen_by(viewer, earlier),
        )
        summed = upto.correlate_except(earlier).lateral()
        sums = counted(reader, period).lateral()
        rows = select().select_from(line).join(release, release.id == line.release_id)
        rows = rows.join(period, period.id == release.period_id).join(summed, true())
        rows = rows.join(sums, true()).where(
            line.id == key,
            *seen_by(viewer, line),
            *seen_by(viewer, release),
            *ours(reader, period),
        )
        stand = SimpleNamespace(
            gone=supplied_upto(period, sums.c), arrived=received(period, sums.c)
        )
        figures = _figures(line, release, stand, summed.c.upto, line.window_latest < reader.at)
        return figures, rows.correlate_except(line, release, period, summed, sums)


progress = _Progress()
