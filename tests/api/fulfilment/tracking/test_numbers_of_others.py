"""Nobody gets another one's parcel by its number, nor stops others by how much is reported."""

from typing import Any

import pytest

from commands.fulfilment.tracking import added, record
from kit.ids import to_global
from models.access.viewers import Actor
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Delivery
from models.fulfilment.parcels import Parcel
from tests.api.fulfilment.tracking.test_tracking_identity import SHARED_WITH, found, ids, numbered
from tests.make import reasons
from tests.make.feed import Feed, rows
from tests.make.fulfilment import deliveries
from tests.make.fulfilment.tracking import sent
from tests.make.trade import orders

NUMBER = ("TAKEN", "newTrackingNumber")


@pytest.fixture
def feed(ask, world):
    return Feed(ask, world)


@pytest.mark.gate("P2", "deliveryPack", "deliveriesPack")
async def test_what_is_packed_has_no_number_of_anothers_parcel_on_its_way(feed, world, ask):
    there = await sent(world)
    parcel = {"carrierId": to_global("Party", there.carrier_id)}

    async def packed(number: str) -> list[tuple[str, str]]:
        delivery = await deliveries.released(world, ask, await orders.ten(world, ask))
        contents = {"contents": deliveries.contents(delivery), "trackingNumbers": ["OWN", number]}
        fields = {"deliveryId": delivery["id"], "parcels": [parcel | contents]}
        return await deliveries.refusals(ask, "deliveryPack", **fields)

    await numbered(world, there, "EARLY")
    async with world.database.owner.writing(world.merchant_id) as session:
        (its,) = [await session.get(Parcel, (world.merchant_id, there.parcel_ids[0]))]
        its.packed_at = world.clock()
    assert await packed("e a r ly") == [("TAKEN", "parcels.0.trackingNumbers.1")]
    await feed.results(feed.event("DELIVERED", trackingNumber="EARLY"))
    assert await packed("EARLY") == []


@pytest.mark.gate("P2", "parcelRecordTracking")
@pytest.mark.gate("P6", "parcelRecordTracking")
async def test_what_stands_in_the_house_does_not_arrive_by_the_number_of_what_has_left(
    feed, world, ask
):
    """Nor is it read by it, though it got it last."""
    there = await sent(world)
    same = {"carrier_id": there.carrier_id, "party_id": there.party_id}
    packed = await sent(world, state=DeliveryState.PACKED, **same)
    for each in (there, packed):
        world.clock.advance(minutes=1)
        await numbered(world, each, "TOGETHER")
    parcels = [to_global("Parcel", it.parcel_ids[0]) for it in (there, packed)]
    assert await found(ask, "TOGETHER") == parcels[:1]
    assert (await ask(SHARED_WITH, id=parcels[1]))["node"]["sharesNumberWith"] == []
    (result,) = await feed.results(feed.event("DELIVERED", trackingNumber="TOGETHER"))
    assert [it["id"] for it in result["parcels"]] == parcels[:1]
    states = {it.id: it.state for it in await rows(world, Delivery)}
    assert states == {there.delivery_id: "DELIVERED", packed.delivery_id: "PACKED"}


@pytest.mark.gate("P2", "parcelRecordTracking")
@pytest.mark.parametrize("customer", ["another", "the same"])
async def test_no_report_gives_a_parcel_the_number_of_anothers(world, ask, customer):
    theirs = await sent(world)
    await numbered(world, theirs, "THEIRS")
    same = {"party_id": theirs.party_id} if customer == "the same" else {}
    own = await sent(world, **same)
    carrier = Feed(ask.by(await world.key(Actor.CARRIER, own.carrier_id)), world)
    of = {"parcelId": to_global("Parcel", own.parcel_ids[0])}
    taken, new = await carrier.results(
        carrier.event("IN_TRANSIT", **of, newTrackingNumber="theirs"),
        carrier.event("IN_TRANSIT", **of, newTrackingNumber="PARTNER-1"),
    )
    assert reasons(taken["userErrors"], 3) == [NUMBER]
    assert new["status"] == "CREATED"
    staff = Feed(ask, world)
    await staff.results(staff.event("DELIVERED", 1, trackingNumber="THEIRS"))
    delivered = [it.id for it in await rows(world, Parcel) if it.status == "DELIVERED"]
    assert delivered == theirs.parcel_ids


async def test_more_than_a_parcel_may_have_is_refused_alone(feed, world, monkeypatch):
    monkeypatch.setattr(added, "_MOST_EVENTS", 2)
    monkeypatch.setattr(added, "_MOST_NUMBERS", 2)
    full, other = await sent(world), await sent(world)
    of, its = ({"parcelId": to_global("Parcel", it.parcel_ids[0])} for it in (full, other))
    for hour in (0, 1):
        await feed.results(feed.event("IN_TRANSIT", hour, **of))
    refused, taken = await feed.results(
        feed.event("DELIVERED", 2, **of), feed.event("DELIVERED", 2, **its)
    )
    assert [code for code, _ in reasons(refused["userErrors"], 3)] == ["TOO_MANY_ITEMS"]
    assert taken["status"] == "CREATED"
    monkeypatch.setattr(added, "_MOST_EVENTS", 9)
    numbers = [feed.event("DELIVERED", 3, **its, newTrackingNumber=it) for it in ("A", "B")]
    results = await feed.results(*numbers)
    assert ("TOO_MANY_ITEMS", "newTrackingNumber") in reasons(results[1]["userErrors"], 3)


async def test_a_number_that_many_share_stops_no_other_report(feed, world, monkeypatch):
    many, other = await sent(world, parcels=3), await sent(world)
    await numbered(world, many, "SHARED")
    shared = [feed.event("IN_TRANSIT", hour, trackingNumber="SHARED") for hour in range(3)]
    own = feed.event("DELIVERED", 1, sscc=other.ssccs[0])

    def at_most(parcels: Any, reports: Any, _most: int) -> Any:
        return added.leave_out_most(parcels, reports, 5)

    monkeypatch.setattr(record, "leave_out_most", at_most)
    *refused, last, delivered = await feed.results(*shared, own)
    assert [reasons(it["userErrors"], 3) for it in refused] == [
        [("TOO_MANY_ITEMS", "trackingNumber")]
    ] * 2
    assert [it["status"] for it in (last, delivered)] == ["CREATED", "CREATED"]


@pytest.mark.gate("P6", "parcelRecordTracking")
@pytest.mark.parametrize("customer", ["the same", "another"])
async def test_a_number_of_two_carriers_means_neither_unless_the_carrier_is_named(
    feed, world, customer
):
    first = await sent(world)
    same = {"party_id": first.party_id} if customer == "the same" else {}
    second = await sent(world, **same)
    for shipment in (first, second):
        world.clock.advance(minutes=1)
        await numbered(world, shipment, "BOTH")
    event = feed.event("DELIVERED", 1, trackingNumber="BOTH")
    (refused,) = await feed.results(event)
    assert reasons(refused["userErrors"], 3) == [("INVALID", "trackingNumber")]
    for shipment in (first, second):
        named = {"carrierId": to_global("Party", shipment.carrier_id)}
        if shipment is second:
            # The first has arrived: only one is meant.
            named = {}
        (result,) = await feed.results(feed.event("DELIVERED", 2, trackingNumber="BOTH", **named))
        assert [it["id"] for it in result["parcels"]] == ids(shipment)
