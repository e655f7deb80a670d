"""Reports of payments at once, and beside what they stop."""

from asyncio import gather

from kit.ids import to_global
from tests.make.fulfilment import deliveries
from tests.make.master import channels
from tests.make.trade import orders
from tests.make.trade.payments import record, report, try_record

STATE = "query ($id: ID!) { order(id: $id) { version paymentState payments { id } } }"
PAYMENTS = """
mutation ($input: OrdersRecordPaymentsInput!) {
  it: ordersRecordPayments(input: $input) { results { status } }
}
"""


async def test_the_same_report_from_ten_calls_is_recorded_once(world, ask):
    order = await orders.order(world, ask)
    done = await gather(*(record(ask, order, "PAID", "35") for _ in range(10)))
    assert len({it["payment"]["id"] for it in done}) == 1
    shown = (await ask(STATE, id=order["id"]))["order"]
    assert (shown["version"], len(shown["payments"])) == (order["version"] + 1, 1)


async def test_of_reports_at_once_that_of_the_latest_instant_counts(world, ask):
    order = await orders.order(world, ask)
    states = ["AUTHORISED", "FAILED", "PARTLY_PAID", "AWAITED", "PAID"]
    amounts = {"PARTLY_PAID": ["34"], "AWAITED": []}
    reports = [(each, *amounts.get(each, ["35"])) for each in states]
    await gather(
        *(
            record(ask, order, *each, reference=each[0], occurredAt=f"2026-03-01T12:00:0{place}Z")
            for place, each in enumerate(reports)
        )
    )
    shown = (await ask(STATE, id=order["id"]))["order"]
    assert (shown["paymentState"], len(shown["payments"])) == ("PAID", len(states))


async def test_bulks_at_once_in_opposite_orders_both_end(world, ask):
    placed = [await orders.order(world, ask) for _ in range(4)]
    items = [report(it, "PAID", "35") for it in placed]
    answers = await gather(
        *(ask(PAYMENTS, input={"payments": some}) for some in (items, items[::-1]) * 3)
    )
    done = [it["status"] for answer in answers for it in answer["it"]["results"]]
    assert sorted(done) == ["CREATED"] * 4 + ["UNCHANGED"] * 20


async def test_a_payment_that_fails_and_a_release_at_once_end_in_one_of_two_ways(world, ask):
    strict = to_global("Channel", await channels.channel(world, release_when="AUTHORISED"))
    for _ in range(3):
        order = await orders.order(world, ask, channelId=strict)
        await record(ask, order, "AUTHORISED", "35")
        delivery = await deliveries.planned(world, ask, order)
        later = {"reference": "R-2", "occurredAt": "2026-03-01T13:00:00Z"}
        failed, released = await gather(
            try_record(ask, order, "FAILED", **later),
            deliveries.act(ask, "deliveryRelease", deliveryId=delivery["id"]),
        )
        assert failed["userErrors"] == []
        codes = [it["code"] for it in released["userErrors"]]
        now = await deliveries.read(ask, delivery)
        assert (now["state"], codes) in [
            ("RELEASED", []),
            ("PLANNED", ["PAYMENT_OUTSTANDING"]),
        ]
        assert not {"RELEASE", "PACK", "DISPATCH"} & set(now["availableActions"])
