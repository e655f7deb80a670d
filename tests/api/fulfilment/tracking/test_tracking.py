"""What follows from tracking events: parcels, deliveries, orders, contracts, the journal."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from commands.fulfilment.deliveries.arrivals.receipts import (
    DeliveryConfirmReceipt,
    confirm_receipt,
)
from commands.fulfilment.deliveries.dispatch import DeliveryDispatch, dispatch
from kit.ids import to_global
from models.access.journal import JournalEntry
from models.fulfilment.deliveries.receipts import Receipt
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.fulfilment.parcels import Parcel, ParcelStatus
from models.fulfilment.tracking.events import TrackingEvent
from models.trade.contracts.tables import ContractLine
from models.trade.orders.lines import OrderLine
from tests.make import Ask, World
from tests.make.feed import Feed, kinds, row, rows
from tests.make.fulfilment.tracking import EACH, sent
from tests.make.running import run


@pytest.fixture
def feed(ask: Ask, world: World) -> Feed:
    return Feed(ask, world)


async def moved(world: World, line_id: UUID) -> list[Decimal]:
    """Return what the journal tells of a line's `delivered`, movement by movement."""
    entries = sorted(await rows(world, JournalEntry), key=lambda it: it.position)
    lines = [it.payload.get("moved", {}).get(str(line_id), {}) for it in entries]
    return [Decimal(it["delivered"]) for it in lines if "delivered" in it]


async def test_a_parcel_follows_the_words_of_several_vocabularies(feed, world):
    shipment = await sent(world)
    named = {"sscc": shipment.ssccs[0]}
    results = await feed.results(
        feed.event("LABEL_PRINTED", -5, vocabulary="SHOPIFY", **named),
        feed.event("urn:epcglobal:cbv:bizstep:departing", -4, vocabulary="EPCIS", **named),
        feed.event("InTransit", -3, vocabulary="AFTERSHIP", **named),
        feed.event("out_for_delivery", -2, vocabulary="EASYPOST", **named),
        feed.event("ATTEMPT_FAILED", -1, **named),
    )
    assert [it["status"] for it in results] == ["CREATED"] * 5
    assert [it["event"]["status"] for it in results] == [
        "LABEL_CREATED",
        "PICKED_UP",
        "IN_TRANSIT",
        "OUT_FOR_DELIVERY",
        "ATTEMPT_FAILED",
    ]
    assert results[0]["event"]["source"] == "SHOPIFY"
    assert results[0]["parcel"]["status"] == "ATTEMPT_FAILED"
    assert await kinds(world, "parcel.") == ["parcel.attempt_failed"]
    parcel = await row(world, Parcel, shipment.parcel_ids[0])
    assert parcel.status_at == world.clock() - timedelta(hours=1)


async def test_a_time_to_come_orders_nothing_that_others_report_meanwhile(feed, world, ask):
    """One carrier's clock is fast by a day; the other one's is right."""
    shipment = await sent(world)
    named = {"sscc": shipment.ssccs[0]}
    await feed.results(feed.event("IN_TRANSIT", 23, **named), source="FAST")
    world.clock.advance(hours=2)
    (result,) = await feed.results(feed.event("DELIVERED", -1, **named), source="RIGHT")
    assert result["parcel"]["status"] == "DELIVERED"
    parcel = await row(world, Parcel, shipment.parcel_ids[0])
    assert parcel.status_at == world.clock() - timedelta(hours=1)
    latest = "query ($id: ID!) { node(id: $id) { ... on Parcel { latestEvent { source } } } }"
    shown = await ask(latest, id=to_global("Parcel", parcel.id))
    assert shown["node"]["latestEvent"] == {"source": "RIGHT"}


async def test_an_unknown_word_is_kept_and_hides_nothing(feed, world):
    shipment = await sent(world)
    named = {"trackingNumber": shipment.numbers[0]}
    results = await feed.results(
        feed.event("OUT_FOR_DELIVERY", 1, **named),
        feed.event("שליח 🚚 teleported", 2, message="مرحبا", **named),
    )
    assert (results[1]["event"]["status"], results[1]["event"]["originalStatus"]) == (
        "UNKNOWN",
        "שליח 🚚 teleported",
    )
    assert results[1]["parcel"]["status"] == "OUT_FOR_DELIVERY"


async def test_a_delay_stands_beside_the_status_until_the_parcel_moves_on(feed, world):
    shipment = await sent(world)
    named = {"sscc": shipment.ssccs[0]}
    (_, delayed) = await feed.results(
        feed.event("IN_TRANSIT", 1, **named), feed.event("DELAYED", 2, **named)
    )
    assert delayed["event"]["isDelay"]
    assert (delayed["parcel"]["status"], delayed["parcel"]["isDelayed"]) == ("IN_TRANSIT", True)
    (late,) = await feed.results(feed.event("PICKED_UP", 0.5, **named))
    assert late["parcel"]["isDelayed"]
    (moving,) = await feed.results(feed.event("OUT_FOR_DELIVERY", 3, **named))
    assert not moving["parcel"]["isDelayed"]


async def test_a_contract_progresses_when_it_happened_not_when_it_is_told(feed, world):
    shipment = await sent(world, state=DeliveryState.PACKED, is_call_off=True)
    now, own = world.clock(), {"delivery_id": shipment.delivery_id}
    left, came, received = (now - timedelta(hours=hours) for hours in (3, 2, 1))
    await run(world, dispatch, DeliveryDispatch, **own, dispatched_at=left)
    await feed.results(feed.event("DELIVERED", -2, sscc=shipment.ssccs[0]))
    await run(world, confirm_receipt, DeliveryConfirmReceipt, **own, received_at=received)
    entries = sorted(await rows(world, JournalEntry), key=lambda it: it.position)
    of_contract = [it for it in entries if it.type == "contract.progressed"]
    line = str(shipment.contract_line_id)
    moved_then = {it.occurred_at: it.payload["moved"][line] for it in of_contract}
    amount = str(EACH)
    assert moved_then == {
        left: {"shipped": amount},
        came: {"delivered": amount},
        received: {"received": amount},
    }
    assert {it.recorded_at for it in of_contract} == {now}


@pytest.mark.gate("P4", "parcelRecordTracking")
async def test_the_same_event_again_changes_nothing(feed, world):
    shipment = await sent(world, parcels=2)
    known = feed.event("DELIVERED", sscc=shipment.ssccs[0], carrierEventId="4711")
    hashed = feed.event("IN_TRANSIT", sscc=shipment.ssccs[1], message="Hub Köln")
    first = await feed.results(known, hashed, hashed, known)
    assert [it["status"] for it in first] == ["CREATED", "CREATED", "UNCHANGED", "UNCHANGED"]
    before = await kinds(world)
    other_text = known | {"message": "The carrier changed its text."}
    again = await feed.results(hashed, other_text)
    assert [it["status"] for it in again] == ["UNCHANGED", "UNCHANGED"]
    assert [it["event"]["id"] for it in again] == [
        first[1]["event"]["id"],
        first[0]["event"]["id"],
    ]
    assert await kinds(world) == before
    assert len(await rows(world, TrackingEvent)) == 2
    from_elsewhere = await feed.results(known, source="AfterShip")
    assert from_elsewhere[0]["status"] == "CREATED"
    assert await kinds(world) == before


@pytest.mark.gate("P2", "parcelRecordTracking")
async def test_a_parcel_delivers_its_contents_and_nothing_else(feed, world):
    shipment = await sent(world, parcels=2, ordered=Decimal(25))
    await feed.results(
        feed.event("DELIVERED", -1, parcelId=to_global("Parcel", shipment.parcel_ids[0]))
    )
    line = await row(world, OrderLine, shipment.order_line_id)
    assert (line.delivered, line.shipped) == (EACH, 2 * EACH)
    delivery = await row(world, Delivery, shipment.delivery_id)
    assert (delivery.state, delivery.delivered_at) == ("PARTIALLY_DELIVERED", None)
    await feed.results(feed.event("DELIVERED", -3, sscc=shipment.ssccs[1]))
    delivery = await row(world, Delivery, shipment.delivery_id)
    assert delivery.state == "DELIVERED"
    assert delivery.delivered_at == world.clock() - timedelta(hours=1)
    assert await kinds(world) == [
        "parcel.delivered",
        "delivery.partially_delivered",
        "order.partially_delivered",
        "parcel.delivered",
        "delivery.delivered",
        "order.progressed",
    ]


async def test_an_order_is_delivered_when_nothing_of_it_is_open(feed, world):
    shipment = await sent(world)
    await feed.results(feed.event("DELIVERED", -2, sscc=shipment.ssccs[0]))
    entries = {it.type: it for it in await rows(world, JournalEntry)}
    delivered = entries["delivery.delivered"]
    assert delivered.payload["delivered"] == {str(shipment.order_line_id): "5"}
    assert entries["order.delivered"].occurred_at == world.clock() - timedelta(hours=2)
    assert entries["order.delivered"].recorded_at == world.clock()


async def test_only_a_correction_leads_out_of_a_terminal_status(feed, world):
    shipment = await sent(world, is_call_off=True)
    named = {"sscc": shipment.ssccs[0]}
    await feed.results(feed.event("DELIVERED", 1, **named))
    contract_line = await row(world, ContractLine, shipment.contract_line_id)
    assert contract_line.delivered == EACH
    (plain,) = await feed.results(feed.event("IN_TRANSIT", 2, **named))
    assert plain["parcel"]["status"] == "DELIVERED"
    (back,) = await feed.results(feed.event("IN_TRANSIT", 3, isCorrection=True, **named))
    assert back["parcel"]["status"] == "IN_TRANSIT"
    delivery = await row(world, Delivery, shipment.delivery_id)
    assert (delivery.state, delivery.delivered_at) == ("DISPATCHED", None)
    for entity in (OrderLine, DeliveryLine, ContractLine):
        assert [it.delivered for it in await rows(world, entity)] == [0]
    assert (await kinds(world))[-3:] == [
        "parcel.in_transit",
        "delivery.arrival_corrected",
        "order.arrival_corrected",
    ]
    (again,) = await feed.results(feed.event("DELIVERED", 4, **named))
    assert again["parcel"]["status"] == "DELIVERED"
    assert (await row(world, ContractLine, shipment.contract_line_id)).delivered == EACH
    for line_id in (shipment.order_line_id, shipment.contract_line_id):
        assert await moved(world, line_id) == [EACH, -EACH, EACH]


async def test_a_part_that_is_taken_back_is_told_as_corrected(feed, world):
    shipment = await sent(world, parcels=2)
    for sscc in shipment.ssccs:
        await feed.results(feed.event("DELIVERED", 1, sscc=sscc))
    back = feed.event("IN_TRANSIT", 2, sscc=shipment.ssccs[0], isCorrection=True)
    await feed.results(back)
    assert (await kinds(world))[-2:] == ["delivery.arrival_corrected", "order.arrival_corrected"]
    entries = {it.type: it.payload for it in await rows(world, JournalEntry)}
    of_delivery, of_order = (entries[f"{it}.arrival_corrected"] for it in ("delivery", "order"))
    assert of_delivery["state"] == of_order["reached"] == "PARTIALLY_DELIVERED"
    assert of_delivery["delivered"] == {str(shipment.order_line_id): str(-EACH)}


async def test_a_lost_parcel_may_be_found_by_a_correction(feed, world):
    shipment = await sent(world)
    await feed.results(feed.event("LOST", 1, sscc=shipment.ssccs[0]))
    await feed.results(feed.event("DELIVERED", 2, sscc=shipment.ssccs[0], isCorrection=True))
    line = await row(world, OrderLine, shipment.order_line_id)
    assert (line.lost, line.delivered) == (0, EACH)
    assert (await row(world, Delivery, shipment.delivery_id)).state == "DELIVERED"


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        (("RETURNED_TO_SENDER", "RETURNED_TO_SENDER"), DeliveryState.RETURNED_TO_SENDER),
        (("LOST", "LOST"), DeliveryState.LOST),
        (("LOST", "RETURNED_TO_SENDER"), DeliveryState.FAILED),
        (("LOST", "IN_TRANSIT"), DeliveryState.DISPATCHED),
        (("LOST", "DELIVERED"), DeliveryState.PARTIALLY_DELIVERED),
        (("EXCEPTION", "EXCEPTION"), DeliveryState.DISPATCHED),
        (("DELIVERED", "IN_TRANSIT"), DeliveryState.PARTIALLY_DELIVERED),
    ],
)
async def test_a_delivery_ends_as_its_parcels_do(feed, world, ask, statuses, state):
    shipment = await sent(world, parcels=2)
    pairs = zip(statuses, shipment.ssccs, strict=True)
    await feed.results(*(feed.event(status, sscc=sscc) for status, sscc in pairs))
    assert (await row(world, Delivery, shipment.delivery_id)).state is state
    (line,) = await rows(world, OrderLine)
    assert line.lost == EACH * statuses.count("LOST")
    assert line.refused == EACH * statuses.count("RETURNED_TO_SENDER")
    assert line.delivered == EACH * statuses.count("DELIVERED")
    found = await ask("{ deliveries(first: 1, filter: {open: true}) { totalCount } }")
    is_open = bool({"IN_TRANSIT", "EXCEPTION"} & set(statuses))
    assert found["deliveries"]["totalCount"] == is_open


async def test_a_voided_parcel_keeps_its_events_and_does_not_count(feed, world):
    shipment = await sent(world, parcels=2)
    async with world.database.writing(world.merchant_id) as session:
        voided = await session.get_one(Parcel, (world.merchant_id, shipment.parcel_ids[0]))
        voided.status, voided.voided_at = ParcelStatus.VOIDED, world.clock()
        (await session.get_one(DeliveryLine, await _line_key(world))).shipped = EACH
        line = await session.get_one(OrderLine, (world.merchant_id, shipment.order_line_id))
        line.shipped = EACH
    results = await feed.results(
        *(feed.event("DELIVERED", trackingNumber=number) for number in shipment.numbers)
    )
    assert [it["parcel"]["status"] for it in results] == ["VOIDED", "DELIVERED"]
    assert (await kinds(world, "parcel.")).count("parcel.voided_reported") == 1
    assert (await row(world, Delivery, shipment.delivery_id)).state == "DELIVERED"
    assert (await row(world, OrderLine, shipment.order_line_id)).delivered == EACH


async def _line_key(world: World) -> tuple[Any, Any]:
    (line,) = await rows(world, DeliveryLine)
    return world.merchant_id, line.id


async def test_what_is_reported_of_a_pallet_is_reported_of_all_that_stand_on_it(feed, world):
    shipment = await sent(world, parcels=2)
    pallet, other = shipment.parcel_ids
    async with world.database.writing(world.merchant_id) as session:
        (await session.get_one(Parcel, (world.merchant_id, other))).parent_id = pallet
    await feed.results(feed.event("IN_TRANSIT", 1, sscc=shipment.ssccs[1]))
    await feed.results(feed.event("DELIVERED", 2, sscc=shipment.ssccs[0]))
    assert {it.status for it in await rows(world, Parcel)} == {"DELIVERED"}
    assert (await row(world, OrderLine, shipment.order_line_id)).delivered == 2 * EACH
    assert len(await rows(world, TrackingEvent)) == 2


async def test_what_is_reported_before_the_dispatch_moves_nothing(feed, world):
    shipment = await sent(world, state=DeliveryState.PACKED)
    await feed.results(
        feed.event("PICKED_UP", 0, sscc=shipment.ssccs[0]),
        feed.event("DELIVERED", 1, sscc=shipment.ssccs[0]),
    )
    assert (await row(world, Parcel, shipment.parcel_ids[0])).status == "DELIVERED"
    assert (await row(world, Delivery, shipment.delivery_id)).state == "PACKED"
    assert (await row(world, OrderLine, shipment.order_line_id)).delivered == 0


async def test_what_was_reported_before_takes_effect_with_the_dispatch(feed, world):
    shipment = await sent(world, state=DeliveryState.PACKED, is_call_off=True)
    await feed.results(feed.event("DELIVERED", -1, sscc=shipment.ssccs[0]))
    await run(world, dispatch, DeliveryDispatch, delivery_id=shipment.delivery_id)
    delivery = await row(world, Delivery, shipment.delivery_id)
    assert delivery.state == "DELIVERED"
    assert delivery.delivered_at == world.clock() - timedelta(hours=1)
    for entity in (DeliveryLine, OrderLine, ContractLine):
        assert [(it.shipped, it.delivered) for it in await rows(world, entity)] == [(EACH, EACH)]
    assert await kinds(world) == [
        "parcel.delivered",
        "delivery.dispatched",
        "delivery.delivered",
        "order.delivered",
    ]


async def test_once_the_client_confirmed_its_receipt_tracking_moves_no_counter(feed, world):
    shipment = await sent(world)
    async with world.database.writing(world.merchant_id) as session:
        now = world.clock()
        session.add(
            Receipt(
                merchant_id=world.merchant_id,
                delivery_id=shipment.delivery_id,
                sequence=1,
                received_at=now,
                recorded_at=now,
            )
        )
    (result,) = await feed.results(feed.event("LOST", sscc=shipment.ssccs[0]))
    assert result["parcel"]["status"] == "LOST"
    line = await row(world, OrderLine, shipment.order_line_id)
    assert (line.lost, (await row(world, Delivery, shipment.delivery_id)).state) == (
        0,
        "DISPATCHED",
    )
