"""Placing orders over GraphQL, and what an order shows."""

import pytest

from kit.ids import to_global
from models.access.viewers import Actor
from tests.guard import counted
from tests.make.master import channels, parties
from tests.make.trade import orders

ORDERS = """
query ($first: Int!) {
  orders(first: $first) {
    nodes {
      number fulfilmentStatus isOpen isLate isBackordered availableActions net { amount }
      channel { code } party { name } lines { ordered product { sku } } holds { reason }
    }
    totalCount
    summary { orderCount }
  }
}
"""
TOTAL = "{ orders(first: 1) { totalCount } }"
WINDOW = {
    "earliest": "2026-03-09T08:00:00+01:00",
    "latest": "2026-03-09T12:00:00+01:00",
    "timeZone": "Europe/Berlin",
}
SHOWN = {
    "number": "O-000001",
    "buyerContact": {"code": "ANNA"},
    "shipToAddress": {"code": "MAIN"},
    "shipTo": {"city": "Köln"},
    "recipient": {"name": "Anna Weber"},
    "window": {
        "earliest": "2026-03-09T07:00:00+00:00",
        "latest": "2026-03-09T11:00:00+00:00",
        "timeZone": "Europe/Berlin",
    },
    "purchaseOrderNumber": "4500012345",
    "externalReference": "shop-1",
    "deliveryPolicy": "CANCEL_IF_NOT_BY",
    "cancelIfNotBy": "2026-04-01T00:00:00+00:00",
}


async def test_an_order_shows_what_was_said(world, ask):
    party = to_global("Party", await parties.company(world))
    people = await ask(
        "query ($id: ID) { party(id: $id) { contacts { id } addresses { id } } }", id=party
    )
    bolt, nut = await orders.products(ask, "BOLT", "NUT")
    placed = await orders.order(
        world,
        ask,
        partyId=party,
        buyerContactId=people["party"]["contacts"][0]["id"],
        shipToId=people["party"]["addresses"][0]["id"],
        recipient={"name": "Anna Weber", "department": "Wareneingang"},
        purchaseOrderNumber="4500012345",
        externalReference="shop-1",
        deliveryPolicy="CANCEL_IF_NOT_BY",
        cancelIfNotBy="2026-04-01T00:00:00Z",
        window=WINDOW,
        lines=[
            orders.line(bolt, "3", unitPrice="1.005", discountPercent="15"),
            orders.line(nut, "4", window=WINDOW | {"latest": "2026-03-10T12:00:00+01:00"}),
        ],
    )
    shown = SHOWN | {"party": placed["party"] | {"id": party}}
    assert {name: placed[name] for name in shown} == shown
    assert [(it["lineNo"], it["ordered"], it["openQuantity"]) for it in placed["lines"]] == [
        (1, "3", "3"),
        (2, "4", "4"),
    ]
    assert placed["lines"][1]["window"] == {"latest": "2026-03-10T11:00:00+00:00"}
    assert [it["type"] for it in placed["timeline"]["nodes"]] == ["order.placed"]


async def test_net_prices_are_exact_and_rounded_half_up_once(world, ask):
    bolt, nut, cog = await orders.products(ask, "BOLT", "NUT", "COG")
    lines = [
        orders.line(bolt, "1", unitPrice="0.005"),
        orders.line(nut, "1", unitPrice="0.005"),
        orders.line(cog, "3", unitPrice="1.115", discountPercent="12.5"),
    ]
    placed = await orders.order(world, ask, lines=lines)
    assert [it["net"]["amount"] for it in placed["lines"]] == ["0.01", "0.01", "2.93"]
    assert placed["net"] == {"amount": "2.94", "currency": "EUR"}


async def test_a_currency_without_minor_units_is_rounded_to_whole_ones(world, ask):
    (bolt,) = await orders.products(ask, "BOLT")
    lines = [orders.line(bolt, "1", unitPrice="100.5")]
    placed = await orders.order(world, ask, currency="JPY", lines=lines)
    assert placed["net"] == {"amount": "101", "currency": "JPY"}


async def test_a_guest_orders_where_the_channel_allows_it(world, ask):
    placed = await orders.order(world, ask, guest={"name": "Jan Kowalski"})
    assert (placed["guest"], placed["party"]) == ({"name": "Jan Kowalski"}, None)


@pytest.mark.gate("R2", "orderPlace")
async def test_a_guest_is_refused_where_the_channel_takes_none(world, ask):
    channel = await channels.channel(world, guests_allowed=False)
    fields = await orders.order_input(
        world, ask, guest={"name": "Jan"}, channelId=to_global("Channel", channel)
    )
    answer = (await ask(orders.PLACE, input=fields))["orderPlace"]
    assert [(it["code"], it["field"]) for it in answer["userErrors"]] == [
        ("GUESTS_NOT_ALLOWED", ["input", "guest"])
    ]
    assert (await ask(TOTAL))["orders"]["totalCount"] == 0


async def test_an_external_reference_is_taken_once_per_channel_and_party(world, ask):
    first = await orders.order(world, ask, externalReference="A-1")
    own = {"channelId": first["channel"]["id"], "partyId": first["party"]["id"]}
    again = await orders.order_input(world, ask, externalReference="A-1", **own)
    answer = (await ask(orders.PLACE, input=again))["orderPlace"]
    assert [(it["code"], it["field"]) for it in answer["userErrors"]] == [
        ("TAKEN", ["input", "externalReference"])
    ]
    other_channel = await orders.order(world, ask, externalReference="A-1")
    assert other_channel["number"] == "O-000002"
    assert (await ask(TOTAL))["orders"]["totalCount"] == 2


async def test_no_company_learns_or_takes_the_references_of_another(world, ask):
    first = await orders.order(world, ask, externalReference="A-1")
    company, channel = await parties.company(world), first["channel"]["id"]
    buyer = ask.by(await world.key(Actor.BUYER, company))
    fields = await orders.order_input(
        world, ask, externalReference="A-1", channelId=channel, partyId=to_global("Party", company)
    )
    assert (await buyer(orders.PLACE, input=fields))["orderPlace"]["userErrors"] == []
    own = (await buyer(orders.PLACE, input=fields))["orderPlace"]["userErrors"]
    assert [(it["code"], it["field"]) for it in own] == [("TAKEN", ["input", "externalReference"])]


async def test_guests_share_the_references_of_a_channel(world, ask):
    jan = {"guest": {"name": "Jan Kowalski"}, "externalReference": "A-1"}
    first = await orders.order(world, ask, **jan)
    fields = await orders.order_input(world, ask, **jan, channelId=first["channel"]["id"])
    answers = (await ask(orders.PLACE, input=fields))["orderPlace"]["userErrors"]
    assert [(it["code"], it["field"]) for it in answers] == [
        ("TAKEN", ["input", "externalReference"])
    ]
    party = to_global("Party", await parties.company(world))
    more = {"channelId": first["channel"]["id"], "partyId": party}
    await orders.order(world, ask, externalReference="A-1", **more)


async def test_no_two_references_differ_in_what_nobody_sees(world, ask):
    first = await orders.order(world, ask, externalReference="\u00c5-1")
    own = {"channelId": first["channel"]["id"], "partyId": first["party"]["id"]}
    for same, code in (("A\u030a-1", "TAKEN"), ("\u00c5\u200b-1", "INVALID_CHARACTER")):
        fields = await orders.order_input(world, ask, externalReference=same, **own)
        answers = (await ask(orders.PLACE, input=fields))["orderPlace"]["userErrors"]
        assert [it["code"] for it in answers] == [code]
    found = """query ($it: String) { orders(first: 2, filter: { externalReference: $it }) {
        nodes { externalReference } } }"""
    nodes = (await ask(found, it="A\u030a-1"))["orders"]["nodes"]
    assert nodes == [{"externalReference": "\u00c5-1"}]


async def test_a_channel_may_demand_approval(world, ask):
    channel = to_global("Channel", await channels.channel(world, approval_required=True))
    placed = await orders.order(world, ask, channelId=channel)
    assert (placed["state"], placed["confirmedAt"]) == ("PENDING_APPROVAL", None)
    assert placed["availableActions"] == [
        *("APPROVE", "REJECT", "HOLD", "CANCEL_LINES", "RECORD_PAYMENT", "STATE_AMOUNTS"),
        *("UPDATE", "ADD_LINES", "REORDER"),
    ]


@pytest.mark.parametrize("name", ["🔩 Grüße", "שלום עולם", "مرحبا", "漢字"])
async def test_any_script_is_kept(world, ask, name):
    placed = await orders.order(world, ask, guest={"name": name})
    assert placed["guest"] == {"name": name}


async def test_a_product_may_stand_twice_at_another_price(world, ask):
    (bolt,) = await orders.products(ask, "BOLT")
    lines = [orders.line(bolt, "3"), orders.line(bolt, "1", unitPrice="0")]
    placed = await orders.order(world, ask, lines=lines)
    assert [it["ordered"] for it in placed["lines"]] == ["3", "1"]


async def test_the_ship_to_stays_as_it_was_ordered(world, ask):
    party = await parties.company(world, number="P1")
    placed = await orders.order(world, ask, partyId=to_global("Party", party))
    place = parties.PLACE | {"city": "Bonn"}
    await parties.company(world, number="P1", addresses=[parties.address(place=place)])
    shown = await ask(
        "query ($id: ID) { order(id: $id) { shipTo { city } shipToAddress { place { city } } } }",
        id=placed["id"],
    )
    assert shown["order"] == {
        "shipTo": {"city": "Köln"},
        "shipToAddress": {"place": {"city": "Bonn"}},
    }


async def test_an_order_is_found_by_its_number(world, ask):
    placed = await orders.order(world, ask)
    found = await ask('{ order(number: "O-000001") { id } node(id: "nonsense") { id } }')
    assert found == {"order": {"id": placed["id"]}, "node": None}


async def test_statements_do_not_grow_with_the_number_of_orders(world, ask, database, plans):
    bolt, nut = await orders.products(ask, "BOLT", "NUT")
    shared = {
        "channelId": to_global("Channel", await channels.channel(world)),
        "partyId": to_global("Party", await parties.company(world)),
        "lines": [orders.line(bolt), orders.line(nut)],
    }
    for _ in range(20):
        await orders.order(world, ask, **shared)
    counts = []
    for first in (1, 20):
        with counted(database.engine) as sent:
            await ask(ORDERS, first=first)
        counts.append(len(sent))
    # The page, its count, its sums; what belongs to the orders of the page is one statement, or
    # by itself: channels, parties, lines, their products, holds, actions, progress, lateness.
    assert counts == ([1, 1] if plans else [12, 12])


async def test_statements_do_not_grow_with_the_number_of_lines(world, ask, database):
    skus = [f"S{number:02}" for number in range(20)]
    items = await orders.products(ask, *skus)
    counts = []
    for count in (1, 20):
        fields = await orders.order_input(
            world, ask, lines=[orders.line(each) for each in items[:count]]
        )
        with counted(database.engine) as sent:
            await ask(orders.PLACE, input=fields)
        counts.append(len(sent))
    assert counts[0] == counts[1]


async def test_a_buyer_orders_for_its_own_company(world, ask):
    own, other = await parties.company(world), await parties.company(world)
    buyer = ask.by(await world.key(Actor.BUYER, own))
    channel = to_global("Channel", await channels.channel(world))
    await parties.allow(world, to_global("Party", own), channel)
    (bolt,) = await orders.products(ask, "BOLT")
    fields = {"channelId": channel, "currency": "EUR", "lines": [orders.line(bolt)]}
    placed = (await buyer(orders.PLACE, input=fields))["orderPlace"]["order"]
    assert placed["party"]["id"] == to_global("Party", own)
    assert placed["availableActions"] == ["REORDER"]
    refused = [
        (await buyer(orders.PLACE, input=fields | more))["orderPlace"]["userErrors"]
        for more in ({"partyId": to_global("Party", other)}, {"guest": {"name": "Jan"}})
    ]
    assert [[(it["code"], it["field"]) for it in each] for each in refused] == [
        [("NOT_FOUND", ["input", "partyId"])],
        [("NOT_ALLOWED", ["input", "guest"])],
    ]
    assert (await ask(TOTAL))["orders"]["totalCount"] == 1


async def test_a_buyer_sees_its_own_orders_only(world, ask):
    own = await parties.company(world)
    mine = await orders.order(world, ask, partyId=to_global("Party", own))
    theirs = await orders.order(world, ask)
    buyer = ask.by(await world.key(Actor.BUYER, own))
    seen = await buyer(
        """query ($theirs: ID) {
          orders(first: 9, filter: {late: false, open: true, fulfilmentStatuses: [UNFULFILLED]}) {
            nodes { id lines { ordered } isLate } totalCount summary { orderCount }
          }
          order(id: $theirs) { id }
        }""",
        theirs=theirs["id"],
    )
    assert seen["order"] is None
    assert seen["orders"]["totalCount"] == seen["orders"]["summary"]["orderCount"] == 1
    assert seen["orders"]["nodes"] == [
        {"id": mine["id"], "lines": [{"ordered": "10"}, {"ordered": "4"}], "isLate": False}
    ]


async def test_a_storefront_places_in_its_own_channel_only(world, ask):
    own, other = await channels.channel(world), await channels.channel(world)
    shop = ask.by(await world.key(Actor.STOREFRONT, own))
    guest = {"name": "Jan Kowalski"}
    placed = await orders.order(world, shop, guest=guest, channelId=to_global("Channel", own))
    assert placed["channel"]["id"] == to_global("Channel", own)
    fields = await orders.order_input(
        world, ask, guest=guest, channelId=to_global("Channel", other)
    )
    answer = (await shop(orders.PLACE, input=fields))["orderPlace"]
    assert [(it["code"], it["field"]) for it in answer["userErrors"]] == [
        ("NOT_FOUND", ["input", "channelId"])
    ]


@pytest.mark.gate("R1", "orderPlace")
async def test_a_carrier_is_no_customer(world, ask):
    carrier = to_global("Party", await parties.carrier(world))
    fields = await orders.order_input(world, ask, partyId=carrier)
    answer = (await ask(orders.PLACE, input=fields))["orderPlace"]
    assert [(it["code"], it["field"]) for it in answer["userErrors"]] == [
        ("INVALID", ["input", "partyId"])
    ]


async def test_a_key_without_the_scope_is_forbidden(world, ask):
    warehouse = ask.by(await world.key(Actor.WAREHOUSE, (await channels.channel(world))))
    answer = await warehouse.answer(
        orders.PLACE, input=await orders.order_input(world, ask, guest={"name": "Jan"})
    )
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
