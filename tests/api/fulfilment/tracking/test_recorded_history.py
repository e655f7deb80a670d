"""Deliveries of another system: found again when sent again, also of orders that are over."""

from typing import Any

import pytest

from kit.ids import to_global
from models.fulfilment.deliveries.tables import Delivery
from models.trade.orders.lines import OrderLine
from tests.guard import counted
from tests.make import Ask, World, reasons
from tests.make.feed import rows
from tests.make.fulfilment import deliveries
from tests.make.master import channels, locations, parties
from tests.make.trade import orders
from tests.make.trade.payments import record

RECORD = """
mutation ($input: DeliveriesRecordInput!) { deliveriesRecord(input: $input) {
  results {
    status delivery { id state externalReference } parcels { id }
    userErrors { code field message }
  }
  userErrors { code field }
} }
"""
IMPORT = """
mutation ($input: OrdersImportInput!) { ordersImport(input: $input) {
  results { status order { id state closedAt lines { id unplanned } } userErrors { code field } }
} }
"""
TIMELINE = """
query ($id: ID!) { order(id: $id) {
  state net { amount } totals { charges { amount } }
  lines { ordered cancelled planned shipped delivered openQuantity }
  timeline(first: 20) { nodes { type occurredAt recordedAt payload } }
} }
"""
AT = {
    "plannedAt": "2026-02-10T08:00:00Z",
    "packedAt": "2026-02-11T08:00:00Z",
    "dispatchedAt": "2026-02-12T08:00:00Z",
    "deliveredAt": "2026-02-13T08:00:00Z",
}
PLACED, ENDED = "2026-02-09T08:00:00Z", "2026-02-20T08:00:00Z"


async def _scene(world: World, ask: Ask, **channel_fields: Any) -> dict[str, Any]:
    party = to_global("Party", await parties.company(world))
    channel = to_global("Channel", await channels.channel(world, **channel_fields))
    await orders.products(ask, "BOLT", "NUT")
    at = to_global("Location", await locations.location(world))
    return {"order": {"partyId": party, "channelId": channel, "currency": "EUR"}, "at": at}


def _order(scene: dict[str, Any], reference: str, **fields: Any) -> dict[str, Any]:
    lines = [
        {"productSku": sku, "quantity": "10", "unitPrice": "1", "externalReference": sku}
        for sku in ("BOLT", "NUT")
    ]
    known = {"externalReference": reference, "placedAt": PLACED, "lines": lines}
    return {**scene["order"], **known, **fields}


async def _imported(ask: Ask, *items: dict[str, Any]) -> list[dict[str, Any]]:
    return (await ask(IMPORT, input={"orders": list(items)}))["ordersImport"]["results"]


async def _an_order(ask: Ask, scene: dict[str, Any], **fields: Any) -> dict[str, Any]:
    (result,) = await _imported(ask, _order(scene, f"E-{len(fields)}", **fields))
    assert result["userErrors"] == []
    return result["order"]


async def _part(
    world: World, scene: dict[str, Any], order: dict[str, Any], *quantities: str, **fields: Any
) -> dict[str, Any]:
    lines = deliveries.lines(order, *(quantities or ("10", "10")))
    return await deliveries.part(world, order, locationId=scene["at"], lines=lines, **fields)


async def _record(ask: Ask, *items: dict[str, Any]) -> list[dict[str, Any]]:
    answer = (await ask(RECORD, input={"deliveries": list(items)}))["deliveriesRecord"]
    assert answer["userErrors"] == []
    return answer["results"]


def _codes(result: dict[str, Any]) -> list[tuple[str, str]]:
    return reasons(result["userErrors"], 3)


@pytest.mark.parametrize("step", ["plannedAt", "dispatchedAt", "deliveredAt", "cancelledAt"])
async def test_what_is_recorded_again_is_found(world, ask, step):
    scene = await _scene(world, ask)
    order = await _an_order(ask, scene)
    times = {**AT, "cancelledAt": AT["packedAt"]}
    parcel = {"trackingNumbers": ["1 Z"], "weightG": 900, "contents": deliveries.lines(order)}
    item = await _part(world, scene, order, externalReference="F-1", **{step: times[step]})
    full = item | {"parcels": [parcel]}
    if step in ("plannedAt", "cancelledAt"):
        (refused,) = await _record(ask, full)
        assert _codes(refused) == [("INVALID", "parcels")]
    else:
        item = full
    (made,) = await _record(ask, item)
    assert (made["status"], made["delivery"]["externalReference"]) == ("CREATED", "F-1")
    less = {name: item[name] for name in ("externalReference", "lines", "locationId")}
    for again in (item, {**item, "parcels": []}, less):
        (found,) = await _record(ask, again)
        assert found == {**made, "status": "UNCHANGED"}
    assert len(await rows(world, Delivery)) == 1
    assert sum(it.planned for it in await rows(world, OrderLine)) == (
        0 if step == "cancelledAt" else 20
    )


async def test_what_differs_from_what_was_recorded_is_refused_with_the_difference(world, ask):
    scene = await _scene(world, ask)
    order = await _an_order(ask, scene)
    parcel = {"trackingNumbers": ["A"], "contents": deliveries.lines(order, "10", "5")}
    item = await _part(world, scene, order, "10", "5", externalReference="F-1", **AT)
    item |= {"parcels": [parcel], "shipTo": {"line1": "A 1", "city": "Köln", "country": "DE"}}
    await _record(ask, item)
    late, content = "2026-02-14T08:00:00Z", deliveries.lines(order, "9", "5")
    other = {
        **item,
        "lines": deliveries.lines(order, "9", "5"),
        "deliveredAt": late,
        "method": "FREIGHT",
        "shipTo": {**item["shipTo"], "city": "Bonn"},
        "window": {**item["window"], "latest": "2026-03-09T13:00:00Z"},
        "parcels": [{"trackingNumbers": ["B"], "contents": content}],
    }
    (refused,) = await _record(ask, other)
    assert sorted(_codes(refused)) == sorted(
        ("WRONG_STATE", path)
        for path in (
            *("method", "deliveredAt", "shipTo", "window.latest", "lines.0.quantity"),
            *("parcels.0.trackingNumbers", "parcels.0.contents"),
        )
    )
    fewer = {**item, "lines": item["lines"][:1], "parcels": [parcel, parcel]}
    (refused,) = await _record(ask, fewer)
    assert _codes(refused) == [("WRONG_STATE", "lines"), ("WRONG_STATE", "parcels")]
    (delivery,) = await rows(world, Delivery)
    assert delivery.method == "PARCEL"


async def test_a_reference_stands_once_in_a_call_and_for_one_delivery_of_a_channel(world, ask):
    scene = await _scene(world, ask)
    order = await _an_order(ask, scene)
    one = await _part(world, scene, order, "4", "0", externalReference="F-1", **AT)
    two = await _part(world, scene, order, "6", "0", externalReference="F-1", **AT)
    first, second = await _record(ask, one, two)
    assert (first["status"], _codes(second)) == ("CREATED", [("DUPLICATE", "externalReference")])
    (refused,) = await _record(ask, two)
    assert _codes(refused) == [("WRONG_STATE", "lines.0.quantity")]
    other, elsewhere = await _scene_of_another_channel(world, scene), []
    (result,) = await _imported(ask, _order(other, "X"))
    elsewhere.append(await _part(world, other, result["order"], externalReference="F-1", **AT))
    assert [it["status"] for it in await _record(ask, *elsewhere)] == ["CREATED"]


async def _scene_of_another_channel(world: World, scene: dict[str, Any]) -> dict[str, Any]:
    channel = to_global("Channel", await channels.channel(world))
    return {**scene, "order": {**scene["order"], "channelId": channel}}


async def test_statements_do_not_grow_with_what_is_recorded_again(world, ask, database):
    scene, counts = await _scene(world, ask), []
    for count in (1, 6):
        items = [_order(scene, f"{count}-{it}", closedAt=ENDED) for it in range(count)]
        made = [it["order"] for it in await _imported(ask, *items)]
        parts = [
            await _part(world, scene, each, "4", "0", externalReference=f"{count}-{place}", **AT)
            for place, each in enumerate(made)
        ]
        counts.append([])
        for status in ("CREATED", "UNCHANGED"):
            with counted(database.engine) as statements:
                results = await _record(ask, *parts)
            assert [it["status"] for it in results] == [status] * count
            counts[-1].append(len(statements))
    assert counts[0] == counts[1]


async def test_an_order_that_was_cancelled_then_is_imported_as_such(world, ask):
    scene = await _scene(world, ask)
    item = _order(scene, "E", cancelledAt=ENDED)
    (result,) = await _imported(ask, item)
    assert (result["status"], result["order"]["state"]) == ("CREATED", "CANCELLED")
    assert result["order"]["closedAt"] == "2026-02-20T08:00:00+00:00"
    seen = (await ask(TIMELINE, id=result["order"]["id"]))["order"]
    assert {(it["ordered"], it["cancelled"], it["openQuantity"]) for it in seen["lines"]} == {
        ("10", "10", "0")
    }
    assert seen["net"]["amount"] == "0"
    assert [(it["type"], it["occurredAt"]) for it in seen["timeline"]["nodes"]] == [
        ("order.placed", "2026-02-09T08:00:00+00:00"),
        ("order.lines_cancelled", "2026-02-20T08:00:00+00:00"),
        ("order.cancelled", "2026-02-20T08:00:00+00:00"),
    ]
    (again,) = await _imported(ask, item)
    assert again["status"] == "UNCHANGED"


async def test_what_left_before_an_order_was_closed_takes_the_place_of_what_is_cancelled(
    world, ask
):
    scene = await _scene(world, ask)
    charges = {"charges": [{"kind": "SHIPPING", "amount": "5"}]}
    order = await _an_order(ask, scene, closedAt=ENDED, **charges)
    assert order["state"] == "CLOSED"
    whole = (await ask(TIMELINE, id=order["id"]))["order"]
    assert (whole["net"]["amount"], whole["totals"]["charges"]["amount"]) == ("25", "5")
    kept = await _part(world, scene, order, "6", "0", externalReference="1", **AT)
    off = await _part(world, scene, order, "4", "10", cancelledAt=AT["dispatchedAt"])
    assert [_codes(it) for it in await _record(ask, kept, off)] == [[], []]
    seen = (await ask(TIMELINE, id=order["id"]))["order"]
    assert seen["state"] == "CLOSED"
    assert [tuple(it.values()) for it in seen["lines"]] == [
        ("10", "4", "6", "6", "6", "0"),
        ("10", "10", "0", "0", "0", "0"),
    ]
    assert (seen["net"]["amount"], seen["totals"]["charges"]["amount"]) == ("11", "5")
    moved = [it["payload"].get("moved", {}) for it in seen["timeline"]["nodes"]]
    sums: dict[str, float] = {}
    for each in moved:
        for counters in each.values():
            for name, amount in counters.items():
                sums[name] = sums.get(name, 0) + float(amount)
    assert (sums["cancelled"], sums["planned"], sums["shipped"], sums["delivered"]) == (14, 6, 6, 6)
    (again,) = await _record(ask, kept)
    assert again["status"] == "UNCHANGED"


@pytest.mark.gate("D12", "deliveriesRecord")
@pytest.mark.parametrize("is_paid_first", [True, False])
async def test_what_is_paid_of_a_closed_order_is_told_whichever_comes_first(
    world, ask, is_paid_first
):
    scene = await _scene(world, ask, release_when="PAID")
    taxes = {"taxes": [{"category": "STANDARD", "rate": "19", "amount": "3.8"}]}
    order = await _an_order(ask, scene, closedAt=ENDED, **taxes)
    part = await _an_order(ask, scene, closedAt=ENDED)
    steps = [
        lambda: record(ask, order, "PAID"),
        lambda: record(ask, part, "PARTLY_PAID", "7"),
        lambda: _gone(world, ask, scene, order),
        lambda: _gone(world, ask, scene, part),
    ]
    for step in steps if is_paid_first else reversed(steps):
        await step()
    seen = [(await ask(_PAID, id=it["id"]))["order"] for it in (order, part)]
    assert [it["paymentState"] for it in seen] == ["PAID", "PARTLY_PAID"]
    assert seen[0]["totals"]["gross"]["amount"] == "23.8"
    waits = await _an_order(ask, scene)
    late = await _part(world, scene, waits, releasedAt=AT["plannedAt"])
    assert [_codes(it) for it in await _record(ask, late)] == [[("PAYMENT_OUTSTANDING", "")]]


async def _gone(world: World, ask: Ask, scene: dict[str, Any], order: dict[str, Any]) -> None:
    """Record that one part of an order left, then the other."""
    for quantities in (("10", "4"), ("0", "6")):
        (result,) = await _record(ask, await _part(world, scene, order, *quantities, **AT))
        assert _codes(result) == []


_PAID = "query ($id: ID!) { order(id: $id) { paymentState totals { gross { amount } } } }"


async def test_what_is_recorded_of_an_order_that_is_over_was_done_before_its_end(world, ask):
    scene = await _scene(world, ask)
    closed = await _an_order(ask, scene, closedAt=ENDED)
    cancelled = await _an_order(ask, scene, cancelledAt=ENDED, note="N")
    late = {"dispatchedAt": "2026-02-21T08:00:00Z"}
    found = await _record(
        ask,
        await _part(world, scene, closed, **late),
        await _part(world, scene, closed),
        await _part(world, scene, closed, "11", "0", **AT),
        await _part(world, scene, cancelled, **AT),
        await _part(world, scene, cancelled, cancelledAt=AT["packedAt"]),
        await _part(world, scene, closed, deliveredAt="2026-02-21T08:00:00Z", **_but(AT)),
    )
    assert [_codes(it) for it in found] == [
        [("INVALID_DATE", "dispatchedAt")],
        [("WRONG_STATE", f"lines.{it}.orderLineId") for it in range(2)],
        [("QUANTITY_NOT_OPEN", "lines.0.quantity")],
        [("WRONG_STATE", f"lines.{it}.orderLineId") for it in range(2)],
        [],
        [],
    ]
    assert found[4]["delivery"]["state"] == "CANCELLED"
    lines = [it for it in await rows(world, OrderLine) if it.cancelled]
    assert [(it.cancelled, it.planned) for it in lines] == [(10, 0), (10, 0)]


def _but(times: dict[str, str]) -> dict[str, str]:
    return {name: at for name, at in times.items() if name != "deliveredAt"}


@pytest.mark.gate("O16", "ordersImport")
async def test_an_end_that_makes_no_sense_or_differs_is_refused(world, ask):
    scene = await _scene(world, ask)
    open_still = await _an_order(ask, scene)
    await _an_order(ask, scene, closedAt=ENDED)
    await _record(ask, await _part(world, scene, open_still, "1", "0"))
    wrong = [
        _order(scene, "a", cancelledAt=ENDED, closedAt=ENDED),
        _order(scene, "b", closedAt="2026-01-09T08:00:00Z"),
        _order(scene, "c", cancelledAt="2026-04-09T08:00:00Z"),
        _order(scene, "E-0", closedAt=ENDED),
        _order(scene, "E-1", cancelledAt=ENDED),
        _order(scene, "E-1", closedAt="2026-02-21T08:00:00Z"),
        _order(scene, "E-1"),
    ]
    found = await _imported(ask, *wrong)
    assert [[(it["code"], it["field"][-1]) for it in each["userErrors"]] for each in found] == [
        [("INVALID", "closedAt")],
        [("INVALID_DATE", "closedAt")],
        [("INVALID_DATE", "cancelledAt")],
        [("WRONG_STATE", "closedAt")],
        [("WRONG_STATE", "cancelledAt")],
        [("WRONG_STATE", "closedAt")],
        [],
    ]
    assert found[-1]["status"] == "UNCHANGED"


async def test_what_is_recorded_bears_the_time_at_which_it_happened(world, ask):
    scene = await _scene(world, ask)
    order = await _an_order(ask, scene)
    first = await _part(world, scene, order, "6", "0", **AT)
    second = await _part(world, scene, order, "4", "0", dispatchedAt="2026-02-15T08:00:00Z")
    assert [_codes(it) for it in await _record(ask, first, second)] == [[], []]
    nodes = (await ask(TIMELINE, id=order["id"]))["order"]["timeline"]["nodes"]
    assert {it["recordedAt"] for it in nodes} == {"2026-03-02T09:00:00+00:00"}
    seen = [
        (each["type"].removeprefix("order."), each["occurredAt"][5:10], each["payload"]["moved"])
        for each in nodes[1:]
    ]
    assert [(kind, day, _of(moved)) for kind, day, moved in seen] == [
        ("progressed", "02-10", {"planned": 6}),
        ("progressed", "02-11", {"picked": 6, "packed": 6}),
        ("progressed", "02-12", {"shipped": 6}),
        ("partially_delivered", "02-13", {"delivered": 6}),
        ("progressed", "02-15", {"planned": 4, "picked": 4, "packed": 4, "shipped": 4}),
    ]


def _of(moved: dict[str, Any]) -> dict[str, float]:
    (counters,) = moved.values()
    return {name: float(amount) for name, amount in counters.items()}


async def test_a_dispatch_that_is_told_late_bears_its_time(world, ask):
    order = await orders.order(world, ask)
    sent = await deliveries.packed(world, ask, order)
    call = {"deliveryId": sent["id"], "dispatchedAt": "2026-03-02T08:30:00Z"}
    await deliveries.done(ask, "deliveryDispatch", **call)
    nodes = (await ask(TIMELINE, id=order["id"]))["order"]["timeline"]["nodes"]
    assert [it["occurredAt"][11:16] for it in nodes] == ["09:00", "09:00", "09:00", "08:30"]
