"""Lists of deliveries: filters and orders of sorting."""

from collections.abc import Iterable
from enum import Enum
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    ScalarSelect,
    Uuid,
    and_,
    any_,
    exists,
    func,
    or_,
    select,
    union_all,
)

from kit.ids import Names
from kit.inputs import Instant
from loaders.fulfilment.deliveries import delivery_is_late
from loaders.reading.acts import everything, some
from loaders.reading.filters import Beginning, Filter, begins, one_of
from loaders.reading.leading import Leads
from loaders.reading.pages import Paged, Sorted
from loaders.reading.relations import Reader
from models.base.tables import fixed
from models.base.tasks import is_among
from models.base.visibility import seen_by
from models.fulfilment.deliveries.conditions import ORDER_HELD, TAKEN_OVER, TOO_LATE
from models.fulfilment.deliveries.states import BEFORE_DISPATCH, OPEN_DELIVERIES, DeliveryState
from models.fulfilment.deliveries.tables import FEW_DELIVERIES, Delivery, DeliveryLine
from models.trade.orders.acts import HELD
from models.trade.orders.holds import Hold
from models.trade.orders.tables import Order


class DeliverySort(Enum):
    """Orders of a delivery list."""

    WINDOW = "WINDOW"
    WINDOW_DESC = "WINDOW_DESC"
    NUMBER = "NUMBER"
    NUMBER_DESC = "NUMBER_DESC"


class DeliveryFilter(Filter):
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
    number_prefix: Beginning | None = Field(None, description="Number begins with this.")
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


def _held(reader: Reader) -> ScalarSelect[Any]:
    """Select what has an active hold, itself or as an order of it."""
    (hold, part), (of_hold, own) = everything(reader).tables((Hold, DeliveryLine))
    held = select(hold.subject_id).where(of_hold, hold.is_active)
    brought = select(part.delivery_id).join(hold, hold.subject_id == part.order_id)
    return union_all(held, brought.where(of_hold, own, hold.is_active)).scalar_subquery()


def _of_contract(reader: Reader, delivery: Any, contract_id: UUID) -> ColumnElement[bool]:
    line, order = reader.table(DeliveryLine), reader.table(Order)
    own = (order.id == line.order_id, order.contract_id == contract_id)
    called_off = exists().where(*own, *seen_by(reader.viewer, order))
    return _some_line(reader, delivery, called_off, line=line)


_FLAGS = {"late": delivery_is_late, "open": _is_open, "on_hold": _is_on_hold}


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
    if filter_by.on_hold:
        yield delivery.id == any_(func.array(_held(reader), type_=ARRAY(Uuid())))
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
    leads=Leads(
        columns={
            "states": "state",
            "channel_id": "channel_id",
            "location_id": "location_id",
            "window_from": "window_latest",
        },
        among={"open": FEW_DELIVERIES["open"], "late": FEW_DELIVERIES["late"]},
    ),
)
