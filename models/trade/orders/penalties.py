"""Whether a supply is what was guaranteed, and what is due where it is not: in SQL, exactly.

terms: a table of guarantees (`models.trade.contracts.guarantees`). supply: expressions under the
names called_off_on, wanted_on and supplied_on, days at the contract's zone; quantity, as much as is
guaranteed of what was supplied; unit_price, net; excuse, NULL for none. Both may be one source.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Date, Integer, any_, case, cast, false, func

from models.trade.orders.amounts import rounded_net

_PERCENT = Decimal("0.01")


def due_on(terms: Any, supply: Any) -> ColumnElement[date]:
    """Return the last day of what is guaranteed: of the lead time, or for which it is wanted."""
    led = supply.called_off_on + cast(terms.lead_time_days, Integer)
    return func.greatest(led, supply.wanted_on, type_=Date())


def days_late(terms: Any, supply: Any) -> ColumnElement[int]:
    """Return how many days after the last day of grace it was supplied, 0 where that was kept."""
    late = supply.supplied_on - due_on(terms, supply) - cast(terms.grace_days, Integer)
    return func.greatest(late, 0, type_=Integer())


def is_excused(terms: Any, supply: Any) -> ColumnElement[bool]:
    """Tell whether it came for a reason for which nothing is due."""
    return func.coalesce(supply.excuse == any_(terms.excuses), false())


def penalty(terms: Any, supply: Any) -> ColumnElement[Decimal]:
    """Return what is due for a supply, rounded half up to the currency's minor unit.

    For each day late a percentage of its net, for each unit an amount; no more than the cap.
    """
    days, net = days_late(terms, supply), supply.quantity * supply.unit_price
    of_days = net * func.coalesce(terms.penalty_percent_per_day, 0) * _PERCENT * days
    of_units = supply.quantity * func.coalesce(terms.penalty_per_unit, 0)
    # LEAST passes over the NULL of a cap that was not agreed.
    due = func.least(of_days + of_units, net * terms.penalty_cap_percent * _PERCENT)
    is_due = (days > 0) & ~is_excused(terms, supply)
    return rounded_net(case((is_due, due), else_=0), terms.currency)
