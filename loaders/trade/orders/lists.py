"""Lists of orders: filters, orders of sorting, and their sums."""

from collections import namedtuple
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from types import SimpleNamespace
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, and_, exists, func, or_, select

from kit.ids import Names
from kit.inputs import Input, Instant, Reference
from kit.money import Amount, rounded
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import Part, Reader, Relation
from loaders.trade.orders.progress import has_status, is_backordered, is_late, is_open, some_line
from models.base.visibility import seen_by
from models.trade.orders.holds import Hold
from models.trade.orders.states import FulfilmentStatus, OrderKind, OrderState
from models.trade.orders.tables import Order, OrderLine


class OrderSort(Enum):
    """Orders of an order list."""

    PLACED_AT_DESC = "PLACED_AT_DESC"
    PLACED_AT = "PLACED_AT"
    NUMBER = "NUMBER"
    NUMBER_DESC = "NUMBER_DESC"


class OrderFilter(Input):
    """Which orders to list."""

    states: tuple[OrderState, ...] | None = Field(None, description="State is one of these.")
    fulfilment_statuses: tuple[FulfilmentStatus, ...] | None = Field(
        None, description="Fulfilment status is one of these."
    )
    kind: OrderKind | None = Field(None, description="Kind is this.")
    party_id: Annotated[UUID, Names("Party")] | None = Field(None, description="Of this party.")
    channel_id: Annotated[UUID, Names("Channel")] | None = Field(
        None, description="From this channel."
    )
    contract_id: Annotated[UUID, Names("Contract")] | None = Field(
        None, description="Called off from this contract."
    )
    placed_from: Instant | None = Field(None, description="Placed at this instant or later.")
    placed_to: Instant | None = Field(None, description="Placed before this instant.")
    window_from: Instant | None = Field(
        None, description="The requested window of the order or a line ends here or later."
    )
    window_to: Instant | None = Field(
        None, description="The requested window of the order or a line starts before this."
    )
    number_prefix: Reference | None = Field(None, description="Number begins with this.")
    external_reference: Reference | None = Field(None, description="External reference is this.")
    purchase_order_number: Reference | None = Field(
        None, description="The customer's order number is this."
    )
    open: bool | None = Field(
        None,
        description="Open, or not: it is PENDING_APPROVAL or CONFIRMED, and something of it is"
        " neither cancelled nor shipped.",
    )
    late: bool | None = Field(
        None,
        description="Late, or not: the requested latest instant of the order, or of a line that"
        " has its own, passed before all that was ordered was shipped. Either it is past and"
        " something is still open, or the last dispatch came after it.",
    )
    on_hold: bool | None = Field(None, description="At least one hold is active, or none.")
    backordered: bool | None = Field(None, description="A line waits for goods, or none does.")


_EQUAL = (
    "kind",
    "party_id",
    "channel_id",
    "contract_id",
    "external_reference",
    "purchase_order_number",
)


def _held(reader: Reader, order: Any) -> ColumnElement[bool]:
    hold = reader.table(Hold)
    return exists().where(
        hold.subject_id == order.id, hold.is_active, *seen_by(reader.viewer, hold)
    )


_JUDGED = {"open": is_open, "late": is_late, "on_hold": _held, "backordered": is_backordered}


def _overlaps(table: Any, given: OrderFilter) -> ColumnElement[bool]:
    bounds = [table.window_latest.is_not(None)]
    if given.window_from is not None:
        bounds.append(table.window_latest >= given.window_from)
    if given.window_to is not None:
        bounds.append(table.window_earliest < given.window_to)
    return and_(*bounds)


def _single(reader: Reader, order: Any, given: OrderFilter) -> Iterable[ColumnElement[bool]]:
    """Yield what the filter says by one value of its own."""
    for name in _EQUAL:
        if (value := getattr(given, name)) is not None:
            yield getattr(order, name) == value
    for name, judgement in _JUDGED.items():
        if (value := getattr(given, name)) is not None:
            judged = judgement(reader, order)
            yield judged if value else ~judged


def _matching(reader: Reader, order: Any, given: OrderFilter) -> Iterable[ColumnElement[bool]]:
    yield from _single(reader, order, given)
    if given.states is not None:
        yield order.state.in_(given.states)
    if given.fulfilment_statuses is not None:
        yield has_status(reader, order, given.fulfilment_statuses)
    if given.number_prefix is not None:
        yield order.number.startswith(given.number_prefix, autoescape=True)
    if given.placed_from is not None:
        yield order.placed_at >= given.placed_from
    if given.placed_to is not None:
        yield order.placed_at < given.placed_to
    if given.window_from is not None or given.window_to is not None:
        yield or_(
            _overlaps(order, given), some_line(reader, order, lambda line: _overlaps(line, given))
        )


_SORTS: dict[Enum | None, Sorted] = {
    OrderSort.PLACED_AT_DESC: Sorted("placed_at", descending=True),
    OrderSort.PLACED_AT: Sorted("placed_at"),
    OrderSort.NUMBER: Sorted("number"),
    OrderSort.NUMBER_DESC: Sorted("number", descending=True),
}
every = Paged(Order, _SORTS, matching=_matching)
of_party = Paged(Order, _SORTS, of="party_id", matching=_matching)


@dataclass(frozen=True)
class Summary:
    """Sums over a whole list of orders. net_totals: only of prices that the viewer knows."""

    order_count: int
    line_count: int
    ordered_quantity: Decimal
    net_totals: Sequence[Amount]


@dataclass(frozen=True)
class SummaryOf(Relation):
    """parent key -> sums over its whole list, whatever the page."""

    many = True
    lasting = False
    record = namedtuple("record", ("currency", "orders", "lines", "quantity", "net"))  # noqa: PYI024 -- one currency's sums.
    paged: Paged
    filter_by: Input | None

    def part(self, reader: Reader, key: ColumnElement[Any]) -> Part:
        """Return sums and the select of one parent's list, one row for each currency."""
        order, line = reader.table(Order), reader.table(OrderLine)
        sums = SimpleNamespace(
            currency=order.currency,
            orders=func.count(order.id.distinct()),
            lines=func.count(line.id),
            quantity=func.coalesce(func.sum(line.ordered), 0),
            net=func.sum(line.net),
        )
        paged = self.paged
        joined = and_(line.order_id == order.id, *seen_by(reader.viewer, line))
        rows = select().select_from(order).outerjoin(line, joined).correlate_except(order, line)
        whole = paged.whole(reader, order, key)
        rows = rows.where(*whole, *paged.matched(reader, order, self.filter_by))
        return sums, rows.group_by(order.currency).order_by(order.currency)

    def results(self, keys: Sequence[Any], rows: Sequence[Any]) -> list[Any]:
        """Give each key its sums; every currency is rounded once."""
        return [_summary(found) for found in super().results(keys, rows)]


def _summary(rows: Sequence[Any]) -> Summary:
    return Summary(
        order_count=sum(row.orders for row in rows),
        line_count=sum(row.lines for row in rows),
        ordered_quantity=sum((row.quantity for row in rows), Decimal(0)),
        net_totals=[rounded(row.net, row.currency) for row in rows if row.net is not None],
    )
