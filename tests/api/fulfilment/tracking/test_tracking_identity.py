"""Which parcels a number names, and which reports are one event."""

import asyncio
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select

from commands.fulfilment.tracking.record import record_tracking
from commands.fulfilment.tracking.reports import ParcelRecordTracking
from kit.ids import to_global
from models.events.fulfilment.parcels import REPORTED
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.fulfilment.parcels import Parcel, ParcelStatus, TrackingNumber
from models.fulfilment.tracking.events import TrackingEvent
from tests.guard import counted
from tests.make import Ask, World, reasons
from tests.make.feed import Feed, kinds, row, rows
from tests.make.fulfilment import deliveries
from tests.make.fulfilment.tracking import EACH, Sent, sent
from tests.make.running import run

WAY = ("PICKED_UP", "IN_TRANSIT", "DELIVERED")
SHARING = """
query ($number: String) {
  parcel(trackingNumber: $number) { id status sharesNumberWith { id status } }
}
"""

SHARED_WITH = "query ($id: ID!) { node(id: $id) { ... on Parcel { sharesNumberWith { id } } } }"


@pytest.fixture
def feed(ask: Ask, world: World) -> Feed:
    return Feed(ask, world)


async def numbered(world: World, shipment: Sent, number: str) -> None:
    """Give all parcels of a shipment one number, as their carrier's, now."""
    async with world.database.writing(world.merchant_id) as session:
        own = select(TrackingNumber).where(
            TrackingNumber.merchant_id == world.merchant_id,
            TrackingNumber.parcel_id.in_(shipment.parcel_ids),
        )
        for each in await session.scalars(own):
            each.number, each.added_at = number, world.clock()


def _same(shipment: Sent) -> dict[str, UUID]:
    """Return the carrier and the customer of a shipment, for another one."""
    return {"carrier_id": shipment.carrier_id, "party_id": shipment.party_id}


def ids(shipment: Sent) -> list[str]:
    return [to_global("Parcel", it) for it in shipment.parcel_ids]


async def found(ask: Ask, number: str) -> list[str]:
    """Return the ids of all parcels that are read under a number."""
    parcel = (await ask(SHARING, number=number))["parcel"]
    return sorted([parcel["id"], *(it["id"] for it in parcel["sharesNumberWith"])])


@pytest.mark.gate("P6", "parcelRecordTracking")
async def test_a_master_number_is_one_thing_on_write_and_on_read(feed, world, ask):
    shipment = await sent(world, parcels=3)
    await numbered(world, shipment, "MASTER-1")
    assert await found(ask, "MASTER-1") == sorted(ids(shipment))
    (result,) = await feed.results(feed.event("DELIVERED", trackingNumber="MASTER-1"))
    assert result["status"] == "CREATED"
    assert sorted(it["id"] for it in result["parcels"]) == sorted(ids(shipment))
    assert {it.status for it in await rows(world, Parcel)} == {"DELIVERED"}
    assert (await row(world, Delivery, shipment.delivery_id)).state == "DELIVERED"
    assert {it.delivered for it in await rows(world, DeliveryLine)} == {3 * EACH}
    assert await found(ask, "MASTER-1") == sorted(ids(shipment))
    (again,) = await feed.results(feed.event("DELIVERED", trackingNumber="MASTER-1"))
    assert (again["status"], len(again["parcels"])) == ("UNCHANGED", 3)


async def test_the_first_parcel_of_a_consignment_is_read_under_its_number(world, ask):
    shipment = await sent(world, parcels=2)
    await numbered(world, shipment, "MASTER-1")
    assert (await ask(SHARING, number="MASTER-1"))["parcel"]["id"] == ids(shipment)[0]


async def test_a_parcel_of_a_consignment_may_have_a_way_of_its_own(feed, world, ask):
    shipment = await sent(world, parcels=2)
    await numbered(world, shipment, "MASTER-1")
    await feed.results(feed.event("LOST", 1, sscc=shipment.ssccs[0]))
    await feed.results(feed.event("DELIVERED", 2, trackingNumber="MASTER-1"))
    statuses = [it.status for it in await rows(world, Parcel)]
    assert sorted(statuses) == ["DELIVERED", "LOST"]
    assert await found(ask, "MASTER-1") == sorted(ids(shipment))


async def test_a_number_used_again_after_delivery_belongs_to_the_newest_for_both(feed, world, ask):
    old = await sent(world, parcels=2)
    await numbered(world, old, "AGAIN")
    await feed.results(feed.event("DELIVERED", 1, trackingNumber="AGAIN"))
    world.clock.advance(days=2)
    new = await sent(world, carrier_id=old.carrier_id)
    await numbered(world, new, "AGAIN")
    assert await found(ask, "AGAIN") == ids(new)
    (result,) = await feed.results(feed.event("OUT_FOR_DELIVERY", 1, trackingNumber="AGAIN"))
    assert [it["id"] for it in result["parcels"]] == ids(new)
    assert len(await rows(world, TrackingEvent)) == 3
    await feed.results(feed.event("DELIVERED", 2, trackingNumber="AGAIN"))
    assert await found(ask, "AGAIN") == ids(new)
    assert (await row(world, Delivery, old.delivery_id)).delivered_at < world.clock()


async def test_history_of_a_number_used_again_stays_with_who_had_it(feed, world):
    old = await sent(world, parcels=2)
    await numbered(world, old, "AGAIN")
    history = [feed.event(it, hour, trackingNumber="AGAIN") for hour, it in enumerate(WAY)]
    await feed.results(*history[1:])
    world.clock.advance(days=2)
    new = await sent(world, carrier_id=old.carrier_id)
    await numbered(world, new, "AGAIN")
    results = await feed.results(*history, feed.event("IN_TRANSIT", 1, trackingNumber="AGAIN"))
    assert [it["status"] for it in results] == ["CREATED", "UNCHANGED", "UNCHANGED", "CREATED"]
    of = [sorted(it["id"] for it in result["parcels"]) for result in results]
    assert of == [sorted(ids(old))] * 3 + [ids(new)]
    assert (await row(world, Parcel, new.parcel_ids[0])).status == "IN_TRANSIT"


async def test_a_number_that_rested_for_long_is_not_shared_with_who_had_it(feed, world, ask):
    silent = await sent(world)
    await numbered(world, silent, "RESTED")
    world.clock.advance(days=31)
    new = await sent(world, carrier_id=silent.carrier_id)
    await numbered(world, new, "RESTED")
    await feed.results(feed.event("DELIVERED", trackingNumber="RESTED"))
    assert await found(ask, "RESTED") == ids(new)
    assert (await row(world, Parcel, silent.parcel_ids[0])).status == "PACKED"


@pytest.mark.gate("P6", "parcelRecordTracking")
async def test_late_news_of_who_had_a_number_before_is_not_told_of_the_newest(feed, world, ask):
    """The old parcel's arrival is reported only after its number was used again, within a month."""
    old = await sent(world)
    await numbered(world, old, "AGAIN")
    late = feed.event("DELIVERED", 30, trackingNumber="AGAIN")
    world.clock.advance(days=20)
    new = await sent(world, **_same(old))
    await numbered(world, new, "AGAIN")
    assert await found(ask, "AGAIN") == sorted([*ids(old), *ids(new)])
    (result,) = await feed.results(late)
    assert [it["id"] for it in result["parcels"]] == ids(old)
    assert await found(ask, "AGAIN") == ids(new)
    await feed.results(feed.event("OUT_FOR_DELIVERY", 1, trackingNumber="AGAIN"))
    statuses = [(await row(world, Parcel, it.parcel_ids[0])).status for it in (old, new)]
    assert statuses == ["DELIVERED", "OUT_FOR_DELIVERY"]


async def test_who_has_a_number_shares_it_with_none_that_had_it_before(feed, world, ask):
    """The first one shared the number with the second, and ended before the third got it."""
    first = await sent(world)
    await numbered(world, first, "AGAIN")
    world.clock.advance(days=5)
    second = await sent(world, **_same(first))
    await numbered(world, second, "AGAIN")
    await feed.results(feed.event("DELIVERED", 1, sscc=first.ssccs[0]))
    world.clock.advance(days=5)
    third = await sent(world, **_same(first))
    await numbered(world, third, "AGAIN")
    (result,) = await feed.results(feed.event("IN_TRANSIT", 1, trackingNumber="AGAIN"))
    both = sorted([*ids(second), *ids(third)])
    assert sorted(it["id"] for it in result["parcels"]) == both
    for shipment, others in ((first, []), (second, ids(third)), (third, ids(second))):
        node = (await ask(SHARED_WITH, id=ids(shipment)[0]))["node"]
        assert [it["id"] for it in node["sharesNumberWith"]] == others


@pytest.mark.gate("P6", "parcelRecordTracking")
async def test_a_number_used_again_for_another_customer_is_not_shared_with_who_had_it(
    feed, world, ask
):
    """Nothing was ever reported of the first one: its customer reads nothing of the second one.

    While both are on their way nobody knows which is meant by the number.
    """
    silent = await sent(world)
    await numbered(world, silent, "AGAIN")
    world.clock.advance(days=2)
    new = await sent(world, carrier_id=silent.carrier_id)
    await numbered(world, new, "AGAIN")
    assert await found(ask, "AGAIN") == ids(new)
    node = (await ask(SHARED_WITH, id=ids(silent)[0]))["node"]
    assert node["sharesNumberWith"] == []
    event = feed.event("OUT_FOR_DELIVERY", 1, trackingNumber="AGAIN")
    (result,) = await feed.results(event)
    assert reasons(result["userErrors"], 3) == [("INVALID", "trackingNumber")]
    assert (await row(world, Parcel, silent.parcel_ids[0])).status == "PACKED"
    await feed.results(feed.event("DELIVERED", sscc=silent.ssccs[0]))
    (result,) = await feed.results(event)
    assert [it["id"] for it in result["parcels"]] == ids(new)


async def test_two_deliveries_may_travel_under_one_number(feed, world, ask):
    first = await sent(world)
    second = await sent(world, **_same(first))
    for shipment in (first, second):
        await numbered(world, shipment, "TOGETHER")
    assert await found(ask, "TOGETHER") == sorted([*ids(first), *ids(second)])
    await feed.results(feed.event("DELIVERED", trackingNumber="TOGETHER"))
    assert {it.state for it in await rows(world, Delivery)} == {"DELIVERED"}


@pytest.mark.parametrize("written", ["1z 999 aa1 0123", "1Z999AA10123", " 1z999AA1 0123"])
async def test_numbers_are_compared_without_spaces_and_case(feed, world, ask, written):
    shipment = await sent(world)
    await numbered(world, shipment, "1Z 999AA1 0123")
    assert await found(ask, written) == ids(shipment)
    await feed.results(feed.event("PICKED_UP", trackingNumber=written))
    assert (await row(world, Parcel, shipment.parcel_ids[0])).status == "PICKED_UP"
    more = feed.event("IN_TRANSIT", 1, sscc=shipment.ssccs[0], newTrackingNumber=written)
    await feed.results(more)
    assert [it.number for it in await rows(world, TrackingNumber)] == ["1Z 999AA1 0123"]


async def test_one_number_written_in_two_ways_stands_twice(world, ask):
    delivery = await deliveries.released(world, ask)
    parcel = {"contents": deliveries.contents(delivery), "trackingNumbers": ["ab 1", "AB1"]}
    fields = {"deliveryId": delivery["id"], "parcels": [parcel]}
    refused = await deliveries.refusals(ask, "deliveryPack", **fields)
    assert refused == [("DUPLICATE", "parcels.0.trackingNumbers.1")]


async def test_statements_do_not_grow_with_the_parcels_under_a_number(feed, world, database):
    counts = []
    for count, number in ((1, "ONE"), (8, "EIGHT")):
        await numbered(world, await sent(world, parcels=count), number)
        with counted(database.engine) as statements:
            await feed.results(feed.event("DELIVERED", trackingNumber=number))
        counts.append(len(statements))
    assert counts[0] == counts[1]


SAME = [
    {"rawReference": "archive/2.json"},
    {"message": "SORTED  at the hub"},
    {"status": "in_transit"},
    {"status": " In_Transit "},
    {"subStatus": "SORTED"},
    {"place": "KÖLN"},
    {"source": "FEED"},
]


@pytest.mark.parametrize("change", SAME, ids=str)
async def test_another_reference_or_case_is_the_same_event(feed, world, change):
    shipment = await sent(world)
    event = feed.event("IN_TRANSIT", sscc=shipment.ssccs[0], rawReference="archive/1.json")
    event |= {"message": "Sorted at the hub", "place": "Köln", "subStatus": "sorted"}
    await feed.results(event, source="feed")
    source = change.get("source", "feed")
    changed = event | {name: it for name, it in change.items() if name != "source"}
    (again,) = await feed.results(changed, source=source)
    assert again["status"] == "UNCHANGED"
    assert len(await rows(world, TrackingEvent)) == 1


OTHER = [
    {"status": "PICKED_UP"},
    {"subStatus": "loaded"},
    {"place": "Bonn"},
    {"message": "Left the hub"},
    {"isCorrection": True},
    {"carrierEventId": "7"},
]


@pytest.mark.parametrize("change", OTHER, ids=str)
async def test_another_word_place_text_or_id_is_another_event(feed, world, change):
    shipment = await sent(world)
    event = feed.event("IN_TRANSIT", sscc=shipment.ssccs[0], place="Köln", subStatus="sorted")
    await feed.results(event)
    (other,) = await feed.results(event | change)
    assert other["status"] == "CREATED"


async def test_an_event_of_before_this_rule_is_known_when_it_comes_again(feed, world):
    shipment = await sent(world)
    event = feed.event("IN_TRANSIT", sscc=shipment.ssccs[0], message="Hub")
    await feed.results(event)
    async with world.database.writing(world.merchant_id) as session:
        (stored,) = await session.scalars(
            select(TrackingEvent).where(TrackingEvent.merchant_id == world.merchant_id)
        )
        stored.dedupe_key = "sha256:of-the-message-too"
    (again,) = await feed.results(event)
    assert again["status"] == "UNCHANGED"


def epcis(feed: Feed, step: str, hour: float, key: str, shipment: Sent, **more: Any) -> Any:
    named = {"sscc": shipment.ssccs[0], "carrierEventId": key, "vocabulary": "EPCIS"}
    return feed.event(step, hour, **named, **more)


@pytest.mark.gate("P7", "parcelRecordTracking")
async def test_an_epcis_error_declaration_takes_back_the_event_whose_id_it_bears(feed, world):
    shipment = await sent(world)
    wrong = epcis(feed, "receiving", 2, "ni:///1", shipment)
    await feed.results(epcis(feed, "departing", 1, "ni:///0", shipment), wrong)
    assert (await row(world, Delivery, shipment.delivery_id)).state == "DELIVERED"
    declared = wrong | {"isErrorDeclaration": True, "correctiveEventIds": ["ni:///2"]}
    (result,) = await feed.results(declared)
    assert (result["status"], result["parcel"]["status"]) == ("CREATED", "PICKED_UP")
    delivery = await row(world, Delivery, shipment.delivery_id)
    assert (delivery.state, delivery.delivered_at) == ("DISPATCHED", None)
    assert [it.delivered for it in await rows(world, DeliveryLine)] == [0]
    again = await feed.results(declared, wrong)
    assert [it["status"] for it in again] == ["UNCHANGED", "UNCHANGED"]
    (right,) = await feed.results(epcis(feed, "arriving", 3, "ni:///2", shipment))
    assert right["parcel"]["status"] == "IN_TRANSIT"
    kept = [it for it in await rows(world, TrackingEvent) if it.is_error_declaration]
    assert [(it.carrier_event_id, it.corrective_event_ids) for it in kept] == [
        ("ni:///1", ["ni:///2"])
    ]


async def test_a_correction_under_the_id_of_an_event_is_taken(feed, world):
    shipment = await sent(world)
    wrong = feed.event("DELIVERED", 3, sscc=shipment.ssccs[0], carrierEventId="7")
    await feed.results(wrong)
    corrected = wrong | {"status": "ATTEMPT_FAILED", "isCorrection": True}
    (result,) = await feed.results(corrected)
    assert (result["status"], result["parcel"]["status"]) == ("CREATED", "ATTEMPT_FAILED")
    (again,) = await feed.results(corrected)
    assert again["status"] == "UNCHANGED"


async def test_a_correction_may_be_corrected_under_the_same_id(feed, world):
    shipment = await sent(world)
    delivered = feed.event("DELIVERED", 3, sscc=shipment.ssccs[0], carrierEventId="7")
    on_the_road = delivered | {"status": "OUT_FOR_DELIVERY", "isCorrection": True}
    shown = []
    for event in (delivered, on_the_road, delivered | {"isCorrection": True}, on_the_road):
        (result,) = await feed.results(event)
        shown.append((result["status"], result["parcel"]["status"]))
    assert shown == [
        ("CREATED", "DELIVERED"),
        ("CREATED", "OUT_FOR_DELIVERY"),
        ("CREATED", "DELIVERED"),
        ("UNCHANGED", "DELIVERED"),
    ]


@pytest.mark.parametrize("status", [it for it in REPORTED if it is not ParcelStatus.PACKED])
async def test_a_parcel_of_which_all_reports_are_withdrawn_stands_as_it_was_packed(
    feed, world, status
):
    shipment, other = await sent(world), await sent(world)
    wrong = feed.event(status.value, 3, sscc=shipment.ssccs[0], carrierEventId="7")
    await feed.results(wrong)
    change = {"isErrorDeclaration": True}
    if status is ParcelStatus.EXCEPTION:
        change = {"status": "no such word", "isCorrection": True}
    good = feed.event("IN_TRANSIT", 2, sscc=other.ssccs[0])
    results = await feed.results(wrong | change, good)
    assert [(it["status"], it["parcel"]["status"]) for it in results] == [
        ("CREATED", "PACKED"),
        ("CREATED", "IN_TRANSIT"),
    ]
    assert (await row(world, Delivery, shipment.delivery_id)).state == "DISPATCHED"
    assert "parcel.reports_withdrawn" in await kinds(world)


@pytest.mark.parametrize(
    "change",
    [{"isErrorDeclaration": True}, {"carrierEventId": "1", "correctiveEventIds": ["2"]}],
)
async def test_a_declaration_without_its_event_is_refused(feed, world, change):
    shipment = await sent(world)
    answer = await feed(feed.event("DELIVERED", sscc=shipment.ssccs[0]) | change)
    errors = answer["userErrors"] or answer["results"][0]["userErrors"]
    assert errors == [{"code": "INVALID", "field": ["input", "events", "0"]}]


async def test_one_event_that_is_told_in_many_ways_at_once_is_recorded_once(world):
    shipment = await sent(world, parcels=2)
    await numbered(world, shipment, "M 1")
    at = world.clock() + timedelta(hours=1)
    reports = [
        {"tracking_number": number, "status": word, "occurred_at": at, "raw_reference": number}
        for number in ("m1", "M 1", "M1")
        for word in ("PICKED_UP", "picked_up")
    ]
    await asyncio.gather(
        *(run(world, record_tracking, ParcelRecordTracking, events=[each]) for each in reports)
    )
    assert len(await rows(world, TrackingEvent)) == 2
