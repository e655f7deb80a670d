"""Planning: parts of orders become deliveries, each at its own agreed time."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from pydantic import Field

from commands.fulfilment.deliveries.locking import amounts_of, line_columns
from commands.fulfilment.deliveries.places import (
    WINDOW,
    DeliveryPart,
    PlannedLine,
    Route,
    check_carried,
    check_location,
    check_method,
    place_columns,
    tell_overridden,
    window_of,
)
from commands.fulfilment.deliveries.remaining.completing import not_completing
from commands.fulfilment.deliveries.stops import check_agreed, check_room, check_wanted
from commands.master.packagings.counting import Counted, Packagings, packagings_of
from commands.trade.contracts.times import AgreedPlace, check_ahead, check_handling
from commands.trade.orders.lines import lock_orders, move, touch_lines_of
from commands.writing.counters import numbers_of
from commands.writing.rows import write_rows
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.errors import Code, Path, Refusals, Refused
from kit.ids import new_id
from kit.inputs import Bulk, Command, Window, refuse_duplicates
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
from models.trade.orders.tables import Order


class DeliveryPlan(Command):
    """Up to 250 deliveries of one or several orders."""

    deliveries: Bulk[DeliveryPart] = Field(description="The deliveries to plan; all or none.")


_COPIED = {
    "location_id",
    "method",
    "incoterm",
    "promised_at",
    "fulfil_at",
    "fulfil_by",
    "completes_order",
}


@dataclass(frozen=True)
class _Found:
    """What the parts name, by id."""

    lines: Mapping[UUID, OrderLine]
    orders: Mapping[UUID, Order]
    products: Mapping[UUID, Product]
    packagings: Packagings
    channels: Mapping[UUID, Channel]
    parties: Mapping[UUID, Party]
    contracts: Mapping[UUID, Contract]
    locations: Mapping[UUID, Location]
    addresses: Mapping[UUID, Address]


@verb(
    acts.PLAN,
    "Plan up to 250 deliveries of confirmed orders, each with its own window and place;"
    " all or none.",
)
async def plan_all(writing: Writing, command: DeliveryPlan) -> Outcome:
    """Plan deliveries of confirmed orders.

    Refused: NOT_FOUND, DUPLICATE, SCALE_EXCEEDED, WRONG_STATE for an order that is not confirmed,
    DELIVERY_POLICY for one that is not wanted any more (D10),
    AMENDMENT_AWAITED for a line whose amendment waits for its answer (D13),
    QUANTITY_NOT_OPEN when more is planned than is open (O1, D1), PARTY_MISMATCH when orders of
    different buyers are to travel together, INVALID_WINDOW and INVALID when there is no one
    default, or the window has passed, OUTSIDE_RECEIVING_HOURS (D6), OUTSIDE_VALIDITY (K3),
    INVALID_DATE where it cannot be handled in time (D16), INVALID where it does not complete its
    orders as it says (D18), METHOD_NOT_ALLOWED (D8, or for what the goods need),
    LOCATION_NOT_ALLOWED for what the goods need, TOO_MANY_ITEMS for orders with
    more lines than one call may touch.
    """
    path: Path = ("deliveries",)
    for place, part in enumerate(command.deliveries):
        check_ahead(writing, part.window, (*path, place))
    lines = await writing.get(OrderLine, _line_paths(command.deliveries, path))
    orders = await lock_orders(writing, {line.order_id: () for line in lines.values()})
    await touch_lines_of(writing, orders)
    return {"delivery_ids": await plan(writing, command.deliveries, path)}


async def plan(
    writing: Writing,
    parts: Sequence[DeliveryPart],
    path: Path,
    *,
    reships_id: UUID | None = None,
) -> list[UUID]:
    """Plan deliveries of orders that the transaction has locked or made; returns their ids.

    path: of the parts. reships_id: the delivery of which they bring again what did not arrive.
    Refused: as `deliveryPlan`.
    """
    await writing.session.flush()
    found = await _find(writing, parts, path)
    planned, taken, overridden, refusals = [], [], [], Refusals()
    for place, part in enumerate(parts):
        with refusals:
            taken.append(_take(writing, found, part, (*path, place)))
            _plan(taken[-1])
            orders = list({it.order_id: found.orders[it.order_id] for it in taken[-1]}.values())
            columns = _columns(found, part, orders, (*path, place))
            planned.append(columns | {"reships_id": reships_id})
            overridden.append(_check_times(found, part, planned[-1], orders, (*path, place)))
    refusals.end()
    await check_carried(writing, _routes(found, parts, taken, path))
    keys = await _write(writing, parts, planned, taken)
    for key, rules in zip(keys, overridden, strict=True):
        tell_overridden(writing, key, rules)
    completing = {
        key: (*path, place)
        for place, (key, part) in enumerate(zip(keys, parts, strict=True))
        if part.completes_order
    }
    for refused in (await not_completing(writing, completing)).values():
        raise refused
    return keys


def _line_paths(parts: Sequence[DeliveryPart], path: Path) -> dict[UUID, Path]:
    return {
        line.order_line_id: (*path, place, "lines", number, "order_line_id")
        for place, part in reversed(list(enumerate(parts)))
        for number, line in reversed(list(enumerate(part.lines)))
    }


async def _find(writing: Writing, parts: Sequence[DeliveryPart], path: Path) -> _Found:
    """Read what the parts name. Refused: NOT_FOUND."""
    lines = await writing.get(OrderLine, _line_paths(parts, path))
    orders = await writing.by_key(Order, "id", {line.order_id for line in lines.values()})
    located = {part.location_id: (*path, i, "location_id") for i, part in enumerate(parts)}
    named = {it.ship_to_id: (*path, i, "ship_to_id") for i, it in enumerate(parts) if it.ship_to_id}
    defaults = {it.ship_to_id for it in orders.values() if it.ship_to_id}
    party_ids = {it.party_id for it in orders.values() if it.party_id}
    contract_ids = {it.contract_id for it in orders.values() if it.contract_id}
    counted = [(lines[it.order_line_id].product_id, it) for part in parts for it in part.lines]
    return _Found(
        lines,
        orders,
        await writing.by_key(Product, "id", {line.product_id for line in lines.values()}),
        await packagings_of(writing, counted),
        await writing.by_key(Channel, "id", {it.channel_id for it in orders.values()}),
        await writing.by_key(Party, "id", party_ids),
        await writing.for_all().by_key(Contract, "id", contract_ids),
        await writing.get(Location, located),
        await writing.get(Address, {**dict.fromkeys(defaults, path), **named}),
    )


def _take(
    writing: Writing, found: _Found, part: DeliveryPart, path: Path
) -> dict[OrderLine, Counted]:
    """Return what one part takes of its order lines."""
    refuse_duplicates((it.order_line_id for it in part.lines), (*path, "lines"), "order_line_id")
    taken, refusals = {}, Refusals()
    for place, each in enumerate(part.lines):
        with refusals:
            line, quantity = _one(writing, found, each, (*path, "lines", place))
            taken[line] = quantity
    refusals.end()
    return taken


def _plan(taken: Mapping[OrderLine, Counted]) -> None:
    for line, quantity in taken.items():
        move(line, planned=quantity.amount)


def _one(
    writing: Writing, found: _Found, each: PlannedLine, below: Path
) -> tuple[OrderLine, Counted]:
    """Return an order line and how much of it is planned, checked."""
    line = found.lines[each.order_line_id]
    order = found.orders[line.order_id]
    if order.state not in acts.PLAN.states:
        text = f"{order.number} is {order.state.value}, not CONFIRMED."
        raise Refused(Code.WRONG_STATE, text, (*below, "order_line_id"))
    check_wanted(writing, order, (*below, "order_line_id"))
    check_agreed(writing, order, line, (*below, "order_line_id"))
    quantity = found.packagings(found.products[line.product_id], each, path=below)
    check_room(line, quantity.amount, (*below, "quantity"))
    return line, quantity


def _columns(
    found: _Found, part: DeliveryPart, orders: Sequence[Order], path: Path
) -> dict[str, Any]:
    """Return what a delivery is to take from its part and orders, looking whether it can be."""
    columns = _where_and_when(found, part, orders, path)
    check_location(found.locations[part.location_id], (*path, "location_id"))
    return columns


def _where_and_when(
    found: _Found, part: DeliveryPart, orders: Sequence[Order], path: Path
) -> dict[str, Any]:
    """Return what a delivery takes from its part and, where the part is silent, its orders."""
    first, *others = orders
    if any((it.channel_id, it.party_id) != (first.channel_id, first.party_id) for it in others) or (
        others and first.party_id is None
    ):
        text = "Orders travel together only for one party over one channel."
        raise Refused(TradeCode.PARTY_MISMATCH, text, (*path, "lines"))
    party = None if first.party_id is None else found.parties[first.party_id]
    check_method(part.method, found.channels[first.channel_id], party, (*path, "method"))
    columns = _window(found, part, path) | place_columns(part, orders, found.addresses, path)
    overrides = [part.window_override, *(it.window_override for it in orders)]
    columns["window_override"] = next((it for it in overrides if it is not None), None)
    return columns | {"party_id": first.party_id, "channel_id": first.channel_id}


def _check_times(
    found: _Found,
    part: DeliveryPart,
    columns: Mapping[str, Any],
    orders: Sequence[Order],
    path: Path,
) -> frozenset[TimeRule]:
    """Return the rules that its window overrides. Refused: as `AgreedPlace.check`, INVALID_DATE."""
    window = Window.model_construct(
        earliest=columns["window_earliest"],
        latest=columns["window_latest"],
        time_zone=columns["window_zone"],
    )
    check_handling(part.fulfil_at, part.fulfil_by, window.latest, path)
    contracts = [found.contracts[it.contract_id] for it in orders if it.contract_id]
    address = found.addresses[columns["ship_to_id"]] if columns["ship_to_id"] else None
    arrival = AgreedPlace(address, contracts, columns["window_override"])
    return arrival.check(window, (*path, "window"))


def _routes(
    found: _Found,
    parts: Sequence[DeliveryPart],
    taken: Sequence[Mapping[OrderLine, Counted]],
    path: Path,
) -> Iterator[Route]:
    for place, (part, lines) in enumerate(zip(parts, taken, strict=True)):
        products = [found.products[it.product_id] for it in lines]
        location = found.locations[part.location_id]
        yield Route(products, location, part.method, (*path, place))


def _window(found: _Found, part: DeliveryPart, path: Path) -> dict[str, Any]:
    """Return the columns of the window: given, or the one of all lines. Refused: INVALID_WINDOW."""
    if part.window is not None:
        values: Iterable[Any] = part.window.model_dump().values()
    else:
        lines = [found.lines[it.order_line_id] for it in part.lines]
        wanted = {window_of(it) or window_of(found.orders[it.order_id]) for it in lines}
        if len(wanted) != 1 or None in wanted:
            text = "The orders give no one window: say when this delivery is to arrive."
            raise Refused(Code.INVALID_WINDOW, text, (*path, "window"))
        values = wanted.pop() or ()
    return dict(zip(WINDOW, values, strict=True))


async def plan_history(
    writing: Writing,
    parts: Mapping[int, DeliveryPart],
    when: Mapping[int, datetime],
    ahead: Collection[int],
) -> tuple[dict[int, UUID], dict[int, Refused]]:
    """Plan deliveries of another system, of orders that the transaction has locked; by position.

    when: each was planned. What has left, or was cancelled, is taken as it was: locations may be
    inactive, windows outside of receiving hours, and nobody asks what goods need. ahead: what is
    still to go, of which is asked what `deliveryPlan` asks. What parts name is there.
    Returns the ids of those that were planned, and why others are refused.
    """
    found = await _find(writing, list(parts.values()), ())
    refused: dict[int, Refused] = {}
    good: dict[int, _Recorded] = {}
    for place, part in parts.items():
        try:
            good[place] = _recorded(writing, found, part, when[place], is_ahead=place in ahead)
        except Refused as why:
            refused[place] = why
    if not good:
        return {}, refused
    going = {place: it for place, it in good.items() if place in ahead}
    refused |= await _not_carried(writing, found, going)
    listed, columns, taken, _ = zip(*good.values(), strict=True)
    ids = dict(zip(good, await _write(writing, listed, columns, taken), strict=True))
    for place, planned in going.items():
        tell_overridden(writing, ids[place], planned.overridden)
    completing = {ids[place]: place for place, it in going.items() if it.part.completes_order}
    unlike = await not_completing(writing, dict.fromkeys(completing, ()))
    return ids, refused | {completing[key]: problem for key, problem in unlike.items()}


class _Recorded(NamedTuple):
    """A delivery of another system, planned: its columns, what it takes, rules that it breaks."""

    part: DeliveryPart
    columns: dict[str, Any]
    taken: dict[OrderLine, Counted]
    overridden: frozenset[TimeRule]


def _recorded(
    writing: Writing, found: _Found, part: DeliveryPart, at: datetime, *, is_ahead: bool
) -> _Recorded:
    """Plan a delivery as of then, or as of now what is still to go. Refused: as `plan_history`."""
    now = writing if is_ahead else replace(writing, now=at)
    taken = _take(now, found, part, ())
    orders = list({it.order_id: found.orders[it.order_id] for it in taken}.values())
    overridden: frozenset[TimeRule] = frozenset()
    if is_ahead:
        check_ahead(writing, part.window, ())
        columns = _columns(found, part, orders, ())
        overridden = _check_times(found, part, columns, orders, ())
    else:
        columns = _where_and_when(found, part, orders, ())
        check_handling(part.fulfil_at, part.fulfil_by, columns["window_latest"], ())
    _plan(taken)
    return _Recorded(part, columns | {"reships_id": None, "planned_at": at}, taken, overridden)


async def _not_carried(
    writing: Writing, found: _Found, planned: Mapping[int, _Recorded]
) -> dict[int, Refused]:
    """Return why the first of planned deliveries whose goods nothing handles is refused."""
    parts, taken = [it.part for it in planned.values()], [it.taken for it in planned.values()]
    try:
        await check_carried(writing, _routes(found, parts, taken, ()))
    except Refused as why:
        number, *path = why.path
        return {list(planned)[int(number)]: Refused(why.code, why.message, tuple(path))}
    return {}


async def _write(
    writing: Writing,
    parts: Sequence[DeliveryPart],
    planned: Sequence[dict[str, Any]],
    taken: Sequence[Mapping[OrderLine, Counted]],
) -> list[UUID]:
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
        lines += [line_columns(delivery["id"], *each) for each in quantities.items()]
        happened = DeliveryPlanned(delivery["id"], planned=amounts_of(quantities))
        writing.record(happened, delivery["planned_at"])
    await write_rows(writing, {Delivery: deliveries, DeliveryLine: lines})
    return keys
