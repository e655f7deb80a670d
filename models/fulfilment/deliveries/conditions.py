"""What bears on acts of deliveries: holds, who takes it in, the policies of orders, other parts."""

from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Uuid, and_, any_, case, func, or_, select

from models.base.acts import AllRows, Some
from models.base.records import ANONYMOUS
from models.base.tasks import is_among
from models.fulfilment.deliveries.states import BEFORE_DISPATCH, DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.fulfilment.parcels import WITH_CARRIER, Parcel
from models.master.catalog import Product
from models.master.channels import ADDRESSED_METHODS, CONSUMER_METHODS
from models.master.handling import MethodHandling, carries, is_special
from models.master.locations import Location
from models.master.parties import Party, PartyKind
from models.trade.orders.acts import HELD
from models.trade.orders.holds import Hold
from models.trade.orders.lines import OrderLine
from models.trade.orders.standing import left_with
from models.trade.orders.states import DeliveryPolicy, OrderState
from models.trade.orders.tables import Order
from models.trade.payments import stops

ALIKE = (
    "party_id",
    "channel_id",
    "location_id",
    "ship_to_id",
    "ship_to",
    "recipient",
    "window_earliest",
    "window_latest",
    "window_zone",
    "method",
    "incoterm",
    "promised_at",
    "fulfil_at",
    "fulfil_by",
    "excuse",
    "reships_id",
    "state",
)
"""What deliveries must share to be merged.

The state is among it, so that no unreleased goods slip into a released delivery.
"""


def _brings(delivery: Any, part: Any) -> ColumnElement[bool]:
    return and_(part.delivery_id == delivery.id, part.planned > 0)


def _orders_of(rows: AllRows, delivery: Any) -> Any:
    """Return the ids of the orders of which a delivery brings something.

    What begins with them looks at these orders alone, each once, however many others there are.
    """
    (part,), own = rows.tables((DeliveryLine,))
    ids = select(part.order_id).where(*own, _brings(delivery, part)).distinct()
    return any_(_list_of(ids.correlate_except(part)))


def _lines_packed_of(rows: AllRows, delivery: Any) -> Any:
    """Return the ids of the lines of orders of which a delivery has something in parcels."""
    (part,), own = rows.tables((DeliveryLine,))
    its = (part.delivery_id == delivery.id, part.packed > 0)
    return any_(_list_of(select(part.order_line_id).where(*own, *its).correlate_except(part)))


def _list_of(ids: Any) -> Any:
    return func.array(ids.scalar_subquery(), type_=ARRAY(Uuid()))


def _leaves_something_open(rows: AllRows, delivery: Any, order: Any) -> ColumnElement[bool]:
    """Tell whether the delivery brings some of what is open of an order, and not all."""

    def is_left_open(line: Any) -> ColumnElement[bool]:
        is_brought = rows.some(
            DeliveryLine,
            where=lambda part: and_(
                part.delivery_id == delivery.id,
                part.order_line_id == line.id,
                part.planned >= line.open_quantity,
            ),
        )
        return and_(line.order_id == order.id, line.open_quantity > 0, ~is_brought)

    return and_(order.id == _orders_of(rows, delivery), rows.some(OrderLine, where=is_left_open))


def _leaves_something_unplanned(rows: AllRows, delivery: Any, order: Any) -> ColumnElement[bool]:
    """Tell whether something is in no delivery of an order that the delivery is to complete."""
    return and_(
        delivery.completes_order,
        order.id == _orders_of(rows, delivery),
        rows.some(
            OrderLine, where=lambda line: and_(line.order_id == order.id, line.unplanned > 0)
        ),
    )


def _stands_elsewhere(rows: AllRows, delivery: Any, order: Any) -> ColumnElement[bool]:
    """Tell whether another delivery brings something of an order, too, and has not left."""
    return rows.some(
        DeliveryLine,
        Delivery,
        where=lambda part, other: and_(
            part.order_id == order.id,
            part.planned > 0,
            other.id == part.delivery_id,
            other.id != delivery.id,
            is_among(other.state, BEFORE_DISPATCH),
        ),
    )


def _leaves_after_the_last(rows: AllRows, delivery: Any, last: Any) -> ColumnElement[bool]:
    """Tell whether what completed one of its orders left before, of which it brings too much."""

    def is_beyond(part: Any, line: Any) -> ColumnElement[bool]:
        completed = rows.some(DeliveryLine, where=lambda its: left_with(part.order_id, last, its))
        return and_(
            part.delivery_id == delivery.id,
            line.id == part.order_line_id,
            part.packed > line.open_quantity,
            completed,
        )

    return and_(
        last.id != delivery.id,
        last.completes_order,
        last.dispatched_at < rows.now,
        rows.some(DeliveryLine, OrderLine, where=is_beyond),
    )


def _completes_the_same(rows: AllRows, delivery: Any, other: Any) -> ColumnElement[bool]:
    """Tell whether another delivery is to complete one of the orders that this one completes."""
    (part,), own = rows.tables((DeliveryLine,))
    shared = (part.order_id == _orders_of(rows, delivery), part.planned > 0)
    beside = select(part.delivery_id).where(*own, *shared).distinct().correlate_except(part)
    return and_(
        other.id == any_(_list_of(beside)),
        delivery.completes_order,
        other.completes_order,
        other.id != delivery.id,
        other.state != DeliveryState.CANCELLED,
    )


def _can_be_split_off(rows: AllRows, delivery: Any, part: Any) -> ColumnElement[bool]:
    """Tell whether of a line, or of its whole order, something can go while something stays.

    What is released of an order that must come complete goes whole, or stays complete.
    """
    of_another_order, another_line = (
        rows.some(
            DeliveryLine,
            where=lambda other, name=name: and_(
                _brings(delivery, other), getattr(other, name) != getattr(part, name)
            ),
        )
        for name in ("order_id", "id")
    )

    def is_divisible(line: Any, order: Any, product: Any) -> ColumnElement[bool]:
        is_whole = and_(
            delivery.state != DeliveryState.PLANNED,
            order.delivery_policy == DeliveryPolicy.SHIP_COMPLETE,
        )
        return and_(
            line.id == part.order_line_id,
            order.id == part.order_id,
            product.id == line.product_id,
            part.planned - case((is_whole, line.open_quantity), else_=0) >= product.step,
            or_(part.planned > product.step, another_line),
        )

    divisible = rows.some(OrderLine, Order, Product, where=is_divisible)
    return and_(_brings(delivery, part), or_(of_another_order, divisible))


def _can_be_merged(rows: AllRows, delivery: Any, other: Any) -> ColumnElement[bool]:
    """Tell whether another delivery can be put into one. Guests' deliveries are of one order."""
    same = [_are_equal(getattr(other, name), getattr(delivery, name)) for name in ALIKE]
    of_one_order = rows.some(
        DeliveryLine,
        DeliveryLine,
        where=lambda mine, its: and_(
            mine.delivery_id == delivery.id,
            its.delivery_id == other.id,
            mine.order_id == its.order_id,
        ),
    )
    return and_(
        other.id != delivery.id,
        *same,
        or_(delivery.party_id.is_not(None), of_one_order),
        ~HELD.of(rows, other),
    )


def reshipped(rows: AllRows, delivery: Any, part: Any) -> ColumnElement[Any]:
    """Return how much of a delivery's line others bring that were made to bring it again."""
    (its, its_part), own = rows.tables((Delivery, DeliveryLine))
    brought = select(func.coalesce(func.sum(its_part.planned - its_part.owed_again), 0)).where(
        *own,
        its.reships_id == delivery.id,
        its.state != DeliveryState.CANCELLED,
        its_part.delivery_id == its.id,
        its_part.order_line_id == part.order_line_id,
    )
    return brought.correlate_except(its, its_part).scalar_subquery()


def _is_special_of(delivery: Any, product: Any, part: Any, line: Any) -> ColumnElement[bool]:
    """Tell whether a delivery brings a product, and that needs handling."""
    return and_(
        is_special(product),
        _brings(delivery, part),
        line.id == part.order_line_id,
        line.product_id == product.id,
    )


def _are_equal(column: Any, value: Any) -> ColumnElement[bool]:
    # An index serves equality only, not a comparison that knows of nulls.
    equal: ColumnElement[bool] = column == value
    return or_(equal, and_(column.is_(None), value.is_(None))) if column.nullable else equal


ORDER_HELD = Some(
    "one of its orders has an active hold",
    (Hold, DeliveryLine),
    lambda _rows, delivery, hold, part: and_(
        part.delivery_id == delivery.id, hold.subject_id == part.order_id, hold.is_active
    ),
    rule="D9",
)
ORDER_AMENDED = Some(
    "an amendment of one of its lines waits for its answer",
    (OrderLine, DeliveryLine),
    lambda rows, delivery, line, part: and_(
        part.delivery_id == delivery.id,
        line.id == part.order_line_id,
        line.answer_by > rows.now,
    ),
    rule="D13",
)
NAMELESS = Some(
    "it goes to a company and nobody is named who takes it in",
    (Party,),
    lambda _rows, delivery, party: and_(
        party.id == delivery.party_id,
        party.kind == PartyKind.COMPANY,
        delivery.recipient.is_(None),
    ),
    rule="D7",
)
TOO_EARLY = Some(
    "it is not to be picked yet",
    (Delivery,),
    lambda rows, delivery, it: and_(it.id == delivery.id, it.fulfil_at > rows.now),
    rule="D16",
)
TAKEN_OVER = Some(
    "a parcel of it has left, as its carrier tells",
    (Parcel,),
    lambda _rows, delivery, its: and_(
        its.delivery_id == delivery.id, is_among(its.status, WITH_CARRIER)
    ),
    rule="P2",
)
PLACELESS = Some(
    "its method needs an address, and it has none, or it was forgotten",
    (Delivery,),
    lambda _rows, delivery, same: and_(
        same.id == delivery.id,
        is_among(same.method, ADDRESSED_METHODS),
        func.coalesce(same.ship_to["line1"].astext, ANONYMOUS) == ANONYMOUS,
    ),
    rule="D17",
)
FOR_CONSUMERS = Some(
    "it goes to a company by a method that none gets",
    (Party,),
    lambda _rows, delivery, party: and_(
        party.id == delivery.party_id,
        party.kind == PartyKind.COMPANY,
        is_among(delivery.method, CONSUMER_METHODS),
    ),
    rule="D8",
)
UNFINISHED = Some(
    "it is to complete its orders, and something of them is in no delivery",
    (Order,),
    _leaves_something_unplanned,
    rule="D18",
)
TOO_LATE = Some(
    "one of its orders was wanted by an instant that has passed",
    (Order,),
    lambda rows, delivery, order: and_(
        order.id == _orders_of(rows, delivery), ~order.is_wanted(rows.now)
    ),
    rule="D10",
)
ORDER_UNPAID = Some(
    "what is known of the payment of one of its orders stops it",
    (Order,),
    lambda rows, delivery, order: and_(order.id == _orders_of(rows, delivery), stops(rows, order)),
    rule="D12",
)
INCOMPLETE = Some(
    "it brings only a part of what is open of an order that must come complete",
    (Order,),
    lambda rows, delivery, order: and_(
        order.delivery_policy == DeliveryPolicy.SHIP_COMPLETE,
        _leaves_something_open(rows, delivery, order),
    ),
    rule="D11",
)
NOT_LAST = Some(
    "it is to complete its orders, of which it leaves something open, or another one brings some",
    (Order,),
    lambda rows, delivery, order: and_(
        delivery.completes_order,
        order.id == _orders_of(rows, delivery),
        or_(
            _leaves_something_open(rows, delivery, order), _stands_elsewhere(rows, delivery, order)
        ),
    ),
    rule="D18",
)
AFTER_LAST = Some(
    "what left before has completed one of its orders, and it brings more than is open of that",
    (Delivery,),
    _leaves_after_the_last,
    rule="D18",
)
UNWANTED = Some(
    "it brings something of a line that is cancelled in full",
    (OrderLine,),
    lambda rows, delivery, line: and_(
        line.id == _lines_packed_of(rows, delivery), line.cancelled >= line.ordered
    ),
    rule="O4",
)
RIVALLED = Some(
    "another delivery is to complete one of its orders", (Delivery,), _completes_the_same
)
UNPLACED = Some(
    "its location cannot handle something of it",
    (Product, DeliveryLine, OrderLine),
    lambda rows, delivery, product, part, line: and_(
        _is_special_of(delivery, product, part, line),
        ~rows.some(
            Location,
            where=lambda it: and_(it.id == delivery.location_id, carries(product, it)),
        ),
    ),
    rule="D14",
)
UNCARRIED = Some(
    "its method cannot handle something of it",
    (Product, DeliveryLine, OrderLine),
    lambda rows, delivery, product, part, line: and_(
        _is_special_of(delivery, product, part, line),
        ~rows.some(
            MethodHandling,
            where=lambda it: and_(it.method == delivery.method, carries(product, it)),
        ),
    ),
    rule="D14",
)
OWED_AGAIN = Some(
    "something of it was lost or came back, is still wanted, and nothing has taken its place",
    (DeliveryLine, OrderLine, Order),
    lambda rows, delivery, part, line, order: and_(
        part.delivery_id == delivery.id,
        line.id == part.order_line_id,
        order.id == part.order_id,
        order.state == OrderState.CONFIRMED,
        line.unplanned > 0,
        part.owed_again > reshipped(rows, delivery, part),
    ),
)
DIVISIBLE = Some("something can go while something stays", (DeliveryLine,), _can_be_split_off)
MERGEABLE = Some("there is another one like it that no hold stops", (Delivery,), _can_be_merged)
