"""Packing over GraphQL: parcels, SSCCs, short picks, packing again."""

import pytest

from kit.ids import to_global
from kit.standards.gs1 import is_valid, sscc
from models.access.viewers import Actor
from models.fulfilment.parcels import Parcel
from tests.guard import counted
from tests.make import reasons
from tests.make.feed import rows
from tests.make.fulfilment import deliveries
from tests.make.master import locations, parties
from tests.make.trade import orders

PARCEL = """
query ($number: String, $sscc: String, $id: ID) {
  parcel(trackingNumber: $number, sscc: $sscc, id: $id) {
    id sscc status carrier { id } trackingNumbers { number } delivery { id }
    weightG lengthMm contents { quantity lot serialNumbers } timeline(first: 5) { nodes { type } }
  }
}
"""
FIELDS = sscc("4012345", 77)


async def _released(world, ask, **fields):
    return await deliveries.released(world, ask, await orders.ten(world, ask, **fields))


async def _pack(ask, delivery, *parcels, **fields):
    return await deliveries.act(
        ask, "deliveryPack", deliveryId=delivery["id"], parcels=list(parcels), **fields
    )


def _content(delivery, quantity, **fields):
    return {"deliveryLineId": delivery["lines"][0]["id"], "quantity": quantity, **fields}


async def test_a_pallet_carries_parcels_with_lots_and_serial_numbers(world, ask):
    delivery = await _released(world, ask)
    carrier = to_global("Party", await parties.carrier(world))
    serials = ["S1", "S2", "S3"]
    on_it = {"parent": 0, "sscc": FIELDS, "carrierId": carrier, "service": "Freight"}
    on_it |= {
        "trackingNumbers": ["TN1", "TN2"],
        "contents": [
            _content(delivery, "7", lot="L1"),
            _content(delivery, "3", lot="L2", serialNumbers=serials),
        ],
    }
    empty = {"generateSscc": True, "weightG": 25000, "lengthMm": 1200}
    payload = await _pack(ask, delivery, empty, on_it)
    assert payload["userErrors"] == []
    packed = payload["delivery"]
    assert (packed["state"], packed["packing"]) == ("PACKED", 1)
    pallet, parcel = packed["parcels"]
    assert is_valid(pallet["sscc"], 18)
    assert pallet["sscc"][1:8] == "4012345"
    assert pallet["children"] == [{"id": parcel["id"]}]
    assert parcel["parent"] == {"id": pallet["id"]}
    found = (await ask(PARCEL, number="TN2"))["parcel"]
    assert found["id"] == parcel["id"]
    assert found["carrier"] == {"id": carrier}
    assert found["delivery"] == {"id": delivery["id"]}
    assert [it["number"] for it in found["trackingNumbers"]] == ["TN1", "TN2"]
    assert sorted((it["quantity"], it["lot"], it["serialNumbers"]) for it in found["contents"]) == [
        ("3", "L2", serials),
        ("7", "L1", []),
    ]
    assert (await ask(PARCEL, sscc=f"(00) {FIELDS}"))["parcel"]["id"] == parcel["id"]
    assert (await ask(PARCEL, id=pallet["id"]))["parcel"]["weightG"] == 25000
    (line,) = packed["lines"]
    assert (line["picked"], line["packed"], line["orderLine"]["packed"]) == ("10", "10", "10")


@pytest.mark.gate("P1", "deliveryPack", "deliveriesPack")
@pytest.mark.parametrize(
    ("parcels", "refusal"),
    [
        ([{"contents": "9"}], ("PARCELS_DO_NOT_MATCH", "parcels")),
        ([{"contents": "11"}], ("PARCELS_DO_NOT_MATCH", "parcels")),
        ([{"contents": "9.5"}], ("SCALE_EXCEEDED", "parcels.0.contents.0.quantity")),
        (
            [{"contents": "10", "sscc": FIELDS[:-1] + "0"}],
            ("INVALID_CHECK_DIGIT", "parcels.0.sscc"),
        ),
        (
            [{"contents": "5", "sscc": FIELDS}, {"contents": "5", "sscc": FIELDS}],
            ("DUPLICATE", "parcels.1.sscc"),
        ),
        (
            [{"contents": "10", "sscc": FIELDS, "generateSscc": True}],
            ("INVALID", "parcels.0.generateSscc"),
        ),
        ([{"contents": "10"}, {}], ("TOO_FEW_ITEMS", "parcels.1.contents")),
        ([{"contents": "10", "parent": 0}], ("INVALID", "parcels.0.parent")),
        (
            [{"contents": "10", "trackingNumbers": ["T", "T"]}],
            ("DUPLICATE", "parcels.0.trackingNumbers.1"),
        ),
        ([{"contents": "10", "weightG": 0}], ("NOT_POSITIVE", "parcels.0.weightG")),
        ([], ("TOO_FEW_ITEMS", "parcels")),
    ],
)
async def test_wrong_parcels_are_refused_and_nothing_is_packed(world, ask, parcels, refusal):
    delivery = await _released(world, ask)
    values = [
        each | ({"contents": [_content(delivery, each["contents"])]} if "contents" in each else {})
        for each in parcels
    ]
    payload = await _pack(ask, delivery, *values)
    assert reasons(payload["userErrors"]) == [refusal]
    assert await deliveries.read(ask, delivery) == delivery


async def test_all_that_is_wrong_with_parcels_is_told_at_once(world, ask):
    nuts, bolts = await orders.products(ask, "NUT", "BOLT")
    order = await orders.order(world, ask, lines=[orders.line(it, "10") for it in (nuts, bolts)])
    delivery = await deliveries.released(world, ask, order)
    nut, bolt = ({"deliveryLineId": it["id"], "quantity": "9"} for it in delivery["lines"])
    twice = {"serialNumbers": ["S"], "quantity": "1"}
    customer = to_global("Party", await parties.company(world))
    wrong = [
        {"carrierId": customer, "contents": [nut | twice, nut | twice, bolt | {"quantity": "0.5"}]},
        {"sscc": FIELDS, "generateSscc": True},
    ]
    fewer = [{"contents": [nut, bolt]}]
    found = [
        (await _pack(ask, delivery, *it))["userErrors"] for it in (wrong[1:], wrong[:1], fewer)
    ]
    assert [reasons(errors) for errors in found] == [
        [("INVALID", "parcels.0.generateSscc"), ("TOO_FEW_ITEMS", "parcels.0.contents")],
        [
            ("INVALID", "parcels.0.carrierId"),
            ("SCALE_EXCEEDED", "parcels.0.contents.2.quantity"),
        ],
        [("PARCELS_DO_NOT_MATCH", "parcels"), ("PARCELS_DO_NOT_MATCH", "parcels")],
    ]


async def test_serial_numbers_are_one_for_each_unit(world, ask):
    delivery = await _released(world, ask)
    few = {"contents": [_content(delivery, "10", serialNumbers=["S1"])]}
    payload = await _pack(ask, delivery, few)
    assert payload["userErrors"][0]["field"][-1] == "serialNumbers"
    assert payload["userErrors"][0]["code"] == "INVALID"


@pytest.mark.gate("R1", "deliveryPack", "deliveriesPack")
async def test_only_a_carrier_carries(world, ask):
    delivery = await _released(world, ask)
    nobody = to_global("Party", await parties.company(world))
    payload = await _pack(
        ask, delivery, {"carrierId": nobody, "contents": [_content(delivery, "10")]}
    )
    assert payload["userErrors"][0]["code"] == "INVALID"
    assert payload["userErrors"][0]["field"] == ["input", "parcels", "0", "carrierId"]


async def test_another_parcels_sscc_is_taken(world, ask):
    first, second = await _released(world, ask), await _released(world, ask)
    for delivery, codes in ((first, []), (second, ["TAKEN"])):
        payload = await _pack(
            ask, delivery, {"sscc": FIELDS, "contents": [_content(delivery, "10")]}
        )
        assert [it["code"] for it in payload["userErrors"]] == codes


async def test_a_generated_sscc_steps_over_what_others_used(world, ask):
    first, second = await _released(world, ask), await _released(world, ask)
    taken = sscc("4012345", 1)
    await _pack(ask, first, {"sscc": taken, "contents": [_content(first, "10")]})
    payload = await _pack(ask, second, {"generateSscc": True, "contents": [_content(second, "10")]})
    assert payload["delivery"]["parcels"][0]["sscc"] == sscc("4012345", 2)


async def test_a_label_stays_good_until_it_has_left(world, ask):
    first, second = await _released(world, ask), await _released(world, ask)
    label = {"sscc": FIELDS, "contents": [_content(first, "10")]}
    for weight in (1000, 2000):
        payload = await _pack(ask, first, label | {"weightG": weight})
        assert payload["userErrors"] == []
        # Its voided one has left it.
        assert [it["sscc"] for it in payload["delivery"]["parcels"] if it["sscc"]] == [FIELDS]
    other = {"sscc": FIELDS, "contents": [_content(second, "10")]}
    assert [it["code"] for it in (await _pack(ask, second, other))["userErrors"]] == ["TAKEN"]
    await deliveries.done(ask, "deliveryCancel", deliveryId=first["id"])
    assert (await _pack(ask, second, other))["userErrors"] == []
    its = [it.delivery_id for it in await rows(world, Parcel) if it.sscc == FIELDS]
    assert [to_global("Delivery", it) for it in its] == [second["id"]]


async def test_hundreds_of_used_numbers_keep_nobody_from_the_next(world, ask):
    first, second = await _released(world, ask), await _released(world, ask)
    stacked = [{"sscc": sscc("4012345", it), "parent": it - 2} for it in range(1, 201)]
    del stacked[0]["parent"]
    stacked[-1]["contents"] = [_content(first, "10")]
    assert (await _pack(ask, first, *stacked))["userErrors"] == []
    generated = {"generateSscc": True, "contents": [_content(second, "10")]}
    with counted(world.database.engine) as sent:
        payload = await _pack(ask, second, generated)
    assert payload["delivery"]["parcels"][0]["sscc"] == sscc("4012345", 201)
    assert sum("parcels.sscc = ANY" in it for it in sent) == 3


async def test_no_warehouse_can_stop_another_from_making_ssccs(world, ask):
    made = []
    for _ in range(2):
        here = await locations.location(world)
        order, place = await orders.ten(world, ask), to_global("Location", here)
        delivery = await deliveries.released(world, ask, order, locationId=place)
        made.append((ask.by(await world.key(Actor.WAREHOUSE, here)), delivery))
    (one, first), (other, second) = made
    taken = {"sscc": sscc("4012345", 1), "contents": [_content(first, "10")]}
    assert (await _pack(one, first, taken))["userErrors"] == []
    values = taken | {"contents": [_content(second, "10")]}
    (hidden,) = (await _pack(other, second, values))["userErrors"]
    (shown,) = (await _pack(ask, second, values))["userErrors"]
    assert hidden == shown
    assert (hidden["code"], hidden["field"][-1]) == ("TAKEN", "sscc")
    generated = {"generateSscc": True, "contents": [_content(second, "10")]}
    payload = await _pack(other, second, generated)
    assert payload["delivery"]["parcels"][0]["sscc"] == sscc("4012345", 2)


@pytest.mark.gate("D4", "deliveryPack", "deliveriesPack")
async def test_a_short_pick_becomes_a_backorder_of_what_is_missing(world, ask):
    delivery = await _released(world, ask)
    short = {"deliveryLineId": delivery["lines"][0]["id"], "picked": "6"}
    parcel = {"contents": [_content(delivery, "6")]}
    silent = await _pack(ask, delivery, parcel, lines=[short])
    assert silent["userErrors"][0]["field"] == ["input", "lines", "0", "shortReason"]
    payload = await _pack(ask, delivery, parcel, lines=[short | {"shortReason": "NOT_FOUND"}])
    (line,) = payload["delivery"]["lines"]
    assert (line["planned"], line["picked"], line["shortReason"]) == ("6", "6", "NOT_FOUND")
    of_order = line["orderLine"]
    assert (of_order["planned"], of_order["backordered"], of_order["cancelled"]) == ("6", "4", "0")


async def test_what_was_not_picked_can_be_planned_again(world, ask):
    order = await orders.ten(world, ask)
    delivery = await deliveries.released(world, ask, order)
    short = {
        "deliveryLineId": delivery["lines"][0]["id"],
        "picked": "6",
        "shortReason": "OUT_OF_STOCK",
    }
    await _pack(ask, delivery, {"contents": [_content(delivery, "6")]}, lines=[short])
    remaining = await deliveries.planned(world, ask, order, lines=deliveries.lines(order, "4"))
    of_order = remaining["lines"][0]["orderLine"]
    assert (of_order["planned"], of_order["backordered"]) == ("10", "0")


async def test_a_short_pick_is_cancelled_where_the_policy_says_so(world, ask):
    delivery = await _released(world, ask, deliveryPolicy="PARTIAL_CANCEL_REST")
    short = {"deliveryLineId": delivery["lines"][0]["id"], "picked": "6", "shortReason": "DAMAGED"}
    payload = await _pack(ask, delivery, {"contents": [_content(delivery, "6")]}, lines=[short])
    of_order = payload["delivery"]["lines"][0]["orderLine"]
    assert (of_order["planned"], of_order["backordered"], of_order["cancelled"]) == ("6", "0", "4")


@pytest.mark.parametrize("other_policy", ["PARTIAL_CANCEL_REST", "PARTIAL_BACKORDER"])
async def test_an_order_of_which_a_short_pick_leaves_nothing_is_cancelled(world, ask, other_policy):
    first = await orders.ten(world, ask, deliveryPolicy="PARTIAL_CANCEL_REST")
    shared = {"partyId": first["party"]["id"], "channelId": first["channel"]["id"]}
    second = await orders.ten(world, ask, deliveryPolicy=other_policy, **shared)
    both = [*deliveries.lines(first), *deliveries.lines(second)]
    delivery = await deliveries.released(world, ask, first, lines=both)
    ids = {it["orderLine"]["id"]: it["id"] for it in delivery["lines"]}
    gone, there = (ids[order["lines"][0]["id"]] for order in (first, second))
    short = {"deliveryLineId": gone, "picked": "0", "shortReason": "OUT_OF_STOCK"}
    parcel = {"contents": [{"deliveryLineId": there, "quantity": "10"}]}
    assert (await _pack(ask, delivery, parcel, lines=[short]))["userErrors"] == []
    states = "{{ order(id: {!r}) {{ state timeline(last: 1) {{ nodes {{ type }} }} }} }}"
    of_first, of_second = [
        (await ask(states.format(order["id"]).replace("'", '"')))["order"]
        for order in (first, second)
    ]
    assert of_first == {"state": "CANCELLED", "timeline": {"nodes": [{"type": "order.cancelled"}]}}
    assert of_second["state"] == "CONFIRMED"
    await deliveries.done(ask, "deliveryDispatch", deliveryId=delivery["id"])


@pytest.mark.gate("D11", "deliveryPack", "deliveriesPack")
async def test_an_order_that_must_come_complete_is_not_packed_short(world, ask):
    delivery = await _released(world, ask, deliveryPolicy="SHIP_COMPLETE")
    short = {"deliveryLineId": delivery["lines"][0]["id"], "picked": "6", "shortReason": "DAMAGED"}
    payload = await _pack(ask, delivery, {"contents": [_content(delivery, "6")]}, lines=[short])
    assert payload["userErrors"][0]["code"] == "DELIVERY_POLICY"


@pytest.mark.gate("O2", "deliveryPack", "deliveriesPack")
async def test_more_than_planned_is_not_picked(world, ask):
    delivery = await _released(world, ask)
    more = {"deliveryLineId": delivery["lines"][0]["id"], "picked": "11"}
    payload = await _pack(ask, delivery, {"contents": [_content(delivery, "11")]}, lines=[more])
    assert payload["userErrors"][0]["code"] == "QUANTITY_EXCEEDED"


@pytest.mark.gate("P5", "deliveryPack")
async def test_packing_again_voids_the_parcels_and_keeps_their_lineage(world, ask):
    delivery = await _released(world, ask)
    both = [{"contents": [_content(delivery, "5")], "trackingNumbers": ["TN"]} for _ in range(2)]
    await _pack(ask, delivery, *both)
    one = {"contents": [_content(delivery, "10")], "trackingNumbers": ["TN"]}
    packed = (await _pack(ask, delivery, one))["delivery"]
    *old, new = packed["parcels"]
    assert packed["packing"] == 2
    assert [it["status"] for it in packed["parcels"]] == ["VOIDED", "VOIDED", "PACKED"]
    assert new["repackedFrom"] == [{"id": it["id"]} for it in old]
    assert {it["repackedInto"][0]["id"] for it in old} == {new["id"]}
    found = (await ask(PARCEL, number="TN"))["parcel"]
    assert found["id"] == new["id"]
    voided = (await ask(PARCEL, id=old[0]["id"]))["parcel"]
    assert [it["type"] for it in voided["timeline"]["nodes"]] == ["parcel.packed", "parcel.voided"]
    assert packed["lines"][0]["orderLine"]["packed"] == "10"


async def test_what_is_not_released_is_not_packed(world, ask):
    delivery = await deliveries.planned(world, ask, await orders.ten(world, ask))
    payload = await _pack(ask, delivery, {"contents": [_content(delivery, "10")]})
    assert [it["code"] for it in payload["userErrors"]] == ["WRONG_STATE"]


async def test_a_warehouse_packs_and_sends_its_own_deliveries(world, ask):
    here = await locations.location(world)
    order = await orders.ten(world, ask, deliveryPolicy="PARTIAL_CANCEL_REST")
    delivery = await deliveries.released(
        world,
        ask,
        order,
        locationId=to_global("Location", here),
        lines=deliveries.lines(order, "8"),
    )
    warehouse = ask.by(await world.key(Actor.WAREHOUSE, here))
    payload = await _pack(
        warehouse, delivery, {"generateSscc": True, "contents": [_content(delivery, "8")]}
    )
    assert payload["userErrors"] == []
    sent = await deliveries.done(warehouse, "deliveryDispatch", deliveryId=delivery["id"])
    of_order = sent["delivery"]["lines"][0]["orderLine"]
    assert (of_order["shipped"], of_order["cancelled"]) == ("8", "2")


async def test_an_unknown_parcel_is_nothing(ask):
    assert (await ask(PARCEL, number="nobody's"))["parcel"] is None
    assert (await ask(PARCEL, sscc=FIELDS))["parcel"] is None
