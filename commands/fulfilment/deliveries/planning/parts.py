"""Parts of orders that are to become deliveries: what they name, and what they take."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from commands.fulfilment.deliveries.locking import amounts_of, delivery_line_columns
from commands.fulfilment.deliveries.places import (
    WINDOW,
    DeliveryPart,
    DeliveryTerms,
    PlannedLine,
    Route,
    check_location,
    check_method,
    place_columns,
    window_of,
)
from commands.fulfilment.deliveries.remaining.completing import completed_orders
from commands.fulfilment.deliveries.stops import (
    check_agreed,
    check_not_completed,
    check_room,
    check_wanted,
)
from commands.master.packagings.counting import Counted, Packagings, packagings_of
from commands.trade.contracts.times import (
    AgreedPlace,
    Window,
    check_ahead,
    check_handling,
    check_listed,
    check_wanted_then,
)
from commands.trade.orders.lines import called_off, move, not_wanted_after, opened
from commands.writing.counters import numbers_of
from commands.writing.rows import write_rows
from commands.writing.transaction import Writing, check_known, check_state, missing
from kit.errors import Code, Path, Refusals, Refused
from kit.ids import new_id
from kit.inputs import refuse_duplicates
from models.access.keys import CounterName
from models.events.fulfilment.deliveries import DeliveryPlanned
from models.fulfilment.deliveries import acts
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.master.catalog import Product
from models.master.channels import Channel
from models.master.locations import Location
from models.master.parties import Address, Party
from models.trade.codes import TradeCode
from models.trade.contracts.states import TimeRule
from models.trade.contracts.tables import Contract
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import OrderState
from models.trade.orders.tables import Order

_COPIED = {
    "location_id",
    "method",
    "incoterm",
    "promised_at",
    "fulfil_at",
    "fulfil_by",
    "completes_order",
    "external_reference",
}


@dataclass(frozen=True)
class NamedByParts:
    """What the parts name, by id. completed: when what completed an order left (D18)."""

    lines: Mapping[UUID, OrderLine]
    orders: Mapping[UUID, Order]
    products: Mapping[UUID, Product]
    packagings: Packagings
    channels: Mapping[UUID, Channel]
    parties: Mapping[UUID, Party]
    contracts: Mapping[UUID, Contract]
    locations: Mapping[UUID, Location]
    addresses: Mapping[UUID, Address]
    completed: Mapping[UUID, datetime]

    def orders_of(self, part: DeliveryPart) -> list[Order]:
        """Return the orders of what a part takes, of lines that are there."""
        lines = (self.lines.get(it.order_line_id) for it in part.lines)
        return [self.orders[it] for it in dict.fromkeys(it.order_id for it in lines if it)]


def line_paths(parts: Sequence[DeliveryPart], path: Path) -> dict[UUID, Path]:
    """Return order line that parts name -> where the first of them does."""
    return {
        line.order_line_id: (*path, place, "lines", number, "order_line_id")
        for place, part in reversed(list(enumerate(parts)))
        for number, line in reversed(list(enumerate(part.lines)))
    }


async def read_named(writing: Writing, parts: Sequence[DeliveryPart], path: Path) -> NamedByParts:
    """Read what the parts name, as far as it is there. Refused: NOT_FOUND for orders' addresses."""
    lines = await writing.there(OrderLine, line_paths(parts, path))
    orders = await writing.by_key(Order, "id", {line.order_id for line in lines.values()})
    defaults = {it.ship_to_id for it in orders.values() if it.ship_to_id}
    party_ids = {it.party_id for it in orders.values() if it.party_id}
    contract_ids = {it.contract_id for it in orders.values() if it.contract_id}
    tolerant = {it.order_id for it in lines.values() if it.over_tolerance}
    wanted = [it for part in parts for it in part.lines if it.order_line_id in lines]
    named = {it.ship_to_id for it in parts if it.ship_to_id}
    addresses = await writing.there(Address, defaults | named)
    check_known(Address, addresses, ((it, path) for it in defaults))
    return NamedByParts(
        lines,
        orders,
        await writing.by_key(Product, "id", {line.product_id for line in lines.values()}),
        await packagings_of(writing, [(lines[it.order_line_id].product_id, it) for it in wanted]),
        await writing.by_key(Channel, "id", {it.channel_id for it in orders.values()}),
        await writing.by_key(Party, "id", party_ids),
        await writing.for_all().by_key(Contract, "id", contract_ids),
        await writing.there(Location, {it.location_id for it in parts}),
        addresses,
        # Only a tolerance lets more be planned than is open.
        await completed_orders(writing, tolerant),
    )


async def check_places(
    writing: Writing, parts: Sequence[DeliveryTerms], path: Path, first: int = 0
) -> None:
    """Refused: NOT_FOUND for where parts start and where they go. first: position of the first."""
    numbered = list(enumerate(parts, first))
    located = {part.location_id: (*path, i, "location_id") for i, part in numbered}
    named = {it.ship_to_id: (*path, i, "ship_to_id") for i, it in numbered if it.ship_to_id}
    refusals = Refusals()
    with refusals:
        await writing.get(Location, located)
    with refusals:
        await writing.get(Address, named)
    refusals.end()


def take_part(
    writing: Writing,
    found: NamedByParts,
    part: DeliveryPart,
    path: Path,
    over: Collection[OrderState] = (),
    check: Callable[[OrderLine, Decimal, Path], None] | None = None,
) -> dict[OrderLine, Counted]:
    """Return what one part takes of its order lines. over: states of orders that are over, too.

    check: asks whether there is room for it, where it is not asked of now.
    """
    taken, refusals = {}, Refusals()
    with refusals:
        named = (it.order_line_id for it in part.lines)
        refuse_duplicates(named, (*path, "lines"), "order_line_id")
    for place, each in enumerate(part.lines):
        with refusals:
            below = (*path, "lines", place)
            line, quantity = _one(writing, found, each, below, over)
            amount, here = quantity.amount, (*below, "quantity")
            if check is None:
                _make_room(found.orders[line.order_id], line, amount, over)
                left = found.completed.get(line.order_id)
                # Of what was planned elsewhere it is asked as of then.
                is_completed = left is not None and (not over or left <= writing.now)
                check_not_completed(line, amount, here, is_completed=is_completed)
            (check or check_room)(line, amount, here)
            taken[line] = quantity
    refusals.end()
    return taken


def plan_lines(taken: Mapping[OrderLine, Counted], at: datetime | None = None) -> None:
    """Count on order lines what is planned of them. at: when that was, where it is not now."""
    for line, quantity in taken.items():
        move(line, at, planned=quantity.amount)


def _one(
    writing: Writing,
    found: NamedByParts,
    each: PlannedLine,
    below: Path,
    over: Collection[OrderState],
) -> tuple[OrderLine, Counted]:
    """Return an order line and how much of it is planned, checked."""
    path, refusals = (*below, "order_line_id"), Refusals()
    line = found.lines.get(each.order_line_id)
    if line is None:
        raise missing(OrderLine, path)
    order = found.orders[line.order_id]
    with refusals:
        if not _is_over(order, over):
            check_state(order, acts.PLAN.states, path)
        check_wanted(writing, order, path)
        check_agreed(writing, order, line, path)
    with refusals:
        quantity = found.packagings(found.products[line.product_id], each, path=below)
    refusals.end()
    return line, quantity


def _is_over(order: Order, over: Collection[OrderState]) -> bool:
    return order.state in over and order.contract_id is None


def _make_room(
    order: Order, line: OrderLine, quantity: Decimal, over: Collection[OrderState]
) -> None:
    """Take back what was cancelled when an order ended, as far as a delivery of before takes it."""
    if not _is_over(order, over):
        return
    missing = quantity + line.planned - (line.ordered - line.cancelled)
    back = min(max(missing, Decimal(0)), line.cancelled)
    move(line, order.closed_at, cancelled=-back)


def columns_of_part(
    writing: Writing,
    found: NamedByParts,
    part: DeliveryPart,
    orders: Sequence[Order],
    path: Path,
) -> dict[str, Any]:
    """Return what a delivery is to take from its part and orders, looking whether it can be."""
    refusals, columns = Refusals(), dict[str, Any]()
    with refusals:
        columns = where_and_when(found, part, orders, path)
        if part.window is None:
            check_ahead(writing, _window(columns), path, ("window",))
    with refusals:
        _check_listed(found, part, orders, path)
    with refusals:
        not_by, at = not_wanted_after(orders), (*path, "fulfil_at")
        check_wanted_then(not_by, part.fulfil_at, at, Code.INVALID_DATE)
    with refusals:
        check_known(Location, found.locations, [(part.location_id, (*path, "location_id"))])
        check_location(found.locations[part.location_id], (*path, "location_id"))
    refusals.end()
    return columns


def where_and_when(
    found: NamedByParts, part: DeliveryPart, orders: Sequence[Order], path: Path
) -> dict[str, Any]:
    """Return what a delivery takes from its part and, where the part is silent, its orders."""
    first, *others = orders
    if any((it.channel_id, it.party_id) != (first.channel_id, first.party_id) for it in others) or (
        others and first.party_id is None
    ):
        text = "Orders travel together only for one party over one channel."
        raise Refused(TradeCode.PARTY_MISMATCH, text, (*path, "lines"))
    party = None if first.party_id is None else found.parties[first.party_id]
    columns, refusals = dict[str, Any](), Refusals()
    with refusals:
        check_method(part.method, found.channels[first.channel_id], party, (*path, "method"))
    with refusals:
        columns |= checked_window(found, part, path)
        check_handling(part.fulfil_at, part.fulfil_by, columns["window_latest"], path)
    with refusals:
        columns |= place_columns(part, orders, found.addresses, path)
    refusals.end()
    columns["window_override"] = part.window_override
    if part.window_override is None:
        columns["window_override"] = _reason_of(found, _window(columns), orders)
    return columns | {"party_id": first.party_id, "channel_id": first.channel_id}


def _reason_of(found: NamedByParts, window: Window, orders: Iterable[Order]) -> str | None:
    """Return the reason of the first of orders that was given for a window, if any."""
    lines = found.lines.values()
    return next((it.window_override for it in orders if opened(it, lines, window)), None)


def _check_listed(
    found: NamedByParts, part: DeliveryPart, orders: Sequence[Order], path: Path
) -> None:
    """Look where a part brings what is called off, if it says. Refused: NOT_ON_CONTRACT."""
    name = "ship_to" if part.ship_to_id is None else "ship_to_id"
    if getattr(part, name) is None or part.ship_to_id not in {None, *found.addresses}:
        return
    for order in orders:
        if order.contract_id and (part.ship_to or part.ship_to_id != order.ship_to_id):
            check_listed(found.contracts[order.contract_id], part.ship_to_id, (*path, name))


def _window(columns: Mapping[str, Any]) -> Window:
    return Window.kept(*(columns[name] for name in WINDOW))


def check_times(
    found: NamedByParts,
    part: DeliveryPart,
    columns: Mapping[str, Any],
    orders: Sequence[Order],
    path: Path,
) -> frozenset[TimeRule]:
    """Return the rules that its window overrides. Refused: as `AgreedPlace.check`."""
    window = _window(columns)
    address = found.addresses[columns["ship_to_id"]] if columns["ship_to_id"] else None
    call_offs = called_off(orders, found.lines.values(), found.contracts)
    opens = [opened(it, found.lines.values(), window) for it in orders]
    arrival = AgreedPlace(
        address,
        call_offs,
        part.window_override,
        frozenset.intersection(*opens),
        not_by=not_wanted_after(orders),
    )
    return arrival.check(window, (*path, "window"))


def routes(
    found: NamedByParts,
    parts: Mapping[int, DeliveryPart],
    taken: Mapping[int, Mapping[OrderLine, Counted]],
    path: Path,
) -> Iterator[Route]:
    """Yield where parts start and how they go, of those whose location is there; by position.

    taken: of order lines, by position.
    """
    for place, lines in taken.items():
        part = parts[place]
        if part.location_id in found.locations:
            products = [found.products[it.product_id] for it in lines]
            location = found.locations[part.location_id]
            yield Route(products, location, part.method, (*path, place))


def checked_window(found: NamedByParts, part: DeliveryPart, path: Path) -> dict[str, Any]:
    """Return the columns of the window: given, or the one of all lines. Refused: INVALID_WINDOW."""
    if part.window is not None:
        values: Iterable[Any] = part.window.model_dump().values()
    else:
        known = (found.lines.get(it.order_line_id) for it in part.lines)
        lines = [it for it in known if it is not None]
        wanted = {window_of(it) or window_of(found.orders[it.order_id]) for it in lines}
        if len(wanted) != 1 or None in wanted:
            text = "The orders give no one window: say when this delivery is to arrive."
            raise Refused(Code.INVALID_WINDOW, text, (*path, "window"))
        values = wanted.pop() or ()
    return dict(zip(WINDOW, values, strict=True))


async def write_parts(
    writing: Writing,
    parts: Sequence[DeliveryPart],
    planned: Sequence[dict[str, Any]],
    taken: Sequence[Mapping[OrderLine, Counted]],
) -> list[UUID]:
    """Write deliveries with their lines, and tell of them; returns their ids."""
    keys = [new_id() for _ in parts]
    drawn = await numbers_of(
        writing, CounterName.DELIVERY, Delivery, keys, lines=sum(map(len, taken))
    )
    deliveries = [
        {
            "merchant_id": writing.viewer.merchant_id,
            "id": key,
            "number": number,
            "state": DeliveryState.PLANNED,
            "packing": 0,
            "planned_at": writing.now,
            "version": 1,
            **part.model_dump(include=_COPIED),
            **columns,
        }
        for part, columns, key, number in zip(parts, planned, keys, drawn, strict=True)
    ]
    lines = []
    for quantities, delivery in zip(taken, deliveries, strict=True):
        await writing.room(len(quantities))
        lines += [delivery_line_columns(delivery["id"], *each) for each in quantities.items()]
        happened = DeliveryPlanned(delivery["id"], planned=amounts_of(quantities))
        writing.record(happened, delivery["planned_at"])
    await write_rows(writing, {Delivery: deliveries, DeliveryLine: lines})
    return keys
