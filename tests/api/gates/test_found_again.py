"""What arrives after all counts again, also where its order was closed meanwhile."""

import pytest

from kit.ids import from_global, to_global
from models.fulfilment.deliveries.tables import DeliveryLine
from models.trade.contracts.tables import ContractLine, Shortfall
from models.trade.orders.lines import OrderLine
from models.trade.orders.tables import Order
from tests.make import do
from tests.make.feed import Feed, row, rows
from tests.make.fulfilment import deliveries
from tests.make.fulfilment.tracking import sent
from tests.make.trade import contracts, orders


@pytest.fixture
def feed(ask, world):
    return Feed(ask, world)


async def _settled(world, ask, **fields):
    """Return a contract that was settled while all it had to call off was on the road.

    Also the delivery that brings it, of an order that was closed.
    """
    (bolt,) = await orders.products(ask, "BOLT")
    lines = [contracts.line(bolt, targetQuantity="20", minQuantity="20", unitPrice="10")]
    made = await contracts.contract(world, ask, lines=lines, **fields)
    call_off = await contracts.call_off(world, ask, made, "20")
    delivery = await deliveries.dispatched(world, ask, call_off, parcel={"generateSscc": True})
    await do(ask, "orderClose", orderId=call_off["id"])
    await do(ask, "contractTerminate", contractId=made["id"])
    return made, delivery


async def _counts(world, made):
    agreed = await row(world, ContractLine, from_global(made["lines"][0]["id"])[1])
    return int(agreed.called_off), int(agreed.shipped), int(agreed.delivered)


@pytest.mark.gate("D21", "parcelRecordTracking")
@pytest.mark.gate("K12", "parcelRecordTracking")
@pytest.mark.parametrize("status", ["LOST", "RETURNED_TO_SENDER"])
async def test_what_a_settled_contract_missed_is_not_missing_when_it_arrives(
    feed, world, ask, status
):
    made, delivery = await _settled(world, ask, endOfLife="INVOICE_SHORTFALL")
    await do(ask, "contractSettle", contractId=made["id"])
    sscc = delivery["parcels"][0]["sscc"]
    await feed.results(feed.event(status, sscc=sscc))
    (short,) = await rows(world, Shortfall)
    assert (short.quantity, short.amount) == (20, 200)
    assert await _counts(world, made) == (0, 0, 0)
    await feed.results(feed.event("DELIVERED", 1, sscc=sscc, isCorrection=True))
    assert await rows(world, Shortfall) == []
    assert await _counts(world, made) == (20, 20, 20)
    (line,) = await rows(world, OrderLine)
    assert (line.cancelled, line.delivered, line.lost, line.refused) == (0, 20, 0, 0)
    (order,) = await rows(world, Order)
    assert order.state == "CLOSED"
    (part,) = await rows(world, DeliveryLine)
    assert (part.delivered, part.owed_again) == (20, 0)


@pytest.mark.gate("D21", "deliveryConfirmReceipt")
async def test_a_refusal_that_was_a_mistake_is_taken_back_in_a_closed_order(world, ask):
    shipment = await sent(world, parcels=2)
    await do(ask, "orderClose", orderId=to_global("Order", shipment.order_id))
    (part,) = await rows(world, DeliveryLine)
    line = {"deliveryLineId": to_global("DeliveryLine", part.id), "received": "6"}
    fields = {"deliveryId": to_global("Delivery", shipment.delivery_id)}
    refused = line | {"difference": "REFUSED"}
    for lines, counts in (([refused], (4, 6, 6)), ([line | {"received": "10"}], (0, 10, 10))):
        await deliveries.done(ask, "deliveryConfirmReceipt", **fields, lines=lines)
        of = await row(world, OrderLine, shipment.order_line_id)
        assert (of.cancelled, of.shipped, of.delivered) == counts


async def test_charges_and_taxes_are_owed_again_for_what_arrives_after_all(feed, world, ask):
    amounts = {
        "charges": [{"kind": "SHIPPING", "amount": "4.9"}],
        "taxes": [{"category": "STANDARD", "rate": "19", "amount": "1.9"}],
    }
    order = await orders.order(world, ask, **amounts)
    delivery = await deliveries.dispatched(world, ask, order, parcel={"generateSscc": True})
    await do(ask, "orderClose", orderId=order["id"])
    sscc = delivery["parcels"][0]["sscc"]
    found = []
    for number, status in enumerate(("LOST", "DELIVERED")):
        await feed.results(feed.event(status, number, sscc=sscc, isCorrection=bool(number)))
        (now,) = await rows(world, Order)
        found.append((float(now.charged), float(now.taxed)))
    assert found == [(0, 0), (4.9, 1.9)]


@pytest.mark.gate("D21", "parcelRecordTracking")
async def test_what_went_over_to_another_contract_does_not_count_again(feed, world, ask):
    made, delivery = await _settled(world, ask, endOfLife="CARRY_OVER")
    fields = {"partyId": made["party"]["id"]}
    successor = await contracts.contract(world, ask, **fields)
    await do(ask, "contractSettle", contractId=made["id"], successorId=successor["id"])
    sscc = delivery["parcels"][0]["sscc"]
    await feed.results(feed.event("LOST", sscc=sscc))
    await feed.results(feed.event("DELIVERED", 1, sscc=sscc, isCorrection=True))
    assert await _counts(world, made) == (0, 20, 20)
    (part,) = await rows(world, DeliveryLine)
    assert (part.delivered, part.owed_again) == (20, 20)
    agreed = await row(world, ContractLine, from_global(successor["lines"][0]["id"])[1])
    assert agreed.target_quantity == 1020


async def test_what_is_lost_later_is_missing_where_no_successor_takes_it_any_more(feed, world, ask):
    made, delivery = await _settled(world, ask, endOfLife="CARRY_OVER")
    successor = await contracts.contract(world, ask, partyId=made["party"]["id"])
    fields = {"contractId": made["id"], "successorId": successor["id"]}
    await do(ask, "contractSettle", **fields)
    await do(ask, "contractSuspend", contractId=successor["id"])
    (result,) = await feed.results(feed.event("LOST", sscc=delivery["parcels"][0]["sscc"]))
    assert result["status"] == "CREATED"
    (short,) = await rows(world, Shortfall)
    assert (short.quantity, short.amount) == (20, None)


async def test_what_was_called_off_instead_took_the_place_of_what_is_found(feed, world, ask):
    (bolt,) = await orders.products(ask, "BOLT")
    made = await contracts.contract(world, ask, lines=[contracts.line(bolt, targetQuantity="20")])
    call_off = await contracts.call_off(world, ask, made, "20")
    delivery = await deliveries.dispatched(world, ask, call_off, parcel={"generateSscc": True})
    await do(ask, "orderClose", orderId=call_off["id"])
    sscc = delivery["parcels"][0]["sscc"]
    await feed.results(feed.event("LOST", sscc=sscc))
    await contracts.call_off(world, ask, made, "15")
    await feed.results(feed.event("DELIVERED", 1, sscc=sscc, isCorrection=True))
    assert await _counts(world, made) == (20, 20, 20)
    line = await row(world, OrderLine, from_global(call_off["lines"][0]["id"])[1])
    assert (line.cancelled, line.delivered, line.lost) == (15, 20, 0)


_ENDS = {
    "orderCancelLines": lambda line: {"lines": [{"lineId": line["id"], "quantity": "5"}]},
    "orderConfirm": lambda line: {
        "lines": [{"lineId": line["id"], "response": "REJECTED", "reason": "No more."}]
    },
    "orderClose": lambda _line: {},
}
_READ = """query ($id: ID!) { order(id: $id) {
  state fulfilmentStatus net { amount } lines { cancelled delivered lost refused } } }"""


@pytest.mark.gate("D21", "parcelRecordTracking", "deliveryConfirmReceipt")
@pytest.mark.parametrize(
    ("verb", "status"),
    [
        ("orderCancelLines", "LOST"),
        ("orderConfirm", "LOST"),
        ("orderClose", "LOST"),
        ("orderCancelLines", "RETURNED_TO_SENDER"),
    ],
)
async def test_what_had_left_and_is_cancelled_costs_again_when_it_arrives(
    feed, world, ask, verb, status
):
    (bolt,) = await orders.products(ask, "BOLT")
    order = await orders.order(world, ask, lines=[orders.line(bolt, "5", unitPrice="2")])
    sent_out = await deliveries.dispatched(world, ask, order, parcel={"generateSscc": True})
    net = (await ask(_READ, id=order["id"]))["order"]["net"]
    sscc = sent_out["parcels"][0]["sscc"]
    await feed.results(feed.event(status, sscc=sscc))
    await do(ask, verb, orderId=order["id"], **_ENDS[verb](order["lines"][0]))
    over = (await ask(_READ, id=order["id"]))["order"]
    assert (over["state"], over["net"]["amount"]) == ("CLOSED", "0")
    if status == "LOST":
        await feed.results(feed.event("DELIVERED", 1, sscc=sscc, isCorrection=True))
    else:
        came = [{"deliveryLineId": sent_out["lines"][0]["id"], "received": "5"}]
        await do(ask, "deliveryConfirmReceipt", deliveryId=sent_out["id"], lines=came)
    after = (await ask(_READ, id=order["id"]))["order"]
    assert (after["state"], after["fulfilmentStatus"]) == ("CLOSED", "DELIVERED")
    assert after["net"] == net
    assert after["lines"] == [{"cancelled": "0", "delivered": "5", "lost": "0", "refused": "0"}]
