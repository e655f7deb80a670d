"""What is known of a payment stops goods by the rule of the party, or else of the channel (D12)."""

import pytest

from kit.ids import to_global
from models.master.channels import ReleaseWhen
from models.trade.orders.states import PaymentState
from tests.make.fulfilment import deliveries
from tests.make.master import channels, parties
from tests.make.trade import orders
from tests.make.trade.payments import record

GO_ON = {
    "NOT_FAILED": {"NOT_REQUIRED", "AWAITED", "AUTHORISED", "PAID", "PARTLY_PAID"},
    "AUTHORISED": {"NOT_REQUIRED", "AUTHORISED", "PAID"},
    "PAID": {"NOT_REQUIRED", "PAID"},
}
"""Rule -> states in which goods go on."""
AMOUNTS = {"PARTLY_PAID": ["1"]}


async def _order(world, ask, rule, own=None):
    """Place an order. rule: of its channel; own: of its party."""
    channel = to_global("Channel", await channels.channel(world, release_when=rule))
    party = to_global("Party", await parties.company(world, release_when=own))
    return await orders.order(world, ask, channelId=channel, partyId=party)


async def _known(ask, order, *states):
    """Report states one after the other; tell after each whether goods are stopped."""
    return [
        (
            await record(
                ask,
                order,
                state,
                *AMOUNTS.get(state, []),
                reference=f"R-{number}",
                occurredAt=f"2026-03-01T12:00:{number:02}Z",
            )
        )["order"]["isStoppedByPayment"]
        for number, state in enumerate(states)
    ]


@pytest.mark.gate("D12", "deliveryRelease", "deliveriesRelease")
@pytest.mark.parametrize("rule", ReleaseWhen)
async def test_a_rule_says_what_must_be_known(world, ask, rule):
    order = await _order(world, ask, rule)
    delivery = await deliveries.planned(world, ask, order)
    for number, state in enumerate(PaymentState):
        when = f"2026-03-01T12:00:{number:02}Z"
        known = {"reference": state.value, "occurredAt": when}
        done = await record(ask, order, state.value, *AMOUNTS.get(state, []), **known)
        goes_on = state in GO_ON[rule]
        assert done["order"]["isStoppedByPayment"] != goes_on, state
        actions = (await deliveries.read(ask, delivery))["availableActions"]
        assert ("RELEASE" in actions) == goes_on, state
    refused = await deliveries.refusals(ask, "deliveryRelease", deliveryId=delivery["id"])
    assert refused == [("PAYMENT_OUTSTANDING", "deliveryId")]


@pytest.mark.gate("D12", "channelsUpsert", "partiesUpsert")
@pytest.mark.parametrize(
    ("rule", "own", "is_stopped"),
    [
        ("PAID", None, True),
        ("PAID", "NOT_FAILED", False),
        ("NOT_FAILED", "PAID", True),
        ("NOT_FAILED", None, False),
    ],
)
async def test_the_partys_own_rule_counts_be_it_more_or_less(world, ask, rule, own, is_stopped):
    order = await _order(world, ask, rule, own)
    delivery = await deliveries.planned(world, ask, order)
    actions = (await deliveries.read(ask, delivery))["availableActions"]
    assert ("RELEASE" in actions) != is_stopped
    refused = await deliveries.refusals(ask, "deliveryRelease", deliveryId=delivery["id"])
    assert bool(refused) == is_stopped
    stopped = "{ orders(first: 9, filter: { stoppedByPayment: true }) { totalCount } }"
    assert (await ask(stopped))["orders"]["totalCount"] == is_stopped


async def test_guests_follow_the_channels_rule(world, ask):
    channel = to_global("Channel", await channels.channel(world, release_when="AUTHORISED"))
    place = {"line1": "Ringstr. 1", "postalCode": "50667", "city": "Köln", "country": "DE"}
    who = {"guest": {"name": "Jan"}, "shipTo": place}
    order = await orders.order(world, ask, channelId=channel, **who)
    delivery = await deliveries.planned(world, ask, order)
    refused = await deliveries.refusals(ask, "deliveryRelease", deliveryId=delivery["id"])
    assert refused == [("PAYMENT_OUTSTANDING", "deliveryId")]
    await record(ask, order, "AUTHORISED", "35")
    await deliveries.done(ask, "deliveryRelease", deliveryId=delivery["id"])


@pytest.mark.gate(
    "D12",
    "deliveryRelease",
    "deliveryPack",
    "deliveriesPack",
    "deliveryDispatch",
    "deliveriesDispatch",
    "orderRecordPayment",
)
async def test_what_fails_after_the_release_is_neither_packed_nor_dispatched(world, ask):
    order = await _order(world, ask, "AUTHORISED")
    assert await _known(ask, order, "AUTHORISED") == [False]
    delivery = await deliveries.released(world, ask, order)
    parcel = {"generateSscc": True, "contents": deliveries.contents(delivery)}
    pack = {"deliveryId": delivery["id"], "parcels": [parcel]}
    stopped = [("PAYMENT_OUTSTANDING", "deliveryId")]
    assert await _known(ask, order, "AUTHORISED", "FAILED") == [False, True]
    assert "PACK" not in (await deliveries.read(ask, delivery))["availableActions"]
    assert await deliveries.refusals(ask, "deliveryPack", **pack) == stopped
    assert await _known(ask, order, "AUTHORISED", "FAILED", "PAID") == [True, True, False]
    await deliveries.done(ask, "deliveryPack", **pack)
    states = ("AUTHORISED", "FAILED", "PAID", "FAILED")
    assert (await _known(ask, order, *states))[-1]
    assert "DISPATCH" not in (await deliveries.read(ask, delivery))["availableActions"]
    leave = {"deliveryId": delivery["id"]}
    assert await deliveries.refusals(ask, "deliveryDispatch", **leave) == stopped
    await _known(ask, order, *states, "NOT_REQUIRED")
    sent = await deliveries.done(ask, "deliveryDispatch", **leave)
    assert sent["delivery"]["state"] == "DISPATCHED"


async def test_one_unpaid_order_stops_the_delivery_of_two(world, ask):
    first = await _order(world, ask, "PAID")
    same = {"partyId": first["party"]["id"], "channelId": first["channel"]["id"]}
    second = await orders.order(world, ask, **same)
    lines = deliveries.lines(first) + deliveries.lines(second)
    delivery = await deliveries.planned(world, ask, first, lines=lines)
    await record(ask, first, "PAID", "35")
    payload = await deliveries.act(ask, "deliveryRelease", deliveryId=delivery["id"])
    assert second["number"] in payload["userErrors"][0]["message"]
    assert first["number"] not in payload["userErrors"][0]["message"]
    await record(ask, second, "PAID", "35")
    await deliveries.done(ask, "deliveryRelease", deliveryId=delivery["id"])


async def test_a_split_part_waits_for_the_payment_like_the_rest(world, ask):
    order = await _order(world, ask, "PAID")
    await _known(ask, order, "PAID")
    delivery = await deliveries.released(world, ask, order)
    await _known(ask, order, "PAID", "FAILED")
    part = [{"deliveryLineId": delivery["lines"][0]["id"], "quantity": "3"}]
    split = await deliveries.done(ask, "deliverySplit", deliveryId=delivery["id"], lines=part)
    refused = await deliveries.refusals(ask, "deliveryRelease", deliveryId=split["part"]["id"])
    assert refused == [("PAYMENT_OUTSTANDING", "deliveryId")]


@pytest.mark.gate("D12", "orderRecordPayment", "ordersUpdate")
async def test_goods_of_an_order_that_grew_beyond_what_was_paid_stay(world, ask):
    order = await _order(world, ask, "PAID")
    await record(ask, order, "PAID")
    update = """mutation ($i: OrdersUpdateInput!) { it: ordersUpdate(input: $i) {
      results { order { isStoppedByPayment } } } }"""
    line = {"lineId": order["lines"][0]["id"], "quantity": "1000"}
    done = await ask(update, i={"orders": [{"orderId": order["id"], "lines": [line]}]})
    assert done["it"]["results"] == [{"order": {"isStoppedByPayment": True}}]
    delivery = await deliveries.planned(world, ask, order)
    refused = await deliveries.refusals(ask, "deliveryRelease", deliveryId=delivery["id"])
    assert refused == [("PAYMENT_OUTSTANDING", "deliveryId")]
