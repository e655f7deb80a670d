"""Events: what a portal shows of an order, typed and in words, by both executors."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pytest

from kit.ids import to_global
from models.access.journal import JournalEntry
from models.access.viewers import Actor
from tests.guard import counted
from tests.make import Ask, World
from tests.make.feed import Feed, rows
from tests.make.fulfilment import deliveries
from tests.make.master import channels, locations, parties
from tests.make.trade import orders

HAPPENED = [
    "ORDER_PLACED",
    "DELIVERY_PLANNED",
    "ORDER_PROGRESSED",
    "DELIVERY_RELEASED",
    "DELIVERY_PACKED",
    "PARCEL_PACKED",
    "ORDER_PROGRESSED",
    "ORDER_HELD",
    "ORDER_HOLD_RELEASED",
    "DELIVERY_DISPATCHED",
    "ORDER_PROGRESSED",
    "PARCEL_IN_TRANSIT",
]
"""What the order below tells."""
SECRETS = ("Risk desk", "Same card", "OPERATOR", "staff", "Staff")
"""What nobody but staff may read: who holds it and why, names of keys."""
SELECTED = """__typename id type occurredAt recordedAt actor objectId message
  ... on DeliveryPlanned { delivery { id } planned { orderLine { id lineNo } quantity } }
  ... on OrderProgressed { order { id } moved { orderLine { id } planned shipped delivered } }
  ... on OrderHeld { reason } ... on DeliveryMoved { before { id } after { id } }
  ... on ParcelInTransit { parcel { id } was isDelayed }"""
FEED = f"""query ($id: ID!, $first: Int!, $after: String) {{ order(id: $id) {{
  events(first: $first, after: $after) {{ totalCount pageInfo {{ hasNextPage endCursor }}
    nodes {{ {SELECTED} }} edges {{ cursor node {{ id }} }} }}
  last: events(last: 2) {{ nodes {{ type }} pageInfo {{ hasPreviousPage startCursor }} }} }} }}"""


@pytest.fixture(params=[True, False], ids=["planned", "reference"])
def plans(request: pytest.FixtureRequest) -> bool:
    """Both executors, whatever the whole run is of."""
    return bool(request.param)


@dataclass(frozen=True)
class Sent:
    """An order whose parcel is under way, on hold, and who may look. ids: of what belongs to it."""

    order: dict[str, Any]
    delivery: dict[str, Any]
    parcel: str
    viewers: Mapping[Actor, Ask]


@pytest.fixture
async def sent(world: World, ask: Ask) -> Sent:
    company, channel = await parties.company(world), await channels.channel(world)
    location, carrier = await locations.location(world), await parties.carrier(world)
    own = {"partyId": to_global("Party", company), "channelId": to_global("Channel", channel)}
    order = await orders.order(world, ask, **own)
    parcel = {"carrierId": to_global("Party", carrier), "trackingNumbers": ["T-1"]}
    at = to_global("Location", location)
    delivery = await deliveries.packed(world, ask, order, parcel, locationId=at)
    token = "query ($id: ID!) { order(id: $id) { accessToken } }"
    shown = {"Abruf-Order-Token": (await ask(token, id=order["id"]))["order"]["accessToken"]}
    bound = {
        Actor.BUYER: company,
        Actor.STOREFRONT: channel,
        Actor.WAREHOUSE: location,
        Actor.CARRIER: carrier,
    }
    viewers = {
        actor: ask.by(await world.key(actor, it)).with_headers(shown) for actor, it in bound.items()
    }
    hold = "mutation ($it: OrderHoldInput!) { orderHold(input: $it) { hold { id } } }"
    why = {"reason": "OPERATOR", "owner": "Risk desk", "note": "Same card, three names."}
    held = (await ask(hold, it={"orderId": order["id"], **why}))["orderHold"]["hold"]["id"]
    free = "mutation ($it: OrderReleaseHoldInput!) { orderReleaseHold(input: $it) { hold { id } } }"
    await ask(free, it={"holdId": held})
    await deliveries.done(ask, "deliveryDispatch", deliveryId=delivery["id"])
    key = delivery["parcels"][0]["id"]
    feed = Feed(viewers[Actor.CARRIER], world)
    await feed.results(feed.event("IN_TRANSIT", trackingNumber="T-1"))
    return Sent(order, delivery, key, {Actor.STAFF: ask, **viewers})


async def test_an_order_tells_its_deliveries_and_parcels_in_the_order_of_recording(
    sent: Sent, world: World, ask: Ask, *, plans: bool
) -> None:
    with counted(world.database.engine) as statements:
        whole = (await ask(FEED, id=sent.order["id"], first=50))["order"]
    assert not plans or len(statements) == 1
    events = whole["events"]["nodes"]
    assert [it["type"] for it in events] == HAPPENED
    entries = await rows(world, JournalEntry)
    position = {to_global("Event", it.id): it.position for it in entries}
    assert [it["id"] for it in events] == sorted((it["id"] for it in events), key=position.get)
    assert whole["events"]["totalCount"] == len(HAPPENED)
    assert [it["node"]["id"] for it in whole["events"]["edges"]] == [it["id"] for it in events]
    assert [it["type"] for it in whole["last"]["nodes"]] == HAPPENED[-2:]
    assert whole["last"]["pageInfo"]["hasPreviousPage"]
    about = {sent.order["id"], sent.delivery["id"], sent.parcel}
    assert {it["objectId"] for it in events} == about
    of = "query ($id: ID!) { delivery(id: $id) { events(first: 50) { nodes { id objectId } } } }"
    own = (await ask(of, id=sent.delivery["id"]))["delivery"]["events"]["nodes"]
    assert [it["id"] for it in own] == [
        it["id"] for it in events if it["objectId"] != sent.order["id"]
    ]


async def test_a_feed_is_read_page_by_page(sent: Sent, ask: Ask) -> None:
    found, after, more = list[str](), None, True
    while more:
        page = (await ask(FEED, id=sent.order["id"], first=5, after=after))["order"]["events"]
        found += [it["type"] for it in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
        # Of the entry's own object, not of the merchant: that would tell how much others do.
        _, sequence, _ = json.loads(base64.urlsafe_b64decode(after))
        assert sequence == len([it for it in found if it[:5] == found[-1][:5]])
    assert found == HAPPENED
    back = "query ($id: ID!, $before: String) { order(id: $id) { events(last: 3, before: $before)"
    back += " { nodes { type } pageInfo { hasNextPage hasPreviousPage } } } }"
    six = (await ask(FEED, id=sent.order["id"], first=6))["order"]["events"]
    before = six["edges"][-1]["cursor"]
    page = (await ask(back, id=sent.order["id"], before=before))["order"]["events"]
    assert [it["type"] for it in page["nodes"]] == HAPPENED[2:5]
    assert page["pageInfo"] == {"hasNextPage": True, "hasPreviousPage": True}
    foreign = "query ($id: ID!, $after: String) { delivery(id: $id) {"
    foreign += " events(first: 3, after: $after) { nodes { id } } } }"
    answer = await ask.answer(foreign, id=sent.delivery["id"], after=before)
    assert answer["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def test_payloads_are_typed_with_objects_and_decimals(sent: Sent, ask: Ask) -> None:
    events = (await ask(FEED, id=sent.order["id"], first=50))["order"]["events"]["nodes"]
    by_type = {it["type"]: it for it in events}
    lines = [{"id": it["id"], "lineNo": at} for at, it in enumerate(sent.order["lines"], 1)]
    planned = by_type["DELIVERY_PLANNED"]
    assert planned["__typename"] == "DeliveryPlanned"
    assert planned["delivery"] == {"id": sent.delivery["id"]}
    assert planned["planned"] == [
        {"orderLine": line, "quantity": of["planned"]}
        for line, of in zip(lines, sent.delivery["lines"], strict=True)
    ]
    moved = by_type["ORDER_PROGRESSED"]["moved"][0]
    first = sent.delivery["lines"][0]["planned"]
    assert moved == {
        "orderLine": {"id": lines[0]["id"]},
        "planned": None,
        "shipped": first,
        "delivered": None,
    }
    assert by_type["PARCEL_IN_TRANSIT"]["parcel"] == {"id": sent.parcel}
    assert (by_type["PARCEL_IN_TRANSIT"]["was"], by_type["PARCEL_IN_TRANSIT"]["isDelayed"]) == (
        "PACKED",
        False,
    )


async def test_others_than_staff_learn_sides_and_no_secrets(sent: Sent, ask: Ask) -> None:
    every = (await ask(FEED, id=sent.order["id"], first=50))["order"]["events"]["nodes"]
    ids = [it["id"] for it in every]
    nodes = f"query ($ids: [ID!]!) {{ nodes(ids: $ids) {{ ... on Event {{ {SELECTED} }} }} }}"
    for actor in (Actor.BUYER, Actor.STOREFRONT, Actor.WAREHOUSE, Actor.CARRIER):
        viewer = sent.viewers[actor]
        order = (await viewer(FEED, id=sent.order["id"], first=50))["order"]
        found = await viewer(nodes, ids=ids)
        by_id = {it["id"]: it for it in found["nodes"] if it is not None}
        listed = [] if order is None else order["events"]["nodes"]
        assert (order is None) == (actor is Actor.CARRIER)
        assert all(by_id[it["id"]] == it for it in listed)
        assert not any(it in json.dumps([order, found]) for it in SECRETS)
        if actor is not Actor.CARRIER:
            assert by_id.keys() == {it["id"] for it in listed}
            assert {it["reason"] for it in listed if it["type"] == "ORDER_HELD"} == {"UNDER_REVIEW"}
            assert {it["actor"] for it in listed} == {"MERCHANT", "CARRIER"}
        else:
            assert {it["objectId"] for it in by_id.values()} == {sent.parcel, sent.delivery["id"]}


async def test_windows_are_told_in_the_time_zone_of_their_place(world: World, ask: Ask) -> None:
    channel = await channels.channel(world, reschedulable=True)
    company = await parties.company(world)
    own = {"partyId": to_global("Party", company), "channelId": to_global("Channel", channel)}
    order = await orders.order(world, ask, **own)
    summer = {"earliest": "2026-07-06T08:00:00Z", "latest": "2026-07-06T22:30:00Z"}
    propose = "mutation ($it: OrderProposeWindowInput!) { orderProposeWindow(input: $it) {"
    propose += " userErrors { code } } }"
    manila = {**summer, "timeZone": "Asia/Manila"}
    buyer = ask.by(await world.key(Actor.BUYER, company))
    await buyer(propose, it={"orderId": order["id"], "window": manila, "reason": "Holidays."})
    delivery = await deliveries.planned(world, ask, order)
    berlin = {**summer, "timeZone": "Europe/Berlin"}
    await deliveries.done(ask, "deliveryReschedule", deliveryId=delivery["id"], window=berlin)
    query = "query ($id: ID!) { order(id: $id) {"
    query += " events(first: 9) { nodes { message(language: DE) } } } }"
    for by in (ask, buyer):
        events = (await by(query, id=order["id"]))["order"]["events"]["nodes"]
        assert [it["message"] for it in events if "2026" in it["message"]] == [
            "Anderes Lieferfenster vorgeschlagen: 06.07.2026, 16:00 bis 07.07.2026, 06:30",
            "Lieferung jetzt bis 07.07.2026, 00:30 erwartet",
        ]


async def test_a_node_is_an_event_of_what_is_seen_only(sent: Sent, world: World, ask: Ask) -> None:
    other = ask.by(await world.key(Actor.BUYER, await parties.company(world)))
    every = (await ask(FEED, id=sent.order["id"], first=50))["order"]["events"]["nodes"]
    query = f"query ($id: ID!) {{ node(id: $id) {{ ... on Event {{ {SELECTED} }} }} }}"
    for event in every[:2]:
        assert (await ask(query, id=event["id"]))["node"] == event
        assert (await other(query, id=event["id"]))["node"] is None
    without = ask.by(await world.key(Actor.STAFF, scopes=["ORDERS_READ"]))
    bare = "query ($id: ID!) { node(id: $id) { id } }"
    assert (await without(bare, id=every[0]["id"]))["node"] is None


async def test_a_message_is_in_the_language_asked_for_then_the_clients_then_the_merchants(
    sent: Sent, ask: Ask
) -> None:
    query = """query ($id: ID!) { order(id: $id) { events(first: 1) { nodes { message
      de: message(language: DE) pl: message(language: PL) nl: message(language: NL)
      fil: message(language: FIL) en: message(language: EN) } } } }"""

    async def messages(by: Ask) -> dict[str, str]:
        return (await by(query, id=sent.order["id"]))["order"]["events"]["nodes"][0]

    english = await messages(ask)
    assert english == {
        "message": "Order placed",
        "en": "Order placed",
        "de": "Bestellung aufgegeben",
        "pl": "Zamówienie złożone",
        "nl": "Bestelling geplaatst",
        "fil": "Nailagay ang order",
    }
    polish = await messages(ask.with_headers({"Accept-Language": "fr, pl-PL;q=0.8, de;q=0.1"}))
    assert polish == english | {"message": english["pl"]}
    settings = "mutation ($it: MerchantSettingsUpdateInput!) { merchantSettingsUpdate(input: $it)"
    settings += " { userErrors { code } } }"
    await ask(settings, it={"language": "nl-BE"})
    assert (await messages(ask))["message"] == english["nl"]
    assert (await messages(ask.with_headers({"Accept-Language": "fr;q=0.9, *"})))["message"] == (
        english["nl"]
    )
