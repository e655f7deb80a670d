"""Packing: what was picked goes into parcels; what was not goes back to the order."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import Field

from commands.fulfilment.deliveries.arrivals.recounting import recount
from commands.fulfilment.deliveries.batches import DeliveryBatch, in_turns, take_each
from commands.fulfilment.deliveries.locking import Locked, OfDelivery, changed, quantities_of
from commands.fulfilment.deliveries.remaining import remainder
from commands.fulfilment.parcels import pack as parcels
from commands.fulfilment.parcels.inputs import (
    Packing,
    ParcelPack,
    PickedLine,
    check_packing,
    check_serials,
)
from commands.fulfilment.parcels.numbers import Numbered, find_meeting
from commands.fulfilment.parcels.serials import PackedSerials, Stood, check_apart
from commands.fulfilment.parcels.ssccs import StatedSsccs, check_generated
from commands.master.packagings.counting import Counted, Packagings, Quantified
from commands.trade.orders.lines import move
from commands.writing.transaction import Outcome, Writing
from commands.writing.verbs import verb
from kit.errors import Code, Refusals, Refused
from kit.inputs import LARGEST_BULK, Bulk, Command, Each, Instant, refuse_duplicates
from models.base.guards import guards
from models.events.fulfilment.deliveries import DeliveryPacked
from models.fulfilment.codes import FulfilmentCode
from models.fulfilment.deliveries import acts
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.master.catalog import Product
from models.trade.codes import TradeCode
from models.trade.orders.acts import HELD
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import DeliveryPolicy
from models.trade.orders.tables import Order


class PackedDelivery(OfDelivery):
    """The parcels of one of several deliveries, all of them; they replace those of before."""

    parcels: Bulk[ParcelPack] = Field(description="The parcels, pallets before what they carry.")
    lines: list[PickedLine] = Field(
        default_factory=list,
        max_length=LARGEST_BULK,
        description="Lines that were not picked as planned; each line once.",
    )

    def way(self, _packed_at: datetime) -> tuple[datetime | None, datetime | None]:
        """Return when it left, and when its way was over, if it did and was."""
        return None, None


class PackedBefore(PackedDelivery):
    """The parcels of one of several deliveries of another system.

    left_at, arrived_at, cancelled_at: when it did and was, if so.
    """

    left_at: Instant | None = None
    arrived_at: Instant | None = None
    cancelled_at: Instant | None = None

    def way(self, packed_at: datetime) -> tuple[datetime | None, datetime | None]:
        """Return the same. What was cancelled never had one, and was over at once."""
        return self.left_at, packed_at if self.cancelled_at else self.arrived_at


class DeliveryPack(PackedDelivery, Command):
    """The parcels of a delivery, all of them; packing again replaces those of before."""


class DeliveriesPack(Command):
    """The parcels of up to 250 deliveries."""

    deliveries: Each[PackedDelivery] = Field(description="The deliveries; each once.")


@verb(
    acts.PACK,
    "Pack what was picked into parcels. Less than planned needs a reason and goes back to"
    " the order line as a backorder, or is cancelled where the order's policy says so."
    " Packing again voids the parcels of before.",
)
async def pack(writing: Writing, command: DeliveryPack) -> Outcome:
    """Pack what was picked.

    A short pick lowers what is planned; the rest becomes a backorder of its order line (D4), or
    is cancelled under PARTIAL_CANCEL_REST.

    Refused: WRONG_STATE also where its carrier tells that parcels of it have left (P2),
    PARCELS_DO_NOT_MATCH when the contents are not exactly what was picked, QUANTITY_EXCEEDED,
    SCALE_EXCEEDED, TOO_FEW_ITEMS for a parcel in which nothing is, INVALID for a short pick without
    reason, PAYMENT_OUTSTANDING, ON_HOLD for a short pick while a hold stops the delivery
    itself, DELIVERY_POLICY for one of an order that must come complete, or when an order is past
    its date, TOO_EARLY before it may be picked (D16), DUPLICATE for a serial number of one product
    that is in two parcels, NOT_FOUND and INVALID for what is no carrier, TAKEN for another parcel's
    SSCC and the number of another customer's on its way (P2), NOT_ALLOWED and OUT_OF_RANGE when no
    SSCC can be generated, AMENDMENT_AWAITED, LOCATION_NOT_ALLOWED and METHOD_NOT_ALLOWED for what
    its goods need by now.
    """
    batch = await take_each(writing, [command], pack, check_parcels)
    made = await put(batch)
    return batch.one(parcel_ids=made.get(0))


@verb(
    acts.PACK,
    "Pack what was picked of up to 250 deliveries into parcels, each as `deliveryPack` does; one"
    " that is refused stops no other.",
)
async def pack_each(writing: Writing, command: DeliveriesPack) -> Outcome:
    """Pack what was picked of deliveries, each for itself.

    Refused: of a delivery as `deliveryPack`, DUPLICATE for one that stands twice, TAKEN for an SSCC
    of two of them, or a tracking number of two customers; as a whole: TOO_MANY_ITEMS.
    """
    batch = await take_each(writing, command.deliveries, pack_each, check_parcels)
    made = await in_turns(batch, put, pack_each, check_parcels)
    return batch.results("deliveries", parcel_ids=made)


def check_parcels(item: PackedDelivery) -> None:
    """Refused: INVALID, DUPLICATE or TOO_FEW_ITEMS where an item contradicts itself."""
    check_packing(item.parcels, ("parcels",))


async def put(batch: DeliveryBatch[Any]) -> dict[int, list[UUID]]:
    """Put what was picked of deliveries that are taken into parcels; returns position -> parcels.

    Refusals: as `deliveryPack`.
    """
    picked, prepared = await _prepare(batch)
    batch.refused |= prepared.refused
    locked = batch.locked
    short: dict[OrderLine, Decimal] = {}
    for place, item, delivery in batch.going:
        await batch.writing.room(1 + len(picked[place]))
        less = _move(locked, picked[place], batch.at(place))
        for each in item.lines:
            locked.lines[each.delivery_line_id].short_reason = each.short_reason
        delivery.packing += 1
        delivery.state = acts.PACK.becomes
        delivery.packed_at = batch.at(place)
        picked_of = {locked.order_lines[it.order_line_id]: n for it, n in picked[place].items()}
        packed = DeliveryPacked(
            delivery.id, picked=quantities_of(picked_of), short=quantities_of(less)
        )
        changed(batch.writing, delivery, packed, batch.at(place))
        short |= {line: short.get(line, Decimal(0)) + amount for line, amount in less.items()}
    await _settle(locked, short)
    for place, _, delivery in batch.going:
        lines = [locked.order_lines[it.order_line_id] for it in picked[place]]
        if any(line in short and line.unplanned for line in lines):
            delivery.completes_order = False
    if short:
        await recount(locked)
    return await parcels.pack(locked.writing, prepared)


async def _prepare(
    batch: DeliveryBatch[Any],
) -> tuple[dict[int, dict[DeliveryLine, Decimal]], parcels.Packable]:
    """Look what was picked of each delivery, and whether it may be packed as is said.

    Returns position -> what was picked, and what may be packed.
    """
    locked = batch.locked
    products = await locked.products()
    packagings = await locked.packagings(each for it in batch.items for each in _named(it))
    picked, contents = dict[int, dict[DeliveryLine, Decimal]](), dict[int, list[list[Counted]]]()
    carriers = await parcels.carriers_of(locked.writing, (it.parcels for it in batch.items))
    for place, item, delivery in batch.looked_at:
        await batch.writing.room(1 + len(locked.lines_of(delivery)) + len(item.parcels))
        with batch.of(place):
            parcels.check_carriers(item.parcels, carriers)
        with batch.of(place):
            picked[place] = _picked(item, delivery, locked, products, packagings)
        with batch.of(place):
            contents[place] = _contents(item, delivery, locked, products, packagings)
        if place in picked and place in contents and not _has_empty(item):
            with batch.of(place):
                _check_contents(item, products, picked[place], contents[place])
        if place in picked:
            with batch.of(place):
                _check_whole(locked, picked[place])
    await _check_free(batch, picked)
    stated = await _check_taken(batch)
    await _check_apart(batch, products, contents)
    packings: dict[int, Packing] = {}
    for place, item, delivery in batch.going:
        packings[place] = Packing(
            delivery.id, delivery.packing + 1, item.parcels, contents[place], batch.at(place)
        )
    return picked, await parcels.prepare(locked.writing, packings, stated)


def _is_short(picked: Mapping[DeliveryLine, Decimal]) -> bool:
    return any(quantity < line.planned for line, quantity in picked.items())


def _has_empty(item: PackedDelivery) -> bool:
    """Tell whether there is nothing in a parcel that carries none: nobody knows what was meant."""
    carrying = {it.parent for it in item.parcels}
    return any(not it.contents and n not in carrying for n, it in enumerate(item.parcels))


def _named(command: PackedDelivery) -> Iterator[tuple[UUID, Quantified]]:
    for line in command.lines:
        yield line.delivery_line_id, line
    for parcel in command.parcels:
        for content in parcel.contents:
            yield content.delivery_line_id, content


def _picked(
    command: PackedDelivery,
    delivery: Delivery,
    locked: Locked,
    products: Mapping[UUID, Product],
    packagings: Packagings,
) -> dict[DeliveryLine, Decimal]:
    """Return line -> what was picked: as planned where nothing else is said."""
    refusals = Refusals()
    with refusals:
        named = (it.delivery_line_id for it in command.lines)
        refuse_duplicates(named, ("lines",), "delivery_line_id")
    picked = {line: line.planned for line in locked.lines_of(delivery)}
    for place, each in enumerate(command.lines):
        refusals.above = ("lines", place)
        with refusals:
            line = locked.line(delivery, each.delivery_line_id, ("delivery_line_id",))
            amount = packagings(products[line.id], each, "picked").amount
            if amount > line.planned:
                text = f"Only {line.planned.normalize():f} are planned."
                raise Refused(TradeCode.QUANTITY_EXCEEDED, text, ("picked",))
            if (amount < line.planned) != (each.short_reason is not None):
                text = "A short pick has a reason, and only a short pick."
                raise Refused(Code.INVALID, text, ("short_reason",))
            picked[line] = amount
    refusals.end()
    return picked


@guards("D9")
async def _check_free(
    batch: DeliveryBatch[Any], picked: Mapping[int, Mapping[DeliveryLine, Decimal]]
) -> None:
    """Leave out, ON_HOLD, what is picked short: it is free of the delivery and so of its holds."""
    short_ones = [place for place, of in picked.items() if _is_short(of)]
    await batch.stop((HELD,), ("lines",), places=short_ones)


async def _check_taken(batch: DeliveryBatch[Any]) -> StatedSsccs:
    """Leave out what gives a parcel the SSCC of another one; tell what gets none beside the rest.

    Returns the SSCCs that are stated. Refusals: TAKEN; NOT_ALLOWED and OUT_OF_RANGE, which all
    others get where they are packed.
    """
    named = {place: item.parcels for place, item, _ in batch.looked_at}
    of = {place: (delivery.id, item.parcels) for place, item, delivery in batch.looked_at}
    stated = await StatedSsccs.read(batch.writing, of)
    taken = stated.taken(batch.refused)
    lacking = {place: named[place] for place in {*batch.refused, *taken} & {*named}}
    for found in (taken, await check_generated(batch.writing, lacking)):
        for place, why in found.items():
            with batch.of(place):
                raise why
    await _check_numbers(batch)
    return stated


async def _check_numbers(batch: DeliveryBatch[Any]) -> None:
    """Leave out, TAKEN, what has the number of another customer's parcel that is on its way."""
    at, customer = batch.at, batch.locked.customer_of
    packed = {
        n: Numbered(delivery.id, customer(delivery), item.parcels, at(n), *item.way(at(n)))
        for n, item, delivery in batch.looked_at
    }
    for place, why in (await find_meeting(batch.writing, packed, batch.refused)).items():
        with batch.of(place):
            raise why


def _contents(
    command: PackedDelivery,
    delivery: Delivery,
    locked: Locked,
    products: Mapping[UUID, Product],
    packagings: Packagings,
) -> list[list[Counted]]:
    """Return what lies in each parcel, content by content. Refused: also INVALID for serials."""
    packed: list[list[Counted]] = []
    refusals = Refusals()
    for place, parcel in enumerate(command.parcels):
        packed.append([])
        for number, each in enumerate(parcel.contents):
            refusals.above = ("parcels", place, "contents", number)
            with refusals:
                line = locked.line(delivery, each.delivery_line_id, ("delivery_line_id",))
                packed[-1].append(packagings(products[line.id], each))
                check_serials(each, packed[-1][-1].amount, ("serial_numbers",))
    refusals.end()
    return packed


@guards("P1")
def _check_contents(
    command: PackedDelivery,
    products: Mapping[UUID, Product],
    picked: Mapping[DeliveryLine, Decimal],
    contents: Sequence[Sequence[Counted]],
) -> None:
    """Refused: PARCELS_DO_NOT_MATCH when contents over all parcels are not what was picked."""
    packed: defaultdict[UUID, Decimal] = defaultdict(Decimal)
    for parcel, quantities in zip(command.parcels, contents, strict=True):
        for each, counted in zip(parcel.contents, quantities, strict=True):
            packed[each.delivery_line_id] += counted.amount
    refusals = Refusals()
    for line, quantity in picked.items():
        with refusals:
            if packed[line.id] != quantity:
                sku, there = products[line.id].sku, packed[line.id].normalize()
                text = f"{quantity.normalize():f} of {sku} count as picked, {there:f} are packed."
                text += " `lines` says what was picked, and why it is less."
                raise Refused(FulfilmentCode.PARCELS_DO_NOT_MATCH, text, ("parcels",))
    refusals.end()


async def _check_apart(
    batch: DeliveryBatch[Any], products: Mapping[UUID, Product], known: Collection[int]
) -> None:
    """Leave out what has serial numbers that lie elsewhere. known: places of what can be read.

    Those of deliveries that stand packed at the same time count, unless these are refused. What
    left before may have come back in between, and left again.
    """
    packed = PackedSerials()
    for place, item, _ in batch.looked_at:
        if place not in known:
            continue
        contents = (each for parcel in item.parcels for each in parcel.contents)
        await batch.writing.room(sum(len(it.serial_numbers) for it in contents))
        until = item.left_at or item.cancelled_at if isinstance(item, PackedBefore) else None
        stood = Stood(batch.at(place), until)
        with batch.of(place):
            units = check_apart(item.parcels, products, packed, stood)
            if place not in batch.refused:
                packed.add(units, stood)


def _move(
    locked: Locked, picked: Mapping[DeliveryLine, Decimal], at: datetime
) -> dict[OrderLine, Decimal]:
    """Write what was picked and packed; return order line -> how much less than planned."""
    short = {}
    for line, quantity in picked.items():
        order_line = locked.order_lines[line.order_line_id]
        if quantity < line.planned:
            short[order_line] = line.planned - quantity
        move(
            order_line,
            at,
            planned=quantity - line.planned,
            picked=quantity - line.picked,
            packed=quantity - line.packed,
        )
        line.planned = line.picked = line.packed = quantity
    return short


async def _settle(locked: Locked, short: Mapping[OrderLine, Decimal]) -> None:
    """Decide about what was not picked, order by order."""
    remaining: dict[Order, dict[OrderLine, Decimal]] = {}
    for order in locked.orders.values():
        mine = {line: short[line] for line in locked.lines_of_order(order) if line in short}
        if order.delivery_policy is DeliveryPolicy.PARTIAL_CANCEL_REST:
            remaining[order] = {line: min(it, line.never_left) for line, it in mine.items()}
        else:
            for line, quantity in mine.items():
                move(line, backordered=quantity)
    await remainder.cancel_each(locked, remaining)


@guards("D11")
def _check_whole(locked: Locked, picked: Mapping[DeliveryLine, Decimal]) -> None:
    """Refused: DELIVERY_POLICY for a short pick of an order that must come complete."""
    for line, quantity in picked.items():
        order = locked.orders[line.order_id]
        if quantity < line.planned and order.delivery_policy is DeliveryPolicy.SHIP_COMPLETE:
            text = f"{order.number} must come complete."
            raise Refused(FulfilmentCode.DELIVERY_POLICY, text, ("lines",))
