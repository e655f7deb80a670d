"""The effective schedule: what a customer wants by its forecast and just in time, and what is open.

Of an account (a contract line at a place) the schedule just in time (DELJIT) counts up to its
horizon, and the forecast (DELFOR) after it (0051).
"""

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, Protocol

from sqlalchemy import (
    ColumnElement,
    Date,
    FromClause,
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
from models.trade.contracts.states import RUNNING
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.releases.counting import Tables, counted, own, supplied_upto
from models.trade.releases.tables import AccountPeriod, CumulativeAccount, Release, ScheduleLine
from models.trade.releases.words import ReleaseState, ReleaseType, ScheduleKind


class TablesNow(Tables, Protocol):
    """Who reads, and when."""

    @property
    def at(self) -> Any: ...  # noqa: D102 -- said above.


ReleaseCondition = Callable[[Any], ColumnElement[bool]]
_TICK = cast(literal_column("'1 microsecond'"), Interval())
"""Ends of windows and horizons lie behind their last instant."""
_QUANTITY = ScheduleLine.quantity.type


def _in_force(reader: Tables, account: Any, kind: ReleaseType, *where: ReleaseCondition) -> Any:
    """Select the release that is in force for an account (K7).

    LIMIT and a written state let PostgreSQL look for it by the index of what is active, also where
    it does not know yet how many releases there are.
    """
    release = reader.table(Release)
    rows = select(*(getattr(release, name) for name in _OF_RELEASE)).where(
        *own(reader, release),
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
        *own(reader, period), period.account_id == account.id, period.id == period_id
    )
    return rows.limit(1).correlate_except(period).lateral("period")


_OF_PERIOD = (
    *("account_id", "starts_on", "opening"),
    *("reconciled_received", "reconciled_at"),
)


def _overlay(reader: Tables, contract: Any, forecast: Any, jit: Any) -> Any:
    """Select up to which day a schedule just in time counts, and whether it still does.

    until: of its horizon, or the last one on which something of it arrives. A forecast that was
    made after that knows all that was wanted in it.
    """
    line = reader.table(ScheduleLine)
    ends, begins = line.window_latest - _TICK, line.window_earliest
    lasts, first = (cast(func.timezone(line.window_zone, it), Date) for it in (ends, begins))
    last = func.max(line.arrives_on + (lasts - first), type_=Date())
    until = func.coalesce(contract.day(jit.horizon_end - _TICK), last)
    is_newer = or_(forecast.id.is_(None), contract.day(forecast.issued_at) <= until)
    rows = select(until.label("until"), and_(jit.id.is_not(None), is_newer).label("counts"))
    rows = rows.where(*own(reader, line), line.release_id == jit.id)
    return rows.correlate_except(line).lateral("overlay")


def _standing(reader: TablesNow) -> FromClause:
    """Select of each account what its effective schedule is made of.

    just_in_time, forecast: the releases, NULL for none. until: the last day of the first's horizon.
    received: what the customer had when it sent the one that counts first, and gone: up to where
    it is supplied in that one's period. today: where the contract is.
    """
    account, agreed = reader.table(CumulativeAccount), reader.table(ContractLine)
    contract = reader.table(Contract)
    forecasts = _in_force(reader, account, ReleaseType.FORECAST)
    just_in_time = _in_force(reader, account, ReleaseType.JIT)
    forecast, jit = forecasts.c, just_in_time.c
    overlays = _overlay(reader, contract, forecast, jit)
    counts = overlays.c.counts
    period_id = case((counts, jit.period_id), else_=forecast.period_id)
    periods = _period(reader, account, period_id)
    sums = counted(reader, periods.c).lateral()
    rows = select(
        contract.party_id,
        agreed.contract_id,
        account.contract_line_id,
        account.id.label("account_id"),
        contract.day(reader.at).label("today"),
        forecast.id.label("forecast"),
        case((counts, jit.id)).label("just_in_time"),
        overlays.c.until,
        case((counts, jit.cumulative_received), else_=forecast.cumulative_received).label(
            "received"
        ),
        supplied_upto(periods.c, sums.c).label("gone"),
    )
    rows = (
        rows.select_from(account)
        .join(agreed, agreed.id == account.contract_line_id)
        .join(contract, contract.id == agreed.contract_id)
        .outerjoin(forecasts, true())
        .outerjoin(just_in_time, true())
        .join(overlays, true())
        .join(periods, true())
        .join(sums, true())
    )
    rows = rows.where(*own(reader, account, agreed), *seen_by(reader.viewer, contract))
    # Of a contract that was ended nothing is to leave any more.
    rows = rows.where(contract.state.in_(sorted(RUNNING)))
    return rows.correlate_except(
        account, agreed, contract, forecasts, just_in_time, overlays, periods, sums
    ).subquery("standing")


_OF_ACCOUNT = ("party_id", "contract_id", "contract_line_id", "account_id")
_OF_LINE = (
    *("merchant_id", "id", "release_id", "line_no", "kind", "bucket", "pattern", "date_meaning"),
    *("commitment", "window_earliest", "window_latest", "window_zone", "quantity"),
    *("packaging_id", "packaging_content", "packaged_quantity"),
    *("transit_days", "ships_on", "arrives_on"),
)


def _supplied(reader: Tables, of: Any) -> Any:
    """Select the lines of one account's effective schedule, and what they add up to, in order.

    Each account is sorted by itself: all lines of a large customer would not fit into memory. Both
    releases as one list let PostgreSQL look for their lines by the index, also where it does not
    know yet how many lines there are.
    """
    line = reader.table(ScheduleLine)
    order = (line.release_id == of.forecast, line.line_no)
    total = func.sum(line.quantity, type_=_QUANTITY).over(order_by=order)
    rows = select(
        *(getattr(line, name).label(name) for name in _OF_LINE),
        (of.received + total).label("cumulative_released"),
    )
    rows = rows.where(*_counting(reader, of, line))
    return rows.correlate_except(line).lateral("supplied")


def _counting(reader: Tables, of: Any, line: Any) -> Iterator[ColumnElement[bool]]:
    """Yield which lines are of an effective schedule. of: just_in_time, forecast and until."""
    yield from own(reader, line)
    yield line.release_id == any_(array([of.just_in_time, of.forecast], type_=Uuid()))
    yield or_(
        line.release_id == of.just_in_time,
        of.just_in_time.is_(None),
        and_(line.kind == fixed(ScheduleKind.SCHEDULED), line.arrives_on > of.until),
    )


def wanted_upto(reader: Tables, account: Any, contract: Any, period: Any) -> Any:
    """Select up to where what is in force of an account asks, and counts in a period.

    One row with `quantity`, NULL where nothing does.
    """
    line, counted_there = reader.table(ScheduleLine), _counts_in(period)
    forecasts = _in_force(reader, account, ReleaseType.FORECAST, counted_there)
    just_in_time = _in_force(reader, account, ReleaseType.JIT, counted_there)
    forecast, jit = forecasts.c, just_in_time.c
    overlays = _overlay(reader, contract, forecast, jit)
    counts, until = overlays.c.counts, overlays.c.until
    of = SimpleNamespace(just_in_time=case((counts, jit.id)), forecast=forecast.id, until=until)
    wanted = select(func.coalesce(func.sum(line.quantity), fixed(0), type_=_QUANTITY))
    wanted = wanted.where(*_counting(reader, of, line)).correlate_except(line)
    received = case((counts, jit.cumulative_received), else_=forecast.cumulative_received)
    one = select(true().label("one")).subquery("one")
    rows = select((received + wanted.scalar_subquery()).label("quantity")).select_from(one)
    rows = rows.outerjoin(forecasts, true()).outerjoin(just_in_time, true()).join(overlays, true())
    return rows.correlate_except(one, forecasts, just_in_time, overlays).lateral("wanted")


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
    rows = select(*(of[name] for name in _OF_ACCOUNT), *supplied.c)
    rows = rows.add_columns(*_with_open(reader, of, supplied.c))
    rows = rows.select_from(standing).join(supplied, true())
    return rows.correlate_except(standing, supplied)


def _with_open(reader: TablesNow, of: Any, line: Any) -> Iterator[ColumnElement[Any]]:
    """Yield what is open of a line, by the rule of `models.trade.releases.cumulatives`, and when.

    What is not dated, and what is late, is due today.
    """
    missing = line.cumulative_released - of.gone
    amount = func.greatest(fixed(0), func.least(line.quantity, missing), type_=_QUANTITY)
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
