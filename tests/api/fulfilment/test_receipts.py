"""The client's own receipts over GraphQL."""

import pytest
from sqlalchemy import select

from kit.ids import from_global, new_id, to_global
from models.access.viewers import Actor
from models.fulfilment.deliveries.tables import DeliveryLine
from models.trade.contracts.tables import ContractLine
from models.trade.orders.lines import OrderLine
from tests.make.feed import row, rows
from tests.make.fulfilment import deliveries
from tests.make.fulfilment.tracking import sent
from tests.make.trade import orders


async def _dispatched(world, ask):
    (bolt,) = await orders.products(ask, "BOLT")
    order = await orders.order(world, ask, lines=[orders.line(bolt, "10")])
    return order, await deliveries.dispatched(world, ask, order)


async def _confirm(ask, delivery, *lines, **fields):
    return await deliveries.done(
        ask, "deliveryConfirmReceipt", deliveryId=delivery["id"], lines=list(lines), **fields
    )


def _line(delivery, received, difference=None, **fields):
    found = {"difference": difference} if difference else {}
    line_id = delivery["lines"][0]["id"]
    return {"deliveryLineId": line_id, "received": received, **found, **fields}


async def test_a_buyer_confirms_that_all_came(world, ask):
    order, delivery = await _dispatched(world, ask)
    buyer = ask.by(await world.key(Actor.BUYER, from_global(order["party"]["id"])[1]))
    assert (await deliveries.read(buyer, delivery))["availableActions"] == ["CONFIRM_RECEIPT"]
    payload = await _confirm(buyer, delivery, reference="WE-1", receivedBy="Anna")
    confirmed = payload["delivery"]
    assert confirmed["state"] == "DELIVERED"
    assert confirmed["deliveredAt"] == "2026-03-02T09:00:00+00:00"
    assert confirmed["receipts"] == [
        {
            "sequence": 1,
            "reference": "WE-1",
            "lines": [{"shipped": "10", "received": "10", "difference": None, "note": None}],
        }
    ]
    line = confirmed["lines"][0]
    assert (line["delivered"], line["orderLine"]["delivered"]) == ("10", "10")


@pytest.mark.parametrize(
    ("difference", "received", "arrived"),
    [
        ("SHORT", "8", ("8", "0", "PARTIALLY_DELIVERED")),
        ("REFUSED", "8", ("8", "2", "PARTIALLY_DELIVERED")),
        ("REFUSED", "0", ("0", "10", "FAILED")),
        ("DAMAGED", "8", ("10", "0", "DELIVERED")),
        ("WRONG_ITEM", "8", ("10", "0", "DELIVERED")),
        ("OVER", "12", ("10", "0", "DELIVERED")),
    ],
)
async def test_a_difference_tells_what_arrived(world, ask, difference, received, arrived):
    _, delivery = await _dispatched(world, ask)
    confirmed = (await _confirm(ask, delivery, _line(delivery, received, difference)))["delivery"]
    line = confirmed["lines"][0]
    assert (line["delivered"], line["refused"], confirmed["state"]) == arrived
    assert (line["orderLine"]["delivered"], line["orderLine"]["refused"]) == arrived[:2]
    (found,) = confirmed["receipts"][0]["lines"]
    assert (found["shipped"], found["received"], found["difference"]) == (
        "10",
        received,
        difference,
    )


@pytest.mark.gate("O2", "deliveryConfirmReceipt")
async def test_a_later_receipt_corrects_an_earlier_one(world, ask):
    _, delivery = await _dispatched(world, ask)
    await _confirm(ask, delivery, _line(delivery, "8", "SHORT", note="Two missing"))
    unchanged = (await _confirm(ask, delivery))["delivery"]
    assert unchanged["receipts"][1]["lines"][0]["note"] == "Two missing"
    assert unchanged["lines"][0]["delivered"] == "8"
    corrected = (await _confirm(ask, delivery, _line(delivery, "10")))["delivery"]
    assert [it["sequence"] for it in corrected["receipts"]] == [1, 2, 3]
    assert (corrected["state"], corrected["lines"][0]["delivered"]) == ("DELIVERED", "10")
    back = (await _confirm(ask, delivery, _line(delivery, "9", "SHORT")))["delivery"]
    assert (back["state"], back["deliveredAt"]) == ("PARTIALLY_DELIVERED", None)
    assert back["lines"][0]["orderLine"]["delivered"] == "9"


@pytest.mark.parametrize(
    ("received", "difference", "refusal"),
    [
        ("8", None, ("INVALID", "lines.0.difference")),
        ("10", "SHORT", ("INVALID", "lines.0.difference")),
        ("8", "OVER", ("INVALID", "lines.0.difference")),
        ("12", "SHORT", ("INVALID", "lines.0.difference")),
        ("-1", "SHORT", ("NOT_POSITIVE", "lines.0.received")),
        ("8.5", "SHORT", ("SCALE_EXCEEDED", "lines.0.received")),
    ],
)
async def test_a_wrong_receipt_is_refused(world, ask, received, difference, refusal):
    _, delivery = await _dispatched(world, ask)
    refused = await deliveries.refusals(
        ask,
        "deliveryConfirmReceipt",
        deliveryId=delivery["id"],
        lines=[_line(delivery, received, difference)],
    )
    assert refused == [refusal]
    assert await deliveries.read(ask, delivery) == delivery


async def test_lines_of_others_and_lines_named_twice_are_refused(world, ask):
    _, delivery = await _dispatched(world, ask)
    call = {"deliveryId": delivery["id"]}
    unknown = {"deliveryLineId": to_global("DeliveryLine", new_id()), "received": "1"}
    refused = await deliveries.refusals(ask, "deliveryConfirmReceipt", **call, lines=[unknown])
    assert refused == [("NOT_FOUND", "lines.0.deliveryLineId")]
    twice = [_line(delivery, "10")] * 2
    refused = await deliveries.refusals(ask, "deliveryConfirmReceipt", **call, lines=twice)
    assert refused == [("DUPLICATE", "lines.1.deliveryLineId")]


async def test_nothing_is_received_before_it_left_or_in_the_future(world, ask):
    packed = await deliveries.packed(world, ask)
    call = {"deliveryId": packed["id"]}
    lines = [{"deliveryLineId": packed["lines"][0]["id"], "received": "1"}]
    refused = await deliveries.refusals(ask, "deliveryConfirmReceipt", **call, lines=lines)
    assert refused == [("WRONG_STATE", "deliveryId")]
    await deliveries.done(ask, "deliveryDispatch", **call)
    refused = await deliveries.refusals(
        ask, "deliveryConfirmReceipt", **call, receivedAt="2026-03-03T10:30:01Z"
    )
    assert refused == [("INVALID_DATE", "receivedAt")]
    refused = await deliveries.refusals(
        ask, "deliveryConfirmReceipt", **call, receivedAt="2026-03-01T08:59:59Z"
    )
    assert refused == [("INVALID_DATE", "receivedAt")]


async def test_another_companys_buyer_finds_nothing(world, ask):
    _, delivery = await _dispatched(world, ask)
    other, _ = await _dispatched(world, ask)
    stranger = ask.by(await world.key(Actor.BUYER, from_global(other["party"]["id"])[1]))
    refused = await deliveries.refusals(
        stranger, "deliveryConfirmReceipt", deliveryId=delivery["id"]
    )
    assert refused == [("NOT_FOUND", "deliveryId")]


async def test_a_call_offs_receipt_moves_its_contract_by_the_difference(world, ask, database):
    made = await sent(world, is_call_off=True)
    delivery = await deliveries.read(ask, {"id": to_global("Delivery", made.delivery_id)})
    await _confirm(ask, delivery, _line(delivery, "3", "SHORT"), reference="WE-1")
    await _confirm(ask, delivery, _line(delivery, "5"), reference="WE-2")
    async with database.writing(world.merchant_id) as session:
        rows = select(ContractLine).where(
            ContractLine.merchant_id == world.merchant_id, ContractLine.id == made.contract_line_id
        )
        line = (await session.scalars(rows)).one()
    assert (line.received, line.delivered, line.received_reference) == (5, 5, "WE-2")


@pytest.mark.gate("D21", "deliveryConfirmReceipt")
@pytest.mark.gate("K14", "deliveryConfirmReceipt")
async def test_what_is_missing_is_lost_owed_and_sent_again_until_a_later_receipt_has_it(world, ask):
    made = await sent(world, parcels=2, is_call_off=True)
    delivery = await deliveries.read(ask, {"id": to_global("Delivery", made.delivery_id)})

    async def counts() -> tuple[int, ...]:
        (part,) = [it for it in await rows(world, DeliveryLine) if it.shipped]
        line = await row(world, OrderLine, made.order_line_id)
        agreed = await row(world, ContractLine, made.contract_line_id)
        mine = (part.delivered, part.lost, part.owed_again, line.shipped, line.unplanned)
        return tuple(map(int, (*mine, agreed.shipped, agreed.received)))

    await _confirm(ask, delivery, _line(delivery, "8", "SHORT"))
    assert await counts() == (8, 2, 2, 8, 2, 8, 8)
    assert "RESHIP" in (await deliveries.read(ask, delivery))["availableActions"]
    again = {"deliveryId": delivery["id"], "window": deliveries.WINDOW}
    again |= {"recipient": deliveries.RECIPIENT}
    new = (await deliveries.done(ask, "deliveryReship", **again))["reshipment"]
    assert [it["planned"] for it in new["lines"]] == ["2"]
    await deliveries.done(ask, "deliveryCancel", deliveryId=new["id"])
    await _confirm(ask, delivery, _line(delivery, "10"))
    assert await counts() == (10, 0, 0, 10, 0, 10, 10)
