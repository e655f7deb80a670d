"""Deliveries over GraphQL: planned, read, released, held, cancelled."""

import pytest

from kit.ids import from_global, new_id, to_global
from models.access.viewers import Actor
from tests import make
from tests.guard import counted
from tests.make.fulfilment import deliveries
from tests.make.master import channels, locations, parties
from tests.make.trade import orders

LIST = """
query ($first: Int) {
  deliveries(first: $first) {
    nodes { ...fields timeline(first: 9) { nodes { type } } ship: shipToAddress { code }
      party { number } channel { code } holds { reason } }
    totalCount
  }
}
"""
IDS = """
query ($filter: DeliveryFilter, $sort: DeliverySort) {
  deliveries(first: 20, filter: $filter, sort: $sort) { nodes { id } }
}
"""
"""Each filter is a statement of its own: what is asked for beside the ids would be in every one."""
ORDER = """
query ($id: ID!) { order(id: $id) {
  deliveries { id state }
  lines { planned picked packed shipped backordered cancelled unplanned }
} }
"""
COUNTERS = ("planned", "picked", "packed", "shipped", "backordered")


def _bare(global_id):
    return from_global(global_id)[1]


async def _listed(ask, **arguments):
    found = await ask(IDS, **arguments)
    return [it["id"] for it in found["deliveries"]["nodes"]]


async def _counters(ask, order):
    lines = (await ask(ORDER, id=order["id"]))["order"]["lines"]
    return [tuple(line[name] for name in COUNTERS) for line in lines]


async def test_parts_of_one_order_are_planned_for_different_times(world, ask):
    order = await orders.order(world, ask)
    later = {**deliveries.WINDOW, "latest": "2026-03-20T12:00:00+00:00"}
    parts = [
        await deliveries.part(world, order, lines=deliveries.lines(order, "6", "4")),
        await deliveries.part(world, order, lines=deliveries.lines(order, "4"), window=later),
    ]
    first, second = (await deliveries.done(ask, "deliveryPlan", deliveries=parts))["deliveries"]
    assert (first["number"], second["number"]) == ("D-000001", "D-000002")
    assert (first["state"], first["version"]) == ("PLANNED", 1)
    assert second["window"]["latest"] == "2026-03-20T12:00:00+00:00"
    planned = [(it["orderLine"]["product"]["sku"], it["planned"]) for it in first["lines"]]
    assert planned == [("BOLT", "6"), ("NUT", "4")]
    assert first["shipTo"] == {"city": "Köln"}
    found = (await ask(ORDER, id=order["id"]))["order"]
    assert [it["id"] for it in found["deliveries"]] == [first["id"], second["id"]]
    assert [it["planned"] for it in found["lines"]] == ["10", "4"]


async def test_one_delivery_takes_lines_of_several_orders(world, ask):
    party = to_global("Party", await parties.company(world))
    channel = to_global("Channel", await channels.channel(world))
    both = [
        await orders.order(world, ask, partyId=party, channelId=channel, window=deliveries.WINDOW)
        for _ in range(2)
    ]
    lines = [each for order in both for each in deliveries.lines(order)]
    delivery = await deliveries.planned(world, ask, both[0], lines=lines, window=None)
    assert {it["id"] for it in delivery["orders"]} == {order["id"] for order in both}
    assert delivery["window"] == deliveries.WINDOW


async def test_orders_of_two_parties_do_not_travel_together(world, ask):
    channel = to_global("Channel", await channels.channel(world))
    both = [await orders.order(world, ask, channelId=channel) for _ in range(2)]
    lines = [each for order in both for each in deliveries.lines(order)]
    part = await deliveries.part(world, both[0], lines=lines)
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[part])
    assert refused == [("PARTY_MISMATCH", "deliveries.0.lines")]


@pytest.mark.gate("O1", "deliveryPlan")
async def test_more_than_is_open_is_refused_and_nothing_is_written(world, ask):
    order = await orders.order(world, ask)
    whole = await deliveries.part(world, order)
    more = await deliveries.part(world, order, lines=deliveries.lines(order, "1"))
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[whole, more])
    assert refused == [("QUANTITY_NOT_OPEN", "deliveries.1.lines.0.quantity")]
    assert await _listed(ask) == []
    assert [it[0] for it in await _counters(ask, order)] == ["0", "0"]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"lines": []}, ("TOO_FEW_ITEMS", "lines")),
        ({"locationId": "x"}, ("INVALID_ID", "locationId")),
        ({"locationId": to_global("Location", new_id())}, ("NOT_FOUND", "locationId")),
        ({"shipToId": to_global("Address", new_id())}, ("NOT_FOUND", "shipToId")),
        ({"window": None}, ("INVALID_WINDOW", "window")),
        (
            {"window": {**deliveries.WINDOW, "timeZone": "Mars"}},
            ("INVALID_TIME_ZONE", "window.timeZone"),
        ),
        (
            {"window": {**deliveries.WINDOW, "latest": "2026-03-09T08:00:00Z"}},
            ("INVALID_WINDOW", "window"),
        ),
        (
            {"window": {**deliveries.WINDOW, "earliest": "0001-01-02T08:00:00Z"}},
            ("INVALID_DATE", "window.earliest"),
        ),
        ({"method": "LOCKER"}, ("METHOD_NOT_ALLOWED", "method")),
        ({"recipient": {"name": "a\0b"}}, ("INVALID_CHARACTER", "recipient.name")),
        ({"recipient": {"name": "x" * 100_000}}, ("TOO_LONG", "recipient.name")),
    ],
)
async def test_a_wrong_part_is_refused_with_its_path(world, ask, change, refusal):
    order = await orders.order(world, ask)
    good = await deliveries.part(world, order, lines=deliveries.lines(order, "1"))
    bad = await deliveries.part(world, order, lines=deliveries.lines(order, "1"))
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[good, bad | change])
    assert refused == [(refusal[0], f"deliveries.1.{refusal[1]}")]
    assert await _listed(ask) == []


@pytest.mark.parametrize(
    ("quantity", "code"),
    [("0", "NOT_POSITIVE"), ("-1", "NOT_POSITIVE"), ("1.5", "SCALE_EXCEEDED")],
)
async def test_a_wrong_quantity_is_refused(world, ask, quantity, code):
    order = await orders.order(world, ask)
    lines = [{"orderLineId": order["lines"][0]["id"], "quantity": quantity}]
    part = await deliveries.part(world, order, lines=lines)
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[part])
    assert refused == [(code, "deliveries.0.lines.0.quantity")]


async def test_a_line_stands_once_in_a_delivery(world, ask):
    order = await orders.order(world, ask)
    lines = deliveries.lines(order, "1") * 2
    part = await deliveries.part(world, order, lines=lines)
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[part])
    assert refused == [("DUPLICATE", "deliveries.0.lines.1.orderLineId")]


async def test_a_call_takes_250_deliveries_and_no_more(world, ask):
    order = await orders.order(world, ask)
    part = await deliveries.part(world, order, lines=deliveries.lines(order, "1"))
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[part] * 251)
    assert refused == [("TOO_MANY_ITEMS", "deliveries")]
    assert await deliveries.refusals(ask, "deliveryPlan", deliveries=[]) == [
        ("TOO_FEW_ITEMS", "deliveries")
    ]


async def test_a_window_outside_of_the_receiving_hours_needs_a_reason(world, ask):
    hours = [{"weekday": 1, "opens": "08:00", "closes": "10:00"}]
    party = await parties.company(world, addresses=[parties.address(receiving_hours=hours)])
    order = await orders.order(world, ask, partyId=to_global("Party", party))
    part = await deliveries.part(world, order)
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[part])
    assert refused == [("OUTSIDE_RECEIVING_HOURS", "deliveries.0.window")]
    part["windowOverride"] = "The gate is staffed that day."
    plan = await deliveries.done(ask, "deliveryPlan", deliveries=[part])
    assert plan["deliveries"][0]["windowOverride"] == "The gate is staffed that day."


async def test_an_address_of_another_party_is_not_found(world, ask):
    stranger = await parties.company(world)
    found = await ask(
        "query ($id: ID!) { party(id: $id) { addresses { id } } }", id=to_global("Party", stranger)
    )
    order = await orders.order(world, ask)
    part = await deliveries.part(world, order, shipToId=found["party"]["addresses"][0]["id"])
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[part])
    assert refused == [("NOT_FOUND", "deliveries.0.shipToId")]


async def test_a_private_person_may_use_a_locker(world, ask):
    person = to_global("Party", await parties.person(world))
    order = await orders.order(world, ask, partyId=person)
    locker = {"line1": "Bahnhof 1", "city": "Bonn", "country": "DE"}
    how = {"method": "LOCKER", "recipient": None, "shipTo": locker}
    delivery = await deliveries.planned(world, ask, order, **how)
    assert delivery["method"] == "LOCKER"
    release = await deliveries.done(ask, "deliveryRelease", deliveryId=delivery["id"])
    assert release["delivery"]["state"] == "RELEASED"


@pytest.mark.gate("D8", "deliveryPlan")
async def test_the_channel_says_which_methods_it_has(world, ask):
    channel = await channels.channel(world, delivery_methods=["FREIGHT"])
    order = await orders.order(world, ask, channelId=to_global("Channel", channel))
    part = await deliveries.part(world, order)
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[part])
    assert refused == [("METHOD_NOT_ALLOWED", "deliveries.0.method")]


async def test_only_a_confirmed_order_is_planned(world, ask):
    channel = await channels.channel(world, approval_required=True)
    order = await orders.order(world, ask, channelId=to_global("Channel", channel))
    part = await deliveries.part(world, order)
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[part])
    lines = [f"deliveries.0.lines.{place}.orderLineId" for place in range(2)]
    assert refused == [("WRONG_STATE", it) for it in lines]


async def test_late_is_what_did_not_arrive_in_its_window(world, ask, clock):
    delivery = await deliveries.planned(world, ask)
    cancelled = await deliveries.planned(world, ask)
    await deliveries.done(ask, "deliveryCancel", deliveryId=cancelled["id"])
    assert await _listed(ask, filter={"late": True}) == []
    clock.advance(days=8)
    assert await _listed(ask, filter={"late": True}) == [delivery["id"]]
    assert (await deliveries.read(ask, delivery))["isLate"]
    assert await _listed(ask, filter={"late": False}) == [cancelled["id"]]


async def test_lists_are_filtered_and_sorted(world, ask):
    order = await orders.order(world, ask)
    early = await deliveries.planned(world, ask, order, lines=deliveries.lines(order, "1"))
    window = {
        **deliveries.WINDOW,
        "earliest": "2026-04-01T00:00:00Z",
        "latest": "2026-04-02T00:00:00Z",
    }
    late = await deliveries.planned(world, ask, await orders.order(world, ask), window=window)
    assert await _listed(ask) == [early["id"], late["id"]]
    assert await _listed(ask, sort="NUMBER_DESC") == [late["id"], early["id"]]
    for one in (
        {"orderId": order["id"]},
        {"partyId": order["party"]["id"]},
        {"channelId": order["channel"]["id"]},
        {"locationId": early["location"]["id"]},
        {"windowTo": "2026-03-30T00:00:00Z"},
        {"numberPrefix": "D-000001"},
    ):
        assert await _listed(ask, filter=one) == [early["id"]], one
    assert await _listed(ask, filter={"windowFrom": "2026-03-30T00:00:00Z"}) == [late["id"]]
    assert await _listed(ask, filter={"contractId": to_global("Contract", new_id())}) == []
    await deliveries.done(ask, "deliveryCancel", deliveryId=late["id"])
    assert await _listed(ask, filter={"states": ["CANCELLED"]}) == [late["id"]]
    assert await _listed(ask, filter={"open": True}) == [early["id"]]
    assert await _listed(ask, filter={"open": False}) == [late["id"]]


async def test_a_warehouse_sees_only_its_own_deliveries(world, ask):
    here, there = await locations.location(world), await locations.location(world)
    mine = await deliveries.planned(world, ask, locationId=to_global("Location", here))
    other = await deliveries.released(world, ask, locationId=to_global("Location", there))
    warehouse = ask.by(await world.key(Actor.WAREHOUSE, here))
    assert await _listed(warehouse) == [mine["id"]]
    assert await deliveries.read(warehouse, other) is None
    parcels = [{"contents": deliveries.contents(other)}]
    refused = await deliveries.refusals(
        warehouse, "deliveryPack", deliveryId=other["id"], parcels=parcels
    )
    assert refused == [("NOT_FOUND", "deliveryId")]


async def test_a_buyer_sees_only_its_companys_deliveries(world, ask):
    order = await orders.order(world, ask)
    mine = await deliveries.planned(world, ask, order)
    other = await deliveries.planned(world, ask)
    buyer = ask.by(await world.key(Actor.BUYER, _bare(order["party"]["id"])))
    assert await _listed(buyer) == [mine["id"]]
    assert await deliveries.read(buyer, other) is None


async def test_another_merchants_delivery_is_not_found(world, ask, database, clock):
    delivery = await deliveries.planned(world, ask)
    stranger = ask.by((await make.world(database, clock)).token)
    assert await _listed(stranger) == []
    assert await deliveries.read(stranger, delivery) is None
    refused = await deliveries.refusals(stranger, "deliveryCancel", deliveryId=delivery["id"])
    assert refused == [("NOT_FOUND", "deliveryId")]


async def test_statements_do_not_grow_with_the_number_of_deliveries(world, ask, database):
    order = await orders.order(world, ask)
    first = await deliveries.packed(world, ask, order, lines=deliveries.lines(order, "1"))
    assert first["state"] == "PACKED"
    party, channel = order["party"]["id"], order["channel"]["id"]
    bolt = (await orders.products(ask, "BOLT"))[0]
    big = await orders.order(
        world, ask, partyId=party, channelId=channel, lines=[orders.line(bolt, "20")]
    )
    parts = [
        await deliveries.part(
            world, big, lines=deliveries.lines(big, "1"), locationId=first["location"]["id"]
        )
        for _ in range(19)
    ]
    await deliveries.done(ask, "deliveryPlan", deliveries=parts)
    counts = []
    for page in (1, 20):
        with counted(database.engine) as sent:
            await ask(LIST + deliveries.FIELDS, first=page)
        counts.append(len(sent))
    assert counts[0] == counts[1]
    assert counts[0] <= 22


async def test_planning_sends_as_many_statements_for_20_as_for_one(world, ask, database):
    (bolt,) = await orders.products(ask, "BOLT")
    order = await orders.order(world, ask, lines=[orders.line(bolt, "21")])
    part = await deliveries.part(world, order, lines=deliveries.lines(order, "1"))
    counts = []
    for how_many in (1, 20):
        with counted(database.engine) as sent:
            await deliveries.done(ask, "deliveryPlan", deliveries=[part] * how_many)
        counts.append(len(sent))
    assert counts[0] == counts[1]


async def test_the_same_key_plans_once(world, ask):
    order = await orders.order(world, ask)
    part = await deliveries.part(world, order, lines=deliveries.lines(order, "1"))
    call = {"deliveries": [part], "idempotencyKey": "plan-1"}
    first = await deliveries.done(ask, "deliveryPlan", **call)
    assert await deliveries.done(ask, "deliveryPlan", **call) == first
    assert len(await _listed(ask)) == 1


async def test_a_timeline_tells_every_step(world, ask):
    delivery = await deliveries.dispatched(world, ask)
    found = await ask(LIST + deliveries.FIELDS, first=1)
    (node,) = found["deliveries"]["nodes"]
    assert node["id"] == delivery["id"]
    assert [it["type"] for it in node["timeline"]["nodes"]] == [
        "delivery.planned",
        "delivery.released",
        "delivery.packed",
        "delivery.dispatched",
    ]
