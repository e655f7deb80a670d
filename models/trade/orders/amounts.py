"""The arithmetic of what lines cost: the same of a row and in SQL."""

from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Numeric, case, cast, func, literal_column

from models.base.tables import fixed
from models.master.prices.rounding import rounded_net


def net_of(quantity: Any, unit_price: Any, discount_percent: Any) -> Any:
    """Return the exact price of a quantity after discount; of columns, an expression."""
    return quantity * unit_price * ((100 - discount_percent) * Decimal("0.01"))


_LONG = literal_column("1." + "0" * 48, Numeric())
"""PostgreSQL divides to as many digits as the dividend has: more than decide how to round."""


def on_wanted(line: Any, amount: Any) -> ColumnElement[Decimal]:
    """Return in SQL what of a line's amount falls on what is still wanted of it."""
    exact = amount * _LONG * line.costing / line.ordered
    return case((line.costing == line.ordered, amount), else_=rounded_net(exact, line.currency))


def owed(order: Any, line: Any) -> ColumnElement[Decimal]:
    """Return what a line adds to the net of its order: the first one brings the charges, too.

    So the net of any orders is one sum over their lines. NULL where the price is not known.
    """
    charges = case((line.line_no == fixed(1), order.charged), else_=fixed(0))
    after: ColumnElement[Decimal] = line.net - line.borne_discount
    return after + charges


_MOST, _FINEST = 10**18, 10**4
UNRANKED = -1
RANK = f"floor(least(coalesce(net * {_FINEST}, {UNRANKED}), {_MOST}))::bigint"
"""By what lists are sorted by net, in SQL: where it is not known, before all others.

Row-level security lets no index compare numbers of any size, which may fail and tell something.
"""


def ranked(amount: Any) -> ColumnElement[int]:
    """Return the rank of a net amount: the same or a higher one for what is more."""
    least = func.least(cast(amount, Numeric()) * fixed(_FINEST), fixed(_MOST))
    return cast(func.floor(least), BigInteger())
