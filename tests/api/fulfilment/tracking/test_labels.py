"""Labels of parcels: an SSCC goes on to what is packed anew, a number is found as typed."""

import pytest

from kit.ids import to_global
from kit.standards.gs1 import sscc
from models.access.viewers import Actor
from tests.api.fulfilment.tracking.test_tracking_identity import SHARING, numbered
from tests.make import counting, reasons
from tests.make.feed import Feed
from tests.make.fulfilment import deliveries
from tests.make.fulfilment.tracking import sent
from tests.make.master import locations
from tests.make.trade import orders

LABEL = sscc("9012345", 7)
PARCEL = """
query ($number: String, $sscc: String) {
  parcel(trackingNumber: $number, sscc: $sscc) { id delivery { id } }
}
"""
PACK = """
mutation ($input: DeliveriesPackInput!) {
  deliveriesPack(input: $input) { results { userErrors { code field } } userErrors { code } }
}
"""


async def _delivery(world, ask, here=None):
    where = {} if here is None else {"locationId": to_global("Location", here)}
    return await deliveries.released(world, ask, await orders.ten(world, ask), **where)


def _content(delivery, quantity):
    return {"deliveryLineId": delivery["lines"][0]["id"], "quantity": quantity}


async def _labelled(ask, delivery, *labels):
    of = delivery["lines"][0]["id"]
    amounts = ["10", *["1"] * len(labels[1:])]
    amounts[0] = str(10 - len(labels[1:]))
    parcels = [
        {"sscc": label, "contents": [{"deliveryLineId": of, "quantity": amount}]}
        for label, amount in zip(labels, amounts, strict=True)
    ]
    return await deliveries.act(ask, "deliveryPack", deliveryId=delivery["id"], parcels=parcels)


async def test_a_delivery_is_packed_anew_under_its_own_labels(world, ask):
    delivery = await _delivery(world, ask)
    other = sscc("9012345", 8)
    for labels in ((LABEL, other), (other, LABEL), (LABEL,)):
        payload = await _labelled(ask, delivery, *labels)
        assert payload["userErrors"] == []
        parcels = payload["delivery"]["parcels"]
        live = [it["sscc"] for it in parcels if it["status"] == "PACKED"]
        assert live == list(labels)
        assert not {it["sscc"] for it in parcels if it["status"] == "VOIDED"} & set(live)


async def test_a_label_that_is_not_left_is_nobody_elses_in_the_same_call(world, ask):
    """The first delivery is not packed anew, since its quantity is wrong."""
    first, second = await _delivery(world, ask), await _delivery(world, ask)
    assert (await _labelled(ask, first, LABEL))["userErrors"] == []
    items = [
        {
            "deliveryId": packed["id"],
            "parcels": [{"sscc": LABEL, "contents": [_content(packed, quantity)]}],
        }
        for packed, quantity in ((first, "9"), (second, "10"))
    ]
    answer = await ask(PACK, input={"deliveries": items})
    errors = [reasons(it["userErrors"], 5) for it in answer["deliveriesPack"]["results"]]
    assert [[code for code, _ in of] for of in errors] == [["PARCELS_DO_NOT_MATCH"], ["TAKEN"]]


@pytest.mark.parametrize("by", ["deliveryCancel", "deliveryPack"])
async def test_the_label_of_a_voided_parcel_is_anybodys(world, ask, by):
    """Also where another warehouse had typed it: it is read as the new parcel's."""
    here, there = await locations.location(world), await locations.location(world)
    own, theirs = await _delivery(world, ask, here), await _delivery(world, ask, there)
    warehouse, other = [ask.by(await world.key(Actor.WAREHOUSE, it)) for it in (here, there)]
    assert (await _labelled(other, theirs, LABEL))["userErrors"] == []
    taken = (await _labelled(warehouse, own, LABEL))["userErrors"]
    assert reasons(taken, 3) == [("TAKEN", "sscc")]
    if by == "deliveryCancel":
        await deliveries.done(ask, by, deliveryId=theirs["id"])
    else:
        assert (await _labelled(other, theirs, sscc("9012345", 8)))["userErrors"] == []
    assert (await _labelled(warehouse, own, LABEL))["userErrors"] == []
    assert (await ask(PARCEL, sscc=LABEL))["parcel"]["delivery"] == {"id": own["id"]}


@pytest.mark.gate("P6", "parcelRecordTracking")
@pytest.mark.parametrize("written", ["{}\n", "\u2009{}", "\t {} "])
async def test_what_a_report_finds_is_found_by_who_reads(world, ask, written):
    there = await sent(world)
    feed, number = Feed(ask, world), written.format(there.numbers[0])
    (result,) = await feed.results(feed.event("IN_TRANSIT", trackingNumber=number))
    found = (await ask(PARCEL, number=number))["parcel"]
    assert found["id"] == result["parcel"]["id"]


async def test_who_shares_a_number_is_judged_in_one_pass_over_those_that_have_it(world, ask):
    shipment = await sent(world, parcels=12)
    await numbered(world, shipment, "MASTER-1")
    with counting.sent(world.database) as statements:
        parcel = (await ask(SHARING, number="MASTER-1"))["parcel"]
    assert len(parcel["sharesNumberWith"]) == 11
    plans = [await counting.plan_of(world, *it) for it in statements if "MASTER-1" in str(it[1])]
    assert len(plans) == 1
    asked_of_each = [it for it in counting.nodes(plans[0]) if "Subplan Name" in it]
    assert [it["Actual Loops"] for it in asked_of_each if it["Actual Loops"] > 1] == []


async def test_however_many_voided_parcels_had_a_number_none_is_read_beside_another(world, ask):
    """Where no parcel has it any more, the last that had it stands for all."""
    delivery, feed = await _delivery(world, ask), Feed(ask, world)
    content = {"deliveryLineId": delivery["lines"][0]["id"], "quantity": "1"}
    packings = []
    for number in ("V 1", "V 1", "OTHER"):
        parcels = [{"trackingNumbers": [number], "contents": [content]} for _ in range(10)]
        fields = {"deliveryId": delivery["id"], "parcels": parcels}
        packed = (await deliveries.done(ask, "deliveryPack", **fields))["delivery"]
        packings.append([it["id"] for it in packed["parcels"] if it["status"] == "PACKED"])
        world.clock.advance(minutes=1)

    async def reported():
        with counting.sent(world.database) as statements:
            (result,) = await feed.results(feed.event("LABEL_CREATED", trackingNumber="v1"))
        plans = [
            await counting.plan_of(world, *it) for it in statements if "number_compared" in it[0]
        ]
        return [it["id"] for it in result["parcels"]], sum(it["Actual Rows"] for it in plans)

    (named,), rows = await reported()
    assert (named in packings[1], rows) == (True, 1)
    there = await sent(world)
    await numbered(world, there, "V 1")
    assert await reported() == ([to_global("Parcel", there.parcel_ids[0])], 1)
