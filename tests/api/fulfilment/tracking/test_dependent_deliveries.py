"""Deliveries of one call that hang on one another: each sees what those before it did."""

import pytest

from commands.writing import counters
from kit.standards import gs1
from models.trade.orders.lines import OrderLine
from tests.api.fulfilment.test_many_deliveries import (
    AT,
    a_scene,
    an_order,
    codes,
    one_parcel,
    recorded,
    results,
)
from tests.make.feed import rows
from tests.make.fulfilment import deliveries


async def _two(world, ask, scene):
    """Return an order and two deliveries of it, of which the second completes it."""
    order = await an_order(world, ask, scene)
    parts = [
        await deliveries.part(
            world,
            order,
            locationId=scene["at"],
            lines=deliveries.lines(order, quantity),
            completesOrder=quantity == "6",
        )
        for quantity in ("4", "6")
    ]
    made = await deliveries.done(ask, "deliveryPlan", deliveries=parts)
    return made["deliveries"]


async def test_what_completes_an_order_leaves_with_the_rest_of_it(world, ask):
    scene = await a_scene(world, ask)
    four, six = await _two(world, ask, scene)
    named = [{"deliveryId": it["id"]} for it in (four, six)]
    assert codes(await results(ask, "deliveriesRelease", *named)) == [[], []]
    packed = await results(ask, "deliveriesPack", *map(one_parcel, (four, six)))
    assert codes(packed) == [[], []]
    left = {"deliveryId": four["id"], "dispatchedAt": "2027-03-02T08:00:00Z"}
    assert codes(await results(ask, "deliveriesDispatch", left, named[1])) == [
        [("INVALID_DATE", "deliveries.0.dispatchedAt")],
        [("DELIVERY_POLICY", "deliveries.1.deliveryId")],
    ]
    found = await results(ask, "deliveriesDispatch", *named)
    assert (codes(found), {it["delivery"]["state"] for it in found}) == ([[], []], {"DISPATCHED"})


async def test_what_completes_an_order_is_recorded_with_the_rest_of_it(world, ask):
    scene = await a_scene(world, ask)
    order = await an_order(world, ask, scene)
    four, six = [
        await recorded(world, scene, order, **AT, lines=deliveries.lines(order, quantity))
        for quantity in ("4", "6")
    ]
    found = await results(ask, "deliveriesRecord", four, six | {"completesOrder": True})
    assert [it["status"] for it in found] == ["CREATED", "CREATED"]


async def test_a_delivery_that_stands_twice_is_taken_where_it_is_not_refused(world, ask):
    scene = await a_scene(world, ask)
    four, six = await _two(world, ask, scene)
    stale = [{"deliveryId": it["id"], "expectedVersion": 77} for it in (four, six)]
    named = [{"deliveryId": it["id"]} for it in (four, six)]
    packed = [one_parcel(it) for it in (four, six)]
    mixed_up = [packed[1] | named[0], packed[0] | named[1]]
    for verb, wrong, right in (
        ("deliveriesRelease", stale, named),
        ("deliveriesPack", mixed_up, packed),
        ("deliveriesDispatch", stale, named),
    ):
        found = await results(ask, verb, *wrong, *right, right[0])
        assert [it["status"] for it in found] == ["REFUSED"] * 2 + ["UPDATED"] * 2 + ["REFUSED"]
        assert codes(found)[4] == [("DUPLICATE", "deliveries.4.deliveryId")]


@pytest.mark.parametrize("is_nameless", [True, False])
async def test_what_is_refused_takes_nothing_from_the_next(world, ask, is_nameless):
    scene = await a_scene(world, ask)
    order = await an_order(world, ask, scene)
    good = await recorded(world, scene, order, **AT, externalReference="F")
    contents = deliveries.lines(order)
    parcel = {"contents": contents, "carrierId": scene["order"]["partyId"]}
    odd = {"recipient": None} if is_nameless else {"parcels": [parcel]}
    code = ("RECIPIENT_MISSING", "recipient") if is_nameless else ("INVALID", "parcels.0.carrierId")
    other = good | {"externalReference": "G"}
    found = await results(ask, "deliveriesRecord", good | odd, good, other, good)
    assert codes(found) == [
        [(code[0], f"deliveries.0.{code[1]}")],
        [],
        [("QUANTITY_NOT_OPEN", "deliveries.2.lines.0.quantity")],
        [("DUPLICATE", "deliveries.3.externalReference")],
    ]


@pytest.mark.parametrize("why", ["nameless", "taken", "part", "late"])
async def test_however_many_are_refused_they_take_nothing_from_the_next(world, ask, why):
    scene, at = await a_scene(world, ask), "2026-03-02T10:00:00Z"
    terms = {
        "part": {"deliveryPolicy": "SHIP_COMPLETE"},
        "late": {"deliveryPolicy": "CANCEL_IF_NOT_BY", "cancelIfNotBy": at},
    }.get(why, {})
    order = await an_order(world, ask, scene, **terms)
    good = await recorded(world, scene, order, **AT)
    number = gs1.sscc("4012345", 1)
    if why == "taken":
        parcel = {"sscc": number, "contents": deliveries.lines(order)}
        other = await an_order(world, ask, scene)
        first = await recorded(world, scene, other, **AT)
        of_first = [parcel | {"contents": deliveries.lines(other)}]
        await results(ask, "deliveriesRecord", first | {"parcels": of_first})
        good["parcels"] = [parcel | {"sscc": gs1.sscc("4012345", 2)}]
    odd, code, field = {
        "nameless": ({"recipient": None}, "RECIPIENT_MISSING", ".recipient"),
        "taken": ({"parcels": [{**good.get("parcels", [{}])[0], "sscc": number}]}, "TAKEN", ""),
        "part": ({"lines": deliveries.lines(order, "9")}, "DELIVERY_POLICY", ""),
        "late": (
            {"dispatchedAt": "2026-03-02T11:00:00Z", "deliveredAt": None},
            "DELIVERY_POLICY",
            "",
        ),
    }[why]
    field = ".parcels.0.sscc" if why == "taken" else field
    found = await results(ask, "deliveriesRecord", *[good | odd] * 25, good)
    assert codes(found) == [*([(code, f"deliveries.{it}{field}")] for it in range(25)), []]


async def test_what_is_refused_takes_no_number(world, ask, monkeypatch):
    # Of many lines: numbers are given at the end.
    monkeypatch.setattr(counters, "SLICE", 0)
    scene = await a_scene(world, ask)
    order = await an_order(world, ask, scene)
    half = await recorded(world, scene, order, **AT, lines=deliveries.lines(order, "5"))
    found = await results(ask, "deliveriesRecord", half | {"recipient": None}, half, half)
    numbers = [int(it["delivery"]["number"][2:]) for it in found[1:]]
    assert (found[0]["status"], numbers) == ("REFUSED", [1, 2])


@pytest.mark.parametrize("is_cancelled_first", [True, False])
async def test_what_was_cancelled_takes_nothing_from_what_was_planned_after_it(
    world, ask, is_cancelled_first
):
    scene = await a_scene(world, ask)
    order = await an_order(world, ask, scene)
    early = {"plannedAt": "2026-03-01T12:00:00Z", "packedAt": "2026-03-01T13:00:00Z"}
    gone = await recorded(
        world, scene, order, **early, cancelledAt="2026-03-01T14:00:00Z", externalReference="C"
    )
    left = await recorded(world, scene, order, **AT, externalReference="F")
    both = [gone, left] if is_cancelled_first else [left, gone]
    fewer = gone | {"externalReference": "P"}
    fewer |= {"parcels": [{"contents": deliveries.lines(order, "9")}]}
    found = await results(ask, "deliveriesRecord", fewer, *both)
    assert [it["status"] for it in found] == ["REFUSED", "CREATED", "CREATED"]
    during = {"plannedAt": "2026-03-01T13:30:00Z", "cancelledAt": "2026-03-01T15:00:00Z"}
    after = {"plannedAt": AT["plannedAt"], "cancelledAt": AT["packedAt"]}
    before = {"plannedAt": "2026-03-01T11:00:00Z", "cancelledAt": early["plannedAt"]}
    others = [await recorded(world, scene, order, **it) for it in (during, after, before)]
    found = await results(ask, "deliveriesRecord", *others)
    refused = [f"deliveries.{it}.lines.0.quantity" for it in range(2)]
    assert codes(found) == [*([("QUANTITY_NOT_OPEN", it)] for it in refused), []]
    (line,) = await rows(world, OrderLine)
    assert (line.planned, line.delivered, line.packed, line.over_tolerance) == (10, 10, 10, 0)
