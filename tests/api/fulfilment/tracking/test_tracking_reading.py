"""Tracking events as they are read."""

import pytest

from kit.ids import to_global
from tests.guard import counted
from tests.make import Ask, World
from tests.make.feed import Feed
from tests.make.fulfilment import deliveries
from tests.make.fulfilment.tracking import sent
from tests.make.master import parties

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


@pytest.fixture
def feed(ask: Ask, world: World) -> Feed:
    return Feed(ask, world)


async def test_events_are_read_in_the_order_in_which_they_happened(feed, world, ask, clock):
    shipment = await sent(world)
    named = {"sscc": shipment.ssccs[0]}
    await feed.results(feed.event("OUT_FOR_DELIVERY", -1, **named))
    clock.advance(seconds=1)
    await feed.results(
        feed.event("PICKED_UP", -3, place="Köln", **named), feed.event("IN_TRANSIT", -2, **named)
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


async def test_reading_events_costs_one_statement_a_level(feed, world, ask, database, plans):
    shipment = await sent(world, parcels=20)
    await feed.results(*(feed.event("IN_TRANSIT", sscc=sscc) for sscc in shipment.ssccs))
    ids = [to_global("Parcel", each) for each in shipment.parcel_ids]
    counts = []
    for some in (ids[:1], ids):
        with counted(database.engine) as statements:
            await ask(PARCELS, ids=some)
        counts.append(len(statements))
    # One by one: the parcels, their last events, the three pages and the count; the parcel of an
    # event is known.
    assert counts == ([1, 1] if plans else [6, 6])


async def test_a_parcel_is_found_by_any_of_its_numbers(feed, ask):
    shipment = await sent(feed.world)
    await feed.results(
        feed.event("IN_TRANSIT", sscc=shipment.ssccs[0], newTrackingNumber="PARTNER-1")
    )
    for number in (shipment.numbers[0], "PARTNER-1"):
        found = await ask(
            "query ($number: String) { parcel(trackingNumber: $number) { id status } }",
            number=number,
        )
        there = {"id": to_global("Parcel", shipment.parcel_ids[0]), "status": "IN_TRANSIT"}
        assert found == {"parcel": there}


CARRIER = """mutation ($input: PartiesUpsertInput!) { partiesUpsert(input: $input) {
  results { userErrors { code field } } } }"""
NOWHERE = (
    *("http://fast.example/{number}", "https://fast.example/", "https://a b/{number}"),
    *("https:///{number}", "https://u:p@a.example/{number}", "https://{number}.example/{number}"),
    *("https://a.example/{other}{number}", "https://a.example{number}", "https://a/{number}'"),
    *('https://a.example/"{number}', "https://a.example/{number}<b>", "https://a..b/{number}"),
    *("https://a.example/{number}}", "https://a.example\\@b/{number}", "https://-a/{number}"),
)
ADDRESSES = """query ($id: ID!) {
  delivery(id: $id) { parcels { trackingNumbers { number url } } } }"""


async def test_a_tracking_number_leads_to_its_carriers_page(ask: Ask, world: World):
    carrier = to_global("Party", await parties.carrier(world, number="FAST"))
    numbers = {"carrierId": carrier, "trackingNumbers": ["JD 01-a", "#1", ".."]}
    delivery = await deliveries.packed(world, ask, parcel=numbers)

    async def addresses(**fields):
        own = {"number": "FAST", "name": "Fast", "kind": "COMPANY", "roles": ["CARRIER"]}
        answer = await ask(CARRIER, input={"parties": [own | fields]})
        (parcel,) = (await ask(ADDRESSES, id=delivery["id"]))["delivery"]["parcels"]
        found = {it["number"]: it["url"] for it in parcel["trackingNumbers"]}
        return answer["partiesUpsert"]["results"][0]["userErrors"], found

    assert await addresses() == ([], dict.fromkeys(("JD 01-a", "#1", "..")))
    errors, found = await addresses(trackingUrl="https://fast.example/?no={number}&x=1")
    assert errors == []
    its = "https://fast.example/?no=JD01-a&x=1"
    assert found == {"JD 01-a": its, "#1": None, "..": None}
    for right in ("https://a-b.c:8443/{number}/{number}#x", "https://localhost?{number}"):
        assert (await addresses(trackingUrl=right))[0] == []
    for wrong in NOWHERE:
        errors, _ = await addresses(trackingUrl=wrong)
        assert [it["field"][-1] for it in errors] == ["trackingUrl"]
