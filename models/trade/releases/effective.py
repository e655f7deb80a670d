"""The effective schedule: what a customer wants by its forecast and just in time, and what is open.

Of an account (a contract line at a place) the schedule just in time (DELJIT) counts up to its
horizon, and the forecast (DELFOR) after it (0051). A bucket of the forecast that lies on both sides
keeps what of it the schedule just in time does not tell.
"""

from collections.abc import Iterable, Iterator
from operator import add
from types import SimpleNamespace
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    FromClause,
    Integer,
    Select,
    Uuid,
    and_,
    any_,
    case,
    cast,
    func,
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
from models.trade.releases.overlay import (
    OF_QUANTITIES,
    ReleaseCondition,
    first_day,
    in_force,
    is_after,
    overlay,
    schedule_lines,
    taken_of,
    wanted_on,
)
from models.trade.releases.tables import AccountPeriod, CumulativeAccount, ScheduleLine
from models.trade.releases.words import (
    ReleaseType,
    ScheduleKind,
)


class TablesNow(Tables, Protocol):
    """Who reads, and when."""

    @property
    def at(self) -> Any: ...  # noqa: D102 -- said above.


def _period(reader: Tables, account: Any, period_id: Any) -> Any:
    """Select the period in which a release of an account counts."""
    period = briefly(reader, AccountPeriod, "ap")
    rows = select(*(getattr(period, name) for name in _OF_PERIOD)).where(
        *ours(reader, period), period.account_id == account.id, period.id == period_id
    )
    return rows.limit(1).correlate_except(period).lateral("period")


_OF_PERIOD = (
    *("account_id", "starts_on", "opening"),
    *("received", "reconciled_received", "reconciled_at", "surplus", "stated_at"),
)


def _standing(reader: TablesNow) -> FromClause:
    """Select of each account what its effective schedule is made of.

    just_in_time, forecast: the releases, NULL for none. until: the last day of the first's horizon,
    owed: as of `overlay`, taken: as of `taken_of`. received: what the customer
    had by the one that counts first, and gone: up to where it is supplied in that one's
    period. today: where the contract is.
    """
    tables = ((CumulativeAccount, "ca"), (ContractLine, "cl"), (Contract, "co"))
    account, agreed, contract = (briefly(reader, *it) for it in tables)
    forecasts, just_in_time = (in_force(reader, account, it) for it in ReleaseType)
    forecast, jit = forecasts.c, just_in_time.c
    overlays = overlay(reader, contract, forecast, jit)
    until, taken = overlays.c.until, taken_of(reader, forecast, jit, overlays.c)
    counts = until.is_not(None)
    period_id = case((counts, jit.period_id), else_=forecast.period_id)
    received = case((counts, overlays.c.received), else_=forecast.cumulative_received)
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
    line = schedule_lines(reader, "sl")
    cut = _cut(of, line)
    is_cut, later = cut.c.later.is_not(None), func.coalesce(cut.c.later, fixed(0), type_=Integer())
    order = (line.release_id == of.forecast, line.line_no)
    sums = (
        func.sum(line.quantity, type_=OF_QUANTITIES).filter(some).over(order_by=order)
        for some in (~is_cut, is_cut)
    )
    whole, left = _together(sums, of.taken)
    starts_on = cast(first_day(line) + cut.c.later, DateTime())
    starts_at = func.timezone(line.window_zone, starts_on)
    rows = select(
        *(getattr(line, name).label(name) for name in _OF_LINE),
        func.greatest(starts_at, line.window_earliest, type_=DateTime(timezone=True)).label(
            "window_earliest"
        ),
        case(
            (is_cut, func.least(line.quantity, left, type_=OF_QUANTITIES)), else_=line.quantity
        ).label("quantity"),
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
    is_cut = and_(line.release_id == of.forecast, or_(wanted_on(line) <= of.until, is_undated))
    later = case((is_cut, func.greatest(of.until + fixed(1) - wanted_on(line), fixed(0))))
    rows = select(type_coerce(later, Integer()).label("later"))
    return rows.correlate_except(ScheduleLine).lateral("cut")


def _together(sums: Iterable[Any], taken: Any) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Return what whole lines and what is left of cut ones come to. sums: NULL for none."""
    whole, cut = sums
    return (
        func.coalesce(whole, fixed(0), type_=OF_QUANTITIES),
        func.greatest(cut - taken, fixed(0), type_=OF_QUANTITIES),
    )


def _counting(reader: Tables, of: Any, line: Any) -> Iterator[ColumnElement[bool]]:
    """Yield which lines are of an effective schedule. of: just_in_time, forecast and until."""
    yield from ours(reader, line)
    yield line.release_id == any_(array([of.just_in_time, of.forecast], type_=Uuid()))
    yield or_(line.release_id == of.just_in_time, of.just_in_time.is_(None), is_after(line, of))


def wanted_upto(reader: Tables, account: Any, contract: Any, period: Any) -> Any:
    """Select up to where what is in force of an account asks, and counts in a period.

    One row with `quantity`, NULL where nothing does.
    """
    line, counted_there = schedule_lines(reader, "sl"), _counts_in(period)
    forecasts = in_force(reader, account, ReleaseType.FORECAST, counted_there)
    just_in_time = in_force(reader, account, ReleaseType.JIT, counted_there)
    forecast, jit = forecasts.c, just_in_time.c
    overlays = overlay(reader, contract, forecast, jit)
    until = overlays.c.until
    taken, counts = taken_of(reader, forecast, jit, overlays.c), until.is_not(None)
    own_ = {"just_in_time": case((counts, jit.id)), "forecast": forecast.id}
    of = SimpleNamespace(**own_, until=until, owed=overlays.c.owed)
    cut = _cut(of, line)
    is_cut = cut.c.later.is_not(None)
    sums = (func.sum(line.quantity, type_=OF_QUANTITIES).filter(it) for it in (~is_cut, is_cut))
    wanted = select(add(*_together(sums, taken.c.quantity))).select_from(line).join(cut, true())
    wanted = wanted.where(*_counting(reader, of, line)).correlate_except(line, cut)
    received = case((counts, overlays.c.received), else_=forecast.cumulative_received)
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
    one = select(type_coerce(amount, OF_QUANTITIES).label("amount"))
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
