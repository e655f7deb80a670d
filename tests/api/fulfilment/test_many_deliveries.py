"""One verb for many deliveries: each is refused alone, as the verb for one would refuse it."""

from typing import Any

import pytest

from kit.ids import from_global, new_id, to_global
from kit.standards import gs1
from models.access.journal import JournalEntry
from models.fulfilment.deliveries.tables import Delivery
from models.fulfilment.parcels import Parcel
from models.fulfilment.tracking.events import TrackingEvent
from models.trade.contracts.tables import ContractLine
from models.trade.orders.lines import OrderLine
from tests.guard import counted
from tests.make import Ask, World, reasons
from tests.make.feed import kinds, row, rows
from tests.make.fulfilment import deliveries
from tests.make.master import channels, locations, parties
from tests.make.trade import contracts, orders

MANY = """
mutation ($input: {name}Input!) {{
  {name_}(input: $input) {{
    results {{
      status delivery {{ id number state version }} parcels {{ id status sscc }}
      userErrors {{ code field }}
    }}
    userErrors {{ code field }}
  }}
}}
"""
AT = {
    "plannedAt": "2026-03-02T08:00:00Z",
    "releasedAt": "2026-03-02T08:10:00Z",
    "packedAt": "2026-03-02T08:20:00Z",
    "dispatchedAt": "2026-03-02T08:30:00Z",
    "deliveredAt": "2026-03-02T08:40:00Z",
}


async def many(ask: Ask, verb: str, *items: dict[str, Any], **fields: Any) -> dict[str, Any]:
    name = verb[0].upper() + verb[1:]
    document = MANY.format(name=name, name_=verb)
    return (await ask(document, input={"deliveries": list(items), **fields}))[verb]


async def results(ask: Ask, verb: str, *items: dict[str, Any]) -> list[dict[str, Any]]:
    answer = await many(ask, verb, *items)
    assert answer["userErrors"] == []
    return answer["results"]


def codes(found: list[dict[str, Any]]) -> list[list[tuple[str, str]]]:
    return [reasons(each["userErrors"]) for each in found]


def one_parcel(delivery: dict[str, Any], **more: Any) -> dict[str, Any]:
    parcel = {"contents": deliveries.contents(delivery), "generateSscc": True, **more}
    return {"deliveryId": delivery["id"], "parcels": [parcel]}


async def a_scene(world: World, ask: Ask) -> dict[str, Any]:
    """Return what orders share, so that many of them cost little."""
    party = to_global("Party", await parties.company(world))
    channel = to_global("Channel", await channels.channel(world))
    await parties.allow(world, party, channel)
    (bolt,) = await orders.products(ask, f"B-{new_id().hex[-8:]}")
    shared = {"partyId": party, "channelId": channel}
    return {
        "order": shared,
        "product": bolt,
        "at": to_global("Location", await locations.location(world)),
    }


async def an_order(world: World, ask: Ask, scene: dict[str, Any], **fields: Any) -> dict[str, Any]:
    lines = [orders.line(scene["product"], "10")]
    return await orders.order(world, ask, lines=lines, **scene["order"], **fields)


async def planned(world: World, ask: Ask, scene: dict[str, Any], **fields: Any) -> dict[str, Any]:
    order = await an_order(world, ask, scene, **fields)
    return await deliveries.planned(world, ask, order, locationId=scene["at"])


@pytest.mark.gate("P1", "deliveriesDispatch")
async def test_many_go_the_whole_way(world, ask):
    scene = await a_scene(world, ask)
    made = [await planned(world, ask, scene) for _ in range(3)]
    named = [{"deliveryId": it["id"], "expectedVersion": it["version"]} for it in made]
    released = await results(ask, "deliveriesRelease", *named)
    assert [it["status"] for it in released] == ["UPDATED"] * 3
    assert {it["delivery"]["state"] for it in released} == {"RELEASED"}
    packed = await results(ask, "deliveriesPack", *map(one_parcel, made))
    assert {it["delivery"]["state"] for it in packed} == {"PACKED"}
    assert len({it["parcels"][0]["sscc"] for it in packed}) == 3
    left = [{"deliveryId": it["id"], "dispatchedAt": AT["dispatchedAt"]} for it in made]
    sent = await results(ask, "deliveriesDispatch", *left)
    assert {it["delivery"]["state"] for it in sent} == {"DISPATCHED"}
    assert {it.shipped for it in await rows(world, OrderLine)} == {10}
    types = await kinds(world, "delivery.")
    assert types == [f"delivery.{it}" for it in ("planned",) * 3] + [
        f"delivery.{it}" for step in ("released", "packed", "dispatched") for it in (step,) * 3
    ]


@pytest.mark.gate("D9", "deliveriesRelease")
async def test_each_is_refused_alone_as_the_verb_for_one_refuses_it(world, ask):
    scene = await a_scene(world, ask)
    good, held, gone = [await planned(world, ask, scene) for _ in range(3)]
    await deliveries.done(ask, "deliveryHold", deliveryId=held["id"], reason="FRAUD", owner="A")
    await deliveries.done(ask, "deliveryCancel", deliveryId=gone["id"])
    nobody = to_global("Delivery", new_id())
    stale = {"deliveryId": good["id"], "expectedVersion": 9}
    alone = [
        await deliveries.refusals(ask, "deliveryRelease", **each)
        for each in (
            {"deliveryId": held["id"]},
            {"deliveryId": gone["id"]},
            {"deliveryId": nobody},
            stale,
        )
    ]
    other = await planned(world, ask, scene)
    found = await results(
        ask,
        "deliveriesRelease",
        {"deliveryId": held["id"]},
        {"deliveryId": gone["id"]},
        {"deliveryId": nobody},
        stale,
        {"deliveryId": other["id"]},
        {"deliveryId": other["id"]},
    )
    below = [
        [(code, f"deliveries.{at}.{path}") for code, path in of] for at, of in enumerate(alone)
    ]
    duplicate = [("DUPLICATE", "deliveries.5.deliveryId")]
    assert codes(found) == [*below, [], duplicate]
    assert [it["status"] for it in found] == ["REFUSED"] * 4 + ["UPDATED", "REFUSED"]
    assert (await deliveries.read(ask, other))["state"] == "RELEASED"
    assert (await deliveries.read(ask, good))["state"] == "PLANNED"


@pytest.mark.gate("P1", "deliveriesPack")
async def test_what_is_packed_wrong_leaves_the_others_and_itself_as_they_were(world, ask):
    scene = await a_scene(world, ask)
    made = [await planned(world, ask, scene) for _ in range(5)]
    await results(ask, "deliveriesRelease", *({"deliveryId": it["id"]} for it in made))
    short, strange, good, same, taken = made
    line = {"deliveryLineId": short["lines"][0]["id"], "picked": "4", "shortReason": "DAMAGED"}
    sscc = gs1.sscc("4012345", 77)
    number = {"generateSscc": False, "sscc": sscc}
    found = await results(
        ask,
        "deliveriesPack",
        one_parcel(short) | {"lines": [line]},
        one_parcel(strange, carrierId=scene["order"]["partyId"]),
        one_parcel(good, **number),
        one_parcel(same, **number),
        {"deliveryId": taken["id"], "parcels": [{"contents": []}]},
    )
    assert codes(found) == [
        [("PARCELS_DO_NOT_MATCH", "deliveries.0.parcels")],
        [("INVALID", "deliveries.1.parcels.0.carrierId")],
        [],
        [("TAKEN", "deliveries.3.parcels.0.sscc")],
        [("TOO_FEW_ITEMS", "deliveries.4.parcels.0.contents")],
    ]
    read = await deliveries.read(ask, short)
    assert (read["state"], read["lines"][0]["shortReason"]) == ("RELEASED", None)
    assert [it.sscc for it in await rows(world, Parcel)] == [sscc]
    lines = {it.order_id: it.packed for it in await rows(world, OrderLine)}
    assert sorted(lines.values()) == [0, 0, 0, 0, 10]


async def test_an_sscc_that_a_packing_gives_up_is_free_for_another_one_of_the_call(world, ask):
    scene = await a_scene(world, ask)
    made = [await planned(world, ask, scene) for _ in range(3)]
    await results(ask, "deliveriesRelease", *({"deliveryId": it["id"]} for it in made))
    ssccs = [gs1.sscc("4012345", it) for it in (71, 72, 73)]

    async def packed(*numbers: int, **odd: Any) -> list[list[tuple[str, str]]]:
        items = [
            one_parcel(delivery, generateSscc=False, sscc=ssccs[number])
            for delivery, number in zip(made, numbers, strict=True)
        ]
        items[0]["parcels"][0]["contents"][0] |= odd
        return codes(await results(ask, "deliveriesPack", *items))

    assert await packed(0, 1, 2) == [[], [], []]
    assert await packed(1, 2, 0) == [[], [], []]
    taken = [[("TAKEN", f"deliveries.{it}.parcels.0.sscc")] for it in range(3)]
    assert await packed(1, 1, 0) == [[], taken[1], []]
    wrong = [("PARCELS_DO_NOT_MATCH", "deliveries.0.parcels")]
    assert await packed(0, 1, 2, quantity="9") == [wrong + taken[0], *taken[1:]]
    assert await packed(1, 2, 0, quantity="9") == [wrong, [], []]
    assert len({it.sscc for it in await rows(world, Parcel) if it.sscc}) == 3


async def test_a_key_makes_a_call_safe_and_a_whole_call_may_be_refused(world, ask):
    scene = await a_scene(world, ask)
    item = {"deliveryId": (await planned(world, ask, scene))["id"]}
    first = await many(ask, "deliveriesRelease", item, idempotencyKey="k")
    assert await many(ask, "deliveriesRelease", item, idempotencyKey="k") == first
    assert (await kinds(world, "delivery.")).count("delivery.released") == 1
    for items, code in (([], "TOO_FEW_ITEMS"), ([item] * 251, "TOO_MANY_ITEMS")):
        answer = await many(ask, "deliveriesRelease", *items)
        assert answer["userErrors"] == [{"code": code, "field": ["input", "deliveries"]}]


async def test_statements_do_not_grow_with_deliveries_or_lines(world, ask, database):
    scene = await a_scene(world, ask)
    counts: dict[int, list[int]] = {}
    for count in (1, 8):
        policy = {"deliveryPolicy": "PARTIAL_CANCEL_REST"}
        made = [await planned(world, ask, scene, **policy) for _ in range(count)]
        named = [{"deliveryId": it["id"]} for it in made]
        steps = [
            ("deliveriesRelease", named),
            ("deliveriesPack", [one_parcel(it) for it in made]),
            ("deliveriesDispatch", named),
        ]
        counts[count] = []
        for verb, items in steps:
            with counted(database.engine) as statements:
                assert codes(await results(ask, verb, *items)) == [[]] * count
            counts[count].append(len(statements))
    assert counts[1] == counts[8]


async def recorded(
    world: World, scene: dict[str, Any], order: dict[str, Any], **fields: Any
) -> dict[str, Any]:
    part = await deliveries.part(world, order, locationId=scene["at"])
    return part | {"window": deliveries.WINDOW} | fields


async def test_a_delivery_is_recorded_as_it_went(world, ask):
    scene = await a_scene(world, ask)
    contract = await contracts.contract(world, ask, partyId=scene["order"]["partyId"])
    call_off = await contracts.call_off(world, ask, contract, "20")
    parcel = {"trackingNumbers": ["H-1"], "contents": deliveries.lines(call_off)}
    item = await recorded(world, scene, call_off, parcels=[parcel], **AT)
    (result,) = await results(ask, "deliveriesRecord", item)
    assert (result["status"], result["userErrors"]) == ("CREATED", [])
    assert result["delivery"]["state"] == "DELIVERED"
    assert [it["status"] for it in result["parcels"]] == ["DELIVERED"]
    delivery = await row(world, Delivery, from_global(result["delivery"]["id"])[1])
    columns = {"plannedAt": "planned_at", "releasedAt": "released_at", "packedAt": "packed_at"}
    columns |= {"dispatchedAt": "dispatched_at", "deliveredAt": "delivered_at"}
    stated = {
        name: getattr(delivery, of).strftime("%Y-%m-%dT%H:%M:%SZ") for name, of in columns.items()
    }
    assert stated == AT
    (agreed,) = await rows(world, ContractLine)
    assert (agreed.shipped, agreed.delivered) == (20, 20)
    types = [it for it in await rows(world, JournalEntry) if it.aggregate == "DELIVERY"]
    types.sort(key=lambda it: it.position)
    assert [(it.type, it.occurred_at.strftime("%H:%M")) for it in types] == [
        ("delivery.planned", "08:00"),
        ("delivery.released", "08:10"),
        ("delivery.packed", "08:20"),
        ("delivery.dispatched", "08:30"),
        ("delivery.delivered", "08:40"),
    ]
    assert [it.source for it in await rows(world, TrackingEvent)] == ["deliveriesRecord"]


@pytest.mark.parametrize(
    ("times", "state"),
    [
        ({}, "PLANNED"),
        ({"releasedAt": AT["releasedAt"]}, "RELEASED"),
        ({"packedAt": AT["packedAt"]}, "PACKED"),
        ({"dispatchedAt": AT["dispatchedAt"]}, "DISPATCHED"),
        ({"deliveredAt": AT["deliveredAt"]}, "DELIVERED"),
        ({"cancelledAt": AT["packedAt"]}, "CANCELLED"),
        ({"packedAt": AT["packedAt"], "cancelledAt": AT["dispatchedAt"]}, "CANCELLED"),
    ],
)
async def test_a_delivery_is_recorded_as_far_as_it_came(world, ask, times, state):
    scene = await a_scene(world, ask)
    order = await an_order(world, ask, scene)
    (result,) = await results(ask, "deliveriesRecord", await recorded(world, scene, order, **times))
    assert (result["userErrors"], result["delivery"]["state"]) == ([], state)
    (line,) = await rows(world, OrderLine)
    assert line.planned == (0 if state == "CANCELLED" else 10)


@pytest.mark.gate("O1", "deliveriesRecord")
@pytest.mark.gate("P1", "deliveriesRecord")
@pytest.mark.gate("D8", "deliveriesRecord")
async def test_what_is_recorded_wrong_is_refused_alone_and_leaves_nothing(world, ask):
    scene = await a_scene(world, ask)
    good, *others = [await an_order(world, ask, scene) for _ in range(4)]
    whole = await recorded(world, scene, good, **AT)
    wrong = await _recorded_wrong(world, scene, whole, *others)
    found = await results(ask, "deliveriesRecord", *wrong[:3], whole, *wrong[3:])
    assert codes(found) == [
        [("NOT_FOUND", "deliveries.0.lines.0.orderLineId")],
        [("PARCELS_DO_NOT_MATCH", "deliveries.1.parcels")],
        [("INVALID_DATE", "deliveries.2.packedAt")],
        [],
        [("INVALID_DATE", "deliveries.4.deliveredAt")],
        [("INVALID", "deliveries.5.cancelledAt")],
        [("QUANTITY_NOT_OPEN", "deliveries.6.lines.0.quantity")],
        [("METHOD_NOT_ALLOWED", "deliveries.7.method")],
        [("TOO_EARLY", "deliveries.8.fulfilAt")],
        [("QUANTITY_NOT_OPEN", "deliveries.9.lines.0.quantity")],
        [
            ("NOT_FOUND", "deliveries.10.lines.0.orderLineId"),
            ("NOT_FOUND", "deliveries.10.locationId"),
            ("INVALID_DATE", "deliveries.10.packedAt"),
        ],
    ]
    (delivery,) = await rows(world, Delivery)
    assert (delivery.number, delivery.state) == ("D-000001", "DELIVERED")
    lines = sorted(it.planned for it in await rows(world, OrderLine))
    assert lines == [0, 0, 0, 10]
    moved = [it for it in await rows(world, JournalEntry) if it.payload.get("moved")]
    of = from_global(good["id"])[1]
    assert {it.aggregate_id for it in moved if it.type != "order.placed"} == {of}


async def _recorded_wrong(world, scene, whole, more, complete, early):
    """Return records of which each breaks a rule. whole: one that breaks none."""
    unnamed = {"orderLineId": to_global("OrderLine", new_id()), "quantity": "1"}
    content = {"orderLineId": more["lines"][0]["id"], "quantity": "9"}
    then = {"plannedAt": AT["plannedAt"], "cancelledAt": AT["packedAt"]}
    return [
        whole | {"lines": [unnamed]},
        await recorded(world, scene, more, **AT, parcels=[{"contents": [content]}]),
        await recorded(world, scene, more, **AT | {"packedAt": AT["plannedAt"]}),
        await recorded(world, scene, more, deliveredAt="2027-03-02T08:00:00Z"),
        await recorded(world, scene, more, **AT, cancelledAt=AT["deliveredAt"]),
        await recorded(world, scene, more, **AT, lines=deliveries.lines(more, "11")),
        await recorded(world, scene, complete, **AT, method="LOCKER"),
        await recorded(world, scene, early, **AT, fulfilAt=AT["deliveredAt"]),
        await recorded(world, scene, more, **then, lines=deliveries.lines(more, "11")),
        await recorded(
            world,
            scene,
            more,
            **AT | {"packedAt": "2027-03-02T08:00:00Z"},
            lines=[unnamed],
            locationId=to_global("Location", new_id()),
        ),
    ]


async def test_history_of_many_orders_loads_in_few_calls_and_statements(world, ask, database):
    scene = await a_scene(world, ask)
    counts = []
    for count in (2, 12):
        placed = [await an_order(world, ask, scene) for _ in range(count)]
        items = [await recorded(world, scene, it, **AT) for it in placed]
        items[-1] |= {"cancelledAt": AT["packedAt"], "dispatchedAt": None, "deliveredAt": None}
        with counted(database.engine) as statements:
            found = await results(ask, "deliveriesRecord", *items)
        assert codes(found) == [[]] * count
        counts.append(len(statements))
    assert counts[0] == counts[1] < 90


async def test_each_takes_250_in_one_call(world, ask):
    scene = await a_scene(world, ask)
    of = scene["product"]
    lines = [orders.line(of, "250"), orders.line(of, "251", unitPrice="2")]
    order = await orders.order(world, ask, lines=lines, **scene["order"])
    shared = {"locationId": scene["at"]}
    parts = [
        await deliveries.part(world, order, **shared, lines=deliveries.lines(order, "1"))
    ] * 250
    plan = (await deliveries.done(ask, "deliveryPlan", deliveries=parts))["deliveries"]
    named = [{"deliveryId": it["id"]} for it in plan]
    for verb, items in (
        ("deliveriesRelease", named),
        ("deliveriesPack", map(one_parcel, plan)),
        ("deliveriesDispatch", named),
        (
            "deliveriesRecord",
            [it | AT | {"lines": deliveries.lines(order, "0", "1")} for it in parts],
        ),
    ):
        found = await results(ask, verb, *items)
        assert codes(found) == [[]] * 250
    shipped = {int(it.ordered): int(it.shipped) for it in await rows(world, OrderLine)}
    assert shipped == {250: 250, 251: 250}
