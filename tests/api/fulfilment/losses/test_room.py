"""What was found while there was no room for it counts as soon as there is."""

import pytest

from kit.ids import from_global
from models.trade.orders.lines import OrderLine
from tests.make import do
from tests.make.feed import Feed, row
from tests.make.fulfilment import deliveries
from tests.make.running import do_due
from tests.make.trade import contracts, orders, responses
from workers.fulfilment.deliveries import CALL_OFF_FOUND, COUNT_FOUND, LAPSE_ORDERS


@pytest.mark.gate("D21", "orderCancelLines", "orderClose", "contractAmend")
@pytest.mark.parametrize("how", ["cancelled", "closed", "amended"])
async def test_what_was_found_counts_once_its_contract_has_room(world, ask, clock, database, how):
    (bolt,) = await orders.products(ask, "BOLT")
    terms = contracts.line(bolt, targetQuantity="10", minQuantity="10")
    made = await contracts.contract(world, ask, lines=[terms])
    first = await contracts.call_off(world, ask, made, "10")
    sent = await deliveries.dispatched(world, ask, first)
    await deliveries.received(ask, sent, "6")
    cancelled = [{"lineId": first["lines"][0]["id"], "quantity": "4"}]
    await do(ask, "orderCancelLines", orderId=first["id"], lines=cancelled)
    other = await contracts.call_off(world, ask, made, "4")
    await deliveries.received(ask, sent, "10")
    if how == "amended":
        more = {"contractLineId": made["lines"][0]["id"], "targetQuantity": "14"}
        await do(ask, "contractAmend", contractId=made["id"], lines=[more])
    elif how == "closed":
        await do(ask, "orderClose", orderId=other["id"])
    else:
        every = [{"lineId": other["lines"][0]["id"], "quantity": "4"}]
        await do(ask, "orderCancelLines", orderId=other["id"], lines=every)
    seen = []
    for received in (None, "6", "10"):
        if received:
            await deliveries.received(ask, sent, received)
        await do_due(database, clock, CALL_OFF_FOUND)
        line = await row(world, OrderLine, from_global(first["lines"][0]["id"])[1])
        seen.append((int(line.cancelled), int(line.shipped), int(line.delivered)))
    assert seen == [(0, 10, 10), (4, 6, 6), (0, 10, 10)]


async def _found_beside(world, ask, quantity="10", **fields):
    """Return an order of 10 that came after all, and a delivery of 10 more that was to replace it.

    quantity: of each parcel of what replaces it, which is packed.
    """
    (bolt,) = await orders.products(ask, "BOLT")
    order = await orders.order(world, ask, lines=[orders.line(bolt, "10")], **fields)
    sent = await deliveries.dispatched(world, ask, order)
    await deliveries.received(ask, sent, "0")
    other = await deliveries.released(world, ask, order)
    every = [deliveries.contents(other, quantity)] * (10 // int(quantity))
    parcels = [{"generateSscc": True, "contents": it} for it in every]
    named = {"deliveryId": other["id"], "parcels": parcels}
    packed = await deliveries.done(ask, "deliveryPack", **named)
    await deliveries.received(ask, sent, "10")
    assert await _counts(world, order) == (0, 10, 0, 10)
    return order, sent, packed


async def _counts(world, order):
    """Return what is cancelled, planned, shipped and delivered of an order's only line."""
    line = await row(world, OrderLine, from_global(order["lines"][0]["id"])[1])
    return tuple(int(getattr(line, it)) for it in ("cancelled", "planned", "shipped", "delivered"))


async def _repeated(world, ask, order, sent):
    """Return the counts as they are, and after the receipts are told once more."""
    seen = [await _counts(world, order)]
    for received in ("0", "10"):
        await deliveries.received(ask, sent, received)
    return [*seen, await _counts(world, order)]


@pytest.mark.gate("D21", "orderConfirm")
async def test_what_was_found_counts_within_a_tolerance_that_is_stated_later(
    world, ask, clock, database
):
    order, sent, _ = await _found_beside(world, ask)
    accepted = [responses.line(order, 0, "ACCEPTED", overTolerance="10")]
    await responses.done(ask, responses.CONFIRM, order, lines=accepted)
    await do_due(database, clock, COUNT_FOUND)
    assert await _repeated(world, ask, order, sent) == [(0, 20, 10, 10)] * 2


_NOT_WANTED = {"deliveryPolicy": "CANCEL_IF_NOT_BY", "cancelIfNotBy": "2026-03-04T00:00:00Z"}


async def test_what_was_found_stays_wanted_where_its_replacement_lapses(
    world, ask, clock, database
):
    order, sent, _ = await _found_beside(world, ask, **_NOT_WANTED)
    clock.advance(days=3)
    await do_due(database, clock, LAPSE_ORDERS)
    assert await _repeated(world, ask, order, sent) == [(0, 10, 10, 10)] * 2


@pytest.mark.gate("D21", "deliveryDispatch")
async def test_what_was_found_counts_where_part_of_its_replacement_stays(world, ask, clock):
    order, sent, packed = await _found_beside(world, ask, "5", **_NOT_WANTED)
    feed = Feed(ask, world)
    await feed.results(feed.event("PICKED_UP", sscc=packed["parcels"][0]["sscc"]))
    clock.advance(days=3)
    named = {"deliveryId": packed["delivery"]["id"], "windowOverride": "Its carrier has it."}
    await deliveries.done(ask, "deliveryDispatch", **named)
    assert await _repeated(world, ask, order, sent) == [(0, 10, 10, 10)] * 2
