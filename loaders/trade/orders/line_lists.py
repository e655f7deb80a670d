"""Lists of order lines, whatever orders they are of."""

from collections.abc import Callable, Iterable
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Select,
    Uuid,
    and_,
    any_,
    func,
    literal_column,
    or_,
    select,
)

from kit.ids import Names
from kit.inputs import Instant
from loaders.reading.acts import everything
from loaders.reading.filters import Filter
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import Reader
from loaders.trade.orders.progress import is_owed, line_is_late
from models.trade.orders.lines import OrderLine
from models.trade.orders.standing import due_of
from models.trade.orders.tables import Order


class OrderLineSort(Enum):
    """Orders of a list of lines."""

    NEWEST_FIRST = "NEWEST_FIRST"
    OLDEST_FIRST = "OLDEST_FIRST"


class OrderLineFilter(Filter):
    """Which lines to list."""

    open: bool | None = Field(
        None,
        description="Its order is PENDING_APPROVAL or CONFIRMED and still wanted, and something of"
        " it is neither cancelled nor shipped; or not.",
    )
    late: bool | None = Field(
        None,
        description="The latest instant that was agreed on, or its window's, or its order's, passed"
        " before all of it was shipped; or not.",
    )
    party_id: Annotated[UUID, Names("Party")] | None = Field(
        None, description="Of an order of this party."
    )
    product_id: Annotated[UUID, Names("Product")] | None = Field(
        None, description="Of this product."
    )
    contract_line_id: Annotated[UUID, Names("ContractLine")] | None = Field(
        None, description="Called off from this line of a contract."
    )
    due_from: Instant | None = Field(
        None, description="Its latest instant is this or later; without any it does not match."
    )
    due_to: Instant | None = Field(None, description="Its latest instant is before this.")


def _of_order(reader: Reader, line: Any, condition: Callable[[Any], Any]) -> Select[Any]:
    """Select the line's order, which is seen where the line is, if it fulfils a condition."""
    (order,), own = everything(reader).tables((Order,))
    rows: Select[Any] = select(literal_column("1"))
    rows = rows.where(*own, order.id == line.order_id, condition(order))
    return rows.correlate_except(order)


def _some_order(
    reader: Reader, line: Any, condition: Callable[[Any], ColumnElement[bool]]
) -> ColumnElement[bool]:
    """Tell whether the line's order fulfils a condition.

    But for the OFFSET, PostgreSQL would look at all orders of the merchant.
    """
    return _of_order(reader, line, condition).offset(literal_column("0")).exists()


def _is_open(reader: Reader, line: Any) -> ColumnElement[bool]:
    return and_(line.is_owing, _some_order(reader, line, lambda order: is_owed(reader, order)))


def _is_late(reader: Reader, line: Any) -> ColumnElement[bool]:
    return _some_order(reader, line, lambda order: line_is_late(reader, order, line))


def _of_late_orders(reader: Reader, line: Any) -> ColumnElement[bool]:
    """Tell whether a line's order is or was late or will be, of which there is an index."""
    (order,), own = everything(reader).tables((Order,))
    late = select(order.id).where(*own, or_(order.left_late, order.overdue_from.is_not(None)))
    ids = late.correlate_except(order).scalar_subquery()
    return line.order_id == any_(func.array(ids, type_=ARRAY(Uuid())))  # type: ignore[no-any-return]


def _matching(
    reader: Reader, line: Any, filter_by: OrderLineFilter
) -> Iterable[ColumnElement[bool]]:
    for name, condition in (("open", _is_open), ("late", _is_late)):
        if (value := getattr(filter_by, name)) is not None:
            yield condition(reader, line) if value else ~condition(reader, line)
    if filter_by.late:
        yield _of_late_orders(reader, line)
    for column in ("product_id", "contract_line_id"):
        if (value := getattr(filter_by, column)) is not None:
            yield getattr(line, column) == value
    if filter_by.party_id is not None:
        # There is an index of what leads to lines this way.
        own = _of_order(reader, line, lambda order: order.party_id == filter_by.party_id)
        yield own.exists()
    if filter_by.due_from is not None:
        yield _some_order(reader, line, lambda order: due_of(order, line) >= filter_by.due_from)
    if filter_by.due_to is not None:
        yield _some_order(reader, line, lambda order: due_of(order, line) < filter_by.due_to)


every_line = Paged(
    OrderLine,
    {
        OrderLineSort.NEWEST_FIRST: Sorted("placed_at", descending=True),
        OrderLineSort.OLDEST_FIRST: Sorted("placed_at"),
    },
    matching=_matching,
)
