"""What a tracking feed may send: whose parcels, by which key, how much, how often."""

import pytest
from sqlalchemy import select

from kit.ids import to_global
from models.access.journal import JournalEntry
from models.access.viewers import Actor
from models.fulfilment.deliveries.tables import Delivery
from models.fulfilment.parcels import Parcel, TrackingNumber
from models.fulfilment.tracking.events import TrackingEvent
from models.trade.contracts.tables import ContractLine
from models.trade.orders.lines import OrderLine
from tests import make
from tests.guard import counted
from tests.make import Ask, World
from tests.make.feed import RECORD, Feed, row, rows
from tests.make.fulfilment.tracking import EACH, sent
from tests.make.master.parties import carrier, company


@pytest.fixture
def feed(ask: Ask, world: World) -> Feed:
    return Feed(ask, world)


@pytest.mark.gate("P3", "parcelRecordTracking")
async def test_a_new_number_stands_beside_the_first(feed, world):
    shipment = await sent(world)
    handed_over = feed.event("IN_TRANSIT", sscc=shipment.ssccs[0], newTrackingNumber="PARTNER-1")
    await feed.results(handed_over)
    await feed.results(handed_over)
    numbers = {it.number for it in await rows(world, TrackingNumber)}
    assert numbers == {shipment.numbers[0], "PARTNER-1"}
    (result,) = await feed.results(feed.event("DELIVERED", 1, trackingNumber="PARTNER-1"))
    assert result["parcel"]["id"] == to_global("Parcel", shipment.parcel_ids[0])
    added = [
        it for it in await rows(world, JournalEntry) if it.type == "parcel.tracking_number_added"
    ]
    (partners,) = (it for it in await rows(world, TrackingNumber) if it.number == "PARTNER-1")
    assert [it.payload for it in added] == [{"tracking_number_id": str(partners.id)}]


async def test_the_letters_of_an_instant_may_be_small(feed, world):
    (sscc,) = (await sent(world)).ssccs
    event = feed.event("IN_TRANSIT", sscc=sscc)
    small = world.clock().strftime("%Y-%m-%dt%H:%M:%Sz")
    (result,) = await feed.results(event | {"occurredAt": small})
    assert result["status"] == "CREATED"


async def test_a_number_of_two_carriers_needs_the_carrier(feed, world):
    first, second = await sent(world), await sent(world)
    async with world.database.writing(world.merchant_id) as session:
        for number in await session.scalars(
            select(TrackingNumber).where(TrackingNumber.merchant_id == world.merchant_id)
        ):
            own = {it.parcel_ids[0]: it.carrier_id for it in (first, second)}
            number.number, number.carrier_id = "SAME", own[number.parcel_id]
    event = feed.event("DELIVERED", 1, trackingNumber="SAME")
    answer = await feed(event, event | {"carrierId": to_global("Party", second.carrier_id)})
    assert [it["status"] for it in answer["results"]] == ["REFUSED", "CREATED"]
    assert answer["results"][0]["userErrors"] == [
        {"code": "INVALID", "field": ["input", "events", "0", "trackingNumber"]}
    ]
    assert answer["results"][1]["parcel"]["id"] == to_global("Parcel", second.parcel_ids[0])


async def test_a_carrier_reports_its_own_parcels_only(world, ask):
    own = await carrier(world, number="SPEEDY")
    mine, other = await sent(world, carrier_id=own, is_call_off=True), await sent(world)
    token = await world.key(Actor.CARRIER, own)
    mine_feed = Feed(ask.by(token), world)
    named = [
        {"parcelId": to_global("Parcel", other.parcel_ids[0])},
        {"sscc": other.ssccs[0]},
        {"trackingNumber": other.numbers[0]},
        {"trackingNumber": "NOBODY"},
    ]
    events = [mine_feed.event("DELIVERED", **each) for each in named]
    results = await mine_feed.results(
        *events, mine_feed.event("DELIVERED", sscc=mine.ssccs[0]), source="Somebody else"
    )
    assert [it["status"] for it in results] == ["REFUSED"] * 4 + ["CREATED"]
    assert {it["userErrors"][0]["code"] for it in results[:4]} == {"NOT_FOUND"}
    assert results[2]["userErrors"][0]["field"] == ["input", "events", "2", "trackingNumber"]
    assert results[4]["event"]["source"] == "SPEEDY"
    assert (await row(world, Delivery, mine.delivery_id)).state == "DELIVERED"
    assert (await row(world, ContractLine, mine.contract_line_id)).delivered == EACH
    assert (await row(world, Parcel, other.parcel_ids[0])).status == "PACKED"


async def test_who_may_not_write_tracking_is_told_so(ask, world, feed):
    buyer = ask.by(await world.key(Actor.BUYER, await company(world)))
    call = {"events": [feed.event("DELIVERED", trackingNumber="1")]}
    answer = await buyer.answer(RECORD, input=call)
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"


async def test_another_merchants_parcel_is_not_found(world, ask, database, clock):
    shipment = await sent(world)
    stranger = await make.world(database, clock)
    theirs = Feed(ask.by(stranger.token), stranger)
    (result,) = await theirs.results(theirs.event("DELIVERED", sscc=shipment.ssccs[0]))
    assert result["userErrors"][0]["code"] == "NOT_FOUND"


@pytest.mark.parametrize("hours", [25, -25])
async def test_what_did_not_happen_then_is_refused_one_by_one(feed, world, hours):
    shipment = await sent(world)
    named = {"sscc": shipment.ssccs[0]}
    results = await feed.results(
        feed.event("DELIVERED", hours, **named), feed.event("IN_TRANSIT", 23, **named)
    )
    assert [it["status"] for it in results] == ["REFUSED", "CREATED"]
    assert results[0]["userErrors"] == [
        {"code": "INVALID_DATE", "field": ["input", "events", "0", "occurredAt"]}
    ]
    assert results[0]["parcel"] is None
    assert len(await rows(world, TrackingEvent)) == 1


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"occurredAt": "0001-01-01T00:00:00Z"}, "INVALID_DATE", "occurredAt"),
        ({"occurredAt": "9999-12-31T23:59:59Z"}, "INVALID_DATE", "occurredAt"),
        ({"message": "a\0b"}, "INVALID_CHARACTER", "message"),
        ({"message": "x" * 100_000}, "TOO_LONG", "message"),
        ({"status": "x" * 101}, "TOO_LONG", "status"),
        ({"status": " "}, "BLANK", "status"),
        ({"sscc": "340123450000000013"}, "INVALID_CHECK_DIGIT", "sscc"),
        ({"parcelId": "nonsense"}, "INVALID_ID", "parcelId"),
        ({"sscc": None}, "INVALID", None),
        ({"trackingNumber": "1"}, "INVALID", None),
        ({"place": "p" * 256}, "TOO_LONG", "place"),
    ],
)
async def test_bad_input_is_refused_with_its_path(feed, world, change, code, field):
    shipment = await sent(world)
    good = feed.event("DELIVERED", sscc=shipment.ssccs[0])
    answer = await feed(good, good | change)
    path = ["input", "events", "1", *([field] if field else [])]
    taken, refused = answer["results"]
    assert (taken["status"], refused["status"]) == ("CREATED", "REFUSED")
    refusals = [(it["code"], it["field"]) for it in refused["userErrors"]]
    assert refusals == [(code, path)]
    assert len(await rows(world, TrackingEvent)) == 1
    assert (await row(world, Parcel, shipment.parcel_ids[0])).status == "DELIVERED"


@pytest.mark.parametrize(("count", "code"), [(0, "TOO_FEW_ITEMS"), (251, "TOO_MANY_ITEMS")])
async def test_a_call_takes_1_to_250_events(feed, world, count, code):
    shipment = await sent(world)
    events = [
        feed.event("IN_TRANSIT", sscc=shipment.ssccs[0], message=str(it)) for it in range(count)
    ]
    answer = await feed(*events)
    assert answer["userErrors"] == [{"code": code, "field": ["input", "events"]}]
    assert await rows(world, TrackingEvent) == []


async def test_250_events_are_taken_in_one_call(feed, world):
    shipment = await sent(world)
    hours = [feed.event("IN_TRANSIT", it / 60, sscc=shipment.ssccs[0]) for it in range(250)]
    assert len(await feed.results(*hours)) == 250
    assert len(await rows(world, TrackingEvent)) == 250


async def test_the_same_key_gives_the_same_answer_once(feed, world):
    shipment = await sent(world)
    good = feed.event("DELIVERED", sscc=shipment.ssccs[0])
    far = feed.event("DELIVERED", 99, sscc=shipment.ssccs[0])
    first = await feed(good, far, idempotencyKey="k1")
    assert await feed(good, far, idempotencyKey="k1") == first
    assert len(await rows(world, TrackingEvent)) == 1


@pytest.mark.parametrize("ends", [["DELIVERED"], ["DELIVERED", "LOST", "RETURNED_TO_SENDER"]])
async def test_statements_do_not_grow_with_the_number_of_events(feed, world, database, ends):
    ssccs = [(await sent(world, is_call_off=True)).ssccs[0] for _ in range(20 + len(ends))]
    few, others = ssccs[: len(ends)], ssccs[len(ends) :]
    many = [
        *(feed.event("PICKED_UP", 0, sscc=sscc) for sscc in others[:10]),
        *(feed.event("OUT_FOR_DELIVERY", 1, sscc=sscc) for sscc in others),
        *(feed.event(end, 2, sscc=sscc) for end, sscc in zip(ends * 20, others, strict=False)),
    ]
    assert len(many) == 50
    counts = []
    for events in ([feed.event(end, sscc=sscc) for end, sscc in zip(ends, few, strict=True)], many):
        with counted(database.engine) as statements:
            await feed.results(*events)
        counts.append(len(statements))
    assert counts[0] == counts[1] < 30
    lines = await rows(world, OrderLine)
    assert {it.delivered + it.lost + it.refused for it in lines} == {EACH}


@pytest.mark.parametrize(
    ("time", "zone", "instant"),
    [
        ("2026-03-02T09:30:00", "Europe/Berlin", "2026-03-02T08:30:00+00:00"),
        ("2026-03-02T02:30:00.5", "America/Chicago", "2026-03-02T08:30:00.500000+00:00"),
        ("2026-03-02T24:00:00", "Europe/Berlin", ["occurredLocally", "time"]),
        ("2026-03-02T09:30:00Z", "Europe/Berlin", ["occurredLocally", "time"]),
        ("2026-03-02T09:30:00", "Berlin", ["occurredLocally", "timeZone"]),
        ("2025-03-02T09:30:00", "Europe/Berlin", ["occurredLocally"]),
    ],
)
async def test_a_carriers_local_time_comes_with_its_zone(feed, world, time, zone, instant):
    shipment = await sent(world)
    event = feed.event("DELIVERED", sscc=shipment.ssccs[0])
    local = {"occurredLocally": {"time": time, "timeZone": zone}}
    both = event | local
    del event["occurredAt"]
    results = (await feed(event | local, event, both))["results"]
    if isinstance(instant, str):
        (found,) = await rows(world, TrackingEvent)
        assert found.occurred_at.isoformat() == instant
    else:
        assert [it["field"][3:] for it in results[0]["userErrors"]] == [instant]
    assert [it["status"] for it in results[1:]] == ["REFUSED", "REFUSED"]


async def test_a_time_without_an_offset_is_told_which_way_there_is(feed, world, ask):
    """A carrier tells a place and no zone."""
    named = {"sscc": (await sent(world)).ssccs[0], "occurredAt": "2026-03-02T09:30:00"}
    event = feed.event("DELIVERED", place="MEMPHIS, TN, US", **named)
    payload = await ask(RECORD.replace("code", "code message"), input={"events": [event]})
    problems = payload["parcelRecordTracking"]["results"][0]["userErrors"]
    (text,) = [it["message"] for it in problems if it["field"][-1] == "occurredAt"]
    assert [it in text for it in ("+01:00", "occurredLocally", "timeZone")] == [True] * 3


async def test_a_parcel_that_is_unknown_hides_no_wrong_time(feed, world):
    await sent(world)
    event = feed.event("DELIVERED", trackingNumber="NOBODYS") | {
        "occurredAt": "2027-03-02T09:00:00.1234567Z"
    }
    (result,) = (await feed(event))["results"]
    assert [it["field"][3:] for it in result["userErrors"]] == [["trackingNumber"], ["occurredAt"]]
