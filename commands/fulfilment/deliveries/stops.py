"""What stops deliveries, and how each of it is refused."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from uuid import UUID

from commands.fulfilment.parcels.numbers import taken_by_another
from commands.trade.orders.states import not_wanted
from commands.writing.stops import Refuse, check_stops, find_stops
from commands.writing.transaction import Writing
from kit.errors import Code, Path, Refused
from models.access.viewers import Viewer
from models.base.acts import Some
from models.base.guards import guards
from models.fulfilment.codes import FulfilmentCode
from models.fulfilment.deliveries.conditions import (
    AFTER_LAST,
    FOR_CONSUMERS,
    INCOMPLETE,
    NAMELESS,
    NOT_LAST,
    ORDER_AMENDED,
    ORDER_HELD,
    ORDER_UNPAID,
    PLACELESS,
    TAKEN_OVER,
    TOO_EARLY,
    TOO_LATE,
    UNCARRIED,
    UNFINISHED,
    UNPLACED,
    UNWANTED,
)
from models.fulfilment.deliveries.tables import Delivery
from models.fulfilment.deliveries.ways import NUMBER_TAKEN
from models.fulfilment.parcels import Parcel, TrackingNumber
from models.master.catalog import Product
from models.master.handling import lacking
from models.master.parties import Party
from models.trade.codes import TradeCode
from models.trade.orders.acts import HELD
from models.trade.orders.holds import Hold, reason_for
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order

_PATH: Path = ("delivery_id",)


async def check_delivery(
    writing: Writing,
    delivery: Delivery,
    stops: Sequence[Some],
    path: Path = _PATH,
    *,
    at: datetime | None = None,
) -> None:
    """Refuse while something stops what is done with a locked delivery. at: when, now by default.

    Refused: ON_HOLD, PAYMENT_OUTSTANDING, AMENDMENT_AWAITED, RECIPIENT_MISSING, DELIVERY_POLICY,
    ADDRESS_MISSING, TOO_EARLY, LOCATION_NOT_ALLOWED, METHOD_NOT_ALLOWED, QUANTITY_NOT_OPEN, TAKEN.
    """
    await check_stops(writing, delivery, stops, path, _known(writing, delivery, path), at=at)


async def find_stopped(
    writing: Writing, deliveries: Mapping[Delivery, datetime], stops: Sequence[Some], path: Path
) -> dict[UUID, Refused]:
    """Return id of each locked delivery that something stops -> why. deliveries: at what time.

    path: below each of them. Refusals: as `check_delivery`.
    """
    known = partial(_known, writing, path=path)
    return await find_stops(writing, deliveries, stops, path, known)


def _known(writing: Writing, delivery: Delivery, path: Path) -> Mapping[Some, Refuse]:
    held = partial(_held, writing.viewer, delivery, path)
    return {
        HELD: held,
        ORDER_HELD: held,
        ORDER_AMENDED: partial(_amended, delivery, path),
        ORDER_UNPAID: partial(_unpaid, path),
        NAMELESS: partial(_nameless, delivery, path),
        TOO_LATE: partial(_too_late, path),
        INCOMPLETE: partial(_incomplete, path),
        FOR_CONSUMERS: partial(_for_consumers, delivery, path),
        PLACELESS: partial(_placeless, delivery, path),
        TAKEN_OVER: partial(_gone, delivery, path),
        TOO_EARLY: partial(_too_early, delivery, path),
        UNFINISHED: partial(_unfinished, delivery, path),
        NOT_LAST: partial(_not_last, delivery, path),
        AFTER_LAST: partial(_after_last, delivery, path),
        UNWANTED: partial(_unwanted, delivery, path),
        NUMBER_TAKEN: partial(_numbered, path),
        UNPLACED: partial(_unhandled, delivery, FulfilmentCode.LOCATION_NOT_ALLOWED, path),
        UNCARRIED: partial(_unhandled, delivery, FulfilmentCode.METHOD_NOT_ALLOWED, path),
    }


def _held(viewer: Viewer, delivery: Delivery, path: Path, holds: Sequence[Hold]) -> Refused:
    """Return the refusal of what holds stop, with their reasons as the viewer reads them."""
    reasons = {reason_for(viewer, hold) for hold in holds}
    text = f"{delivery.number} is on hold: {', '.join(sorted(reasons))}."
    return Refused(TradeCode.ON_HOLD, text, path)


def _amended(delivery: Delivery, path: Path, lines: Sequence[OrderLine]) -> Refused:
    """Return the refusal of what is still to be agreed on (D13)."""
    numbers = ", ".join(str(number) for number in sorted({it.line_no for it in lines}))
    text = f"{delivery.number} brings lines whose amendment waits for its answer: {numbers}."
    return Refused(TradeCode.AMENDMENT_AWAITED, text, path)


def _unpaid(path: Path, orders: Sequence[Order]) -> Refused:
    """Return the refusal of what is not paid for: that it is stopped, not what is known (D12)."""
    numbers = ", ".join(sorted(order.number for order in orders))
    text = f"What is known of the payment of {numbers} stops this."
    return Refused(TradeCode.PAYMENT_OUTSTANDING, text, path)


def _nameless(delivery: Delivery, path: Path, _companies: Sequence[Party]) -> Refused:
    """Return the refusal of what nobody is named for to take it in (D7)."""
    text = f"{delivery.number} goes to a company: name who takes it in."
    return Refused(FulfilmentCode.RECIPIENT_MISSING, text, path)


def _too_late(path: Path, orders: Sequence[Order]) -> Refused:
    """Return the refusal of what is not wanted any more (D10)."""
    return Refused(FulfilmentCode.DELIVERY_POLICY, not_wanted(orders[0]), path)


def _for_consumers(delivery: Delivery, path: Path, _companies: Sequence[Party]) -> Refused:
    """Return the refusal of what a company does not get so, be it one only since (D8)."""
    text = f"{delivery.number} goes to a company, and {delivery.method.value} is not for businesses"
    return Refused(FulfilmentCode.METHOD_NOT_ALLOWED, f"{text}: plan it by another method.", path)


def _placeless(delivery: Delivery, path: Path, _itself: Sequence[Delivery]) -> Refused:
    """Return the refusal of what would go nowhere (D17)."""
    text = f"{delivery.number} goes by {delivery.method.value}, and nobody has said where to."
    return Refused(FulfilmentCode.ADDRESS_MISSING, text, path)


def _too_early(delivery: Delivery, path: Path, _itself: Sequence[Delivery]) -> Refused:
    """Return the refusal of what is not to be picked yet (D16)."""
    text = f"{delivery.number} is not to be picked before {delivery.fulfil_at}."
    return Refused(FulfilmentCode.TOO_EARLY, text, path)


def _unfinished(delivery: Delivery, path: Path, orders: Sequence[Order]) -> Refused:
    """Return the refusal of what says that it completes its orders, and does not (D18)."""
    text = f"{delivery.number} is to complete {orders[0].number}, of which more is open."
    return Refused(FulfilmentCode.DELIVERY_POLICY, text, path)


def _not_last(delivery: Delivery, path: Path, orders: Sequence[Order]) -> Refused:
    """Return the refusal of what is to leave last, and does not (D18)."""
    text = f"{delivery.number} is to complete {orders[0].number}, of which more is to leave."
    return Refused(FulfilmentCode.DELIVERY_POLICY, text, path)


def _after_last(delivery: Delivery, path: Path, _last: Sequence[Delivery]) -> Refused:
    """Return the refusal of what leaves by a tolerance after what left last (D18)."""
    text = f"{delivery.number} brings more than is open of an order that another has completed."
    return Refused(FulfilmentCode.DELIVERY_POLICY, text, path)


def _incomplete(path: Path, orders: Sequence[Order]) -> Refused:
    """Return the refusal of a part that would leave alone (D11)."""
    text = f"{orders[0].number} must come complete; this delivery leaves something open."
    return Refused(FulfilmentCode.DELIVERY_POLICY, text, path)


def _gone(delivery: Delivery, path: Path, _parcels: Sequence[Parcel]) -> Refused:
    """Return the refusal of what its carrier has already (P2)."""
    text = f"Parcels of {delivery.number} have left, as their carrier tells: dispatch it."
    return Refused(Code.WRONG_STATE, text, path)


def _unwanted(delivery: Delivery, path: Path, lines: Sequence[OrderLine]) -> Refused:
    """Return the refusal of what is cancelled in full, and leaves by no tolerance (O4)."""
    numbers = ", ".join(str(number) for number in sorted({it.line_no for it in lines}))
    text = f"{delivery.number} brings lines of which nothing is wanted any more: {numbers}."
    return Refused(TradeCode.QUANTITY_NOT_OPEN, text, path)


def _numbered(path: Path, numbers: Sequence[TrackingNumber]) -> Refused:
    """Return the refusal of what would leave with another customer's number (P2)."""
    return taken_by_another(numbers[0].number_compared, path)


def _unhandled(
    delivery: Delivery, code: FulfilmentCode, path: Path, products: Sequence[Product]
) -> Refused:
    """Return the refusal of goods that would not be handled as they need."""
    needs = sorted({f"{it.sku} ({', '.join(lacking(it, None))})" for it in products})
    is_place = code is FulfilmentCode.LOCATION_NOT_ALLOWED
    what = "Its location" if is_place else delivery.method.value
    says = "locationsUpsert" if is_place else "methodHandlingsUpsert"
    text = f"{what} cannot handle {', '.join(needs)} as they need; {says} states what it can."
    return Refused(code, text, path)


@guards("D10")
def check_wanted(writing: Writing, order: Order, path: Path) -> None:
    """Refused: DELIVERY_POLICY for an order that is not wanted any more."""
    if not order.is_wanted(writing.now):
        raise Refused(FulfilmentCode.DELIVERY_POLICY, not_wanted(order), path)


@guards("D13")
def check_agreed(writing: Writing, order: Order, line: OrderLine, path: Path) -> None:
    """Refused: AMENDMENT_AWAITED."""
    if line.is_amended(writing.now):
        text = f"An amendment of line {line.line_no} of {order.number} waits for its answer."
        raise Refused(TradeCode.AMENDMENT_AWAITED, text, path)


@guards("O1")
def check_room(line: OrderLine, quantity: Decimal, path: Path) -> None:
    """Refused: QUANTITY_NOT_OPEN for more than can still be planned."""
    if quantity > line.room:
        text = f"Only {line.room.normalize():f} of this line can still be planned."
        raise Refused(TradeCode.QUANTITY_NOT_OPEN, text, path)


@guards("D18")
def check_not_completed(
    line: OrderLine, quantity: Decimal, path: Path, *, is_completed: bool
) -> None:
    """Look whether a line may take a quantity, though it be by a tolerance.

    is_completed: whether what completes its order was told to leave, be it in an hour. Refused:
    QUANTITY_NOT_OPEN for more than is open and in no delivery after that.
    """
    if is_completed and quantity > line.unplanned:
        text = f"What has completed the order has left: {line.unplanned.normalize():f} are open."
        raise Refused(TradeCode.QUANTITY_NOT_OPEN, text, path)
