"""The effective schedule: what a customer wants by its forecast and just in time, and what is open.

Of an account (a contract line at a place) the schedule just in time (DELJIT) counts up to its
horizon, and the forecast (DELFOR) after it (0051).
"""

from typing import Any, Protocol

from sqlalchemy import (
    Date,
    FromClause,
    Interval,
    Select,
    Uuid,
    and_,
    case,
    cast,
    column,
    func,
    literal_column,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import array

from models.base.visibility import seen_by
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.releases.counting import Tables, counted, own, supplied_upto
from models.trade.releases.tables import AccountPeriod, CumulativeAccount, Release, ScheduleLine
from models.trade.releases.words import ReleaseState, ReleaseType, ScheduleKind


class TablesNow(Tables, Protocol):
    """Who reads, and when."""

    @property
    def at(self) -> Any: ...  # noqa: D102 -- said above.


_TICK = cast(literal_column("'1 microsecond'"), Interval())
"""Ends of windows and horizons lie behind their last instant."""
_QUANTITY = ScheduleLine.quantity.type


def _in_force(reader: Tables, account: Any, kind: ReleaseType) -> Any:
    """Select the release that is in force for an account (K7).

    LIMIT lets PostgreSQL look for it by its index, also where it does not know yet how many
    releases there are.
    """
    release = reader.table(Release)
    rows = select(*(getattr(release, name) for name in _OF_RELEASE)).where(
        *own(reader, release),
        release.account_id == account.id,
        release.type == kind,
        release.state == ReleaseState.ACTIVE,
    )
    return rows.limit(1).correlate_except(release).lateral(kind.value.lower())


_OF_RELEASE = ("id", "period_id", "issued_at", "horizon_end", "cumulative_received")


def _period(reader: Tables, account: Any, period_id: Any) -> Any:
    """Select the period in which a release of an account counts."""
    period = reader.table(AccountPeriod)
    rows = select(*(getattr(period, name) for name in _OF_PERIOD)).where(
        *own(reader, period), period.account_id == account.id, period.id == period_id
    )
    return rows.limit(1).correlate_except(period).lateral("period")


_OF_PERIOD = (
    *("account_id", "starts_on", "opening"),
    *("counted_until", "reconciled_received", "reconciled_at"),
)


def _last_day(reader: Tables, release: Any) -> Any:
    """Select the last day on which something of a release arrives: NULL without lines."""
    line = reader.table(ScheduleLine)
    ends, begins = line.window_latest - _TICK, line.window_earliest
    lasts, first = (cast(func.timezone(line.window_zone, it), Date) for it in (ends, begins))
    last = func.max(line.arrives_on + (lasts - first), type_=Date())
    rows = select(last.label("day")).where(*own(reader, line), line.release_id == release.id)
    return rows.correlate_except(line).lateral("last")


def _standing(reader: Tables) -> FromClause:
    """Select of each account what its effective schedule is made of.

    just_in_time, forecast: the releases, NULL for none. until: the last day of the first's horizon.
    received: what the customer had when it sent the one that counts first, and gone: up to where
    it is supplied in that one's period.
    """
    account, agreed = reader.table(CumulativeAccount), reader.table(ContractLine)
    contract = reader.table(Contract)
    forecasts = _in_force(reader, account, ReleaseType.FORECAST)
    just_in_time = _in_force(reader, account, ReleaseType.JIT)
    forecast, jit = forecasts.c, just_in_time.c
    last = _last_day(reader, jit)
    until = func.coalesce(contract.day(jit.horizon_end - _TICK), last.c.day)
    # A forecast that was made after the horizon knows all that was wanted in it.
    runs = and_(
        jit.id.is_not(None),
        or_(forecast.id.is_(None), contract.day(forecast.issued_at) <= until),
    )
    period_id = case((runs, jit.period_id), else_=forecast.period_id)
    periods = _period(reader, account, period_id)
    period, sums = periods.c, counted(reader, periods.c).lateral()
    rows = select(
        contract.party_id,
        contract.time_zone,
        agreed.contract_id,
        account.contract_line_id,
        account.id.label("account_id"),
        forecast.id.label("forecast"),
        case((runs, jit.id)).label("just_in_time"),
        case((runs, until)).label("until"),
        case((runs, jit.cumulative_received), else_=forecast.cumulative_received).label("received"),
        supplied_upto(period, sums.c).label("gone"),
    )
    rows = (
        rows.select_from(account)
        .join(agreed, agreed.id == account.contract_line_id)
        .join(contract, contract.id == agreed.contract_id)
        .outerjoin(forecasts, true())
        .outerjoin(just_in_time, true())
        .outerjoin(last, true())
        .join(periods, true())
        .join(sums, true())
    )
    rows = rows.where(*own(reader, account, agreed), *seen_by(reader.viewer, contract))
    return rows.correlate_except(
        account, agreed, contract, forecasts, just_in_time, last, periods, sums
    ).subquery("standing")


_OF_ACCOUNT = ("party_id", "contract_id", "contract_line_id", "account_id")
_OF_LINE = (
    *("merchant_id", "id", "release_id", "line_no", "kind", "bucket", "pattern", "date_meaning"),
    *("commitment", "window_earliest", "window_latest", "window_zone", "quantity"),
    *("packaging_id", "packaging_content", "packaged_quantity"),
    *("transit_days", "ships_on", "arrives_on"),
)


def _named(of: Any) -> Any:
    """List the releases of an account that its effective schedule is made of."""
    both = array([of.just_in_time, of.forecast], type_=Uuid())
    listed = func.unnest(both).table_valued(column("release_id", Uuid()), name="named")
    return listed.render_derived().lateral()


def _lines(reader: Tables, release_id: Any) -> Any:
    """Select the lines of a release.

    OFFSET lets PostgreSQL look for them by their index, also where it does not know yet how many
    lines there are.
    """
    line = reader.table(ScheduleLine)
    rows = select(*(getattr(line, name).label(name) for name in _OF_LINE))
    rows = rows.where(*own(reader, line), line.release_id == release_id)
    return rows.offset(literal_column("0")).correlate_except(line).lateral("lines")


def _supplied(reader: Tables, of: Any) -> Any:
    """Select the lines of one account's effective schedule, and what they add up to, in order.

    Each account is sorted by itself: all lines of a large customer would not fit into memory.
    """
    named = _named(of)
    lines = _lines(reader, named.c.release_id)
    line, is_forecast = lines.c, named.c.release_id == of.forecast
    counts = or_(
        named.c.release_id == of.just_in_time,
        of.just_in_time.is_(None),
        and_(line.kind == ScheduleKind.SCHEDULED, line.arrives_on > of.until),
    )
    total = func.sum(line.quantity, type_=_QUANTITY).over(order_by=(is_forecast, line.line_no))
    rows = select(*line, (of.received + total).label("cumulative_released"))
    rows = rows.select_from(named).join(lines, true()).where(counts)
    return rows.correlate_except(named, lines).lateral("supplied")


def effective(reader: TablesNow) -> Select[Any]:
    """Select every line of every effective schedule, with what is open of it.

    Lines are supplied in order: those just in time, then those of the forecast, each in the order
    of its release. PostgreSQL sums them by account, and reads no other accounts than those of the
    party or contract line that a condition on the rows names.
    """
    standing = _standing(reader)
    of, supplied = standing.c, _supplied(reader, standing.c)
    summed = (
        select(*(of[name] for name in (*_OF_ACCOUNT, "time_zone")), *supplied.c, of.gone)
        .select_from(standing)
        .join(supplied, true())
        .correlate_except(standing, supplied)
        .subquery("summed")
    )
    return _with_open(reader, summed)


def _with_open(reader: TablesNow, summed: FromClause) -> Select[Any]:
    """Add what is open of each line, by the rule of `models.trade.releases.cumulatives`, and when.

    What is not dated, and what is late, is due today.
    """
    of, today = summed.c, cast(func.timezone(summed.c.time_zone, reader.at), Date)
    missing = of.cumulative_released - of.gone
    amount = func.greatest(0, func.least(of.quantity, missing), type_=_QUANTITY)
    is_open, is_dated = amount > 0, of.kind == ScheduleKind.SCHEDULED
    due_on = case(
        (~is_open, of.ships_on),
        (is_dated, func.greatest(of.ships_on, today, type_=Date())),
        else_=today,
    )
    return select(
        *(it for it in of if it.name not in {"time_zone", "gone"}),
        amount.label("open_quantity"),
        type_coerce(due_on, Date()).label("due_on"),
        and_(is_open, or_(~is_dated, of.ships_on <= today)).label("is_due"),
        and_(is_open, of.window_latest < reader.at).label("is_overdue"),
    ).correlate_except(summed)
