"""Where in the journal an instant lies, found by halving it: its positions are dense."""

from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    DateTime,
    Interval,
    case,
    cast,
    func,
    literal_column,
    select,
    true,
    type_coerce,
)

from models.access.journal import JournalEntry

_MARGIN: ColumnElement[Any] = literal_column("interval '1 minute'", Interval())
"""A transaction says when it began; others that ended before it may have begun later."""


def surely_before(merchant: ColumnElement[Any], at: Any) -> ColumnElement[int]:
    """Return a position up to which all was recorded before an instant, 0 for none."""
    return _position_before(merchant, _instant(at) - _MARGIN)


def perhaps_before(merchant: ColumnElement[Any], at: Any) -> ColumnElement[int]:
    """Return a position after which nothing was recorded before an instant, 0 for none."""
    return _position_before(merchant, _instant(at) + _MARGIN)


def _instant(at: Any) -> ColumnElement[Any]:
    return type_coerce(at, DateTime(timezone=True))


def _position_before(merchant: ColumnElement[Any], at: ColumnElement[Any]) -> ColumnElement[int]:
    """Return the last position that was recorded before an instant, 0 for none."""
    of: Any = JournalEntry
    newest = select(func.coalesce(func.max(of.position), 0)).where(of.merchant_id == merchant)
    zero = cast(literal_column("0"), BigInteger())
    found = select(zero.label("low"), newest.scalar_subquery().label("high")).cte(recursive=True)
    middle = func.div(found.c.low + found.c.high + 1, 2).cast(BigInteger())
    # Found by its key: PostgreSQL would read the whole journal for each half (OFFSET 0).
    entry = select(of.position, (of.recorded_at < at).label("is_before"))
    entry = entry.where(of.merchant_id == merchant, of.position == middle)
    met = entry.offset(literal_column("0")).correlate(found).lateral()
    halved = (
        select(
            case((met.c.is_before, met.c.position), else_=found.c.low),
            case((met.c.is_before, found.c.high), else_=met.c.position - 1),
        )
        .select_from(found.join(met, true()))
        .where(found.c.low < found.c.high)
    )
    whole = found.union_all(halved)
    return select(func.max(whole.c.low, type_=BigInteger())).scalar_subquery()
