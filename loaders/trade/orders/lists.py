"""Lists of orders: filters and orders of sorting."""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, any_, func, or_, select

from kit.ids import Names
from kit.inputs import Currency, ExactAmount, Instant, Reference
from loaders.reading.acts import everything, some, there_is
from loaders.reading.filters import Beginning, Filter, begins, names_seen, one_of
from loaders.reading.leading import Leads
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import Expression, Reader
from loaders.trade.orders.progress import is_late, is_open, some_line
from models.base.tables import entity_named, fixed
from models.base.visibility import seen_by
from models.master.parties import Party
from models.trade.orders.acts import HELD
from models.trade.orders.amounts import ranked
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import FulfilmentStatus, OrderKind, OrderState, PaymentState
from models.trade.orders.tables import FEW_ORDERS, Order
from models.trade.payments import UNPAID, perhaps_stopped


class OrderSort(Enum):
    """Orders of an order list."""

    PLACED_AT_DESC = "PLACED_AT_DESC"
    PLACED_AT = "PLACED_AT"
    NUMBER = "NUMBER"
    NUMBER_DESC = "NUMBER_DESC"
    DUE_AT = "DUE_AT"
    DUE_AT_DESC = "DUE_AT_DESC"
    NET = "NET"
    NET_DESC = "NET_DESC"


class OrderFilter(Filter):
    """Which orders to list."""

    states: tuple[OrderState, ...] | None = Field(None, description="State is one of these.")
    fulfilment_statuses: tuple[FulfilmentStatus, ...] | None = Field(
        None, description="Fulfilment status is one of these."
    )
    payment_states: tuple[PaymentState, ...] | None = Field(
        None, description="What is known of its payment is one of these, and the viewer knows it."
    )
    kind: OrderKind | None = Field(None, description="Kind is this.")
    party_id: Annotated[UUID, Names("Party")] | None = Field(None, description="Of this party.")
    party_ids: tuple[Annotated[UUID, Names("Party")], ...] | None = Field(
        None, description="Of one of these parties."
    )
    ship_to_id: Annotated[UUID, Names("Address")] | None = Field(
        None, description="To this address of its party."
    )
    product_id: Annotated[UUID, Names("Product")] | None = Field(
        None, description="A line that you see is of this product."
    )
    tracking_number: Reference | None = Field(
        None,
        description="A parcel that you see brings something of it under this number, spaces and"
        " case aside.",
    )
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
    currency: Currency | None = Field(None, description="Its prices are in this currency.")
    net_from: ExactAmount | None = Field(
        None,
        description="`net` is this or more, in its own currency; without one that you know it does"
        " not match.",
    )
    net_to: ExactAmount | None = Field(None, description="`net` is less than this.")
    number_prefix: Beginning | None = Field(
        None, description="Number begins with this, capitals and accents aside."
    )
    purchase_order_prefix: Beginning | None = Field(
        None,
        description="The customer's order number begins with this, capitals and accents aside.",
    )
    external_reference: Reference | None = Field(None, description="External reference is this.")
    purchase_order_number: Reference | None = Field(
        None, description="The customer's order number is this."
    )
    open: bool | None = Field(
        None,
        description="Open, or not: it is PENDING_APPROVAL or CONFIRMED, its `cancelIfNotBy` has not"
        " passed, and something of it is neither cancelled nor shipped.",
    )
    late: bool | None = Field(
        None,
        description="Late, or not: the requested latest instant of the order, or of a line that"
        " has its own, or the one that was agreed on instead, passed before all that was ordered"
        " was shipped. Either it is past and something is still open, or the last dispatch came"
        " after it.",
    )
    on_hold: bool | None = Field(
        None, description="At least one hold that you see is active, or none is."
    )
    stopped_by_payment: bool | None = Field(
        None,
        description="It owes goods that what is known of its payment stops, or does not.",
    )
    backordered: bool | None = Field(None, description="A line waits for goods, or none does.")


_EQUAL = (
    "kind",
    "party_id",
    "ship_to_id",
    "channel_id",
    "contract_id",
    "external_reference",
    "purchase_order_number",
    "currency",
)


def _is_on_hold(reader: Reader, order: Any) -> ColumnElement[bool]:
    """Tell whether a hold is active that the reader sees."""
    return some(reader, order, HELD)


_FLAGS: Mapping[str, Expression] = {
    "open": is_open,
    "late": is_late,
    "on_hold": _is_on_hold,
    "stopped_by_payment": there_is(UNPAID),
    "backordered": lambda _reader, order: order.is_backordered,
}


def _overlaps(table: Any, filter_by: OrderFilter) -> ColumnElement[bool]:
    bounds = [table.window_latest.is_not(None)]
    if filter_by.window_from is not None:
        bounds.append(table.window_latest >= filter_by.window_from)
    if filter_by.window_to is not None:
        bounds.append(table.window_earliest < filter_by.window_to)
    return and_(*bounds)


def _single(reader: Reader, order: Any, filter_by: OrderFilter) -> Iterable[ColumnElement[bool]]:
    """Yield what the filter says by one value of its own."""
    for name in _EQUAL:
        if (value := getattr(filter_by, name)) is not None:
            yield getattr(order, name) == value
    for name, condition in _FLAGS.items():
        if (value := getattr(filter_by, name)) is not None:
            holds = condition(reader, order)
            yield holds if value else ~holds


def _has_product(reader: Reader, order: Any, product_id: Any) -> ColumnElement[bool]:
    line = reader.table(OrderLine)
    rows = select(line.order_id).where(line.product_id == product_id, *seen_by(reader.viewer, line))
    return order.id.in_(rows.correlate_except(line))  # type: ignore[no-any-return]


def _comes_under(reader: Reader, order: Any, number: Any) -> ColumnElement[bool]:
    """Tell whether a parcel with a tracking number brings something of an order.

    What trade names of fulfilment it names by string: wings go right.
    """
    tracked, parcel, line = (
        reader.table(entity_named(it)) for it in ("TrackingNumber", "Parcel", "DeliveryLine")
    )
    rows = (
        select(line.order_id)
        .select_from(tracked)
        .join(parcel, parcel.id == tracked.parcel_id)
        .join(line, line.delivery_id == parcel.delivery_id)
        .where(tracked.is_called(number))
        .where(*(it for each in (tracked, parcel, line) for it in seen_by(reader.viewer, each)))
    )
    return order.id.in_(rows.correlate_except(tracked, parcel, line))  # type: ignore[no-any-return]


def _named(reader: Reader, order: Any, filter_by: OrderFilter) -> Iterable[ColumnElement[bool]]:
    """Yield what the filter says by keys of other rows and by beginnings of numbers."""
    if filter_by.party_ids is not None:
        yield names_seen(reader, Party, order.party_id, filter_by.party_ids)
    if filter_by.product_id is not None:
        yield _has_product(reader, order, filter_by.product_id)
    if filter_by.tracking_number is not None:
        yield _comes_under(reader, order, filter_by.tracking_number)
    if filter_by.stopped_by_payment:
        perhaps = perhaps_stopped(everything(reader)).scalar_subquery()
        yield order.id == any_(func.array(perhaps, type_=ARRAY(Uuid())))
    if filter_by.number_prefix is not None:
        yield begins(order.number_folded, filter_by.number_prefix)
    if filter_by.purchase_order_prefix is not None:
        yield begins(order.purchase_order_number_folded, filter_by.purchase_order_prefix)


def _costs(order: Any, filter_by: OrderFilter) -> Iterable[ColumnElement[bool]]:
    """Yield that an order comes to so much, which is known: by index, then exactly."""
    lowest, above = filter_by.net_from, filter_by.net_to
    if lowest is not None:
        yield order.net >= lowest
        yield order.net_rank >= ranked(lowest)
    if above is not None:
        yield order.net < above
        yield order.net_rank.between(fixed(0), ranked(above))


def _matching(reader: Reader, order: Any, filter_by: OrderFilter) -> Iterable[ColumnElement[bool]]:
    yield from _single(reader, order, filter_by)
    yield from _named(reader, order, filter_by)
    yield from _costs(order, filter_by)
    if filter_by.states is not None:
        yield one_of(order.state, filter_by.states)
    if filter_by.payment_states is not None:
        yield one_of(order.payment_state, filter_by.payment_states)
    if filter_by.fulfilment_statuses is not None:
        yield one_of(order.fulfilment_status, filter_by.fulfilment_statuses)
    if filter_by.placed_from is not None:
        yield order.placed_at >= filter_by.placed_from
    if filter_by.placed_to is not None:
        yield order.placed_at < filter_by.placed_to
    if filter_by.window_from is not None or filter_by.window_to is not None:
        yield or_(
            _overlaps(order, filter_by),
            some_line(reader, order, lambda line: _overlaps(line, filter_by)),
        )


_SORTS: dict[Enum | None, Sorted] = {
    OrderSort.PLACED_AT_DESC: Sorted("placed_at", descending=True),
    OrderSort.PLACED_AT: Sorted("placed_at"),
    OrderSort.DUE_AT: Sorted("due_at"),
    OrderSort.DUE_AT_DESC: Sorted("due_at", descending=True),
    OrderSort.NET: Sorted("net_rank"),
    OrderSort.NET_DESC: Sorted("net_rank", descending=True),
    OrderSort.NUMBER: Sorted("number"),
    OrderSort.NUMBER_DESC: Sorted("number", descending=True),
}
_LEADS = Leads(
    columns={
        "states": "state",
        "fulfilment_statuses": "fulfilment_status",
        "payment_states": "payment_state",
        "kind": "kind",
        "channel_id": "channel_id",
        "currency": "currency",
        **dict.fromkeys(("placed_from", "placed_to"), "placed_at"),
        **dict.fromkeys(("net_from", "net_to"), "net_rank"),
    },
    among={
        "open": FEW_ORDERS["owing"],
        "late": FEW_ORDERS["late"],
        "backordered": FEW_ORDERS["backordered"],
    },
)
every = Paged(Order, _SORTS, matching=_matching, leads=_LEADS)
of_party = Paged(Order, _SORTS, of="party_id", matching=_matching)
