"""Orders that are wanted by an instant or not at all: nothing goes on after it, and all ends."""

import pytest

from kit.ids import to_global
from tests.api.fulfilment.test_many_deliveries import results
from tests.api.gates.test_recorded_plans import refusals
from tests.make import reasons
from tests.make.feed import Feed
from tests.make.fulfilment import deliveries
from tests.make.master import channels
from tests.make.running import do_due
from tests.make.trade import orders, responses
from workers.fulfilment.deliveries import LAPSE_ORDERS

BY = "2026-03-03T00:00:00Z"
WANTED = {"deliveryPolicy": "CANCEL_IF_NOT_BY", "cancelIfNotBy": BY}
ORDER = """
query ($id: ID!) { order(id: $id) {
  state isOpen isLate cancelReason availableActions
  lines { ordered cancelled planned shipped } timeline(first: 20) { nodes { type actorName } }
} }
"""
PARTS = """
query ($id: ID!, $open: Boolean!) {
  order(id: $id) { lines { openQuantity } }
  deliveries(first: 9, filter: {open: $open}) { nodes { id } }
}
"""
OPEN = "query ($open: Boolean!) { orders(first: 9, filter: {open: $open}) { nodes { id } } }"
APPROVE = """
mutation ($input: OrderApproveInput!) { orderApprove(input: $input) {
  userErrors { code field } } }
"""


async def _read(ask, order):
    return (await ask(ORDER, id=order["id"]))["order"]


@pytest.mark.gate("D10", "deliveryPlan")
async def test_nothing_is_planned_of_what_is_not_wanted_any_more(world, ask, clock):
    order = await orders.order(world, ask, **WANTED)
    clock.advance(days=2)
    parts = [await deliveries.part(world, order)]
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=parts)
    lines = [f"deliveries.0.lines.{place}.orderLineId" for place in range(2)]
    assert refused == [("DELIVERY_POLICY", it) for it in lines]


async def test_it_is_not_open_from_its_last_instant_on(world, ask, clock):
    order = await orders.order(world, ask, **WANTED)
    assert (await _read(ask, order))["isOpen"]
    clock.advance(hours=16)
    now = await _read(ask, order)
    assert (now["isOpen"], now["isLate"]) == (False, False)
    assert {"CONFIRM", "APPROVE"} & set(now["availableActions"]) == set()
    for is_open, found in ((True, []), (False, [{"id": order["id"]}])):
        assert (await ask(OPEN, open=is_open))["orders"]["nodes"] == found


async def test_nor_are_its_lines_and_what_of_it_stands_in_the_house(world, ask, clock):
    """What its carrier has is on its way, whoever tells it when."""
    order = await orders.order(world, ask, **WANTED)
    shares = (("4", "2"), ("2", "1"), ("1", "0"))
    gone = await deliveries.packed(world, ask, order, lines=deliveries.lines(order, *shares[0]))
    feed = Feed(ask, world)
    await feed.results(*(feed.event("PICKED_UP", sscc=it["sscc"]) for it in gone["parcels"]))
    lines = deliveries.lines(order, *shares[1])
    here = [await deliveries.packed(world, ask, order, lines=lines)]
    lines = deliveries.lines(order, *shares[2])[:1]
    here.append(await deliveries.planned(world, ask, order, lines=lines))
    seen = []
    for hours in (0, 16):
        clock.advance(hours=hours)
        read = [await ask(PARTS, id=order["id"], open=it) for it in (True, False)]
        lists = [{it["id"] for it in each["deliveries"]["nodes"]} for each in read]
        seen.append(([it["openQuantity"] for it in read[0]["order"]["lines"]], *lists))
    own = {it["id"] for it in here}
    assert seen[0][1:] == ({gone["id"], *own}, set())
    assert seen[1] == (["0", "0"], {gone["id"]}, own)


LATER = deliveries.WINDOW
"""A week after the last instant."""
ACROSS = {"earliest": "2026-03-02T20:00:00Z", "latest": LATER["latest"], "timeZone": "UTC"}
NOT_THEN = [("INVALID_WINDOW", "window")]


@pytest.mark.gate("D10", "orderPlace", "ordersImport")
async def test_an_order_wants_no_window_after_its_last_instant(world, ask):
    fields = await orders.order_input(world, ask, **WANTED, window=LATER)
    placed = (await ask(orders.PLACE, input=fields))["orderPlace"]
    assert reasons(placed["userErrors"]) == NOT_THEN
    line = fields["lines"][0] | {"window": LATER}
    placed = await ask(orders.PLACE, input=fields | {"window": None, "lines": [line]})
    assert reasons(placed["orderPlace"]["userErrors"]) == [("INVALID_WINDOW", "lines.0.window")]
    item = fields | {"externalReference": "H-3", "placedAt": "2026-03-02T09:00:00Z"}
    for window, refused in ((LATER, NOT_THEN), (deliveries.SOON, []), (LATER, NOT_THEN)):
        assert await _imported(ask, item | {"window": window}) == refused
    whenever = item | {"deliveryPolicy": "PARTIAL_BACKORDER"}
    del whenever["cancelIfNotBy"], item["window"]
    assert await _imported(ask, whenever) == []
    assert await _imported(ask, item) == [("INVALID_WINDOW", "cancelIfNotBy")]
    assert await _imported(ask, item | {"closedAt": item["placedAt"]}) == []


async def _imported(ask, item):
    """Import an order; return its refusals."""
    (result,) = (await ask(IMPORT, input={"orders": [item]}))["ordersImport"]["results"]
    return reasons(result["userErrors"], 3)


@pytest.mark.gate("D10", "deliveryPlan", "deliveryReschedule", "deliverySplit", "orderConfirm")
@pytest.mark.gate("D10", "deliveryReship", "deliveriesRecord")
async def test_nothing_is_agreed_on_for_when_it_is_not_wanted_any_more(world, ask):
    order = await orders.order(world, ask, **WANTED)
    late = await deliveries.part(world, order, window=LATER)
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[late])
    assert refused == [("INVALID_WINDOW", "deliveries.0.window")]
    picked = await deliveries.part(world, order, fulfilAt="2026-03-03T08:00:00Z", window=ACROSS)
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[picked])
    assert refused == [("INVALID_DATE", "deliveries.0.fulfilAt")]
    (recorded,) = await refusals(ask, late)
    assert recorded == NOT_THEN
    lines = deliveries.lines(order, "6", "2")
    sent = await deliveries.dispatched(world, ask, order, lines=lines)
    planned = await deliveries.planned(world, ask, order, lines=deliveries.lines(order, "4", "2"))
    call = {"deliveryId": planned["id"], "window": LATER}
    assert await deliveries.refusals(ask, "deliveryReschedule", **call) == NOT_THEN
    part = deliveries.contents(planned, "1")
    assert await deliveries.refusals(ask, "deliverySplit", **call, lines=part) == NOT_THEN
    answer = {"lines": [responses.line(order, 0, "ACCEPTED")], "window": LATER}
    assert await responses.refusals(ask, responses.CONFIRM, order, **answer) == NOT_THEN
    feed = Feed(ask, world)
    await feed.results(*(feed.event("LOST", sscc=it["sscc"]) for it in sent["parcels"]))
    again = {"deliveryId": sent["id"], "window": LATER, "recipient": deliveries.RECIPIENT}
    assert await deliveries.refusals(ask, "deliveryReship", **again) == NOT_THEN


@pytest.mark.gate("D10", "ordersUpdate", "orderAddLines")
async def test_no_line_is_added_for_when_it_is_not_wanted_any_more(world, ask):
    order = await orders.order(world, ask, **WANTED)
    new = {"productSku": "NUT", "quantity": "3", "unitPrice": "7", "window": LATER}
    named = {"orderId": order["id"]}
    added = await ask(orders.REVISE["orderAddLines"], input=named | {"lines": [new]})
    assert reasons(added["orderAddLines"]["userErrors"]) == [("INVALID_WINDOW", "lines.0.window")]
    updated = {"orders": [named | {"addLines": [new]}]}
    updated = await ask(orders.REVISE["ordersUpdate"], input=updated)
    (result,) = updated["ordersUpdate"]["results"]
    assert reasons(result["userErrors"], 3) == [("INVALID_WINDOW", "addLines.0.window")]


@pytest.mark.gate("D10", "deliveryDispatch", "deliveriesDispatch")
async def test_what_its_carrier_took_too_late_is_dispatched_with_a_reason(
    world, ask, clock, database
):
    """It can be cancelled no more, and so would stay for ever."""
    why = {"windowOverride": "The driver came at noon."}
    made = [
        await deliveries.packed(world, ask, await orders.order(world, ask, **WANTED))
        for _ in range(3)
    ]
    clock.advance(days=3)
    feed, early, late = Feed(ask, world), "2026-03-02T20:00:00Z", "2026-03-04T08:00:00Z"
    for one, at in zip(made, (early, late, None), strict=True):
        for parcel in one["parcels"] if at else ():
            await feed.results(feed.event("PICKED_UP", sscc=parcel["sscc"], occurredAt=at))
    await do_due(database, clock, LAPSE_ORDERS)
    in_time, too_late, _ = [{"deliveryId": it["id"]} for it in made]
    await deliveries.done(ask, "deliveryDispatch", **in_time, dispatchedAt=early)
    assert (await deliveries.read(ask, made[2]))["state"] == "CANCELLED"
    not_any_more = [("DELIVERY_POLICY", "deliveryId")]
    left = {"dispatchedAt": late}
    assert await deliveries.refusals(ask, "deliveryDispatch", **too_late, **left) == not_any_more
    (one,) = await results(ask, "deliveriesDispatch", too_late | left)
    assert reasons(one["userErrors"], 3) == not_any_more
    sent = await deliveries.done(ask, "deliveryDispatch", **too_late, **left, **why)
    assert (sent["delivery"]["state"], sent["delivery"]["windowOverride"]) == (
        "DISPATCHED",
        why["windowOverride"],
    )
    entries = (await ask(TIMELINE, id=too_late["deliveryId"]))["node"]["timeline"]["nodes"]
    rules = [it["payload"]["rules"] for it in entries if it["type"] == "delivery.window_overridden"]
    assert rules == [["LAST_INSTANT"]]


@pytest.mark.gate("D10", "deliveryDispatch", "deliveriesDispatch")
async def test_what_no_carrier_has_is_not_dispatched_too_late_whatever_is_said(world, ask, clock):
    packed = await deliveries.packed(world, ask, await orders.order(world, ask, **WANTED))
    clock.advance(days=1)
    call = {"deliveryId": packed["id"], "windowOverride": "We were late."}
    refused = await deliveries.refusals(ask, "deliveryDispatch", **call)
    assert refused == [("DELIVERY_POLICY", "deliveryId")]


@pytest.mark.gate("D10", "deliveriesRecord")
async def test_what_left_too_late_by_another_system_is_recorded_with_a_reason(world, ask, clock):
    order = await orders.order(world, ask, **WANTED)
    clock.advance(days=3)
    early, late = "2026-03-02T20:00:00Z", "2026-03-04T08:00:00Z"
    part = await deliveries.part(world, order, packedAt=early, dispatchedAt=late)
    why = {"windowOverride": "The driver came at noon."}
    (packed_late,) = await refusals(ask, part | why | {"packedAt": late})
    assert "DELIVERY_POLICY" in {code for code, _ in packed_late}
    assert await refusals(ask, part) == [[("DELIVERY_POLICY", "")]]
    assert await refusals(ask, part | why) == [[]]


TIMELINE = """
query ($id: ID!) { node(id: $id) { ... on Delivery {
  timeline(first: 20) { nodes { type payload } } } } }
"""
IMPORT = """mutation ($input: OrdersImportInput!) { ordersImport(input: $input) {
  results { status order { id } userErrors { code field message } } userErrors { code field } } }"""


@pytest.mark.gate("D10", "orderConfirm")
async def test_nothing_is_promised_any_more(world, ask, clock):
    order = await orders.order(world, ask, **WANTED)
    clock.advance(days=2)
    lines = [responses.line(order, 0, "ACCEPTED")]
    refused = await responses.refusals(ask, responses.CONFIRM, order, lines=lines)
    assert refused == [("WRONG_STATE", "orderId")]


@pytest.mark.gate("D10", "ordersUpdate", "orderAddLines")
async def test_no_line_is_changed_or_added_any_more(world, ask, clock):
    order = await orders.order(world, ask, **WANTED)
    clock.advance(days=2)
    named = {"orderId": order["id"]}
    line = {"lineId": order["lines"][0]["id"], "quantity": "3"}
    changed = await ask(
        orders.REVISE["ordersUpdate"], input={"orders": [named | {"lines": [line]}]}
    )
    (result,) = changed["ordersUpdate"]["results"]
    added = {"lines": [{"productSku": "NUT", "quantity": "3"}]}
    payload = (await ask(orders.REVISE["orderAddLines"], input=named | added))["orderAddLines"]
    codes = [it["code"] for it in result["userErrors"] + payload["userErrors"]]
    assert codes == ["WRONG_STATE", "WRONG_STATE", "DUPLICATE"]


@pytest.mark.gate("D10", "orderAnswerAmendment")
async def test_no_amendment_is_accepted_any_more(world, ask, clock):
    order = await orders.order(world, ask, **WANTED)
    await responses.amended(ask, order)
    clock.advance(days=1)
    lines = [{"lineId": order["lines"][0]["id"], "isAccepted": True}]
    buyer = await responses.buyer(world, ask, order)
    refused = await responses.refusals(buyer, responses.ANSWER, order, lines=lines)
    assert refused == [("WRONG_STATE", "orderId")]


@pytest.mark.gate("D10", "orderApprove")
async def test_nothing_is_approved_any_more(world, ask, clock):
    channel = await approving(world)
    order = await orders.order(world, ask, channelId=channel, **WANTED)
    assert order["state"] == "PENDING_APPROVAL"
    clock.advance(days=2)
    answer = (await ask(APPROVE, input={"orderId": order["id"]}))["orderApprove"]
    assert [it["code"] for it in answer["userErrors"]] == ["WRONG_STATE"]


async def test_what_waits_for_approval_is_cancelled_too(world, ask, clock, database):
    order = await orders.order(world, ask, channelId=await approving(world), **WANTED)
    clock.advance(days=2)
    await do_due(database, clock, LAPSE_ORDERS)
    assert (await _read(ask, order))["state"] == "CANCELLED"


async def test_what_has_not_left_is_cancelled_by_itself(world, ask, clock, database):
    order = await orders.order(world, ask, **WANTED)
    sent = await deliveries.dispatched(world, ask, order, lines=deliveries.lines(order, "3", "0"))
    released = await deliveries.released(world, ask, order, lines=deliveries.lines(order, "2", "4"))
    for days, cancelled in ((0, "0"), (2, "7"), (0, "7")):
        clock.advance(days=days)
        await do_due(database, clock, LAPSE_ORDERS)
        now = await _read(ask, order)
        assert now["lines"][0] == {
            "ordered": "10",
            "cancelled": cancelled,
            "planned": "3" if days or cancelled != "0" else "5",
            "shipped": "3",
        }
    assert now["lines"][1]["cancelled"] == "4"
    assert now["cancelReason"].endswith("or not.")
    authors = [it["actorName"] for it in now["timeline"]["nodes"] if "cancelled" in it["type"]]
    assert authors == ["Abruf"]
    assert (await deliveries.read(ask, released))["state"] == "CANCELLED"
    assert (await deliveries.read(ask, sent))["state"] == "DISPATCHED"


async def test_what_is_packed_may_have_left_in_time_and_is_told_within_a_day(
    world, ask, clock, database
):
    one, two = [
        await deliveries.packed(world, ask, await orders.order(world, ask, **WANTED))
        for _ in range(2)
    ]
    clock.advance(hours=20)
    await do_due(database, clock, LAPSE_ORDERS)
    sent = await deliveries.done(ask, "deliveryDispatch", deliveryId=one["id"], dispatchedAt=BY)
    assert sent["delivery"]["state"] == "DISPATCHED"
    clock.advance(days=1)
    await do_due(database, clock, LAPSE_ORDERS)
    after = await deliveries.read(ask, two)
    assert after["state"] == "CANCELLED"
    assert {it["status"] for it in after["parcels"]} == {"VOIDED"}


async def test_what_lies_in_parcels_with_others_goes_back_after_a_day(world, ask, clock, database):
    lapsing, other, both = await _two(world, ask)
    shared = await deliveries.packed(world, ask, lapsing, lines=both)
    alone = await deliveries.planned(world, ask, (await _two(world, ask))[0])
    clock.advance(hours=20)
    await do_due(database, clock, LAPSE_ORDERS)
    # It may have left in time; what waits for nothing is cancelled meanwhile.
    assert (await deliveries.read(ask, shared))["state"] == "PACKED"
    assert (await deliveries.read(ask, alone))["state"] == "CANCELLED"
    clock.advance(days=1)
    await do_due(database, clock, LAPSE_ORDERS)
    after = await deliveries.read(ask, shared)
    assert after["state"] == "CANCELLED"
    assert {it["status"] for it in after["parcels"]} == {"VOIDED"}
    assert (await _read(ask, lapsing))["state"] == "CANCELLED"
    assert (await deliveries.planned(world, ask, other))["state"] == "PLANNED"


async def _two(world, ask):
    """Return an order that lapses, another one of the same customer, and all lines of both."""
    lapsing = await orders.order(world, ask, **WANTED)
    same = {"partyId": lapsing["party"]["id"], "channelId": lapsing["channel"]["id"]}
    other = await orders.order(world, ask, **same)
    return lapsing, other, deliveries.lines(lapsing) + deliveries.lines(other)


async def test_what_travels_with_others_goes_back_and_these_can_be_planned_again(
    world, ask, clock, database
):
    lapsing, other, both = await _two(world, ask)
    shared = await deliveries.planned(world, ask, lapsing, lines=both)
    held = await deliveries.done(
        ask, "deliveryHold", deliveryId=shared["id"], reason="ADDRESS", owner="Ops"
    )
    clock.advance(days=2)
    await do_due(database, clock, LAPSE_ORDERS)
    assert (await deliveries.read(ask, shared))["state"] == "PLANNED"
    await deliveries.done(ask, "deliveryReleaseHold", holdId=held["hold"]["id"])
    clock.advance(hours=1)
    await do_due(database, clock, LAPSE_ORDERS)
    assert (await deliveries.read(ask, shared))["state"] == "CANCELLED"
    assert (await _read(ask, lapsing))["state"] == "CANCELLED"
    assert [it["cancelled"] for it in (await _read(ask, other))["lines"]] == ["0", "0"]
    assert (await deliveries.planned(world, ask, other))["state"] == "PLANNED"


async def test_an_order_that_was_recorded_after_its_last_instant_is_left_to_its_importer(
    world, ask, clock, database
):
    fields = await orders.order_input(world, ask)
    line = {"productSku": "BOLT", "quantity": "3", "unitPrice": "2"}
    item = {k: v for k, v in fields.items() if k != "lines"} | {
        "externalReference": "H-1",
        "placedAt": "2025-01-02T09:00:00Z",
        "deliveryPolicy": "CANCEL_IF_NOT_BY",
        "cancelIfNotBy": "2025-01-09T09:00:00Z",
        "lines": [line],
    }
    before = item | {"externalReference": "H-2", "cancelIfNotBy": item["placedAt"]}
    items = [before, item]
    odd, made = (await ask(IMPORT, input={"orders": items}))["ordersImport"]["results"]
    where = ["input", "orders", "0", "cancelIfNotBy"]
    assert [(it["code"], it["field"]) for it in odd["userErrors"]] == [("INVALID_DATE", where)]
    await do_due(database, clock, LAPSE_ORDERS)
    assert (await _read(ask, made["order"]))["lines"][0]["cancelled"] == "0"
    assert await _imported(ask, item | {"window": LATER}) == []


async def approving(world):
    """Return the global id of a channel whose orders the merchant approves."""
    return to_global("Channel", await channels.channel(world, code="ASK", approval_required=True))
