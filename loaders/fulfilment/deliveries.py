"""Deliveries as they are read, with their lines and receipts."""

from collections.abc import Iterable
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import ColumnElement, and_, exists, or_, select

from kit.ids import Names
from kit.inputs import Input, Instant, Reference
from loaders.reading.acts import available, everything, some
from loaders.reading.filters import begins, one_of
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import Computed, Many, One, Reader, Rows, Through
from models.base.tables import fixed
from models.base.tasks import is_among
from models.base.visibility import merchant, seen_by
from models.fulfilment.deliveries.acts import ACTS
from models.fulfilment.deliveries.conditions import ORDER_HELD, TAKEN_OVER, TOO_LATE
from models.fulfilment.deliveries.receipts import Receipt, ReceiptLine
from models.fulfilment.deliveries.states import BEFORE_DISPATCH, OPEN_DELIVERIES, DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.trade.orders.acts import HELD
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order


class _Lines(Many):
    """delivery id -> its lines, in the order in which they stand in their orders."""

    def rows(self, reader: Reader) -> Rows:
        """Return the lines in order, and the column that names the delivery."""
        line, of = reader.table(DeliveryLine), reader.table(OrderLine)
        rows = select().select_from(line).join(of, of.id == line.order_line_id)
        seen = (*seen_by(reader.viewer, line), of.merchant_id == merchant(reader.viewer))
        rows = rows.where(*seen).correlate_except(line, of)
        order = (line.delivery_id, line.order_id, of.line_no)
        return line, rows.order_by(*order), line.delivery_id


by_id = One(Delivery)
by_number = One(Delivery, "number")
line_by_id = One(DeliveryLine)
receipt_by_id = One(Receipt)
lines = _Lines(DeliveryLine, "delivery_id", order_by=(), typical=5)
orders = Many(
    Order, Through(DeliveryLine, "delivery_id", "order_id"), order_by=("number",), typical=2
)
reshipped_by = Many(Delivery, "reships_id", order_by=("number",), typical=1)
receipts = Many(Receipt, "delivery_id", order_by=("sequence",), typical=2)
receipt_lines = Many(ReceiptLine, "receipt_id", order_by=("id",), typical=5)
of_order = Many(
    Delivery,
    Through(DeliveryLine, "order_id", "delivery_id"),
    order_by=("window_latest", "number"),
    typical=2,
)


class DeliverySort(Enum):
    """Orders of a delivery list."""

    WINDOW = "WINDOW"
    WINDOW_DESC = "WINDOW_DESC"
    NUMBER = "NUMBER"
    NUMBER_DESC = "NUMBER_DESC"


class DeliveryFilter(Input):
    """Which deliveries to list."""

    states: tuple[DeliveryState, ...] | None = Field(None, description="State is one of these.")
    party_id: Annotated[UUID, Names("Party")] | None = Field(None, description="To this party.")
    channel_id: Annotated[UUID, Names("Channel")] | None = Field(
        None, description="Of orders from this channel."
    )
    location_id: Annotated[UUID, Names("Location")] | None = Field(
        None, description="From this location."
    )
    order_id: Annotated[UUID, Names("Order")] | None = Field(
        None, description="Of this order, maybe among others."
    )
    contract_id: Annotated[UUID, Names("Contract")] | None = Field(
        None, description="Of a call-off of this contract."
    )
    window_from: Instant | None = Field(
        None, description="The window ends at this instant or later."
    )
    window_to: Instant | None = Field(None, description="The window starts before this instant.")
    number_prefix: Reference | None = Field(None, description="Number begins with this.")
    late: bool | None = Field(
        None,
        description="Late, or not: the window's end passed before it was delivered; one that is"
        " cancelled or reshipped is not late.",
    )
    open: bool | None = Field(
        None,
        description="Still to be made or on its way, or at its end. What stands in the house is not"
        " made any more from its orders' `cancelIfNotBy` on.",
    )
    on_hold: bool | None = Field(
        None,
        description="It or one of its orders has an active hold that you see, or none has.",
    )


def is_late(reader: Reader, delivery: Any) -> ColumnElement[bool]:
    """Tell whether the window's end passed before the delivery was delivered, as it stands now."""
    return and_(delivery.may_be_late, delivery.window_latest < reader.at)


def _is_open(reader: Reader, delivery: Any) -> ColumnElement[bool]:
    line = reader.table(DeliveryLine)
    ended = line.delivered + line.lost + line.refused
    on_the_road = _some_line(reader, delivery, line.shipped > ended, line=line)
    some_arrived = delivery.state == fixed(DeliveryState.PARTIALLY_DELIVERED)
    is_open = delivery.state.in_([fixed(it) for it in sorted(OPEN_DELIVERIES)])
    is_made = and_(is_open, ~_is_over(reader, delivery))
    return or_(is_made, and_(some_arrived, on_the_road))


def _is_over(reader: Reader, delivery: Any) -> ColumnElement[bool]:
    """Tell whether it is not made any more, since one of its orders is not wanted any more (D10).

    So it is from the order's last instant on, whenever it is cancelled.
    """
    rows = everything(reader)
    not_wanted, is_gone = (it.of(rows, delivery) for it in (TOO_LATE, TAKEN_OVER))
    return and_(is_among(delivery.state, BEFORE_DISPATCH), not_wanted, ~is_gone)


def _some_line(reader: Reader, delivery: Any, *conditions: Any, line: Any) -> ColumnElement[bool]:
    return exists().where(
        line.delivery_id == delivery.id, *seen_by(reader.viewer, line), *conditions
    )


def _is_on_hold(reader: Reader, delivery: Any) -> ColumnElement[bool]:
    return or_(*(some(reader, delivery, hold) for hold in (HELD, ORDER_HELD)))


def _of_contract(reader: Reader, delivery: Any, contract_id: UUID) -> ColumnElement[bool]:
    line, order = reader.table(DeliveryLine), reader.table(Order)
    own = (order.id == line.order_id, order.contract_id == contract_id)
    called_off = exists().where(*own, *seen_by(reader.viewer, order))
    return _some_line(reader, delivery, called_off, line=line)


timeliness = Computed(Delivery, {"is_late": is_late})
offered = Computed(Delivery, {"actions": available(ACTS)})
_FLAGS = {"late": is_late, "open": _is_open, "on_hold": _is_on_hold}


def _own(delivery: Any, filter_by: DeliveryFilter) -> Iterable[ColumnElement[bool]]:
    """Yield what the filter says of the delivery's own row."""
    for column in ("party_id", "channel_id", "location_id"):
        if (value := getattr(filter_by, column)) is not None:
            yield getattr(delivery, column) == value
    if filter_by.states is not None:
        yield one_of(delivery.state, filter_by.states)
    if filter_by.window_from is not None:
        yield delivery.window_latest >= filter_by.window_from
    if filter_by.window_to is not None:
        yield delivery.window_earliest < filter_by.window_to
    if filter_by.number_prefix is not None:
        yield begins(delivery.number_folded, filter_by.number_prefix)


def _matching(
    reader: Reader, delivery: Any, filter_by: DeliveryFilter
) -> Iterable[ColumnElement[bool]]:
    yield from _own(delivery, filter_by)
    for name, condition in _FLAGS.items():
        if (value := getattr(filter_by, name)) is not None:
            yield condition(reader, delivery) if value else ~condition(reader, delivery)
    if filter_by.order_id is not None:
        line = reader.table(DeliveryLine)
        yield _some_line(reader, delivery, line.order_id == filter_by.order_id, line=line)
    if filter_by.contract_id is not None:
        yield _of_contract(reader, delivery, filter_by.contract_id)


every = Paged(
    Delivery,
    {
        DeliverySort.WINDOW: Sorted("window_latest"),
        DeliverySort.WINDOW_DESC: Sorted("window_latest", descending=True),
        DeliverySort.NUMBER: Sorted("number"),
        DeliverySort.NUMBER_DESC: Sorted("number", descending=True),
    },
    matching=_matching,
)
