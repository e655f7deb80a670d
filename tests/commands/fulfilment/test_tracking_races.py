"""Carriers that report at the same time: every event counts once, the last word is the same."""

import asyncio
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from commands.fulfilment.deliveries.dispatch import DeliveryDispatch, dispatch
from commands.fulfilment.tracking.record import record_tracking
from commands.fulfilment.tracking.reports import ParcelRecordTracking
from models.access.journal import JournalEntry
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.fulfilment.parcels import Parcel
from models.fulfilment.tracking.events import TrackingEvent
from models.trade.orders.lines import OrderLine
from tests.make import World
from tests.make.fulfilment.tracking import EACH, sent
from tests.make.running import run


async def _record(world: World, *events: dict[str, Any]) -> list[str]:
    outcome = await run(world, record_tracking, ParcelRecordTracking, events=list(events))
    assert [it["problems"] for it in outcome["results"]] == [[]] * len(events)
    return [it["status"] for it in outcome["results"]]


async def _all(world: World, entity: Any, *conditions: Any) -> list[Any]:
    async with world.database.writing(world.merchant_id) as session:
        own = select(entity).where(entity.merchant_id == world.merchant_id, *conditions)
        return list(await session.scalars(own.order_by(entity.id)))


async def test_the_same_events_from_ten_calls_are_recorded_once(world):
    shipment = await sent(world, parcels=3)
    events = [
        {"sscc": sscc, "status": status, "occurred_at": world.clock() + timedelta(hours=hour)}
        for sscc in shipment.ssccs
        for hour, status in enumerate(("PICKED_UP", "OUT_FOR_DELIVERY", "DELIVERED"))
    ]
    statuses = await asyncio.gather(*(_record(world, *events) for _ in range(10)))
    assert sorted(statuses) == [["CREATED"] * 9, *[["UNCHANGED"] * 9] * 9]
    assert len(await _all(world, TrackingEvent)) == 9
    (line,) = await _all(world, OrderLine)
    assert line.delivered == 3 * EACH
    found = [entry.type for entry in await _all(world, JournalEntry)]
    assert found.count("parcel.delivered") == 3
    assert found.count("delivery.delivered") == found.count("order.delivered") == 1


async def test_parcels_of_one_delivery_that_arrive_at_once_all_count(world):
    shipment = await sent(world, parcels=8)
    arrivals = [
        {"parcel_id": parcel_id, "status": "DELIVERED", "occurred_at": world.clock()}
        for parcel_id in shipment.parcel_ids
    ]
    await asyncio.gather(*(_record(world, each) for each in arrivals))
    (delivery,), (line,) = await _all(world, Delivery), await _all(world, DeliveryLine)
    assert (delivery.state, line.delivered) == ("DELIVERED", 8 * EACH)
    assert delivery.version == 1 + 8


async def test_an_arrival_beats_an_attempt_that_happened_before_whichever_comes_first(world):
    shipments = [await sent(world) for _ in range(5)]
    attempts = [
        {"parcel_id": item.parcel_ids[0], "status": "ATTEMPT_FAILED", "occurred_at": world.clock()}
        for item in shipments
    ]
    later = world.clock() + timedelta(hours=1)
    arrivals = [each | {"status": "DELIVERED", "occurred_at": later} for each in attempts]
    calls = [call for pair in zip(attempts, arrivals, strict=True) for call in pair]
    await asyncio.gather(*(_record(world, call) for call in calls))
    assert {parcel.status for parcel in await _all(world, Parcel)} == {"DELIVERED"}
    assert {line.delivered for line in await _all(world, OrderLine)} == {EACH}


async def test_an_arrival_that_races_the_dispatch_counts_whichever_comes_first(world):
    shipments = [await sent(world, state=DeliveryState.PACKED) for _ in range(5)]
    arrivals = [
        {"parcel_id": item.parcel_ids[0], "status": "DELIVERED", "occurred_at": world.clock()}
        for item in shipments
    ]
    await asyncio.gather(
        *(_record(world, each) for each in arrivals),
        *(run(world, dispatch, DeliveryDispatch, delivery_id=it.delivery_id) for it in shipments),
    )
    assert {delivery.state for delivery in await _all(world, Delivery)} == {"DELIVERED"}
    lines = await _all(world, OrderLine)
    assert {(line.shipped, line.delivered) for line in lines} == {(EACH, EACH)}


async def test_calls_over_many_orders_in_opposite_order_do_not_block_each_other(world):
    shipments = [await sent(world) for _ in range(6)]
    there = [
        {"parcel_id": item.parcel_ids[0], "status": "IN_TRANSIT", "occurred_at": world.clock()}
        for item in shipments
    ]
    back = [each | {"message": "again"} for each in reversed(there)]
    statuses = await asyncio.gather(_record(world, *there), _record(world, *back))
    assert statuses == [["CREATED"] * 6, ["CREATED"] * 6]


async def test_the_journal_has_no_holes_after_a_race(world):
    shipment = await sent(world, parcels=4)
    events = [
        {"parcel_id": parcel_id, "status": status, "occurred_at": world.clock()}
        for parcel_id in shipment.parcel_ids
        for status in ("IN_TRANSIT", "LOST")
    ]
    await asyncio.gather(*(_record(world, each) for each in events))
    async with world.database.writing(world.merchant_id) as session:
        mine = JournalEntry.merchant_id == world.merchant_id
        count, last = (
            await session.execute(select(func.count(), func.max(JournalEntry.position)).where(mine))
        ).one()
    assert count == last
    (line,) = await _all(world, OrderLine)
    assert line.lost == 4 * EACH
