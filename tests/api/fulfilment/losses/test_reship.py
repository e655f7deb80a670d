"""What is lost or comes back is owed again, and sent again."""

from asyncio import gather
from decimal import Decimal
from typing import Any

import pytest

from kit.ids import to_global
from models.fulfilment.deliveries.tables import Delivery, DeliveryLine
from models.trade.contracts.tables import ContractLine
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order
from tests.guard import counted
from tests.make import Ask, World
from tests.make.feed import Feed, kinds, row, rows
from tests.make.fulfilment import deliveries
from tests.make.fulfilment.tracking import EACH, Sent, sent
from tests.make.scene import PLACE
from tests.make.trade import contracts, orders

WINDOW = {
    "earliest": "2026-03-16T08:00:00+00:00",
    "latest": "2026-03-16T12:00:00+00:00",
    "timeZone": "Europe/Berlin",
}
RESHIP = """
mutation ($input: DeliveryReshipInput!) {
  deliveryReship(input: $input) {
    delivery { id state reshippedBy { id } availableActions }
    reshipment {
      id state window { earliest } recipient { name } shipTo { city } location { id } method
      reships { id } lines { id planned orderLine { id } }
    }
    userErrors { code field }
  }
}
"""
SCHEDULE = """
query ($id: ID!) { contract(id: $id) {
  lines {
    calledOff shipped delivered inTransit cumulativeIssued
    releases(first: 1, sort: ACTIVE_FIRST) { nodes { scheduleLines { openQuantity status } } }
  }
} }
"""
ORDER = """
query ($id: ID!) { order(id: $id) {
  state isOpen fulfilmentStatus
  lines { ordered cancelled planned picked packed shipped delivered lost refused openQuantity
          unplanned }
} }
"""
CANCEL = """
mutation ($input: OrderCancelLinesInput!) {
  orderCancelLines(input: $input) { userErrors { code field } }
}
"""


@pytest.fixture
def feed(ask: Ask, world: World) -> Feed:
    return Feed(ask, world)


def of(shipment: Sent) -> str:
    return to_global("Delivery", shipment.delivery_id)


async def reship(ask: Ask, delivery_id: str, **fields: Any) -> dict[str, Any]:
    values = {"deliveryId": delivery_id, "window": WINDOW, "recipient": deliveries.RECIPIENT}
    values |= fields
    return (await ask(RESHIP, input=values))["deliveryReship"]


async def reshipped(ask: Ask, delivery_id: str, **fields: Any) -> dict[str, Any]:
    answer = await reship(ask, delivery_id, **fields)
    assert answer["userErrors"] == []
    return answer


async def order_line(ask: Ask, shipment: Sent) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the order, and its line without what is zero."""
    order = (await ask(ORDER, id=to_global("Order", shipment.order_id)))["order"]
    (line,) = order.pop("lines")
    return order, {name: int(it) for name, it in line.items() if it != "0"}


async def go(ask: Ask, delivery: dict[str, Any]) -> None:
    """Bring a planned delivery out of the house, in one parcel."""
    named = {"deliveryId": delivery["id"]}
    await deliveries.done(ask, "deliveryRelease", **named)
    parcels = [{"generateSscc": True, "contents": deliveries.contents(delivery)}]
    await deliveries.done(ask, "deliveryPack", **named, parcels=parcels)
    await deliveries.done(ask, "deliveryDispatch", **named)


@pytest.mark.parametrize("status", ["LOST", "RETURNED_TO_SENDER"])
@pytest.mark.gate("D21", "parcelRecordTracking")
async def test_what_does_not_arrive_is_owed_again(feed, world, ask, status):
    shipment = await sent(world, is_call_off=True)
    await feed.results(feed.event(status, sscc=shipment.ssccs[0]))
    counter = "lost" if status == "LOST" else "refused"
    order, line = await order_line(ask, shipment)
    assert line == {"ordered": 5, counter: 5, "openQuantity": 5, "unplanned": 5}
    assert order == {"state": "CONFIRMED", "isOpen": True, "fulfilmentStatus": "UNFULFILLED"}
    part = (await rows(world, DeliveryLine))[0]
    assert (part.shipped, part.owed_again) == (EACH, EACH)
    agreed = await row(world, ContractLine, shipment.contract_line_id)
    assert (agreed.called_off, agreed.shipped, agreed.delivered) == (EACH, 0, 0)


@pytest.mark.gate("K14", "parcelRecordTracking", "deliveryDispatch")
async def test_the_customers_schedule_opens_again(feed, world, ask):
    contract = await contracts.contract(world, ask)
    line_id = contract["lines"][0]["id"]
    await contracts.release(ask, line_id, 1, contracts.schedule("2026-03-10", "50"))
    call_off = await contracts.call_off(world, ask, contract, "20")
    sscc = {"generateSscc": True}
    delivery = await deliveries.dispatched(world, ask, call_off, parcel=sscc)

    async def schedule() -> tuple[str, str, str]:
        (line,) = (await ask(SCHEDULE, id=contract["id"]))["contract"]["lines"]
        (release,) = line["releases"]["nodes"]
        opens = release["scheduleLines"][0]["openQuantity"]
        return line["cumulativeIssued"], line["inTransit"], opens

    assert await schedule() == ("20", "20", "30")
    await feed.results(feed.event("LOST", sscc=delivery["parcels"][0]["sscc"]))
    assert await schedule() == ("0", "0", "50")
    new = (await reshipped(ask, delivery["id"]))["reshipment"]
    assert await schedule() == ("0", "0", "50")
    await go(ask, new)
    assert await schedule() == ("20", "20", "30")


async def test_a_reshipment_is_as_the_old_delivery_and_linked_to_it(feed, world, ask):
    old = await deliveries.dispatched(world, ask)
    await feed.results(feed.event("LOST", sscc=old["parcels"][0]["sscc"]))
    offered = (await deliveries.read(ask, old))["availableActions"]
    assert "RESHIP" in offered
    answer = await reshipped(
        ask, old["id"], expectedVersion=(await deliveries.read(ask, old))["version"]
    )
    new = answer["reshipment"]
    assert new["state"] == "PLANNED"
    assert [new[it] for it in ("recipient", "shipTo", "location", "method")] == [
        old[it] for it in ("recipient", "shipTo", "location", "method")
    ]
    assert new["reships"] == {"id": old["id"]}
    assert [it["planned"] for it in new["lines"]] == [it["planned"] for it in old["lines"]]
    assert answer["delivery"] == {
        "id": old["id"],
        "state": "RESHIPPED",
        "reshippedBy": [{"id": new["id"]}],
        "availableActions": ["CONFIRM_RECEIPT"],
    }
    assert (await kinds(world, "delivery."))[-2:] == ["delivery.planned", "delivery.reshipped"]


@pytest.mark.gate("D22", "deliveryReship")
async def test_a_reshipment_may_go_elsewhere_and_bring_less(feed, world, ask):
    shipment = await sent(world, parcels=2)
    await feed.results(*(feed.event("RETURNED_TO_SENDER", sscc=it) for it in shipment.ssccs))
    (part,) = await rows(world, DeliveryLine)
    place = {"line1": "Hafenstr. 2", "postalCode": "20457", "city": "Hamburg", "country": "DE"}
    line = {"deliveryLineId": to_global("DeliveryLine", part.id), "quantity": "4"}
    fields = {"shipTo": place, "recipient": {"name": "Jan Kowalski"}, "method": "FREIGHT"}
    first = await reshipped(ask, of(shipment), lines=[line], **fields)
    assert first["delivery"]["state"] == "RETURNED_TO_SENDER"
    assert "RESHIP" in first["delivery"]["availableActions"]
    new = first["reshipment"]
    assert (new["shipTo"]["city"], new["recipient"]["name"], new["method"]) == (
        "Hamburg",
        "Jan Kowalski",
        "FREIGHT",
    )
    too_much = await reship(ask, of(shipment), lines=[line | {"quantity": "7"}])
    assert too_much["userErrors"] == [
        {"code": "QUANTITY_NOT_OPEN", "field": ["input", "lines", "0", "quantity"]}
    ]
    again = await reshipped(ask, of(shipment))
    assert [it["planned"] for it in again["reshipment"]["lines"]] == ["6"]
    assert again["delivery"]["state"] == "RESHIPPED"


async def test_one_parcel_of_three_is_lost_and_sent_again(feed, world, ask):
    shipment = await sent(world, parcels=3, is_call_off=True)
    lost, *others = shipment.ssccs
    await feed.results(feed.event("LOST", sscc=lost))
    _, line = await order_line(ask, shipment)
    assert (line["shipped"], line["lost"], line["unplanned"]) == (10, 5, 5)
    answer = await reshipped(ask, of(shipment), shipTo=PLACE)
    assert answer["delivery"]["state"] == "DISPATCHED"
    again = await reship(ask, of(shipment))
    assert again["userErrors"] == [{"code": "QUANTITY_NOT_OPEN", "field": ["input", "deliveryId"]}]
    await feed.results(*(feed.event("DELIVERED", 1, sscc=it) for it in others))
    assert (await row(world, Delivery, shipment.delivery_id)).state == "PARTIALLY_DELIVERED"
    await go(ask, answer["reshipment"])
    _, line = await order_line(ask, shipment)
    assert (line["shipped"], line["delivered"], line["lost"]) == (15, 10, 5)
    agreed = await row(world, ContractLine, shipment.contract_line_id)
    assert (agreed.shipped, agreed.delivered) == (15, 10)


async def test_what_is_found_again_before_it_is_sent_again_counts_again(feed, world, ask):
    shipment = await sent(world, is_call_off=True)
    (sscc,) = shipment.ssccs
    await feed.results(feed.event("LOST", sscc=sscc))
    await feed.results(feed.event("DELIVERED", 1, sscc=sscc, isCorrection=True))
    order, line = await order_line(ask, shipment)
    assert line == dict.fromkeys(
        ("ordered", "planned", "picked", "packed", "shipped", "delivered"), 5
    )
    assert (order["isOpen"], order["fulfilmentStatus"]) == (False, "DELIVERED")
    agreed = await row(world, ContractLine, shipment.contract_line_id)
    assert (agreed.shipped, agreed.delivered) == (EACH, EACH)
    assert (await rows(world, DeliveryLine))[0].owed_again == 0


@pytest.mark.gate("D21", "deliveryReship", "deliveryCancel")
async def test_what_arrives_beside_its_replacement_is_delivered_and_shipped_once(feed, world, ask):
    shipment = await sent(world, is_call_off=True)
    (sscc,) = shipment.ssccs
    await feed.results(feed.event("LOST", sscc=sscc))
    new = (await reshipped(ask, of(shipment)))["reshipment"]
    await feed.results(feed.event("DELIVERED", 1, sscc=sscc, isCorrection=True))
    old = await row(world, Delivery, shipment.delivery_id)
    assert (old.state, old.delivered_at) == ("RESHIPPED", None)
    part = next(it for it in await rows(world, DeliveryLine) if it.delivery_id == old.id)
    assert (part.delivered, part.lost, part.owed_again) == (EACH, 0, EACH)
    order, line = await order_line(ask, shipment)
    assert line == {"ordered": 5, "planned": 5, "openQuantity": 5, "delivered": 5}
    assert order["fulfilmentStatus"] == "DELIVERED"
    # The replacement need not leave: then what is there counts.
    await deliveries.done(ask, "deliveryCancel", deliveryId=new["id"])
    order, line = await order_line(ask, shipment)
    assert (line["planned"], line["delivered"]) == (5, 5)
    assert order == {"state": "CONFIRMED", "isOpen": False, "fulfilmentStatus": "DELIVERED"}
    agreed = await row(world, ContractLine, shipment.contract_line_id)
    assert (agreed.shipped, agreed.delivered) == (EACH, EACH)


async def test_what_arrived_beside_its_replacement_counts_when_that_is_lost_too(feed, world, ask):
    shipment = await sent(world)
    (sscc,) = shipment.ssccs
    await feed.results(feed.event("LOST", sscc=sscc))
    new = (await reshipped(ask, of(shipment), shipTo=PLACE))["reshipment"]
    await go(ask, new)
    await feed.results(feed.event("DELIVERED", 1, sscc=sscc, isCorrection=True))
    its = (await deliveries.read(ask, new))["parcels"][0]["sscc"]
    for number, (status, counts) in enumerate(
        {"DELIVERED": (10, 0, 5), "LOST": (5, 5, 5)}.items(), start=2
    ):
        await feed.results(feed.event(status, number, sscc=its, isCorrection=True))
        order, line = await order_line(ask, shipment)
        assert (line["delivered"], line.get("lost", 0), line["planned"]) == counts
        assert order["fulfilmentStatus"] == "DELIVERED"


async def test_what_is_planned_otherwise_takes_its_place_too(feed, world, ask):
    shipment = await sent(world)
    await feed.results(feed.event("LOST", sscc=shipment.ssccs[0]))
    order = (
        await ask(
            "query ($id: ID!) { order(id: $id) { lines { id unplanned } } }",
            id=to_global("Order", shipment.order_id),
        )
    )["order"]
    await deliveries.planned(world, ask, order)
    assert "RESHIP" not in (await deliveries.read(ask, {"id": of(shipment)}))["availableActions"]
    answer = await reship(ask, of(shipment))
    assert [it["code"] for it in answer["userErrors"]] == ["QUANTITY_NOT_OPEN"]


async def test_what_is_owed_again_can_be_cancelled_instead(feed, world, ask):
    shipment = await sent(world, is_call_off=True)
    await feed.results(feed.event("LOST", sscc=shipment.ssccs[0]))
    line = {"lineId": to_global("OrderLine", shipment.order_line_id), "quantity": "5"}
    values = {"orderId": to_global("Order", shipment.order_id), "lines": [line]}
    assert (await ask(CANCEL, input=values))["orderCancelLines"]["userErrors"] == []
    agreed = await row(world, ContractLine, shipment.contract_line_id)
    assert (agreed.called_off, agreed.shipped) == (0, 0)
    answer = await reship(ask, of(shipment))
    assert [it["code"] for it in answer["userErrors"]] == ["QUANTITY_NOT_OPEN"]


async def test_what_a_closed_order_loses_is_cancelled_and_given_back(feed, world, ask):
    shipment = await sent(world, is_call_off=True)
    close = "mutation ($i: OrderCloseInput!) { orderClose(input: $i) { userErrors { code } } }"
    values = {"orderId": to_global("Order", shipment.order_id)}
    assert (await ask(close, i=values))["orderClose"]["userErrors"] == []
    version = (await row(world, Order, shipment.order_id)).version
    await feed.results(feed.event("LOST", sscc=shipment.ssccs[0]))
    line = await row(world, OrderLine, shipment.order_line_id)
    assert (line.cancelled, line.shipped, line.lost) == (EACH, 0, EACH)
    agreed = await row(world, ContractLine, shipment.contract_line_id)
    assert (agreed.called_off, agreed.shipped) == (0, 0)
    order = await row(world, Order, shipment.order_id)
    assert (order.state, order.version) == ("CLOSED", version + 1)
    assert "order.lines_cancelled" in await kinds(world, "order.")


@pytest.mark.gate("D21", "deliveryConfirmReceipt")
async def test_a_receipt_that_refuses_some_gives_it_back_too(world, ask):
    shipment = await sent(world, parcels=2, is_call_off=True)
    (part,) = await rows(world, DeliveryLine)
    line = {"deliveryLineId": to_global("DeliveryLine", part.id), "received": "6"}
    fields = {"deliveryId": of(shipment), "lines": [line | {"difference": "REFUSED"}]}
    await deliveries.done(ask, "deliveryConfirmReceipt", **fields)
    _, line = await order_line(ask, shipment)
    assert (line["shipped"], line["delivered"], line["refused"], line["unplanned"]) == (6, 6, 4, 4)
    agreed = await row(world, ContractLine, shipment.contract_line_id)
    assert (agreed.shipped, agreed.delivered, agreed.received) == (6, 6, 6)
    assert [
        it["planned"] for it in (await reshipped(ask, of(shipment)))["reshipment"]["lines"]
    ] == ["4"]


@pytest.mark.gate("D22", "deliveryReship")
async def test_of_two_reshipments_at_once_one_is_made(feed, world, ask):
    shipment = await sent(world)
    await feed.results(feed.event("LOST", sscc=shipment.ssccs[0]))
    answers = await gather(*(reship(ask, of(shipment)) for _ in range(5)))
    codes = sorted(it["code"] for answer in answers for it in answer["userErrors"])
    assert codes == ["WRONG_STATE"] * 4
    assert len(await rows(world, Delivery)) == 2
    line = await row(world, OrderLine, shipment.order_line_id)
    assert line.planned == EACH


async def test_a_reshipment_and_the_arrival_after_all_at_once_agree(feed, world, ask):
    shipment = await sent(world, is_call_off=True)
    (sscc,) = shipment.ssccs
    await feed.results(feed.event("LOST", sscc=sscc))
    found = feed.event("DELIVERED", 1, sscc=sscc, isCorrection=True)
    answer, _ = await gather(reship(ask, of(shipment)), feed.results(found))
    line = await row(world, OrderLine, shipment.order_line_id)
    counted_as = (line.planned, line.shipped, line.delivered)
    if answer["userErrors"]:
        assert counted_as == (EACH, EACH, EACH)
    else:
        assert counted_as == (EACH, 0, EACH)


@pytest.mark.parametrize("state", ["DISPATCHED", "DELIVERED"])
async def test_nothing_is_sent_again_of_which_nothing_is_missing(feed, world, ask, state):
    shipment = await sent(world)
    if state == "DELIVERED":
        await feed.results(feed.event(state, sscc=shipment.ssccs[0]))
    assert "RESHIP" not in (await deliveries.read(ask, {"id": of(shipment)}))["availableActions"]
    answer = await reship(ask, of(shipment))
    code = "QUANTITY_NOT_OPEN" if state == "DISPATCHED" else "WRONG_STATE"
    assert [it["code"] for it in answer["userErrors"]] == [code]


async def test_what_a_plan_refuses_points_at_what_was_sent(feed, world, ask):
    old = await deliveries.dispatched(world, ask)
    await feed.results(feed.event("LOST", sscc=old["parcels"][0]["sscc"]))
    answer = await reship(ask, old["id"], method="LOCKER")
    assert answer["userErrors"] == [{"code": "METHOD_NOT_ALLOWED", "field": ["input", "method"]}]


async def test_a_complete_order_is_sent_again_whole(feed, world, ask):
    lines = [orders.line(it, "5") for it in await orders.products(ask, "BOLT", "NUT")]
    order = await orders.order(world, ask, lines=lines, deliveryPolicy="SHIP_COMPLETE")
    old = await deliveries.dispatched(world, ask, order)
    await feed.results(feed.event("LOST", sscc=old["parcels"][0]["sscc"]))
    some = [{"deliveryLineId": old["lines"][0]["id"], "quantity": "5"}]
    part = (await reshipped(ask, old["id"], lines=some))["reshipment"]
    refused = await deliveries.refusals(ask, "deliveryRelease", deliveryId=part["id"])
    assert refused == [("DELIVERY_POLICY", "deliveryId")]
    await deliveries.done(ask, "deliveryCancel", deliveryId=part["id"])
    await go(ask, (await reshipped(ask, old["id"]))["reshipment"])


async def test_statements_do_not_grow_with_what_is_lost_and_replaced(feed, world, ask, database):
    counts = []
    for count in (1, 6):
        shipments = [await sent(world, is_call_off=True) for _ in range(count)]
        with counted(database.engine) as statements:
            await feed.results(*(feed.event("LOST", sscc=it.ssccs[0]) for it in shipments))
        counts.append(len(statements))
        for each in shipments:
            await reshipped(ask, of(each))
        again = [
            feed.event("DELIVERED", 1, sscc=it.ssccs[0], isCorrection=True) for it in shipments
        ]
        with counted(database.engine) as statements:
            await feed.results(*again)
        counts.append(len(statements))
    assert counts[:2] == counts[2:]
    lines = await rows(world, OrderLine)
    assert {(it.shipped, it.delivered) for it in lines} == {(Decimal(0), EACH)}
