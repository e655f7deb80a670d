"""Many at once give parcels a number that is new to all: one customer has it."""

from asyncio import gather
from typing import Any

import pytest

from commands.writing import counters
from kit.ids import to_global
from models.fulfilment.deliveries.states import DeliveryState
from tests.api.gates.test_recorded_plans import refusals
from tests.make import Ask, Clock, World, reasons
from tests.make.feed import Feed
from tests.make.fulfilment import deliveries
from tests.make.fulfilment.tracking import sent
from tests.make.trade import orders

AT_PARCEL = [("TAKEN", "parcels.0.trackingNumbers.0")]
_MANY = 6


async def _left(world: World, order: dict[str, Any]) -> dict[str, Any]:
    """Return a delivery of another system that left with a number, and is on its way."""
    parcel = {"trackingNumbers": ["T 1"], "contents": deliveries.lines(order)}
    at = "2026-03-02T08:30:00Z"
    return await deliveries.part(world, order, packedAt=at, dispatchedAt=at, parcels=[parcel])


@pytest.mark.gate("P2", "deliveriesRecord")
async def test_of_two_customers_deliveries_recorded_at_once_one_has_the_number(
    world: World, ask: Ask, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As of many in one call, whose own numbers are given last: nothing else lets them wait."""
    monkeypatch.setattr(counters, "SLICE", 0)
    placed = [await orders.ten(world, ask) for _ in range(_MANY)]
    clock.advance(hours=1)
    items = [await _left(world, order) for order in placed]
    found = await gather(*(refusals(ask, item) for item in items))
    assert sorted(of for (of,) in found) == [[], *[AT_PARCEL] * (_MANY - 1)]


@pytest.mark.gate("P2", "deliveriesRecord", "deliveryDispatch", "deliveriesDispatch")
async def test_what_leaves_and_what_is_recorded_at_once_have_no_number_together(
    world: World, ask: Ask, clock: Clock
) -> None:
    placed = [await orders.ten(world, ask) for _ in range(_MANY)]
    parcel = {"trackingNumbers": ["t1"]}
    packed = [await deliveries.packed(world, ask, it, parcel) for it in placed[::2]]
    clock.advance(hours=1)
    items = [await _left(world, order) for order in placed[1::2]]
    leave = (deliveries.refusals(ask, "deliveryDispatch", deliveryId=it["id"]) for it in packed)
    record = (refusals(ask, item) for item in items)
    found = await gather(*(call for pair in zip(leave, record, strict=True) for call in pair))
    taken = [it for it in found if it not in ([], [[]])]
    assert len(taken) == _MANY - 1


@pytest.mark.gate("P2", "parcelRecordTracking")
async def test_of_two_customers_parcels_that_reports_give_a_number_at_once_one_has_it(
    world: World, ask: Ask
) -> None:
    feed = Feed(ask, world)
    shipments = [await sent(world, state=DeliveryState.DISPATCHED) for _ in range(_MANY)]
    calls = (
        feed.results(
            feed.event(
                "IN_TRANSIT",
                parcelId=to_global("Parcel", shipment.parcel_ids[0]),
                newTrackingNumber="PARTNER 1",
            )
        )
        for shipment in shipments
    )
    found = [reasons(answer["userErrors"], 3) for (answer,) in await gather(*calls)]
    assert sorted(found) == [[], *[[("TAKEN", "newTrackingNumber")]] * (_MANY - 1)]
