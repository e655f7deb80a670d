"""Split, merge, move and reschedule over GraphQL: every line's total stays."""

import pytest

from kit.ids import new_id, to_global
from tests.make import reasons
from tests.make.fulfilment import deliveries
from tests.make.master import locations, parties
from tests.make.trade import orders

LATER = {**deliveries.WINDOW, "latest": "2026-03-20T12:00:00+00:00"}
LINES = """
query ($id: ID!) { order(id: $id) { lines { planned } deliveries { state lines { planned } } } }
"""


def _by_sku(delivery):
    return {it["orderLine"]["product"]["sku"]: it["planned"] for it in delivery["lines"]}


async def _planned(ask, order):
    found = (await ask(LINES, id=order["id"]))["order"]
    return [line["planned"] for line in found["lines"]]


async def _alike(world, ask, order, *each):
    """Plan several deliveries of one order that differ in their lines only."""
    location = to_global("Location", await locations.location(world))
    parts = [
        await deliveries.part(
            world, order, locationId=location, lines=deliveries.lines(order, *item)
        )
        for item in each
    ]
    return (await deliveries.done(ask, "deliveryPlan", deliveries=parts))["deliveries"]


async def test_a_split_part_has_its_own_window_and_location(world, ask):
    order = await orders.order(world, ask)
    whole = await deliveries.released(world, ask, order)
    there = to_global("Location", await locations.location(world))
    payload = await deliveries.done(
        ask,
        "deliverySplit",
        deliveryId=whole["id"],
        lines=deliveries.contents(whole, "3", "4"),
        window=LATER,
        locationId=there,
    )
    left, part = payload["delivery"], payload["part"]
    assert _by_sku(left) == {"BOLT": "7"}
    assert _by_sku(part) == {"BOLT": "3", "NUT": "4"}
    assert (left["state"], part["state"]) == ("RELEASED", "PLANNED")
    assert (left["window"], part["window"]) == (deliveries.WINDOW, LATER)
    assert part["location"]["id"] == there
    assert part["recipient"] == left["recipient"]
    assert left["version"] == whole["version"] + 1
    assert await _planned(ask, order) == ["10", "4"]


@pytest.mark.parametrize(
    ("quantities", "refusal"),
    [
        (("10", "4"), ("QUANTITY_EXCEEDED", "lines")),
        (("11",), ("QUANTITY_EXCEEDED", "lines.0.quantity")),
        (("1.5",), ("SCALE_EXCEEDED", "lines.0.quantity")),
        (("-1",), ("NOT_POSITIVE", "lines.0.quantity")),
    ],
)
async def test_a_split_takes_a_part_and_leaves_one(world, ask, quantities, refusal):
    order = await orders.order(world, ask)
    whole = await deliveries.planned(world, ask, order)
    lines = deliveries.contents(whole, *quantities)
    refused = await deliveries.refusals(ask, "deliverySplit", deliveryId=whole["id"], lines=lines)
    assert refused == [refusal]
    assert await deliveries.read(ask, whole) == whole


async def test_a_split_knows_the_deliverys_own_lines_only(world, ask):
    whole, other = await deliveries.planned(world, ask), await deliveries.planned(world, ask)
    for line_id in (other["lines"][0]["id"], to_global("DeliveryLine", new_id())):
        refused = await deliveries.refusals(
            ask,
            "deliverySplit",
            deliveryId=whole["id"],
            lines=[{"deliveryLineId": line_id, "quantity": "1"}],
        )
        assert refused == [("NOT_FOUND", "lines.0.deliveryLineId")]


async def test_merging_puts_lines_together_and_cancels_what_is_empty(world, ask):
    order = await orders.order(world, ask)
    first, second, third = await _alike(world, ask, order, ("3",), ("4", "1"), ("3", "3"))
    payload = await deliveries.done(
        ask, "deliveryMerge", deliveryId=first["id"], deliveryIds=[second["id"], third["id"]]
    )
    assert _by_sku(payload["delivery"]) == {"BOLT": "10", "NUT": "4"}
    emptied = await deliveries.read(ask, second)
    assert emptied["state"] == "CANCELLED"
    assert set(_by_sku(emptied).values()) == {"0"}
    assert await _planned(ask, order) == ["10", "4"]


async def test_a_merged_delivery_can_be_packed_and_sent(world, ask):
    order = await orders.order(world, ask)
    first, second = await _alike(world, ask, order, ("3",), ("7", "4"))
    twice = {"deliveryId": first["id"], "deliveryIds": [second["id"], first["id"], second["id"]]}
    refused = await deliveries.refusals(ask, "deliveryMerge", **twice)
    assert refused == [("DUPLICATE", "deliveryIds.2"), ("DUPLICATE", "deliveryIds.1")]
    merged = await deliveries.done(
        ask, "deliveryMerge", deliveryId=first["id"], deliveryIds=[second["id"]]
    )
    await deliveries.done(ask, "deliveryRelease", deliveryId=first["id"])
    parcels = [{"contents": deliveries.contents(merged["delivery"])}]
    await deliveries.done(ask, "deliveryPack", deliveryId=first["id"], parcels=parcels)
    sent = await deliveries.done(ask, "deliveryDispatch", deliveryId=first["id"])
    assert {it["orderLine"]["shipped"] for it in sent["delivery"]["lines"]} == {"10", "4"}


@pytest.mark.parametrize(
    "change",
    [
        {"window": LATER},
        {"recipient": {"name": "Bruno Koch"}},
        {"method": "EXPRESS"},
        {"shipTo": {"line1": "Hafenstr. 2", "city": "Bonn", "country": "DE"}},
        {"locationId": None},
        {"fulfilAt": "2026-03-05T00:00:00Z"},
        {"fulfilBy": "2026-03-05T00:00:00Z"},
        {"promisedAt": "2026-03-09T10:00:00Z"},
        {"incoterm": "DAP"},
    ],
)
@pytest.mark.gate("D16", "deliveryMerge")
async def test_what_differs_is_not_merged(world, ask, change):
    order = await orders.order(world, ask)
    location = to_global("Location", await locations.location(world))
    if change == {"locationId": None}:
        change = {"locationId": to_global("Location", await locations.location(world))}
    target = await deliveries.planned(
        world, ask, order, locationId=location, lines=deliveries.lines(order, "5")
    )
    fields = {"locationId": location, "lines": deliveries.lines(order, "5")} | change
    other = await deliveries.planned(world, ask, order, **fields)
    # The first place tells it, in the words of the API.
    call = {"deliveryId": target["id"], "deliveryIds": [other["id"], other["id"]]}
    errors = (await deliveries.act(ask, "deliveryMerge", **call))["userErrors"]
    refused = [("DUPLICATE", "deliveryIds.1"), ("NOT_MERGEABLE", "deliveryIds.0")]
    assert reasons(errors) == refused
    name = next(iter(change)).removesuffix("Id")
    assert errors[1]["message"].endswith(f" differs from {target['number']}: {name}.")
    assert await deliveries.read(ask, other) == other


@pytest.mark.gate("D9", "deliveryMerge")
async def test_what_is_on_hold_or_twice_named_is_not_merged(world, ask):
    order = await orders.order(world, ask)
    target, other = await _alike(world, ask, order, ("5",), ("5",))
    call = {"deliveryId": target["id"]}
    itself = await deliveries.refusals(ask, "deliveryMerge", **call, deliveryIds=[target["id"]])
    assert itself == [("DUPLICATE", "deliveryIds.0")]
    hold = {"deliveryId": other["id"], "reason": "OPERATOR", "owner": "Ops"}
    await deliveries.done(ask, "deliveryHold", **hold)
    held = await deliveries.refusals(ask, "deliveryMerge", **call, deliveryIds=[other["id"]])
    assert held == [("ON_HOLD", "deliveryIds.0")]


async def test_unreleased_goods_do_not_slip_into_a_released_delivery(world, ask):
    order = await orders.order(world, ask)
    target, other = await _alike(world, ask, order, ("5",), ("5",))
    await deliveries.done(ask, "deliveryRelease", deliveryId=target["id"])
    refused = await deliveries.refusals(
        ask, "deliveryMerge", deliveryId=target["id"], deliveryIds=[other["id"]]
    )
    assert refused == [("NOT_MERGEABLE", "deliveryIds.0")]


@pytest.mark.gate("D2", "deliveryMove")
async def test_a_delivery_starts_elsewhere_and_another_warehouse_has_it(world, ask):
    delivery = await deliveries.planned(world, ask)
    there = to_global("Location", await locations.location(world))
    moved = await deliveries.done(
        ask, "deliveryMove", deliveryId=delivery["id"], locationId=there, expectedVersion=1
    )
    assert moved["delivery"]["location"]["id"] == there
    assert moved["delivery"]["lines"] == delivery["lines"]
    closed = to_global("Location", await locations.location(world, is_active=False))
    refused = await deliveries.refusals(
        ask, "deliveryMove", deliveryId=delivery["id"], locationId=closed
    )
    assert refused == [("WRONG_STATE", "locationId")]


async def test_a_new_window_keeps_the_receiving_hours(world, ask):
    hours = [{"weekday": 1, "opens": "08:00", "closes": "16:00"}]
    party = await parties.company(world, addresses=[parties.address(receiving_hours=hours)])
    order = await orders.order(world, ask, partyId=to_global("Party", party))
    delivery = await deliveries.planned(world, ask, order)
    tuesday = {
        "earliest": "2026-03-10T08:00:00+00:00",
        "latest": "2026-03-10T12:00:00+00:00",
        "timeZone": "Europe/Berlin",
    }
    call = {"deliveryId": delivery["id"], "window": tuesday}
    refused = await deliveries.refusals(ask, "deliveryReschedule", **call)
    assert refused == [("OUTSIDE_RECEIVING_HOURS", "window")]
    done = await deliveries.done(
        ask, "deliveryReschedule", **call, windowOverride="Agreed by phone"
    )
    assert done["delivery"]["window"] == tuesday
    assert done["delivery"]["windowOverride"] == "Agreed by phone"


async def test_shapes_change_before_picking_and_windows_before_the_dispatch(world, ask):
    delivery = await deliveries.packed(world, ask)
    there = to_global("Location", await locations.location(world))
    call = {"deliveryId": delivery["id"]}
    wrong = [("WRONG_STATE", "deliveryId")]
    lines = deliveries.contents(delivery, "1")
    assert await deliveries.refusals(ask, "deliverySplit", **call, lines=lines) == wrong
    assert await deliveries.refusals(ask, "deliveryMove", **call, locationId=there) == wrong
    await deliveries.done(ask, "deliveryReschedule", **call, window=LATER)
    await deliveries.done(ask, "deliveryDispatch", **call)
    assert await deliveries.refusals(ask, "deliveryReschedule", **call, window=LATER) == wrong


TIMELINE = (
    "query ($id: ID!) { delivery(id: $id) { version timeline(first: 9) { nodes { type } } } }"
)


@pytest.mark.parametrize("verb", ["deliveryMove", "deliveryReschedule"])
async def test_what_already_holds_is_no_change(world, ask, verb):
    delivery = await deliveries.planned(world, ask)
    before = await ask(TIMELINE, id=delivery["id"])
    same = {
        "deliveryMove": {"locationId": delivery["location"]["id"]},
        "deliveryReschedule": {"window": delivery["window"]},
    }
    answer = await deliveries.done(ask, verb, deliveryId=delivery["id"], **same[verb])
    assert answer["delivery"] == delivery
    assert await ask(TIMELINE, id=delivery["id"]) == before
