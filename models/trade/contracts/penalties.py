"""Whether a supply is what was guaranteed, and what is due where it is not: in SQL, exactly.

terms: a table of guarantees (`models.trade.contracts.guarantees`). line: called_off_on, wanted_on,
days at the guarantee's zone, agreed_at and wanted_before, which that was until then. delivery:
excuse, NULL for none.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    DateTime,
    Integer,
    any_,
    case,
    cast,
    column,
    false,
    func,
    select,
)

from models.master.prices.rounding import rounded_net

_PERCENT = Decimal("0.01")


def due_on(terms: Any, line: Any) -> ColumnElement[date]:
    """Return the last day of what is guaranteed: of the lead time, or for which it is wanted."""
    return _due_on(terms, line, line.wanted_on)


def _due_on(terms: Any, line: Any, wanted_on: Any) -> ColumnElement[date]:
    led = line.called_off_on + cast(terms.lead_time_days, Integer)
    return func.greatest(led, wanted_on, type_=Date())


def days_late(terms: Any, line: Any, at: Any) -> ColumnElement[int]:
    """Return how many days after the last day of grace an instant is, 0 where that was kept.

    What counts is the day for which it was wanted then: an agreement on another one forgives
    nothing that had come before.
    """
    day = cast(func.timezone(terms.time_zone, at), Date())
    late = day - _due_on(terms, line, _wanted_on(line, at)) - cast(terms.grace_days, Integer)
    return func.greatest(late, 0, type_=Integer())


def _wanted_on(line: Any, at: Any) -> ColumnElement[date]:
    """Return the day for which a line was wanted at an instant."""
    until = column("until", DateTime(timezone=True))
    agreed = func.unnest(line.agreed_at, line.wanted_before)
    past = agreed.table_valued(until, column("day", Date()), name="past").render_derived()
    before = select(past.c.day).where(at <= past.c.until).order_by(past.c.until).limit(1)
    return func.coalesce(before.correlate_except(past).scalar_subquery(), line.wanted_on)


def is_excused(terms: Any, delivery: Any) -> ColumnElement[bool]:
    """Tell whether it came for a reason for which nothing is due."""
    return func.coalesce(delivery.excuse == any_(terms.excuses), false())


def penalty(terms: Any, late: Any, unit_price: Any, delivery: Any) -> ColumnElement[Decimal]:
    """Return what is due for a supply, rounded half up to the currency's minor unit.

    For each day of each late unit a percentage of its net, for each late unit an amount, for each
    day an amount; no more than the cap on the net of what is late. late: its quantity, the days of
    the last of it, and unit_days, the days of all units added. unit_price: net.
    """
    of_unit_days = late.unit_days * unit_price * func.coalesce(terms.penalty_percent_per_day, 0)
    of_units = late.quantity * func.coalesce(terms.penalty_per_unit, 0)
    of_days = late.days * func.coalesce(terms.penalty_per_day, 0)
    cap = late.quantity * unit_price * terms.penalty_cap_percent * _PERCENT
    # LEAST passes over the NULL of a cap that was not agreed.
    due = func.least(of_unit_days * _PERCENT + of_units + of_days, cap)
    return rounded_net(case((is_excused(terms, delivery), 0), else_=due), terms.currency)
