"""Tracking over GraphQL: what carriers report, and what follows from it."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from commands.deliveries.dispatch import DeliveryDispatch, dispatch
from kit.ids import to_global
from kit.viewer import Actor
from models.contracts import ContractLine
from models.deliveries import Delivery, DeliveryLine, DeliveryState, Receipt
from models.journal import JournalEntry
from models.orders import OrderLine
from models.parcels import Parcel, ParcelStatus, TrackingNumber
from models.tracking import TrackingEvent
from tests import make
from tests.guard import counted
from tests.make.parties import carrier, company
from tests.make.running import run
from tests.make.tracking import EACH, sent

RECORD = """
mutation ($input: ParcelRecordTrackingInput!) {
  parcelRecordTracking(input: $input) {
    results {
      status
      parcel { id status isDelayed }
      event { id status originalStatus isDelay source }
      userErrors { code field }
    }
    userErrors { code field }
  }
}
"""


class Feed:
    """Sends events as one viewer; times are hours after the clock's start."""

    def __init__(self, ask: make.Ask, world: make.World) -> None:
        self.ask, self.world = ask, world

    def event(self, status: str, hour: float = 0, **fields: Any) -> dict[str, Any]:
        when = self.world.clock() + timedelta(hours=hour)
        return {"status": status, "occurredAt": when.isoformat(), **fields}

    async def __call__(self, *events: dict[str, Any], **fields: Any) -> dict[str, Any]:
        answer = await self.ask(RECORD, input={"events": list(events), **fields})
        return answer["parcelRecordTracking"]

    async def results(self, *events: dict[str, Any], **fields: Any) -> list[dict[str, Any]]:
        answer = await self(*events, **fields)
        assert answer["userErrors"] == []
        return answer["results"]


@pytest.fixture
def feed(ask: make.Ask, world: make.World) -> Feed:
    return Feed(ask, world)


async def rows(world: make.World, entity: Any) -> list[Any]:
    async with world.database.writing() as session:
        own = select(entity).where(entity.merchant_id == world.merchant_id)
        return list(await session.scalars(own.order_by(entity.id)))


async def row(world: make.World, entity: Any, key: Any) -> Any:
    return {it.id: it for it in await rows(world, entity)}[key]


async def told(world: make.World, aggregate: str = "") -> list[str]:
    """Return the types of the journal's entries about deliveries, orders and parcels."""
    entries = sorted(await rows(world, JournalEntry), key=lambda it: it.position)
    kinds = {"DELIVERY", "ORDER", "PARCEL"}
    return [it.type for it in entries if it.aggregate in kinds and it.type.startswith(aggregate)]


async def test_a_parcel_follows_the_words_of_several_vocabularies(feed, world):
    shipment = await sent(world)
    named = {"sscc": shipment.ssccs[0]}
    results = await feed.results(
        feed.event("LABEL_PRINTED", 0, vocabulary="SHOPIFY", **named),
        feed.event("urn:epcglobal:cbv:bizstep:departing", 1, vocabulary="EPCIS", **named),
        feed.event("InTransit", 2, vocabulary="AFTERSHIP", **named),
        feed.event("out_for_delivery", 3, vocabulary="EASYPOST", **named),
        feed.event("ATTEMPT_FAILED", 4, **named),
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
    assert await told(world, "parcel.") == ["parcel.attempt_failed"]
    parcel = await row(world, Parcel, shipment.parcel_ids[0])
    assert parcel.status_at == world.clock() + timedelta(hours=4)


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


async def test_the_same_event_again_changes_nothing(feed, world):
    shipment = await sent(world, parcels=2)
    known = feed.event("DELIVERED", sscc=shipment.ssccs[0], carrierEventId="4711")
    hashed = feed.event("IN_TRANSIT", sscc=shipment.ssccs[1], message="Hub Köln")
    first = await feed.results(known, hashed, hashed, known)
    assert [it["status"] for it in first] == ["CREATED", "CREATED", "UNCHANGED", "UNCHANGED"]
    before = await told(world)
    other_text = known | {"message": "The carrier changed its text."}
    again = await feed.results(hashed, other_text)
    assert [it["status"] for it in again] == ["UNCHANGED", "UNCHANGED"]
    assert [it["event"]["id"] for it in again] == [
        first[1]["event"]["id"],
        first[0]["event"]["id"],
    ]
    assert await told(world) == before
    assert len(await rows(world, TrackingEvent)) == 2
    from_elsewhere = await feed.results(known, source="AfterShip")
    assert from_elsewhere[0]["status"] == "CREATED"
    assert await told(world) == before


async def test_a_parcel_delivers_its_contents_and_nothing_else(feed, world):
    shipment = await sent(world, parcels=2, ordered=Decimal(25))
    await feed.results(
        feed.event("DELIVERED", 5, parcelId=to_global("Parcel", shipment.parcel_ids[0]))
    )
    line, delivery = await row(world, OrderLine, shipment.order_line_id), None
    assert (line.delivered, line.shipped) == (EACH, 2 * EACH)
    delivery = await row(world, Delivery, shipment.delivery_id)
    assert (delivery.state, delivery.delivered_at) == ("PARTIALLY_DELIVERED", None)
    await feed.results(feed.event("DELIVERED", 3, sscc=shipment.ssccs[1]))
    delivery = await row(world, Delivery, shipment.delivery_id)
    assert delivery.state == "DELIVERED"
    assert delivery.delivered_at == world.clock() + timedelta(hours=5)
    assert await told(world) == [
        "parcel.delivered",
        "delivery.partially_delivered",
        "order.partially_delivered",
        "parcel.delivered",
        "delivery.delivered",
    ]


async def test_an_order_is_delivered_when_nothing_of_it_is_open(feed, world):
    shipment = await sent(world)
    await feed.results(feed.event("DELIVERED", 2, sscc=shipment.ssccs[0]))
    entries = {it.type: it for it in await rows(world, JournalEntry)}
    delivered = entries["delivery.delivered"]
    assert delivered.payload["delivered"] == {str(shipment.order_line_id): "5.000000"}
    assert entries["order.delivered"].occurred_at == world.clock() + timedelta(hours=2)
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
    assert (await told(world))[-3:] == [
        "parcel.in_transit",
        "delivery.arrival_corrected",
        "order.arrival_corrected",
    ]
    (again,) = await feed.results(feed.event("DELIVERED", 4, **named))
    assert again["parcel"]["status"] == "DELIVERED"
    assert (await row(world, ContractLine, shipment.contract_line_id)).delivered == EACH


@pytest.mark.parametrize(
    ("statuses", "state"),
    [
        (("RETURNED_TO_SENDER", "RETURNED_TO_SENDER"), DeliveryState.RETURNED_TO_SENDER),
        (("LOST", "LOST"), DeliveryState.LOST),
        (("LOST", "RETURNED_TO_SENDER"), DeliveryState.FAILED),
        (("LOST", "IN_TRANSIT"), DeliveryState.DISPATCHED),
        (("LOST", "DELIVERED"), DeliveryState.PARTIALLY_DELIVERED),
        (("EXCEPTION", "EXCEPTION"), DeliveryState.DISPATCHED),
    ],
)
async def test_a_delivery_ends_as_its_parcels_do(feed, world, statuses, state):
    shipment = await sent(world, parcels=2)
    pairs = zip(statuses, shipment.ssccs, strict=True)
    await feed.results(*(feed.event(status, sscc=sscc) for status, sscc in pairs))
    assert (await row(world, Delivery, shipment.delivery_id)).state is state
    (line,) = await rows(world, OrderLine)
    assert line.lost == EACH * statuses.count("LOST")
    assert line.refused == EACH * statuses.count("RETURNED_TO_SENDER")
    assert line.delivered == EACH * statuses.count("DELIVERED")


async def test_a_voided_parcel_keeps_its_events_and_does_not_count(feed, world):
    shipment = await sent(world, parcels=2)
    async with world.database.writing() as session:
        voided = await session.get_one(Parcel, (world.merchant_id, shipment.parcel_ids[0]))
        voided.status, voided.voided_at = ParcelStatus.VOIDED, world.clock()
        (await session.get_one(DeliveryLine, await _line_key(world))).shipped = EACH
        line = await session.get_one(OrderLine, (world.merchant_id, shipment.order_line_id))
        line.shipped = EACH
    results = await feed.results(
        *(feed.event("DELIVERED", trackingNumber=number) for number in shipment.numbers)
    )
    assert [it["parcel"]["status"] for it in results] == ["VOIDED", "DELIVERED"]
    assert (await row(world, Delivery, shipment.delivery_id)).state == "DELIVERED"
    assert (await row(world, OrderLine, shipment.order_line_id)).delivered == EACH


async def _line_key(world: make.World) -> tuple[Any, Any]:
    (line,) = await rows(world, DeliveryLine)
    return world.merchant_id, line.id


async def test_what_is_reported_of_a_pallet_is_reported_of_all_that_stand_on_it(feed, world):
    shipment = await sent(world, parcels=2)
    pallet, other = shipment.parcel_ids
    async with world.database.writing() as session:
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
    await feed.results(feed.event("DELIVERED", 1, sscc=shipment.ssccs[0]))
    await run(world, dispatch, DeliveryDispatch, delivery_id=shipment.delivery_id)
    delivery = await row(world, Delivery, shipment.delivery_id)
    assert delivery.state == "DELIVERED"
    assert delivery.delivered_at == world.clock() + timedelta(hours=1)
    for entity in (DeliveryLine, OrderLine, ContractLine):
        assert [(it.shipped, it.delivered) for it in await rows(world, entity)] == [(EACH, EACH)]
    assert await told(world) == [
        "parcel.delivered",
        "delivery.dispatched",
        "delivery.delivered",
        "order.delivered",
    ]


async def test_once_the_client_confirmed_its_receipt_tracking_moves_no_counter(feed, world):
    shipment = await sent(world)
    async with world.database.writing() as session:
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


async def test_a_new_number_stands_beside_the_first(feed, world):
    shipment = await sent(world)
    handed_over = feed.event("IN_TRANSIT", sscc=shipment.ssccs[0], newTrackingNumber="PARTNER-1")
    await feed.results(handed_over)
    await feed.results(handed_over)
    numbers = {it.number for it in await rows(world, TrackingNumber)}
    assert numbers == {shipment.numbers[0], "PARTNER-1"}
    (result,) = await feed.results(feed.event("DELIVERED", 1, trackingNumber="PARTNER-1"))
    assert result["parcel"]["id"] == to_global("Parcel", shipment.parcel_ids[0])
    assert (await told(world, "parcel.")).count("parcel.tracking_number_added") == 1


async def test_a_number_of_two_carriers_needs_the_carrier(feed, world):
    first, second = await sent(world), await sent(world)
    for shipment in (first, second):
        await feed.results(
            feed.event("IN_TRANSIT", sscc=shipment.ssccs[0], newTrackingNumber="SAME")
        )
    async with world.database.writing() as session:
        for number in await session.scalars(
            select(TrackingNumber).where(
                TrackingNumber.merchant_id == world.merchant_id, TrackingNumber.number == "SAME"
            )
        ):
            own = {it.parcel_ids[0]: it.carrier_id for it in (first, second)}
            number.carrier_id = own[number.parcel_id]
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


async def test_far_future_events_are_refused_one_by_one(feed, world):
    shipment = await sent(world)
    named = {"sscc": shipment.ssccs[0]}
    results = await feed.results(
        feed.event("DELIVERED", 25, **named), feed.event("IN_TRANSIT", 23, **named)
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
        ({"occurredAt": "2026-03-02T09:00:00"}, "INVALID", "occurredAt"),
        ({"message": "a\0b"}, "INVALID_CHARACTER", "message"),
        ({"message": "x" * 100_000}, "TOO_LONG", "message"),
        ({"status": "x" * 101}, "TOO_LONG", "status"),
        ({"status": " "}, "BLANK", "status"),
        ({"sscc": "340123450000000013"}, "INVALID_CHECK_DIGIT", "sscc"),
        ({"parcelId": "nonsense"}, "INVALID_ID", "parcelId"),
        ({"sscc": None}, "INVALID", None),
        ({"trackingNumber": "1"}, "INVALID", None),
        ({"carrierEventId": ""}, "BLANK", "carrierEventId"),
        ({"place": "p" * 256}, "TOO_LONG", "place"),
    ],
)
async def test_bad_input_is_refused_with_its_path(feed, world, change, code, field):
    shipment = await sent(world)
    good = feed.event("DELIVERED", sscc=shipment.ssccs[0])
    answer = await feed(good, good | change)
    path = ["input", "events", "1", *([field] if field else [])]
    assert answer["results"] is None
    assert answer["userErrors"] == [{"code": code, "field": path}]
    assert await rows(world, TrackingEvent) == []
    assert (await row(world, Parcel, shipment.parcel_ids[0])).status == "PACKED"


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


async def test_statements_do_not_grow_with_the_number_of_events(feed, world, database):
    first, *others = [(await sent(world, is_call_off=True)).ssccs[0] for _ in range(21)]
    many = [
        *(feed.event("PICKED_UP", 0, sscc=sscc) for sscc in others[:10]),
        *(feed.event("OUT_FOR_DELIVERY", 1, sscc=sscc) for sscc in others),
        *(feed.event("DELIVERED", 2, sscc=sscc) for sscc in others),
    ]
    assert len(many) == 50
    counts = []
    for events in ([feed.event("DELIVERED", 2, sscc=first)], many):
        with counted(database.engine) as statements:
            await feed.results(*events)
        counts.append(len(statements))
    assert counts[0] == counts[1] < 30
    assert {it.delivered for it in await rows(world, OrderLine)} == {EACH}


PARCELS = """
query ($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on Parcel {
      status
      latestEvent { originalStatus parcel { id } }
      events(first: 2) { nodes { originalStatus place } totalCount pageInfo { hasNextPage } }
      last: events(first: 1, sort: OCCURRED_AT_DESC) { nodes { originalStatus } }
      recorded: events(first: 9, sort: RECORDED_AT) { nodes { originalStatus } }
    }
  }
}
"""


async def test_events_are_read_in_the_order_in_which_they_happened(feed, world, ask, clock):
    shipment = await sent(world)
    named = {"sscc": shipment.ssccs[0]}
    await feed.results(feed.event("OUT_FOR_DELIVERY", 2, **named))
    clock.advance(seconds=1)
    await feed.results(
        feed.event("PICKED_UP", 0, place="Köln", **named), feed.event("IN_TRANSIT", 1, **named)
    )
    ids = [to_global("Parcel", shipment.parcel_ids[0])]
    (parcel,) = (await ask(PARCELS, ids=ids))["nodes"]
    assert parcel["events"] == {
        "nodes": [
            {"originalStatus": "PICKED_UP", "place": "Köln"},
            {"originalStatus": "IN_TRANSIT", "place": None},
        ],
        "totalCount": 3,
        "pageInfo": {"hasNextPage": True},
    }
    assert parcel["latestEvent"] == {
        "originalStatus": "OUT_FOR_DELIVERY",
        "parcel": {"id": ids[0]},
    }
    assert parcel["last"]["nodes"] == [{"originalStatus": "OUT_FOR_DELIVERY"}]
    assert parcel["recorded"]["nodes"][0] == {"originalStatus": "OUT_FOR_DELIVERY"}


async def test_reading_events_costs_one_statement_a_level(feed, world, ask, database):
    shipment = await sent(world, parcels=20)
    await feed.results(*(feed.event("IN_TRANSIT", sscc=sscc) for sscc in shipment.ssccs))
    ids = [to_global("Parcel", each) for each in shipment.parcel_ids]
    counts = []
    for some in (ids[:1], ids):
        with counted(database.engine) as statements:
            await ask(PARCELS, ids=some)
        counts.append(len(statements))
    # The key, the parcels, their last events, the three pages and the count; the parcel of an
    # event is known.
    assert counts == [7, 7]
