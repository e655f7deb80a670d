"""How deliveries of call-offs stand to what was guaranteed, and what is due where it was not kept.

A test's clock starts on Monday, March 2; what is called off is wanted by March 10 at EUR 2.50.
"""

import pytest

from kit.ids import from_global, to_global
from models.access.viewers import Actor, CompanyRole
from tests.make.fulfilment import deliveries
from tests.make.master import channels, locations, parties
from tests.make.trade import contracts, orders
from tests.make.trade.orders import products

SHOWN = """
query ($id: ID!) {
  delivery(id: $id) {
    excuse
    lines {
      supplied { quantity dueOn daysLate isExcused lateQuantity penaltyDue { amount currency } }
    }
  }
}
"""
UNPLANNED = """
query ($id: ID!) {
  order(id: $id) {
    lines { unplannedSupply { quantity dueOn lateQuantity daysLate penaltyDue { amount } } }
  }
}
"""
PERCENT = {"penaltyPercentPerDay": "0.5"}


async def _contract(world, ask, **terms):
    (bolt,) = await products(ask, "BOLT")
    return await contracts.contract(world, ask, lines=[contracts.line(bolt, guarantee=terms)])


async def _planned(world, ask, contract, quantity="100", day="2026-03-10", **part):
    called = await contracts.call_off(world, ask, contract, quantity, window=contracts.window(day))
    return called, await deliveries.planned(world, ask, called, **part)


async def _supplied(ask, delivery):
    (line,) = (await ask(SHOWN, id=delivery["id"]))["delivery"]["lines"]
    return line["supplied"]


async def _due(ask, delivery):
    return (await _supplied(ask, delivery))["penaltyDue"]["amount"]


async def test_nothing_is_due_until_the_last_day_of_grace(world, ask, clock):
    contract = await _contract(world, ask, **PERCENT, graceDays=2)
    _, delivery = await _planned(world, ask, contract)
    clock.advance(days=10)
    assert await _supplied(ask, delivery) == {
        "quantity": "100",
        "dueOn": "2026-03-10",
        "lateQuantity": "0",
        "daysLate": 0,
        "isExcused": False,
        "penaltyDue": {"amount": "0", "currency": "EUR"},
    }
    clock.advance(days=1)
    late = await _supplied(ask, delivery)
    assert (late["daysLate"], late["penaltyDue"]["amount"]) == (1, "1.25")


async def test_a_day_ends_at_the_contracts_own_midnight(world, ask, clock):
    contract = await _contract(world, ask, **PERCENT)
    _, delivery = await _planned(world, ask, contract)
    clock.advance(days=8, hours=13, minutes=59)
    assert (await _supplied(ask, delivery))["daysLate"] == 0
    clock.advance(minutes=1)
    assert (await _supplied(ask, delivery))["daysLate"] == 1


@pytest.mark.parametrize(("lead", "due"), [(0, "2026-03-10"), (8, "2026-03-10"), (9, "2026-03-11")])
async def test_the_lead_time_counts_where_it_ends_later_than_wanted(world, ask, lead, due):
    contract = await _contract(world, ask, **PERCENT, leadTimeDays=lead)
    _, delivery = await _planned(world, ask, contract)
    assert (await _supplied(ask, delivery))["dueOn"] == due


@pytest.mark.parametrize(
    ("terms", "days", "due"),
    [
        ({"penaltyPercentPerDay": "0.333333"}, 3, "2.5"),
        ({"penaltyPercentPerDay": "0.5", "penaltyCapPercent": "5"}, 9, "11.25"),
        ({"penaltyPercentPerDay": "0.5", "penaltyCapPercent": "5"}, 40, "12.5"),
        ({"penaltyPerUnit": "0.015"}, 1, "1.5"),
        ({"penaltyPerUnit": "0.015"}, 40, "1.5"),
        ({"penaltyPerUnit": "0.00005"}, 1, "0.01"),
        ({"penaltyPerUnit": "0.00004"}, 1, "0"),
        ({"penaltyPerUnit": "0.1", "penaltyPercentPerDay": "0.5"}, 2, "12.5"),
        ({"penaltyPerUnit": "9", "penaltyCapPercent": "0.002"}, 1, "0.01"),
        ({}, 40, "0"),
    ],
)
async def test_days_and_units_add_up_to_the_cap_rounded_once(world, ask, clock, terms, days, due):
    contract = await _contract(world, ask, **terms)
    _, delivery = await _planned(world, ask, contract)
    clock.advance(days=8 + days)
    assert await _due(ask, delivery) == due


async def test_what_has_arrived_costs_no_more(world, ask, clock):
    contract = await _contract(world, ask, **PERCENT)
    called = await contracts.call_off(world, ask, contract, "100")
    delivery = await deliveries.dispatched(world, ask, called)
    clock.advance(days=12)
    assert await _due(ask, delivery) == "5"
    receipt = {"deliveryId": delivery["id"], "receivedAt": "2026-03-12T08:00:00Z"}
    await deliveries.done(ask, "deliveryConfirmReceipt", **receipt)
    clock.advance(days=30)
    assert await _due(ask, delivery) == "2.5"


async def test_an_agreed_excuse_makes_nothing_due(world, ask, clock):
    contract = await _contract(world, ask, **PERCENT, excuses=["STRIKE"])
    _, delivery = await _planned(world, ask, contract)
    clock.advance(days=12)
    move = {"deliveryId": delivery["id"], "window": contracts.window("2026-03-20")}
    for excuse, is_excused, due in (
        ("CUSTOMS", False, "5"),
        ("STRIKE", True, "0"),
        (None, False, "5"),
    ):
        await deliveries.done(ask, "deliveryReschedule", **move, excuse=excuse)
        shown = (await ask(SHOWN, id=delivery["id"]))["delivery"]
        supplied = shown["lines"][0]["supplied"]
        assert (shown["excuse"], supplied["isExcused"]) == (excuse, is_excused)
        assert supplied["penaltyDue"]["amount"] == due


async def test_another_window_leaves_the_excuse_as_it_was(world, ask):
    contract = await _contract(world, ask, **PERCENT, excuses=["STRIKE"])
    _, delivery = await _planned(world, ask, contract)
    for fields, stays in (
        ({"excuse": "STRIKE"}, "STRIKE"),
        ({}, "STRIKE"),
        ({"excuse": None}, None),
    ):
        day = f"2026-03-{20 + len(fields)}"
        move = {"deliveryId": delivery["id"], "window": contracts.window(day), **fields}
        await deliveries.done(ask, "deliveryReschedule", **move)
        assert (await ask(SHOWN, id=delivery["id"]))["delivery"]["excuse"] == stays


async def test_a_merge_carries_no_excuse_from_one_delivery_to_another(world, ask):
    contract = await _contract(world, ask, **PERCENT, excuses=["STRIKE"])
    _, delivery = await _planned(world, ask, contract)
    line = delivery["lines"][0]
    part = {"deliveryLineId": line["id"], "quantity": "50"}
    split = await deliveries.done(ask, "deliverySplit", deliveryId=delivery["id"], lines=[part])
    both = [delivery["id"], split["part"]["id"]]
    for each, excuse in zip(both, ("STRIKE", None), strict=True):
        move = {"deliveryId": each, "window": contracts.window("2026-03-20")}
        await deliveries.done(ask, "deliveryReschedule", **move, excuse=excuse)
    for target, other in (both, both[::-1]):
        call = {"deliveryId": target, "deliveryIds": [other]}
        refused = await deliveries.refusals(ask, "deliveryMerge", **call)
        assert refused == [("NOT_MERGEABLE", "deliveryIds.0")]


async def test_of_a_period_what_was_called_off_first_is_guaranteed_first(world, ask, clock):
    contract = await _contract(world, ask, **PERCENT, quantity="150", period="WEEK")
    first, part = await _planned(world, ask, contract, "100")
    clock.advance(minutes=1)
    _, second = await _planned(world, ask, contract, "100", "2026-03-15")
    clock.advance(minutes=1)
    _, third = await _planned(world, ask, contract, "100", "2026-03-09")
    _, later = await _planned(world, ask, contract, "100", "2026-03-16")
    clock.advance(days=20)
    found = [(await _supplied(ask, it))["quantity"] for it in (part, second, third, later)]
    assert found == ["100", "50", "0", "100"]
    assert await _due(ask, third) == "0"
    await deliveries.done(ask, "deliveryCancel", deliveryId=part["id"])
    cancel = """mutation ($input: OrderCancelLinesInput!) {
      orderCancelLines(input: $input) { userErrors { code } } }"""
    whole = [{"lineId": first["lines"][0]["id"], "quantity": "100"}]
    await ask(cancel, input={"orderId": first["id"], "lines": whole})
    found = [(await _supplied(ask, it))["quantity"] for it in (second, third)]
    assert found == ["100", "50"]
    assert await _supplied(ask, part) is None


async def test_of_a_line_the_part_that_was_planned_first_is_guaranteed_first(world, ask):
    contract = await _contract(world, ask, **PERCENT, quantity="70", period="MONTH")
    called = await contracts.call_off(world, ask, contract, "100")
    parts = [
        await deliveries.planned(world, ask, called, lines=deliveries.lines(called, each))
        for each in ("50", "30", "20")
    ]
    assert [(await _supplied(ask, it))["quantity"] for it in parts] == ["50", "20", "0"]


async def _unplanned(ask, order):
    (line,) = (await ask(UNPLANNED, id=order["id"]))["order"]["lines"]
    return line["unplannedSupply"]


async def test_what_is_in_no_delivery_is_late_too(world, ask, clock):
    contract = await _contract(world, ask, **PERCENT, quantity="70", period="MONTH")
    called = await contracts.call_off(world, ask, contract, "100")
    clock.advance(days=12)
    whole = await _unplanned(ask, called)
    assert (whole["quantity"], whole["lateQuantity"], whole["daysLate"]) == ("70", "70", 4)
    assert whole["penaltyDue"]["amount"] == "3.5"
    late = contracts.window("2026-03-20")
    taken = await deliveries.planned(
        world, ask, called, lines=deliveries.lines(called, "60"), window=late
    )
    assert [(await _unplanned(ask, called))["quantity"], await _due(ask, taken)] == ["10", "3"]
    later = await deliveries.planned(
        world, ask, called, lines=deliveries.lines(called, "40"), window=late
    )
    assert await _unplanned(ask, called) is None
    assert await _due(ask, later) == "0.5"
    await deliveries.done(ask, "deliveryCancel", deliveryId=taken["id"])
    shown = await _unplanned(ask, called)
    assert (shown["quantity"], (await _supplied(ask, later))["quantity"]) == ("30", "40")
    party = from_global(contract["party"]["id"])[1]
    buyer = ask.by(await world.key(Actor.BUYER, party))
    assert await _unplanned(buyer, called) == shown
    cancel = """mutation ($input: OrderCancelLinesInput!) {
      orderCancelLines(input: $input) { userErrors { code } } }"""
    most = [{"lineId": called["lines"][0]["id"], "quantity": "60"}]
    await ask(cancel, input={"orderId": called["id"], "lines": most})
    assert await _unplanned(ask, called) is None


async def test_a_call_off_counts_once_its_company_has_approved_it(world, ask, clock):
    limit = {"amount": "1", "currency": "EUR"}
    company = await parties.company(world, approval_limit=limit)
    (bolt,) = await products(ask, "BOLT")
    lines = [contracts.line(bolt, guarantee=PERCENT)]
    contract = await contracts.contract(
        world, ask, lines=lines, partyId=to_global("Party", company)
    )
    portal = to_global("Channel", await channels.channel(world))
    await parties.allow(world, contract["party"]["id"], portal)
    buyer = ask.by(await world.key(Actor.BUYER, company))
    called = await contracts.call_off(world, buyer, contract, "10", channelId=portal)
    clock.advance(days=12)
    assert await _unplanned(buyer, called) is None
    approver = ask.by(await world.key(Actor.BUYER, company, role=CompanyRole.APPROVER))
    approve = """mutation ($input: OrderApproveInput!) {
      orderApprove(input: $input) { userErrors { code } } }"""
    await approver(approve, input={"orderId": called["id"]})
    assert (await _unplanned(buyer, called))["dueOn"] == "2026-03-14"


async def test_what_of_a_delivery_is_shipped_anew_counts_there_alone(world, ask, clock):
    contract = await _contract(world, ask, **PERCENT, quantity="100", period="MONTH")
    called = await contracts.call_off(world, ask, contract, "100")
    sent = await deliveries.dispatched(world, ask, called)
    own = {"deliveryLineId": sent["lines"][0]["id"], "received": "60", "difference": "REFUSED"}
    await deliveries.done(ask, "deliveryConfirmReceipt", deliveryId=sent["id"], lines=[own])
    clock.advance(days=12)
    assert (await _supplied(ask, sent))["lateQuantity"] == "40"
    assert await _unplanned(ask, called) is None
    anew = {"deliveryId": sent["id"], "window": contracts.window("2026-03-20")}
    made = (await deliveries.done(ask, "deliveryReship", **anew))["reshipment"]
    both = [await _supplied(ask, it) for it in (sent, made)]
    assert [(it["quantity"], it["lateQuantity"]) for it in both] == [("60", "0"), ("40", "40")]
    await deliveries.done(ask, "deliveryCancel", deliveryId=made["id"])
    assert (await _supplied(ask, sent))["lateQuantity"] == "40"


async def test_where_nothing_is_guaranteed_nothing_is_told(world, ask):
    order = await orders.order(world, ask)
    plain = await contracts.call_off(world, ask, await contracts.contract(world, ask), "10")
    for placed in (order, plain):
        delivery = await deliveries.planned(world, ask, placed)
        lines = (await ask(SHOWN, id=delivery["id"]))["delivery"]["lines"]
        assert {it["supplied"] is None for it in lines} == {True}


async def test_the_client_sees_what_is_due_and_a_warehouse_does_not(world, ask, clock):
    contract = await _contract(world, ask, **PERCENT)
    at = await locations.location(world)
    _, delivery = await _planned(world, ask, contract, locationId=to_global("Location", at))
    clock.advance(days=12)
    party = from_global(contract["party"]["id"])[1]
    buyer = ask.by(await world.key(Actor.BUYER, party))
    assert await _due(buyer, delivery) == "5"
    warehouse = ask.by(await world.key(Actor.WAREHOUSE, at))
    assert await _supplied(warehouse, delivery) is None
