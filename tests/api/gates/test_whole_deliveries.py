"""What a delivery says of itself is so: where it goes, what it completes, and what lies in it."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from kit.ids import from_global, to_global
from models.base.records import ANONYMOUS
from models.fulfilment.deliveries.tables import Delivery
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import DeliveryPolicy
from models.trade.orders.tables import Order
from tests.api.gates import test_recorded_plans as recorded
from tests.make import reasons
from tests.make.feed import Feed
from tests.make.fulfilment import deliveries
from tests.make.master import locations, parties
from tests.make.trade import orders, responses

DISPATCH = """
mutation ($input: DeliveriesDispatchInput!) { deliveriesDispatch(input: $input) {
  results { userErrors { code field message } } } }
"""
IMPORT = """
mutation ($input: OrdersImportInput!) { ordersImport(input: $input) {
  results { userErrors { code field message } } } }
"""
STATUS = "query ($id: ID!) { order(id: $id) { state fulfilmentStatus } }"


@pytest.mark.gate("D17", "deliveryRelease", "deliveriesRelease")
@pytest.mark.parametrize("method", ["PARCEL", "FREIGHT", "SHOP_PICKUP"])
async def test_nothing_is_released_without_the_address_that_its_method_needs(world, ask, method):
    person = to_global("Party", await parties.person(world))
    order = await orders.order(world, ask, partyId=person)
    delivery = await deliveries.planned(world, ask, order, method=method)
    goes = method == "SHOP_PICKUP"
    assert ("RELEASE" in delivery["availableActions"]) is goes
    refused = await deliveries.refusals(ask, "deliveryRelease", deliveryId=delivery["id"])
    assert refused == ([] if goes else [("ADDRESS_MISSING", "deliveryId")])


@pytest.mark.gate("D17", "deliveryRelease", "deliveriesRelease")
async def test_nothing_is_released_to_an_address_that_was_forgotten(world, ask):
    person = await parties.person(world, addresses=[parties.address()])
    order = await orders.order(world, ask, partyId=to_global("Party", person))
    delivery = await deliveries.planned(world, ask, order)
    assert "RELEASE" in delivery["availableActions"]
    async with world.database.owner.writing(world.merchant_id) as session:
        (row,) = await session.scalars(select(Delivery))
        row.ship_to = {"line1": ANONYMOUS, "city": ANONYMOUS, "country": "DE"}
    assert "RELEASE" not in (await deliveries.read(ask, delivery))["availableActions"]
    refused = await deliveries.refusals(ask, "deliveryRelease", deliveryId=delivery["id"])
    assert refused == [("ADDRESS_MISSING", "deliveryId")]


@pytest.mark.gate("D7", "partiesUpsert")
@pytest.mark.gate("D8", "deliveryRelease", "deliveriesRelease", "partiesUpsert")
@pytest.mark.parametrize(
    ("fields", "refusal"),
    [({"method": "LOCKER"}, "METHOD_NOT_ALLOWED"), ({"recipient": None}, "RECIPIENT_MISSING")],
)
async def test_a_person_that_has_become_a_company_is_asked_as_one(world, ask, fields, refusal):
    person = await parties.person(world, number="P-1", addresses=[parties.address()])
    order = await orders.order(world, ask, partyId=to_global("Party", person))
    delivery = await deliveries.planned(world, ask, order, **fields)
    assert "RELEASE" in delivery["availableActions"]
    await parties.company(world, number="P-1", kind="COMPANY")
    assert "RELEASE" not in (await deliveries.read(ask, delivery))["availableActions"]
    refused = await deliveries.refusals(ask, "deliveryRelease", deliveryId=delivery["id"])
    assert refused == [(refusal, "deliveryId")]


@pytest.mark.gate("D18", "deliveryPlan")
async def test_what_is_planned_to_complete_an_order_leaves_nothing_of_it(world, ask):
    order = await orders.order(world, ask)
    four = await deliveries.part(
        world, order, lines=deliveries.lines(order, "4", "0"), completesOrder=True
    )
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[four])
    assert refused == [("INVALID", "deliveries.0.completesOrder")]
    six = four | {"lines": deliveries.lines(order, "6", "4")}
    refused = await deliveries.refusals(ask, "deliveryPlan", deliveries=[six, four])
    assert set(refused) <= {
        ("INVALID", "deliveries.0.completesOrder"),
        ("INVALID", "deliveries.1.completesOrder"),
    }
    assert refused
    await deliveries.done(ask, "deliveryPlan", deliveries=[six | {"completesOrder": False}, four])


async def _two(world, ask):
    """Return an order with two deliveries of which the second one is to complete it."""
    order = await orders.order(world, ask)
    last = await deliveries.part(
        world, order, lines=deliveries.lines(order, "4", "0"), completesOrder=True
    )
    first = last | {"lines": deliveries.lines(order, "6", "4"), "completesOrder": False}
    planned = await deliveries.done(ask, "deliveryPlan", deliveries=[first, last])
    return order, *planned["deliveries"]


@pytest.mark.gate("D18", "deliveryRelease", "deliveriesRelease")
async def test_it_is_not_released_once_something_of_its_order_is_in_no_delivery(world, ask):
    _, first, last = await _two(world, ask)
    await deliveries.done(ask, "deliveryCancel", deliveryId=first["id"])
    assert "RELEASE" not in (await deliveries.read(ask, last))["availableActions"]
    refused = await deliveries.refusals(ask, "deliveryRelease", deliveryId=last["id"])
    assert refused == [("DELIVERY_POLICY", "deliveryId")]


async def _packed(ask, delivery):
    await deliveries.done(ask, "deliveryRelease", deliveryId=delivery["id"])
    parcel = {"contents": deliveries.contents(delivery)}
    await deliveries.done(ask, "deliveryPack", deliveryId=delivery["id"], parcels=[parcel])


@pytest.mark.gate("D18", "deliveryDispatch", "deliveriesDispatch")
async def test_what_completes_an_order_leaves_last(world, ask):
    _, first, last = await _two(world, ask)
    for each in (first, last):
        await _packed(ask, each)
    refused = await deliveries.refusals(ask, "deliveryDispatch", deliveryId=last["id"])
    assert refused == [("DELIVERY_POLICY", "deliveryId")]
    for each in (first, last):
        await deliveries.done(ask, "deliveryDispatch", deliveryId=each["id"])


@pytest.mark.gate("D18", "deliveryDispatch", "deliveriesDispatch")
async def test_what_completes_an_order_did_not_leave_before_the_rest(world, ask):
    _, first, last = await _two(world, ask)
    for each in (first, last):
        await _packed(ask, each)
    earlier, later = "2026-03-02T09:00:00Z", "2026-03-02T10:00:00Z"
    both = [{"deliveryId": first["id"], "dispatchedAt": later}]
    both += [{"deliveryId": last["id"], "dispatchedAt": earlier}]
    (one, other) = (await ask(DISPATCH, input={"deliveries": both}))["deliveriesDispatch"][
        "results"
    ]
    early = ("INVALID_DATE", "dispatchedAt")
    assert one["userErrors"] == []
    assert reasons(other["userErrors"], 3) == [early]
    assert await deliveries.refusals(ask, "deliveryDispatch", **both[1]) == [early]
    await deliveries.done(ask, "deliveryDispatch", deliveryId=last["id"], dispatchedAt=later)


async def _tolerant(world, ask):
    """Return an order of ten bolts, of which four more may come, and four nuts."""
    order = await orders.order(world, ask)
    tolerant = responses.line(order, 0, "ACCEPTED", overTolerance="4")
    await responses.done(ask, responses.CONFIRM, order, lines=[tolerant])
    return order


@pytest.mark.gate("D18", "deliveryDispatch", "deliveriesDispatch")
async def test_what_completes_an_order_leaves_after_what_comes_by_a_tolerance(world, ask):
    order = await _tolerant(world, ask)
    last = await deliveries.packed(world, ask, order, completesOrder=True)
    more = await deliveries.planned(world, ask, order, lines=deliveries.lines(order, "2", "0"))
    assert "DISPATCH" not in (await deliveries.read(ask, last))["availableActions"]
    policy = [("DELIVERY_POLICY", "deliveryId")]
    one = {"deliveryId": last["id"]}
    assert await deliveries.refusals(ask, "deliveryDispatch", **one) == policy
    both = {"deliveries": [one, {"deliveryId": more["id"]}]}
    for refused in ([policy, [("WRONG_STATE", "deliveryId")]], [[], []]):
        found = (await ask(DISPATCH, input=both))["deliveriesDispatch"]["results"]
        assert [reasons(it["userErrors"], 3) for it in found] == refused
        if refused[0]:
            await _packed(ask, more)


@pytest.mark.gate(
    "D18", "deliveryPlan", "deliveriesRecord", "deliveryDispatch", "deliveriesDispatch"
)
async def test_nothing_comes_by_a_tolerance_once_what_completes_its_order_has_left(world, ask):
    order = await _tolerant(world, ask)
    last = await deliveries.packed(world, ask, order, completesOrder=True)
    one = {"deliveryId": last["id"], "dispatchedAt": "2026-03-02T08:30:00Z"}
    await deliveries.done(ask, "deliveryDispatch", **one)
    two = await deliveries.part(world, order, lines=deliveries.lines(order, "2", "0"))
    refused = [("QUANTITY_NOT_OPEN", "deliveries.0.lines.0.quantity")]
    assert await deliveries.refusals(ask, "deliveryPlan", deliveries=[two]) == refused
    before = {"plannedAt": "2026-03-02T08:00:00Z"}
    after, first = (
        two | before | {"dispatchedAt": f"2026-03-02T08:{it}:00Z"} for it in ("45", "20")
    )
    assert await recorded.refusals(ask, after, first) == [[("DELIVERY_POLICY", "")], []]
    feed = Feed(ask, world)
    await feed.results(*(feed.event("LOST", sscc=it["sscc"]) for it in last["parcels"]))
    nine, eight = (two | {"lines": deliveries.lines(order, it, "0")} for it in ("9", "8"))
    assert await deliveries.refusals(ask, "deliveryPlan", deliveries=[nine]) == refused
    await deliveries.done(ask, "deliveryPlan", deliveries=[eight])


async def test_nothing_comes_by_a_tolerance_though_what_completes_its_order_leaves_in_an_hour(
    world, ask, clock
):
    order = await _tolerant(world, ask)
    last = await deliveries.packed(world, ask, order, completesOrder=True)
    later = (clock() + timedelta(hours=1)).isoformat()
    await deliveries.done(ask, "deliveryDispatch", deliveryId=last["id"], dispatchedAt=later)
    two = await deliveries.part(world, order, lines=deliveries.lines(order, "2", "0"))
    refused = [("QUANTITY_NOT_OPEN", "deliveries.0.lines.0.quantity")]
    assert await deliveries.refusals(ask, "deliveryPlan", deliveries=[two]) == refused


@pytest.mark.gate("D18", "deliveryDispatch", "deliveriesDispatch")
async def test_what_left_before_what_completes_its_order_is_told_later(world, ask, database):
    """As it could be, of a tolerance, before it was asked under the locks whether more may come."""
    order = await _tolerant(world, ask)
    last = await deliveries.dispatched(world, ask, order)
    more = await deliveries.packed(world, ask, order, lines=deliveries.lines(order, "2", "0"))
    async with database.writing(world.merchant_id) as session:
        row = await session.get_one(Delivery, (world.merchant_id, from_global(last["id"])[1]))
        row.completes_order = True
    for minutes, refused in ((1, ["DELIVERY_POLICY"]), (-1, [])):
        when = (world.clock() + timedelta(minutes=minutes)).isoformat()
        left = {"deliveryId": more["id"], "dispatchedAt": when}
        found = await deliveries.refusals(ask, "deliveryDispatch", **left)
        assert [code for code, _ in found] == refused


async def test_what_brought_nothing_of_an_order_may_leave_after_what_completes_it(world, ask):
    fields = await orders.order_input(world, ask)
    order, other = [(await ask(orders.PLACE, input=fields))["orderPlace"]["order"] for _ in "12"]
    brought = [*deliveries.lines(order, "4", "0"), *deliveries.lines(other)]
    beside = await deliveries.released(world, ask, order, lines=brought)
    short, *_ = beside["lines"]
    line = {"deliveryLineId": short["id"], "picked": "0", "shortReason": "DAMAGED"}
    planned = [it["planned"] for it in beside["lines"][1:]]
    parcel = {"contents": deliveries.contents(beside, "0", *planned)}
    one = {"deliveryId": beside["id"]}
    await deliveries.done(ask, "deliveryPack", **one, lines=[line], parcels=[parcel])
    await deliveries.done(ask, "deliveryDispatch", **one, dispatchedAt="2026-03-02T10:00:00Z")
    last = await deliveries.packed(world, ask, order, completesOrder=True)
    left = {"deliveryId": last["id"], "dispatchedAt": "2026-03-02T09:00:00Z"}
    await deliveries.done(ask, "deliveryDispatch", **left)


OFFERED = "query ($id: ID!) { order(id: $id) { availableActions } }"


@pytest.mark.gate("D18", "ordersUpdate", "orderAddLines", "ordersImport")
async def test_nothing_is_added_to_an_order_that_what_has_left_has_completed(world, ask):
    fields = await orders.order_input(world, ask, externalReference="E-1")
    order = (await ask(orders.PLACE, input=fields))["orderPlace"]["order"]
    await deliveries.dispatched(world, ask, order, completesOrder=True)
    new = {"productSku": "NUT", "quantity": "3", "unitPrice": "7"}
    one = {"orderId": order["id"]}
    offered = (await ask(OFFERED, id=order["id"]))["order"]["availableActions"]
    assert {"UPDATE", "ADD_LINES"} & set(offered) == {"UPDATE"}
    lines = [new, new | {"unitPrice": "8"}]
    added = await ask(orders.REVISE["orderAddLines"], input=one | {"lines": lines})
    assert reasons(added["orderAddLines"]["userErrors"]) == [("WRONG_STATE", "lines.0")]
    changed = {"orders": [one | {"addLines": [new]}]}
    changed = (await ask(orders.REVISE["ordersUpdate"], input=changed))["ordersUpdate"]
    assert reasons(changed["results"][0]["userErrors"], 3) == [("WRONG_STATE", "addLines.0")]
    item = {**fields, "placedAt": order["placedAt"], "lines": [*fields["lines"], new]}
    sent = (await ask(IMPORT, input={"orders": [item]}))["ordersImport"]["results"][0]
    assert reasons(sent["userErrors"], 3) == [("WRONG_STATE", "lines.2")]


@pytest.mark.gate("D11", "deliveryDispatch", "deliveriesDispatch")
async def test_a_part_of_an_order_that_must_come_complete_by_now_does_not_leave(
    world, ask, database
):
    order = await orders.order(world, ask)
    part = await deliveries.packed(world, ask, order, lines=deliveries.lines(order, "4", "4"))
    async with database.writing(world.merchant_id) as session:
        row = await session.get_one(Order, (world.merchant_id, from_global(order["id"])[1]))
        row.delivery_policy = DeliveryPolicy.SHIP_COMPLETE
    refused = await deliveries.refusals(ask, "deliveryDispatch", deliveryId=part["id"])
    assert refused == [("DELIVERY_POLICY", "deliveryId")]


@pytest.mark.gate("D18", "deliveryReship")
async def test_no_more_is_sent_again_by_a_tolerance_once_its_order_is_completed(world, ask):
    order = await _tolerant(world, ask)
    more = await deliveries.dispatched(world, ask, order, lines=deliveries.lines(order, "14", "0"))
    await deliveries.dispatched(
        world, ask, order, lines=deliveries.lines(order, "0", "4"), completesOrder=True
    )
    feed = Feed(ask, world)
    await feed.results(*(feed.event("LOST", sscc=it["sscc"]) for it in more["parcels"]))
    call = {"deliveryId": more["id"], "window": deliveries.WINDOW}
    line = {"deliveryLineId": more["lines"][0]["id"], "quantity": "11"}
    refused = await deliveries.refusals(ask, "deliveryReship", **call, lines=[line])
    assert refused == [("QUANTITY_NOT_OPEN", "lines.0.quantity")]
    again = (await deliveries.done(ask, "deliveryReship", **call))["reshipment"]
    assert [it["planned"] for it in again["lines"]] == ["10"]


@pytest.mark.gate("O4", "deliveryDispatch", "deliveriesDispatch")
async def test_of_a_line_that_was_cancelled_in_full_before_nothing_leaves(world, ask, database):
    """As it could be, of a tolerance, before a line was cancelled no further than is planned."""
    order = await orders.order(world, ask)
    tolerant = responses.line(order, 0, "ACCEPTED", overTolerance="4")
    await responses.done(ask, responses.CONFIRM, order, lines=[tolerant])
    part = await deliveries.packed(world, ask, order, lines=deliveries.lines(order, "4", "4"))
    async with database.writing(world.merchant_id) as session:
        key = from_global(order["lines"][0]["id"])[1]
        row = await session.get_one(OrderLine, (world.merchant_id, key))
        row.cancelled = row.ordered
    assert "DISPATCH" not in (await deliveries.read(ask, part))["availableActions"]
    refused = await deliveries.refusals(ask, "deliveryDispatch", deliveryId=part["id"])
    assert refused == [("QUANTITY_NOT_OPEN", "deliveryId")]
    await deliveries.done(ask, "deliveryCancel", deliveryId=part["id"])


@pytest.mark.gate("D18", "deliveryMerge")
async def test_what_completes_an_order_is_not_put_into_what_completes_no_other(world, ask):
    fields = await orders.order_input(world, ask)
    first, second = [(await ask(orders.PLACE, input=fields))["orderPlace"]["order"] for _ in "12"]
    own = {"locationId": to_global("Location", await locations.location(world))}
    completing = await deliveries.planned(world, ask, first, completesOrder=True, **own)
    four, six = [deliveries.lines(second, *it) for it in (("4", "0"), ("6", "4"))]
    part = await deliveries.planned(world, ask, second, lines=four, **own)
    merged = {"deliveryId": part["id"], "deliveryIds": [completing["id"]]}
    refused = await deliveries.refusals(ask, "deliveryMerge", **merged)
    assert refused == [("NOT_MERGEABLE", "deliveryIds")]
    others = await deliveries.planned(world, ask, second, lines=six, **own)
    await deliveries.done(ask, "deliveryMerge", deliveryId=part["id"], deliveryIds=[others["id"]])
    await deliveries.done(ask, "deliveryMerge", **merged)


@pytest.mark.gate("D18", "deliveryMerge", "deliveryPack")
async def test_it_completes_what_it_is_put_into_and_no_more_once_it_is_packed_short(world, ask):
    _, first, last = await _two(world, ask)
    merged = await deliveries.done(
        ask, "deliveryMerge", deliveryId=first["id"], deliveryIds=[last["id"]]
    )
    whole = merged["delivery"]
    completes = "query ($id: ID!) { delivery(id: $id) { completesOrder } }"
    assert (await ask(completes, id=whole["id"]))["delivery"] == {"completesOrder": True}
    await deliveries.done(ask, "deliveryRelease", deliveryId=whole["id"])
    line = {"deliveryLineId": whole["lines"][0]["id"], "picked": "9", "shortReason": "DAMAGED"}
    parcel = {"contents": deliveries.contents(whole, "9", "4")}
    call = {"deliveryId": whole["id"], "lines": [line], "parcels": [parcel]}
    await deliveries.done(ask, "deliveryPack", **call)
    assert (await ask(completes, id=whole["id"]))["delivery"] == {"completesOrder": False}
    await deliveries.done(ask, "deliveryDispatch", deliveryId=whole["id"])


@pytest.mark.gate("D19", "deliveryPack", "deliveriesPack", sure=True)
async def test_one_serial_number_lies_in_one_parcel(world, ask):
    delivery = await deliveries.released(world, ask)
    bolt, nut = delivery["lines"]
    one = {"deliveryLineId": bolt["id"], "quantity": "1", "serialNumbers": ["S-1"]}
    bolts = {"deliveryLineId": bolt["id"], "quantity": "8"}
    nuts = {"deliveryLineId": nut["id"], "quantity": "4", "serialNumbers": [*"ABC", "S-1"]}
    parcels = [{"contents": [one, nuts]}, {"contents": [one, bolts]}]
    call = {"deliveryId": delivery["id"], "parcels": parcels}
    refused = await deliveries.refusals(ask, "deliveryPack", **call)
    assert refused == [("DUPLICATE", "parcels.1.contents.0.serialNumbers.0")]
    parcels[1]["contents"][0] = one | {"serialNumbers": ["S-2"]}
    await deliveries.done(ask, "deliveryPack", **call)


@pytest.mark.gate("O16", "orderClose")
async def test_what_is_on_the_road_still_arrives_at_a_closed_order(world, ask):
    order = await orders.order(world, ask)
    planned = await deliveries.planned(world, ask, order, lines=deliveries.lines(order, "3", "0"))
    under_way = await responses.refusals(ask, responses.CLOSE, order)
    assert under_way == [("WRONG_STATE", "orderId")]
    await _packed(ask, planned)
    await deliveries.done(ask, "deliveryDispatch", deliveryId=planned["id"])
    await responses.done(ask, responses.CLOSE, order)
    assert (await ask(STATUS, id=order["id"]))["order"] == {
        "state": "CLOSED",
        "fulfilmentStatus": "SHIPPED",
    }
    received = [{"deliveryLineId": planned["lines"][0]["id"], "received": "3"}]
    await deliveries.done(ask, "deliveryConfirmReceipt", deliveryId=planned["id"], lines=received)
    assert (await ask(STATUS, id=order["id"]))["order"]["fulfilmentStatus"] == "DELIVERED"


@pytest.mark.gate("P2", "deliveryCancel", "deliveryPack", "deliveriesPack")
async def test_what_its_carrier_has_is_dispatched_and_neither_cancelled_nor_packed_anew(world, ask):
    packed = await deliveries.packed(world, ask)
    call = {"deliveryId": packed["id"]}
    feed = Feed(ask, world)
    await feed.results(feed.event("DELIVERED", sscc=packed["parcels"][0]["sscc"]))
    refused = [("WRONG_STATE", "deliveryId")]
    assert await deliveries.refusals(ask, "deliveryCancel", **call) == refused
    parcels = [{"contents": deliveries.contents(packed)}]
    assert await deliveries.refusals(ask, "deliveryPack", **call, parcels=parcels) == refused
    offered = (await deliveries.read(ask, packed))["availableActions"]
    assert {"CANCEL", "PACK", "DISPATCH"} & set(offered) == {"DISPATCH"}
    sent = (await deliveries.done(ask, "deliveryDispatch", **call))["delivery"]
    assert (sent["state"], sent["lines"][0]["delivered"]) == ("DELIVERED", "10")
