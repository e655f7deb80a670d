"""Up to which day a schedule just in time counts, and what it tells of a forecast (0051)."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Interval,
    and_,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    tuple_,
)

from models.base.tables import fixed
from models.trade.releases.counting import Tables, briefly, ours
from models.trade.releases.tables import Release, ScheduleLine
from models.trade.releases.words import (
    IN_TRANSIT,
    ReleaseState,
    ReleaseType,
    ScheduleBucket,
    ScheduleKind,
)

ReleaseCondition = Callable[[Any], ColumnElement[bool]]
_TICK: ColumnElement[Any] = literal_column("interval '1us'", Interval())
"""Ends of windows and horizons lie behind their last instant."""
OF_QUANTITIES = ScheduleLine.quantity.type
NONE = fixed(0)


def in_force(reader: Tables, account: Any, kind: ReleaseType, *where: ReleaseCondition) -> Any:
    """Select the release that is in force for an account (K7).

    LIMIT and a written state let PostgreSQL look for it by the index of what is active, also where
    it does not know yet how many releases there are.
    """
    release = briefly(reader, Release, f"r{kind[0].lower()}")
    rows = select(*(getattr(release, name) for name in _OF_RELEASE)).where(
        *ours(reader, release),
        release.account_id == account.id,
        release.type == fixed(kind),
        release.state == fixed(ReleaseState.ACTIVE),
        *(it(release) for it in where),
    )
    return rows.limit(1).correlate_except(release).lateral(kind.value.lower())


_OF_RELEASE = (
    *("id", "period_id", "issued_at", "received_at", "horizon_end", "cumulative_received"),
)


def overlay(reader: Tables, contract: Any, forecast: Any, jit: Any) -> Any:
    """Select up to which day a schedule just in time counts, NULL where none does any more.

    received: what the customer had, from which it counts: where a newer forecast has more than all
    that is wanted just in time, that much more. owed: where the forecast was made after that day,
    what the customer had not received by then of what is wanted just in time; to_come: the same
    where it is newer, and was made by that day; both NULL else. A forecast that was made later
    stands alone where nothing is owed, and each newer one that counts in another period.
    """
    upto = _upto(reader, contract, forecast, jit)
    is_late, received = upto.issued_on > upto.day, jit.cumulative_received
    stands_beside = and_(upto.is_one, or_(~is_late, upto.left > NONE))
    counts = or_(forecast.id.is_(None), ~or_(is_late, upto.is_newer), stands_beside)
    knows = and_(upto.is_newer, ~is_late, upto.is_one)
    amounts = upto.on_its_way - upto.left, upto.left - upto.on_its_way
    beyond, to_come = (func.greatest(it, NONE, type_=OF_QUANTITIES) for it in amounts)
    rows = select(
        case((and_(jit.id.is_not(None), counts), upto.day)).label("until"),
        case((knows, received + beyond), else_=received).label("received"),
        case((is_late, upto.left)).label("owed"),
        case((knows, to_come)).label("to_come"),
    )
    return rows.select_from(upto.day.table).correlate_except(upto.day.table).lateral("overlay")


def _upto(reader: Tables, contract: Any, forecast: Any, jit: Any) -> Any:
    """Select the last day of a schedule just in time, and what of it a forecast does not count.

    left: what is not in its figure. on_its_way: what it counts beside that. is_newer: the forecast
    is, by its issue, then its receipt. is_one: both count in one period.
    """
    line = schedule_lines(reader, "sj")
    lasts = select(
        func.max(last_day(line), type_=Date()).label("on"),
        func.coalesce(func.sum(line.quantity), NONE, type_=OF_QUANTITIES).label("wanted"),
    )
    lasts = lasts.where(*ours(reader, line), line.release_id == jit.id).correlate_except(line)
    last, ends_on = lasts.subquery("last"), contract.day(jit.horizon_end - _TICK)
    left = jit.cumulative_received + last.c.wanted - forecast.cumulative_received
    rows = select(
        func.greatest(ends_on, last.c.on, type_=Date()).label("day"),
        left.label("left"),
        _on_its_way(reader, forecast).label("on_its_way"),
        contract.day(forecast.issued_at).label("issued_on"),
        (_sent_at(forecast) > _sent_at(jit)).label("is_newer"),
        (jit.period_id == forecast.period_id).label("is_one"),
    )
    return rows.select_from(last).correlate_except(last).lateral("upto").c


def _sent_at(release: Any) -> ColumnElement[Any]:
    return tuple_(release.issued_at, release.received_at)


def _on_its_way(reader: Tables, release: Any) -> ColumnElement[Any]:
    """Return what a release without what is on its way has beside its figure; 0 for others."""
    line = schedule_lines(reader, "sw")
    rows = select(func.sum(line.quantity, type_=OF_QUANTITIES)).where(
        *ours(reader, line),
        line.release_id == release.id,
        line.line_no <= fixed(1),
        line.code == fixed(IN_TRANSIT),
    )
    return func.coalesce(rows.correlate_except(line).scalar_subquery(), NONE, type_=OF_QUANTITIES)


def schedule_lines(reader: Tables, name: str) -> Any:
    """Return schedule lines under a name, of which a statement has several."""
    return briefly(reader, ScheduleLine, name)


def last_day(line: Any) -> ColumnElement[Any]:
    """Return the last day on which something of a line may arrive."""
    return wanted_on(line) + _length(line)


def _length(line: Any) -> ColumnElement[Any]:
    """Return how many days lie between its first and its last one."""
    return _day(line, line.window_latest - _TICK) - first_day(line)


def wanted_on(line: Any) -> ColumnElement[Any]:
    """Return the first day on which a line is wanted, as of arrival: horizons ask for that one."""
    return func.coalesce(line.wanted_on, line.arrives_on, type_=Date())


def first_day(line: Any) -> ColumnElement[Any]:
    """Return the first day of its window."""
    return _day(line, line.window_earliest)


def _day(line: Any, instant: Any) -> ColumnElement[Any]:
    return cast(func.timezone(line.window_zone, instant), Date)


def is_after(line: Any, over: Any) -> ColumnElement[bool]:
    """Tell whether a line of a forecast counts beside a schedule just in time, or some of it.

    over: until and owed, of `overlay`.
    """
    length = case((line.bucket != fixed(ScheduleBucket.DAY), _length(line)), else_=fixed(0))
    is_after = wanted_on(line) + length > over.until
    return and_(or_(line.kind == fixed(ScheduleKind.SCHEDULED), over.owed.is_not(None)), is_after)


def taken_of(reader: Tables, forecast: Any, jit: Any, over: Any) -> Any:
    """Select what a schedule just in time tells of the forecast's buckets that lie on both sides.

    quantity: what of it arrives in them, and what of them has come before. Of the customer's two
    figures what lies between is that, beyond what the forecast wants before those buckets. A newer
    forecast knows what has come of what arrives in them; one that was made after the horizon knows
    all of it, and may want once more what is owed.
    """
    until = over.until
    line, arriving = schedule_lines(reader, "sf"), schedule_lines(reader, "sa")
    on = wanted_on(line).label("on")
    lines = select(line.quantity, on, is_after(line, over).label("is_after"))
    lines = lines.where(*ours(reader, line), line.release_id == forecast.id)
    lateral = lines.correlate_except(line).lateral("cut")
    cut = lateral.c
    before = func.sum(cut.quantity, type_=OF_QUANTITIES).filter(~cut.is_after)
    buckets = select(
        func.min(cut.on).filter(cut.is_after, cut.on <= until).label("begins"),
        func.coalesce(before, fixed(0), type_=OF_QUANTITIES).label("before"),
    )
    of = buckets.correlate_except(lateral).lateral("buckets")
    come_by = select(func.sum(arriving.quantity, type_=OF_QUANTITIES)).where(
        *ours(reader, arriving),
        arriving.release_id == jit.id,
        wanted_on(arriving).between(of.c.begins, until),
    )
    come = jit.cumulative_received - forecast.cumulative_received - of.c.before
    come = case((jit.period_id == forecast.period_id, func.greatest(come, fixed(0))))
    sums = (come_by.correlate_except(arriving).scalar_subquery(), come)
    arrives, come = (func.coalesce(it, NONE, type_=OF_QUANTITIES) for it in sums)
    # None has come of it as far as an older forecast knows: LEAST leaves NULL out.
    known = func.least(arrives, over.to_come, type_=OF_QUANTITIES) + come
    taken = func.coalesce(over.owed, known, type_=OF_QUANTITIES)
    rows = select(taken.label("quantity")).select_from(of)
    return rows.correlate_except(of).lateral("taken")
