"""How orders stand by their lines and deliveries: said once, for what is kept of it, what is asked.

It is told of whole orders, whoever reads it: a warehouse sees only those lines that it handles, but
an order is not delivered before all of them are (O17). What trade names of fulfilment, and an order
of its lines, is named by string: wings go right.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, exists, false, func, select

from models.base.acts import AllRows
from models.base.tables import Keeping, OneOf, entity_named
from models.master.prices.rounding import rounded_net
from models.trade.orders.amounts import owed
from models.trade.orders.states import FulfilmentStatus


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


def due_of(order: Any, line: Any) -> ColumnElement[Any]:
    """Return the latest instant: the one agreed on later, else the line's own, else the order's."""
    return func.coalesce(line.agreed_latest, line.window_latest, order.window_latest)


def line_left_late(rows: AllRows, order: Any, line: Any) -> ColumnElement[bool]:
    """Tell whether a dispatch of a line came after its latest instant."""

    def was_late(part: Any) -> ColumnElement[bool]:
        # As a value each delivery is found by its key; joined, PostgreSQL may look at all of them.
        at = rows.value(
            entity_named("Delivery"), "dispatched_at", lambda it: it.id == part.delivery_id
        )
        return and_(part.order_line_id == line.id, part.shipped > 0, at > due_of(order, line))

    return rows.some(entity_named("DeliveryLine"), where=was_late)


def left_with(order_id: Any, delivery: Any, part: Any) -> ColumnElement[bool]:
    """Tell whether a delivery with a part of an order has left, for tables or aliases.

    order_id: of the order, or any of several.
    """
    return and_(
        part.order_id == order_id,
        part.planned > 0,
        delivery.id == part.delivery_id,
        delivery.dispatched_at.is_not(None),
    )


def is_completed(rows: AllRows, order: Any) -> ColumnElement[bool]:
    """Tell whether a delivery that has left has completed an order."""
    return rows.some(
        entity_named("Delivery"),
        entity_named("DeliveryLine"),
        where=lambda delivery, part: and_(
            left_with(order.id, delivery, part), delivery.completes_order
        ),
    )


def _some(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    return func.coalesce(func.bool_or(condition), false())


def _net(order: Any, line: Any) -> ColumnElement[Any]:
    """Return what a group of lines comes to; nothing is added up where one has no price."""
    total = rounded_net(func.sum(owed(order, line)), order.currency)
    return case((func.count(line.net) == func.count(), total))


def _progress(rows: AllRows, order: Any) -> Select[Any]:
    (line,), own = rows.tables((entity_named("OrderLine"),))
    owing = and_(line.is_owing, order.may_owe)
    progress = select(
        fulfilment(line).label("fulfilment_status"),
        _some(owing).label("is_owing"),
        _some(line.backordered > 0).label("is_backordered"),
        func.min(due_of(order, line)).filter(owing).label("overdue_from"),
        _net(order, line).label("net"),
    )
    return progress.where(*own, line.order_id == order.id).correlate(order)


def _punctuality(rows: AllRows, order: Any) -> Select[Any]:
    (line,), own = rows.tables((entity_named("OrderLine"),))
    late = exists().where(*own, line.order_id == order.id, line_left_late(rows, order, line))
    return select(late.correlate_except(line).label("left_late"))


_LINES = {"Order": "id", "OrderLine": "order_id"}
KEEPINGS = (
    Keeping(
        ("fulfilment_status", "is_owing", "is_backordered", "overdue_from", "net"),
        _LINES,
        _progress,
    ),
    Keeping(
        ("left_late",),
        {**_LINES, "DeliveryLine": "order_id"},
        _punctuality,
        # What is new has not left; a delivery leaves with its lines.
        new_tell=False,
        together=("Delivery",),
    ),
)
"""What orders keep of their lines and deliveries, so that a filter looks at the order alone.

fulfilment_status: as `fulfilment`. is_owing: whether it may owe goods, and something of it is
neither cancelled nor shipped. is_backordered: whether a line waits for goods. overdue_from: from
when on something that it owes is too late, None for never. net: the price of its lines after all
discounts, with its charges, without what was cancelled, in minor units; None where a price is not
known. left_late: whether something left late.
"""
