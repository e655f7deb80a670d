"""How far orders have come, and what is late: the same expressions for answers and for filters.

What does not depend on the time is kept by orders themselves (`models.trade.orders.standing`).
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select, type_coerce

from loaders.reading.acts import everything
from loaders.reading.relations import Reader
from models.base.tables import fixed
from models.trade.orders.lines import OrderLine
from models.trade.orders.standing import due_of, line_left_late
from models.trade.orders.tables import Order


def some_line(reader: Reader, order: Any, condition: Callable[[Any], Any]) -> ColumnElement[bool]:
    """Tell whether a line of the order, whoever sees it, fulfils the condition."""
    return everything(reader).some(
        OrderLine, where=lambda line: and_(line.order_id == order.id, condition(line))
    )


def version(reader: Reader, order: Any) -> ColumnElement[int]:
    """Return how often an order has changed, amendments that nobody answered in time included.

    These count from their last instant on, also before anybody has ended them.
    """
    (line,), own = everything(reader).tables((OrderLine,))
    ended = select(func.count()).where(
        *own, line.order_id == order.id, line.is_unanswered(reader.at)
    )
    changes: ColumnElement[int] = order.version + ended.correlate_except(line).scalar_subquery()
    return changes


def is_open(reader: Reader, order: Any) -> ColumnElement[bool]:
    """Tell whether an order that is wanted has something that is neither cancelled nor shipped."""
    return and_(order.is_owing, order.is_wanted(reader.at))


def open_quantity(reader: Reader, line: Any) -> ColumnElement[Any]:
    """Return what is open of a line: nothing where its order is not wanted any more (D10).

    So it is from the order's last instant on, whenever the rest is cancelled.
    """
    is_over = everything(reader).some(
        Order, where=lambda it: and_(it.id == line.order_id, ~it.is_wanted(reader.at))
    )
    left = case((is_over, fixed(0)), else_=line.open_quantity)
    return type_coerce(left, OrderLine.ordered.type)


def is_late(reader: Reader, order: Any) -> ColumnElement[bool]:
    """Tell whether a line is late."""
    overdue = and_(order.overdue_from.is_not(None), order.overdue_from < reader.at)
    return or_(order.left_late, and_(overdue, order.is_wanted(reader.at)))


def is_owed(reader: Reader, order: Any) -> ColumnElement[bool]:
    """Tell whether an order may owe goods and is still wanted."""
    return and_(order.may_owe, order.is_wanted(reader.at))


def line_is_late(reader: Reader, order: Any, line: Any) -> ColumnElement[bool]:
    """Tell whether the latest instant of a line passed before all of it was shipped.

    It passed and something is still open, or the line's last dispatch came after it.
    """
    overdue = is_owed(reader, order) & (line.open_quantity > 0) & (due_of(order, line) < reader.at)
    return or_(overdue, line_left_late(everything(reader), order, line))
