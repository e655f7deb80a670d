"""What stays in the house of a delivery that its carrier took in part, too late (D10)."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from commands.fulfilment.deliveries.arrivals.recounting import recount
from commands.fulfilment.deliveries.batches import DeliveryBatch
from commands.fulfilment.deliveries.locking import Locked, changed, quantities_of
from commands.fulfilment.parcels.pack import living, void_each
from commands.trade.orders.lines import move
from kit.errors import Refused
from models.base.guards import guards
from models.events.fulfilment.deliveries import DeliveryPacked
from models.fulfilment.codes import FulfilmentCode
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.fulfilment.parcels import WITH_CARRIER, Parcel, ParcelContent
from models.trade.orders.states import DeliveryPolicy

Staying = Mapping[DeliveryLine, Decimal]
"""Line of a delivery -> how much of it is in no carrier's hands."""


@guards("D10")
async def keep_back(batch: DeliveryBatch[Any], late: Collection[int]) -> None:
    """Take out of deliveries that leave too late what their carriers do not have.

    late: their positions. Its parcels are voided, and its lines may be planned again, where their
    order is wanted still. Refusals: DELIVERY_POLICY for a part of an order that must come complete.
    """
    writing, locked = batch.writing, batch.locked
    deliveries = {it.id: place for place, _, it in batch.going if place in late}
    if not deliveries:
        return
    here = _here(await living(writing, deliveries))
    held = defaultdict[UUID, dict[DeliveryLine, Decimal]](lambda: defaultdict(Decimal))
    of = {it.id: it for it in here}
    for content in await writing.records(ParcelContent, "parcel_id", of):
        line = locked.lines[content.delivery_line_id]
        held[line.delivery_id][line] += content.quantity
    for key, staying in held.items():
        with batch.of(deliveries[key]):
            _check_whole(locked, locked.deliveries[key], staying)
    going = {it.id for it in batch.deliveries}
    for key, staying in held.items():
        if key in going:
            _take_out(locked, locked.deliveries[key], staying)
    await void_each(writing, [it for it in here if it.delivery_id in going])
    if going.intersection(held):
        await recount(locked)


def _here(parcels: Sequence[Parcel]) -> list[Parcel]:
    """Return the parcels that stand in the house: without those that left, or on what left."""
    taken = {it.id for it in parcels if it.status in WITH_CARRIER}
    known = {it.id: it for it in parcels}

    def pallets(parcel: Parcel) -> Iterator[UUID]:
        below = parcel.parent_id
        while below is not None:
            yield below
            below = known[below].parent_id

    # A pallet left where something on it did, and all that stands on it with it.
    taken |= {below for it in parcels if it.id in taken for below in pallets(it)}
    return [it for it in parcels if it.id not in taken and taken.isdisjoint(pallets(it))]


def _check_whole(locked: Locked, delivery: Delivery, staying: Staying) -> None:
    """Refused: DELIVERY_POLICY for a part of an order that must come complete (D11)."""
    for line in staying:
        order = locked.orders[line.order_id]
        if order.delivery_policy is DeliveryPolicy.SHIP_COMPLETE:
            text = f"{order.number} must come complete; a parcel of {delivery.number} is here."
            raise Refused(FulfilmentCode.DELIVERY_POLICY, text, ("delivery_id",))


def _take_out(locked: Locked, delivery: Delivery, staying: Staying) -> None:
    """Lower what was picked and packed of a delivery by what stays, and tell it."""
    for line, quantity in staying.items():
        order_line = locked.order_lines[line.order_line_id]
        move(order_line, planned=-quantity, picked=-quantity, packed=-quantity)
        line.planned = line.picked = line.packed = line.packed - quantity
    lines = {locked.order_lines[it.order_line_id]: it for it in locked.lines_of(delivery)}
    happened = DeliveryPacked(
        delivery.id,
        picked=quantities_of({line: its.packed for line, its in lines.items()}),
        short=quantities_of({line: staying[it] for line, it in lines.items() if it in staying}),
    )
    delivery.completes_order = False
    changed(locked.writing, delivery, happened)
