"""What is known of payments: recorded, and shown to whom it concerns."""

import pytest

from kit.ids import from_global, new_id, to_global
from models.access.viewers import OTHERS, SCOPES, Actor, Scope, allowed
from tests.guard import counted
from tests.make import reasons
from tests.make.fulfilment import deliveries
from tests.make.master import channels, locations
from tests.make.trade import orders, payments, responses
from tests.make.trade.payments import RECORD, RECORD_ALL, record, report, try_record

LIST = "query ($by: OrderFilter) { orders(first: 9, filter: $by) { totalCount nodes { number } } }"
SHOWN = """
query ($id: ID!) {
  order(id: $id) {
    paymentState isStoppedByPayment payments { reference state amount { amount } }
    timeline(last: 9) { nodes { type payload } }
  }
}
"""
AN_HOUR_LATER = "2026-03-01T13:00:00+00:00"


def euros(amount):
    return {"amount": amount, "currency": "EUR"}


def _errors(payload):
    return reasons(payload["userErrors"])


async def test_a_payment_is_recorded_with_its_reference_and_amount(world, ask):
    order = await orders.order(world, ask)
    done = await record(ask, order, "AUTHORISED", "35")
    assert done["payment"] | {"id": None} == {
        "id": None,
        "reference": "R-1",
        "state": "AUTHORISED",
        "amount": {"amount": "35", "currency": "EUR"},
        "occurredAt": payments.NOON,
        "recordedAt": "2026-03-02T09:00:00+00:00",
    }
    assert done["order"]["paymentState"] == "AUTHORISED"
    assert done["order"]["version"] == order["version"] + 1
    (entry,) = done["order"]["timeline"]["nodes"]
    assert (entry["type"], entry["occurredAt"]) == ("order.payment_recorded", payments.NOON)
    assert (entry["payload"]["state"], entry["payload"]["is_newest"]) == ("AUTHORISED", True)


async def test_nothing_is_known_at_first_and_free_kinds_need_nothing(world, ask):
    placed = [await orders.order(world, ask, kind=it) for it in ("STANDARD", "SAMPLE")]
    shown = [(await ask(SHOWN, id=it["id"]))["order"] for it in placed]
    assert [it["paymentState"] for it in shown] == ["AWAITED", "NOT_REQUIRED"]
    assert [it["payments"] for it in shown] == [[], []]


async def test_the_same_report_again_changes_nothing(world, ask):
    order = await orders.order(world, ask)
    first = await record(ask, order, "PAID", "35")
    again = await record(ask, order, "PAID", "35.00")
    assert again["payment"]["id"] == first["payment"]["id"]
    assert again["order"]["version"] == first["order"]["version"]
    assert len(again["order"]["payments"]) == 1
    for other in (("FAILED", "35"), ("PAID", "30")):
        assert _errors(await try_record(ask, order, *other)) == [("TAKEN", "reference")]


async def test_a_reference_tells_of_one_payment_in_time(world, ask):
    order = await orders.order(world, ask)
    await record(ask, order, "AUTHORISED", "35")
    paid = await record(ask, order, "PAID", "35", occurredAt=AN_HOUR_LATER)
    assert paid["order"]["paymentState"] == "PAID"
    assert [it["state"] for it in paid["order"]["payments"]] == ["AUTHORISED", "PAID"]


async def test_a_late_older_report_is_kept_and_undoes_nothing(world, ask):
    order = await orders.order(world, ask)
    await record(ask, order, "PAID", "35", occurredAt=AN_HOUR_LATER)
    late = await record(ask, order, "FAILED", reference="R-0")
    assert late["order"]["paymentState"] == "PAID"
    assert [it["reference"] for it in late["order"]["payments"]] == ["R-0", "R-1"]
    (entry,) = late["order"]["timeline"]["nodes"]
    assert (entry["payload"]["state"], entry["payload"]["is_newest"]) == ("FAILED", False)


async def test_what_is_told_of_a_time_ahead_hides_nothing_that_comes_until_then(world, ask):
    order = await orders.order(world, ask)
    ahead = "2026-03-03T08:59:59+00:00"
    paid = await record(ask, order, "PAID", "35", occurredAt=ahead)
    assert (paid["order"]["paymentState"], paid["payment"]["occurredAt"]) == ("PAID", ahead)
    earlier = await record(ask, order, "FAILED", reference="R-0")
    assert earlier["order"]["paymentState"] == "PAID"
    world.clock.advance(hours=1)
    now = {"reference": "R-2", "occurredAt": world.clock().isoformat()}
    failed = await record(ask, order, "FAILED", **now)
    assert failed["order"]["paymentState"] == "FAILED"
    (entry,) = failed["order"]["timeline"]["nodes"]
    assert entry["payload"]["is_newest"] is True
    again = await record(ask, order, "AUTHORISED", "35", reference="R-3", occurredAt=ahead)
    assert again["order"]["paymentState"] == "AUTHORISED"
    line = {"lineId": order["lines"][0]["id"], "quantity": "1"}
    await responses.done(ask, responses.CANCEL, order, lines=[line])
    assert (await ask(SHOWN, id=order["id"]))["order"]["paymentState"] == "AUTHORISED"


DOLLARS = {"amount": "1", "currency": "USD"}
REFUSED = {
    ("INVALID_DATE", "occurredAt"): ("PAID", {"occurredAt": "2026-03-03T09:00:01Z"}),
    ("INVALID_CURRENCY", "amount.currency"): ("PAID", {"amount": DOLLARS}),
    ("INVALID", "amount", "AWAITED"): ("AWAITED", {"amount": euros("35")}),
    ("INVALID", "amount", "NOT_REQUIRED"): ("NOT_REQUIRED", {"amount": euros("35")}),
    ("SCALE_EXCEEDED", "amount.amount"): ("PAID", {"amount": euros("1.001")}),
    ("INVALID", "amount"): ("PARTLY_PAID", {}),
    ("NOT_POSITIVE", "amount.amount"): ("PARTLY_PAID", {"amount": euros("0")}),
    ("OUT_OF_RANGE", "amount.amount"): ("PARTLY_PAID", {"amount": euros("35")}),
}
"""Refusal, with more where there are several -> a report that is refused so, of EUR 35."""


@pytest.mark.parametrize("refusal", REFUSED)
async def test_a_report_says_what_can_be(world, ask, refusal):
    order = await orders.order(world, ask)
    state, more = REFUSED[refusal]
    payload = (await ask(RECORD, input=report(order, state) | more))["it"]
    assert _errors(payload) == [refusal[:2]]
    (shown,) = (await ask(LIST, by={"paymentStates": ["AWAITED"]}))["orders"]["nodes"]
    assert shown == {"number": order["number"]}


async def test_a_part_is_less_than_what_is_still_wanted(world, ask):
    order = await orders.order(world, ask)
    part = await record(ask, order, "PARTLY_PAID", "34.99")
    assert part["order"]["paymentState"] == "PARTLY_PAID"
    cancelled = {"lineId": order["lines"][1]["id"], "quantity": "4"}
    cancel = """mutation ($input: OrderCancelLinesInput!) {
      orderCancelLines(input: $input) { userErrors { code } } }"""
    await ask(cancel, input={"orderId": order["id"], "lines": [cancelled]})
    again = await record(ask, order, "PARTLY_PAID", "34.99")
    assert again["payment"]["id"] == part["payment"]["id"]
    above = await try_record(ask, order, "PARTLY_PAID", "25", occurredAt=AN_HOUR_LATER)
    assert _errors(above) == [("OUT_OF_RANGE", "amount.amount")]
    await record(ask, order, "PARTLY_PAID", "24.99", occurredAt=AN_HOUR_LATER)


@pytest.mark.parametrize("state", ["AUTHORISED", "PAID"])
async def test_who_tells_that_all_is_there_tells_no_less_than_the_total(world, ask, state):
    order = await orders.order(world, ask)
    for less in ("0", "34.99"):
        payload = await try_record(ask, order, state, less)
        assert _errors(payload) == [("OUT_OF_RANGE", "amount.amount")]
    assert (await record(ask, order, state, "36"))["order"]["paymentState"] == state


async def test_a_part_is_less_than_the_gross_where_taxes_are_stated(world, ask):
    taxes = [{"category": "STANDARD", "rate": "19", "amount": "6.65"}]
    order = await orders.order(world, ask, taxes=taxes)
    whole = await try_record(ask, order, "PARTLY_PAID", "41.65")
    assert _errors(whole) == [("OUT_OF_RANGE", "amount.amount")]
    assert (await record(ask, order, "PARTLY_PAID", "41.64"))["order"]["paymentState"]


async def test_nobody_pays_a_part_of_what_nobody_knows(world, ask):
    (gift,) = await orders.products(ask, "GIFT", listPrice=None)
    portal = to_global("Channel", await channels.channel(world, takes_unpriced=True))
    line = {"productId": gift, "quantity": "1"}
    order = await orders.order(world, ask, channelId=portal, lines=[line])
    part = await try_record(ask, order, "PARTLY_PAID", "1")
    assert _errors(part) == [("PRICE_UNKNOWN", "amount.amount")]
    for state in ("AUTHORISED", "PAID"):
        whole = await try_record(ask, order, state, "0.01")
        assert _errors(whole) == [("PRICE_UNKNOWN", "amount.amount")]
        untold = await try_record(ask, order, state)
        assert _errors(untold) == [("PRICE_UNKNOWN", "state")]
    await record(ask, order, "AWAITED")


@pytest.mark.gate("D12", "ordersRecordPayments")
async def test_in_bulk_a_refused_report_stops_no_other(world, ask):
    first, second = [await orders.order(world, ask) for _ in range(2)]
    later = {"reference": "R-2", "occurredAt": AN_HOUR_LATER}
    items = [
        report(first, "PAID", "35", **later),
        report(first, "FAILED"),
        report(second, "PARTLY_PAID"),
        report({"id": to_global("Order", new_id())}, "PAID"),
        report(second, "AUTHORISED", "35"),
        report(first, "PAID", "35", **later),
    ]
    answer = (await ask(RECORD_ALL, input={"payments": items}))["it"]
    assert answer["userErrors"] == []
    assert [(it["status"], _errors(it)) for it in answer["results"]] == [
        ("CREATED", []),
        ("CREATED", []),
        ("REFUSED", [("INVALID", "payments.2.amount")]),
        ("REFUSED", [("NOT_FOUND", "payments.3.orderId")]),
        ("CREATED", []),
        ("UNCHANGED", []),
    ]
    shown = [(await ask(SHOWN, id=it["id"]))["order"]["paymentState"] for it in (first, second)]
    assert shown == ["PAID", "AUTHORISED"]


async def test_many_reports_send_as_many_statements_as_one(world, ask):
    placed = [await orders.order(world, ask) for _ in range(6)]
    counts = []
    for some in (placed[:1], placed[1:]):
        with counted(world.database.engine) as statements:
            await ask(RECORD_ALL, input={"payments": [report(it, "PAID", "35") for it in some]})
        counts.append(len(statements))
    assert counts[0] == counts[1]


async def test_orders_are_found_by_what_is_known(world, ask):
    strict = to_global("Channel", await channels.channel(world, release_when="PAID"))
    waiting = await orders.order(world, ask, channelId=strict)
    paid = await orders.order(world, ask, channelId=strict)
    free, failed = [await orders.order(world, ask) for _ in range(2)]
    over = await orders.order(world, ask, channelId=strict)
    await record(ask, paid, "PAID", "35")
    await record(ask, failed, "FAILED", "35")
    await responses.done(ask, responses.CLOSE, over)

    async def found(**by):
        nodes = (await ask(LIST, by=by))["orders"]["nodes"]
        return {it["number"] for it in nodes}

    waits, goes, fails, is_over = (it["number"] for it in (waiting, free, failed, over))
    assert await found(paymentStates=["PAID", "FAILED"]) == {paid["number"], fails}
    assert await found(paymentStates=["AWAITED"]) == {waits, goes, is_over}
    assert await found(stoppedByPayment=True) == {waits, fails}
    assert await found(stoppedByPayment=False) == {paid["number"], goes, is_over}
    assert not (await ask(SHOWN, id=over["id"]))["order"]["isStoppedByPayment"]


def test_who_reports_payments():
    usual = {actor for actor in Actor if Scope.PAYMENTS_WRITE in SCOPES[actor]}
    assert usual == {Actor.STAFF}
    may = {actor for actor in OTHERS if Scope.PAYMENTS_WRITE in allowed(actor)}
    assert may == {Actor.STOREFRONT}


async def test_a_buyer_reports_no_payment(world, ask):
    order = await orders.order(world, ask)
    party = from_global(order["party"]["id"])[1]
    scopes = sorted(allowed(Actor.BUYER))
    buyer = ask.by(await world.key(Actor.BUYER, party, scopes=scopes))
    answer = await buyer.answer(RECORD, input=report(order, "PAID", "35"))
    assert answer["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    assert (await ask(SHOWN, id=order["id"]))["order"]["payments"] == []


async def test_a_shop_reports_of_the_order_whose_token_it_holds(world, ask):
    channel = await channels.channel(world)
    named = [*SCOPES[Actor.STOREFRONT], Scope.PAYMENTS_WRITE]
    shop = ask.by(await world.key(Actor.STOREFRONT, channel, scopes=named))
    usual = ask.by(await world.key(Actor.STOREFRONT, channel))
    staff = ask.by(world.token)
    at = to_global("Channel", channel)
    values = await orders.order_input(world, staff, guest={"name": "Jan"}, channelId=at)
    place = """mutation ($input: OrderPlaceInput!) {
      orderPlace(input: $input) { accessToken order { id } } }"""
    placed = (await shop(place, input=values))["orderPlace"]
    own = report(placed["order"], "AUTHORISED", "35")
    holding = {"Abruf-Order-Token": placed["accessToken"]}
    assert _errors((await shop(RECORD, input=own))["it"]) == [("NOT_FOUND", "orderId")]
    refused = await usual.with_headers(holding).answer(RECORD, input=own)
    assert refused["errors"][0]["extensions"]["code"] == "FORBIDDEN"
    done = (await shop.with_headers(holding)(RECORD, input=own))["it"]
    assert done["order"]["paymentState"] == "AUTHORISED"
    assert done["order"]["payments"] == [
        {"reference": "R-1", "state": "AUTHORISED", "amount": {"amount": "35"}}
    ]


async def test_a_client_sees_its_payment_and_a_warehouse_whether_it_stops(world, ask):
    order = await orders.order(world, ask)
    other = await orders.order(world, ask)
    at = await locations.location(world)
    await deliveries.planned(world, ask, order, locationId=to_global("Location", at))
    await record(ask, order, "FAILED", "35")
    party = from_global(order["party"]["id"])[1]
    strange = from_global(other["party"]["id"])[1]
    buyer, stranger, warehouse = [
        ask.by(await world.key(actor, to))
        for actor, to in (
            (Actor.BUYER, party),
            (Actor.BUYER, strange),
            (Actor.WAREHOUSE, at),
        )
    ]
    seen = (await buyer(SHOWN, id=order["id"]))["order"]
    assert seen["payments"] == [{"reference": "R-1", "state": "FAILED", "amount": {"amount": "35"}}]
    assert seen["timeline"]["nodes"][-1]["payload"]["state"] == "FAILED"
    assert (await stranger(SHOWN, id=order["id"]))["order"] is None
    less = (await warehouse(SHOWN, id=order["id"]))["order"]
    assert (less["paymentState"], less["payments"]) == (None, [])
    assert less["isStoppedByPayment"]
    types = {it["type"] for it in less["timeline"]["nodes"]}
    assert "order.payment_recorded" not in types
    assert (await warehouse(LIST, by={"paymentStates": ["FAILED"]}))["orders"]["totalCount"] == 0
    assert (await warehouse(LIST, by={"stoppedByPayment": True}))["orders"]["totalCount"] == 1
