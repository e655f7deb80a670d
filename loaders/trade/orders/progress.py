"""How far orders have come: derived in SQL, the same expressions for answers and for filters.

It is told of whole orders, whoever reads it: a warehouse sees only those lines that it handles, but
an order is not delivered before all of them are (O17).
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, or_, select

from loaders.reading.acts import everything
from loaders.reading.filters import one_of
from loaders.reading.relations import Reader
from models.base.tables import OneOf, entity_named, fixed
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import OPEN_STATES, FulfilmentStatus
from models.trade.orders.tables import Order


def fulfilment(line: Any) -> ColumnElement[Any]:
    """Return the fulfilment status of a group of lines, for the table of lines or an alias.

    What was cancelled does not count. What came back counts only once all was delivered, so
    that a return never makes an order look less far than it was.
    """
    wanted = line.ordered - line.cancelled
    some, every = func.bool_or, func.bool_and
    delivered = some(line.delivered > 0) & every(line.delivered >= wanted)
    returned = delivered & some(line.return_received > 0)
    status = case(
        (returned & every(line.return_received >= wanted), FulfilmentStatus.RETURNED.value),
        (returned, FulfilmentStatus.PARTIALLY_RETURNED.value),
        (delivered, FulfilmentStatus.DELIVERED.value),
        (some(line.delivered > 0), FulfilmentStatus.PARTIALLY_DELIVERED.value),
        (
            some(line.shipped > 0) & every(line.shipped >= wanted),
            FulfilmentStatus.SHIPPED.value,
        ),
        (some(line.shipped > 0), FulfilmentStatus.PARTIALLY_SHIPPED.value),
        else_=FulfilmentStatus.UNFULFILLED.value,
    )
    return func.coalesce(status, FulfilmentStatus.UNFULFILLED.value, type_=OneOf(FulfilmentStatus))


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
    owing = some_line(reader, order, lambda line: line.open_quantity > 0)
    return and_(is_owed(reader, order), owing)


def is_owed(reader: Reader, order: Any) -> ColumnElement[bool]:
    """Tell whether an order may owe goods and is still wanted."""
    return and_(order.state.in_(OPEN_STATES), order.is_wanted(reader.at))


def open_quantity(reader: Reader, line: Any) -> ColumnElement[Any]:
    """Return what is open of a line: nothing where its order is not wanted any more (D10).

    So it is from the order's last instant on, whenever the rest is cancelled.
    """
    is_over = everything(reader).some(
        Order, where=lambda it: and_(it.id == line.order_id, ~it.is_wanted(reader.at))
    )
    return case((is_over, fixed(0)), else_=line.open_quantity)


def is_backordered(reader: Reader, order: Any) -> ColumnElement[bool]:
    """Tell whether a line waits for goods."""
    return some_line(reader, order, lambda line: line.backordered > 0)


def due_of(order: Any, line: Any) -> ColumnElement[Any]:
    """Return the latest instant: the one agreed on later, else the line's own, else the order's."""
    return func.coalesce(line.agreed_latest, line.window_latest, order.window_latest)


def line_is_late(reader: Reader, order: Any, line: Any) -> ColumnElement[bool]:
    """Tell whether it passed before all of a line was shipped.

    It passed and something is still open, or the line's last dispatch came after it.
    """
    due = due_of(order, line)
    overdue = is_owed(reader, order) & (line.open_quantity > 0) & (due < reader.at)
    return or_(overdue, _dispatched_after(reader, line, due))


def is_late(reader: Reader, order: Any) -> ColumnElement[bool]:
    """Tell whether a line is late."""
    return some_line(reader, order, lambda line: line_is_late(reader, order, line))


def _dispatched_after(reader: Reader, line: Any, due: Any) -> ColumnElement[bool]:
    rows = everything(reader)

    def was_late(part: Any) -> ColumnElement[bool]:
        # As a value each delivery is found by its key; joined, PostgreSQL may look at all of them.
        at = rows.value(
            entity_named("Delivery"), "dispatched_at", lambda it: it.id == part.delivery_id
        )
        return and_(part.order_line_id == line.id, part.shipped > 0, at > due)

    # What trade names of fulfilment it names by string: wings go right.
    return rows.some(entity_named("DeliveryLine"), where=was_late)


def status_of(reader: Reader, order: Any) -> ColumnElement[Any]:
    """Return the order's fulfilment status."""
    (line,), own = everything(reader).tables((OrderLine,))
    status = select(fulfilment(line)).where(*own, line.order_id == order.id)
    return status.correlate_except(line).scalar_subquery()


def has_status(reader: Reader, order: Any, statuses: Any) -> ColumnElement[bool]:
    """Tell whether the order's fulfilment status is one of these, values or a parameter."""
    return one_of(status_of(reader, order), statuses)
