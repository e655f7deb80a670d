"""The effective schedule: what a customer wants by its forecast and just in time, and what is open.

Of an account (a contract line at a place) the schedule just in time (DELJIT) counts up to its
horizon, and the forecast (DELFOR) after it (0051). A bucket of the forecast that lies on both sides
keeps what of it the schedule just in time does not tell.
"""

from collections.abc import Callable, Iterable, Iterator
from operator import add
from types import SimpleNamespace
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    Interval,
    Select,
    Uuid,
    and_,
    any_,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import array

from models.base.tables import fixed
from models.base.visibility import seen_by
from models.master.packagings import in_packagings
from models.trade.contracts.states import RUNNING
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.releases.counting import SUPPLIED, Tables, briefly, counted, ours, supplied_upto
from models.trade.releases.tables import AccountPeriod, CumulativeAccount, Release, ScheduleLine
from models.trade.releases.words import (
    ReleaseState,
    ReleaseType,
    ScheduleBucket,
    ScheduleKind,
)


class TablesNow(Tables, Protocol):
    """Who reads, and when."""

    @property
    def at(self) -> Any: ...  # noqa: D102 -- said above.


ReleaseCondition = Callable[[Any], ColumnElement[bool]]
_TICK: ColumnElement[Any] = literal_column("interval '1us'", Interval())
"""Ends of windows and horizons lie behind their last instant."""
_QUANTITY = ScheduleLine.quantity.type
_NONE = fixed(0)


def _in_force(reader: Tables, account: Any, kind: ReleaseType, *where: ReleaseCondition) -> Any:
    """Select the release that is in force for an account (K7).

    LIMIT and a written state let PostgreSQL look for it by the index of what is active, also where
    it does not know yet how many releases there are.
    """
    release = reader.table(Release)
    rows = select(*(getattr(release, name) for name in _OF_RELEASE)).where(
        *ours(reader, release),
        release.account_id == account.id,
        release.type == fixed(kind),
        release.state == fixed(ReleaseState.ACTIVE),
        *(it(release) for it in where),
    )
    return rows.limit(1).correlate_except(release).lateral(kind.value.lower())


_OF_RELEASE = ("id", "period_id", "issued_at", "horizon_end", "cumulative_received")


def _period(reader: Tables, account: Any, period_id: Any) -> Any:
    """Select the period in which a release of an account counts."""
    period = reader.table(AccountPeriod)
    rows = select(*(getattr(period, name) for name in _OF_PERIOD)).where(
        *ours(reader, period), period.account_id == account.id, period.id == period_id
    )
    return rows.limit(1).correlate_except(period).lateral("period")


_OF_PERIOD = (
    *("account_id", "starts_on", "opening"),
    *("received", "reconciled_received", "reconciled_at", "surplus", "stated_at"),
)


def _overlay(reader: Tables, contract: Any, forecast: Any, jit: Any) -> Any:
    """Select up to which day a schedule just in time counts, NULL where none does any more.

    until: of its horizon, or the last one on which something of it arrives, whichever is later.
    owed: where the forecast was made after that, what the customer had not received by then of all
    that is wanted just in time; NULL before. Such a forecast stands alone where nothing is owed, or
    where it counts in another period.
    """
    line = _lines(reader, "sj")
    lasts = select(
        func.max(_last_day(line), type_=Date()).label("on"),
        func.coalesce(func.sum(line.quantity), _NONE, type_=_QUANTITY).label("wanted"),
    )
    lasts = lasts.where(*ours(reader, line), line.release_id == jit.id).correlate_except(line)
    last, ends_on = lasts.subquery("last"), contract.day(jit.horizon_end - _TICK)
    upto = select(
        func.greatest(ends_on, last.c.on, type_=Date()).label("day"),
        (jit.cumulative_received + last.c.wanted - forecast.cumulative_received).label("owed"),
    ).select_from(last)
    until = upto.correlate_except(last).lateral("upto").c
    is_late = contract.day(forecast.issued_at) > until.day
    is_owed = and_(jit.period_id == forecast.period_id, until.owed > _NONE)
    counts = or_(forecast.id.is_(None), ~is_late, is_owed)
    rows = select(
        case((and_(jit.id.is_not(None), counts), until.day)).label("until"),
        case((is_late, until.owed)).label("owed"),
    )
    rows = rows.select_from(until.day.table).correlate_except(until.day.table)
    return rows.lateral("overlay")


def _lines(reader: Tables, name: str) -> Any:
    return briefly(reader, ScheduleLine, name)


def _last_day(line: Any) -> ColumnElement[Any]:
    """Return the last day on which something of a line may arrive."""
    return _wanted_on(line) + _length(line)


def _length(line: Any) -> ColumnElement[Any]:
    """Return how many days lie between its first and its last one."""
    return _day(line, line.window_latest - _TICK) - _first_day(line)


def _wanted_on(line: Any) -> ColumnElement[Any]:
    """Return the first day on which a line is wanted, as of arrival: horizons ask for that one."""
    return func.coalesce(line.wanted_on, line.arrives_on, type_=Date())


def _first_day(line: Any) -> ColumnElement[Any]:
    return _day(line, line.window_earliest)


def _day(line: Any, instant: Any) -> ColumnElement[Any]:
    return cast(func.timezone(line.window_zone, instant), Date)


def _is_after(line: Any, over: Any) -> ColumnElement[bool]:
    """Tell whether a line of a forecast counts beside a schedule just in time, or some of it.

    over: until and owed, of `_overlay`.
    """
    length = case((line.bucket != fixed(ScheduleBucket.DAY), _length(line)), else_=fixed(0))
    is_after = _wanted_on(line) + length > over.until
    return and_(or_(line.kind == fixed(ScheduleKind.SCHEDULED), over.owed.is_not(None)), is_after)


def _taken(reader: Tables, forecast: Any, jit: Any, over: Any) -> Any:
    """Select what a schedule just in time tells of the forecast's buckets that lie on both sides.

    quantity: what of it arrives in them, and what of them has come before. Of the customer's two
    figures what lies between is that, beyond what the forecast wants before those buckets. A
    forecast that was made after the horizon knows that; it may want once more what is owed.
    """
    until = over.until
    line, arriving = _lines(reader, "sf"), _lines(reader, "sa")
    on = _wanted_on(line).label("on")
    lines = select(line.quantity, on, _is_after(line, over).label("is_after"))
    lines = lines.where(*ours(reader, line), line.release_id == forecast.id)
    lateral = lines.correlate_except(line).lateral("cut")
    cut = lateral.c
    before = func.sum(cut.quantity, type_=_QUANTITY).filter(~cut.is_after)
    buckets = select(
        func.min(cut.on).filter(cut.is_after, cut.on <= until).label("begins"),
        func.coalesce(before, fixed(0), type_=_QUANTITY).label("before"),
    )
    of = buckets.correlate_except(lateral).lateral("buckets")
    come_by = select(func.sum(arriving.quantity, type_=_QUANTITY)).where(
        *ours(reader, arriving),
        arriving.release_id == jit.id,
        _wanted_on(arriving).between(of.c.begins, until),
    )
    come = jit.cumulative_received - forecast.cumulative_received - of.c.before
    come = case((jit.period_id == forecast.period_id, func.greatest(come, fixed(0))))
    sums = (come_by.correlate_except(arriving).scalar_subquery(), come)
    amounts = (func.coalesce(it, fixed(0), type_=_QUANTITY) for it in sums)
    taken = func.coalesce(over.owed, add(*amounts), type_=_QUANTITY)
    rows = select(taken.label("quantity")).select_from(of)
    return rows.correlate_except(of).lateral("taken")


def _standing(reader: TablesNow) -> FromClause:
    """Select of each account what its effective schedule is made of.

    just_in_time, forecast: the releases, NULL for none. until: the last day of the first's horizon,
    owed: as of `_overlay`, taken: as of `_taken`. received: what the customer
    had when it sent the one that counts first, and gone: up to where it is supplied in that one's
    period. today: where the contract is.
    """
    account, agreed, contract = map(reader.table, (CumulativeAccount, ContractLine, Contract))
    kinds = (ReleaseType.FORECAST, ReleaseType.JIT)
    forecasts, just_in_time = (_in_force(reader, account, it) for it in kinds)
    forecast, jit = forecasts.c, just_in_time.c
    overlays = _overlay(reader, contract, forecast, jit)
    until, taken = overlays.c.until, _taken(reader, forecast, jit, overlays.c)
    counts = until.is_not(None)
    period_id = case((counts, jit.period_id), else_=forecast.period_id)
    received = case((counts, jit.cumulative_received), else_=forecast.cumulative_received)
    periods = _period(reader, account, period_id)
    sums = counted(reader, periods.c, of=SUPPLIED).lateral()
    rows = select(
        contract.party_id,
        agreed.contract_id,
        account.contract_line_id,
        account.id.label("account_id"),
        contract.day(reader.at).label("today"),
        forecast.id.label("forecast"),
        case((counts, jit.id)).label("just_in_time"),
        until,
        overlays.c.owed,
        taken.c.quantity.label("taken"),
        received.label("received"),
        supplied_upto(periods.c, sums.c).label("gone"),
    )
    rows = (
        rows.select_from(account)
        .join(agreed, agreed.id == account.contract_line_id)
        .join(contract, contract.id == agreed.contract_id)
        .outerjoin(forecasts, true())
        .outerjoin(just_in_time, true())
    )
    for each in (overlays, taken, periods, sums):
        rows = rows.join(each, true())
    # Of a contract that was ended nothing is to leave any more.
    seen = (*seen_by(reader.viewer, contract), contract.state.in_(sorted(RUNNING)))
    rows = rows.where(*ours(reader, account, agreed), *seen)
    return rows.correlate_except(
        account, agreed, contract, forecasts, just_in_time, overlays, taken, periods, sums
    ).subquery("standing")


_OF_ACCOUNT = ("party_id", "contract_id", "contract_line_id", "account_id")
_OF_LINE = (
    *("merchant_id", "id", "release_id", "line_no", "kind", "bucket", "pattern", "date_meaning"),
    *("commitment", "window_latest", "window_zone", "packaging_id", "packaging_content"),
    "transit_days",
)


def _supplied(reader: Tables, of: Any) -> Any:
    """Select the lines of one account's effective schedule, and what they add up to, in order.

    Each account is sorted by itself: all lines of a large customer would not fit into memory. Both
    releases as one list let PostgreSQL look for their lines by the index, also where it does not
    know yet how many lines there are. What is left of a bucket on both sides of the horizon begins
    with the first day after it, and leaves and arrives by the calendars of when it was sent, or as
    many days later where those play no part.
    """
    line = _lines(reader, "sl")
    cut = _cut(of, line)
    is_cut, later = cut.c.later.is_not(None), func.coalesce(cut.c.later, fixed(0), type_=Integer())
    order = (line.release_id == of.forecast, line.line_no)
    sums = (
        func.sum(line.quantity, type_=_QUANTITY).filter(some).over(order_by=order)
        for some in (~is_cut, is_cut)
    )
    whole, left = _together(sums, of.taken)
    starts_on = cast(_first_day(line) + cut.c.later, DateTime())
    starts_at = func.timezone(line.window_zone, starts_on)
    rows = select(
        *(getattr(line, name).label(name) for name in _OF_LINE),
        func.greatest(starts_at, line.window_earliest, type_=DateTime(timezone=True)).label(
            "window_earliest"
        ),
        case((is_cut, func.least(line.quantity, left, type_=_QUANTITY)), else_=line.quantity).label(
            "quantity"
        ),
        func.coalesce(line.rest_ships_on[cut.c.later], line.ships_on + later, type_=Date()).label(
            "ships_on"
        ),
        func.coalesce(
            line.rest_arrives_on[cut.c.later],
            case((cut.c.later > fixed(0), of.until + fixed(1)), else_=line.arrives_on),
            type_=Date(),
        ).label("arrives_on"),
        (of.received + whole + left).label("cumulative_released"),
    )
    rows = rows.select_from(line).join(cut, true()).where(*_counting(reader, of, line))
    return rows.correlate_except(line, cut).lateral("supplied")


def _cut(of: Any, line: Any) -> Any:
    """Select how many days later begins what is left of a line; NULL for one that is whole.

    later: for a line that counts, of the forecast, which begins up to the horizon, or has no day.
    """
    is_undated = and_(of.until.is_not(None), line.kind != fixed(ScheduleKind.SCHEDULED))
    is_cut = and_(line.release_id == of.forecast, or_(_wanted_on(line) <= of.until, is_undated))
    later = case((is_cut, func.greatest(of.until + fixed(1) - _wanted_on(line), fixed(0))))
    rows = select(type_coerce(later, Integer()).label("later"))
    return rows.correlate_except(ScheduleLine).lateral("cut")


def _together(sums: Iterable[Any], taken: Any) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Return what whole lines and what is left of cut ones come to. sums: NULL for none."""
    whole, cut = sums
    return (
        func.coalesce(whole, fixed(0), type_=_QUANTITY),
        func.greatest(cut - taken, fixed(0), type_=_QUANTITY),
    )


def _counting(reader: Tables, of: Any, line: Any) -> Iterator[ColumnElement[bool]]:
    """Yield which lines are of an effective schedule. of: just_in_time, forecast and until."""
    yield from ours(reader, line)
    yield line.release_id == any_(array([of.just_in_time, of.forecast], type_=Uuid()))
    yield or_(line.release_id == of.just_in_time, of.just_in_time.is_(None), _is_after(line, of))


def wanted_upto(reader: Tables, account: Any, contract: Any, period: Any) -> Any:
    """Select up to where what is in force of an account asks, and counts in a period.

    One row with `quantity`, NULL where nothing does.
    """
    line, counted_there = _lines(reader, "sl"), _counts_in(period)
    forecasts = _in_force(reader, account, ReleaseType.FORECAST, counted_there)
    just_in_time = _in_force(reader, account, ReleaseType.JIT, counted_there)
    forecast, jit = forecasts.c, just_in_time.c
    overlays = _overlay(reader, contract, forecast, jit)
    until = overlays.c.until
    taken, counts = _taken(reader, forecast, jit, overlays.c), until.is_not(None)
    own_ = {"just_in_time": case((counts, jit.id)), "forecast": forecast.id}
    of = SimpleNamespace(**own_, until=until, owed=overlays.c.owed)
    cut = _cut(of, line)
    is_cut = cut.c.later.is_not(None)
    sums = (func.sum(line.quantity, type_=_QUANTITY).filter(it) for it in (~is_cut, is_cut))
    wanted = select(add(*_together(sums, taken.c.quantity))).select_from(line).join(cut, true())
    wanted = wanted.where(*_counting(reader, of, line)).correlate_except(line, cut)
    received = case((counts, jit.cumulative_received), else_=forecast.cumulative_received)
    one = select(true().label("one")).subquery("one")
    rows = select((received + wanted.scalar_subquery()).label("quantity")).select_from(one)
    rows = rows.outerjoin(forecasts, true()).outerjoin(just_in_time, true())
    rows = rows.join(overlays, true()).join(taken, true())
    return rows.correlate_except(one, forecasts, just_in_time, overlays, taken).lateral("wanted")


def _counts_in(period: Any) -> ReleaseCondition:
    return lambda release: release.period_id == period.id


def effective(reader: TablesNow) -> Select[Any]:
    """Select every line of every effective schedule, with what is open of it.

    Lines are supplied in order: those just in time, then those of the forecast, each in the order
    of its release. PostgreSQL sums them by account, and reads no other accounts than those of the
    party or contract line that a condition on the rows names.
    """
    standing = _standing(reader)
    of, supplied = standing.c, _supplied(reader, standing.c)
    packaged = in_packagings(supplied.c.quantity, supplied.c.packaging_content)
    rows = select(*(of[name] for name in _OF_ACCOUNT), *supplied.c)
    amount = func.greatest(
        fixed(0), func.least(supplied.c.quantity, supplied.c.cumulative_released - of.gone)
    )
    one = select(type_coerce(amount, _QUANTITY).label("amount"))
    missing = one.correlate_except(ScheduleLine).lateral("missing")
    rows = rows.add_columns(packaged.label("packaged_quantity"))
    rows = rows.add_columns(*_with_open(reader, of, supplied.c, missing.c.amount))
    rows = rows.select_from(standing).join(supplied, true()).join(missing, true())
    return rows.correlate_except(standing, supplied, missing)


def _with_open(reader: TablesNow, of: Any, line: Any, amount: Any) -> Iterator[ColumnElement[Any]]:
    """Yield what is open of a line, by the rule of `models.trade.releases.cumulatives`, and when.

    What is not dated, and what is late, is due today.
    """
    is_open, is_dated = amount > fixed(0), line.kind == fixed(ScheduleKind.SCHEDULED)
    due_on = case(
        (~is_open, line.ships_on),
        (is_dated, func.greatest(line.ships_on, of.today, type_=Date())),
        else_=of.today,
    )
    yield amount.label("open_quantity")
    yield type_coerce(due_on, Date()).label("due_on")
    yield and_(is_open, or_(~is_dated, line.ships_on <= of.today)).label("is_due")
    yield and_(is_open, line.window_latest < reader.at).label("is_overdue")
