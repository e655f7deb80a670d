"""Labels of parcels: an SSCC goes on to what is packed anew, a number is found as typed."""

import pytest

from kit.ids import to_global
from kit.standards.gs1 import sscc
from models.access.viewers import Actor
from tests.make import reasons
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


async def _delivery(world, ask, here=None):
    where = {} if here is None else {"locationId": to_global("Location", here)}
    return await deliveries.released(world, ask, await orders.ten(world, ask), **where)


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
