"""What of a supply is late: each piece counts until its own day, in days that no amendment moves.

A test's clock starts on Monday, March 2; what is called off is wanted by March 10 at EUR 2.50.
"""

from datetime import datetime, timedelta

import pytest

from kit.ids import to_global
from models.access.viewers import Actor, CompanyRole
from tests.make.fulfilment import deliveries
from tests.make.master import channels, parties
from tests.make.trade import contracts, orders, responses

SHOWN = """
query ($id: ID!) {
  delivery(id: $id) {
    excuse availableActions
    lines { supplied { quantity dueOn lateQuantity daysLate penaltyDue { amount } } }
  }
}
"""
TRACK = """
mutation ($input: ParcelRecordTrackingInput!) {
  parcelRecordTracking(input: $input) { results { status } userErrors { code } }
}
"""
APPROVE = (
    "mutation ($input: OrderApproveInput!) { orderApprove(input: $input) { order { state } } }"
)
PERCENT = {"penaltyPercentPerDay": "1"}


async def _contract(world, ask, *, line=(), party=None, **terms):
    (bolt,) = await orders.products(ask, "BOLT")
    agreed = contracts.line(bolt, guarantee=terms, **dict(line))
    more = {} if party is None else {"partyId": party}
    return await contracts.contract(world, ask, lines=[agreed], **more)


async def _called_off(world, ask, contract, quantity="100", **fields):
    values = {"window": contracts.window("2026-03-10"), **fields}
    return await contracts.call_off(world, ask, contract, quantity, **values)


async def _supplied(ask, delivery):
    (line,) = (await ask(SHOWN, id=delivery["id"]))["delivery"]["lines"]
    return line["supplied"]


async def _late(ask, delivery):
    found = await _supplied(ask, delivery)
    return found["lateQuantity"], found["daysLate"], found["penaltyDue"]["amount"]


async def _in_parcels(world, ask, called, *quantities):
    """Dispatch a call-off in one delivery, a parcel for each quantity."""
    delivery = await deliveries.released(world, ask, called)
    parcels = [
        {"generateSscc": True, "contents": deliveries.contents(delivery, it)} for it in quantities
    ]
    await deliveries.done(ask, "deliveryPack", deliveryId=delivery["id"], parcels=parcels)
    sent = await deliveries.done(ask, "deliveryDispatch", deliveryId=delivery["id"])
    return sent["delivery"]


async def _tracked(ask, delivery, place, code, day):
    parcel = delivery["parcels"][place]["id"]
    event = {"parcelId": parcel, "status": code}
    event |= {"occurredAt": f"{day}T10:00:00+01:00"}
    answer = (await ask(TRACK, input={"events": [event]}))["parcelRecordTracking"]
    assert [it["status"] for it in answer["results"]] == ["CREATED"]


def _until(clock, day):
    clock.advance(seconds=(datetime.fromisoformat(f"{day}T12:00+01:00") - clock()).total_seconds())


async def test_parcels_that_came_in_time_cost_nothing(world, ask, clock):
    contract = await _contract(world, ask, **PERCENT)
    delivery = await _in_parcels(
        world, ask, await _called_off(world, ask, contract), "60", "30", "10"
    )
    _until(clock, "2026-03-13")
    await _tracked(ask, delivery, 0, "DELIVERED", "2026-03-10")
    await _tracked(ask, delivery, 1, "DELIVERED", "2026-03-12")
    # 30 pieces came two days late, 10 are three days late so far: 30 * 2.5 * 2 % + 10 * 2.5 * 3 %.
    assert await _late(ask, delivery) == ("40", 3, "2.25")
    _until(clock, "2026-03-20")
    await _tracked(ask, delivery, 2, "DELIVERED", "2026-03-14")
    assert await _late(ask, delivery) == ("40", 4, "2.5")
    _until(clock, "2026-05-20")
    assert await _late(ask, delivery) == ("40", 4, "2.5")


async def test_of_what_is_guaranteed_what_came_first_counts_first(world, ask, clock):
    contract = await _contract(world, ask, **PERCENT, quantity="70", period="WEEK")
    delivery = await _in_parcels(world, ask, await _called_off(world, ask, contract), "60", "40")
    _until(clock, "2026-03-12")
    await _tracked(ask, delivery, 0, "DELIVERED", "2026-03-10")
    assert await _late(ask, delivery) == ("10", 2, "0.5")


async def test_the_first_receipt_of_a_piece_tells_its_day(world, ask, clock):
    contract = await _contract(world, ask, **PERCENT)
    delivery = await _in_parcels(world, ask, await _called_off(world, ask, contract), "100")
    (line,) = delivery["lines"]
    for day, received, late in (
        ("2026-03-10", "70", ("30", 5, "3.75")),
        ("2026-03-13", "90", ("30", 5, "2.75")),
        ("2026-03-14", "100", ("30", 4, "2.5")),
    ):
        _until(clock, day)
        each = {"deliveryLineId": line["id"], "received": received}
        each |= {} if received == "100" else {"difference": "SHORT"}
        receipt = {"deliveryId": delivery["id"], "lines": [each]}
        await deliveries.done(ask, "deliveryConfirmReceipt", **receipt)
        ahead = datetime.fromisoformat("2026-03-15T12:00+01:00") - clock()
        clock.advance(seconds=ahead.total_seconds())
        assert await _late(ask, delivery) == late
        clock.advance(seconds=-ahead.total_seconds())


@pytest.mark.parametrize("code", ["LOST", "RETURNED_TO_SENDER"])
async def test_what_never_came_is_late_until_its_order_is_closed(world, ask, clock, code):
    contract = await _contract(world, ask, **PERCENT, penaltyCapPercent="20")
    called = await _called_off(world, ask, contract)
    delivery = await _in_parcels(world, ask, called, "60", "40")
    _until(clock, "2026-03-11")
    await _tracked(ask, delivery, 0, "DELIVERED", "2026-03-10")
    await _tracked(ask, delivery, 1, code, "2026-03-11")
    _until(clock, "2026-03-15")
    assert await _late(ask, delivery) == ("40", 5, "5")
    await responses.done(ask, responses.CLOSE, called)
    _until(clock, "2026-05-15")
    assert await _late(ask, delivery) == ("40", 5, "5")


async def test_a_cap_ends_what_grows_for_what_never_came(world, ask, clock):
    contract = await _contract(world, ask, **PERCENT, penaltyCapPercent="20")
    delivery = await _in_parcels(world, ask, await _called_off(world, ask, contract), "100")
    await _tracked(ask, delivery, 0, "LOST", "2026-03-02")
    _until(clock, "2026-06-10")
    assert (await _late(ask, delivery))[::2] == ("100", "50")


async def test_an_amount_is_due_for_each_late_day_beside_those_for_units_and_percent(
    world, ask, clock
):
    terms = {"penaltyPerDay": "7", "penaltyPerUnit": "0.1", **PERCENT}
    contract = await _contract(world, ask, **terms)
    delivery = await _in_parcels(world, ask, await _called_off(world, ask, contract), "60", "40")
    _until(clock, "2026-03-13")
    await _tracked(ask, delivery, 0, "DELIVERED", "2026-03-10")
    assert await _late(ask, delivery) == ("40", 3, "28")  # 3 * 7 + 40 * 0.1 + 40 * 2.5 * 3 %


async def test_another_time_zone_moves_nothing_of_what_is_called_off(world, ask, clock):
    contract = await _contract(world, ask, **PERCENT)
    before = await deliveries.planned(world, ask, await _called_off(world, ask, contract))
    _until(clock, "2026-03-12")
    late = await _supplied(ask, before)
    amended = await contracts.change(
        ask, "contractAmend", contractId=contract["id"], timeZone="Pacific/Kiritimati"
    )
    assert amended["userErrors"] == []
    assert await _supplied(ask, before) == late
    # At 12:00 in Berlin it is the next day already on Kiritimati.
    window = contracts.window("2026-03-20")
    called = await _called_off(world, ask, contract, window=window)
    after = await deliveries.planned(world, ask, called, window=None)
    assert (await _supplied(ask, after))["dueOn"] == "2026-03-21"
    _until(clock, "2026-03-21")
    assert (await _supplied(ask, after))["daysLate"] == 1


async def test_what_is_called_off_before_a_guarantee_uses_nothing_of_it(world, ask):
    (bolt,) = await orders.products(ask, "BOLT")
    contract = await contracts.contract(world, ask, lines=[contracts.line(bolt)])
    await _called_off(world, ask, contract, "90")
    terms = {**PERCENT, "quantity": "100", "period": "WEEK"}
    line = {"contractLineId": contract["lines"][0]["id"], "guarantee": terms}
    await contracts.change(ask, "contractAmend", contractId=contract["id"], lines=[line])
    delivery = await deliveries.planned(world, ask, await _called_off(world, ask, contract))
    assert (await _supplied(ask, delivery))["quantity"] == "100"


async def test_a_date_that_the_customer_accepts_is_the_one_that_counts(world, ask, clock):
    contract = await _contract(world, ask, **PERCENT)
    called = await _called_off(world, ask, contract)
    await responses.done(
        ask,
        responses.CONFIRM,
        called,
        lines=[responses.line(called, 0, "ACCEPTED", window=contracts.window("2026-03-14"))],
    )
    delivery = await deliveries.planned(world, ask, called)
    assert (await _supplied(ask, delivery))["dueOn"] == "2026-03-10"
    later = contracts.window("2026-03-17")
    await responses.amended(ask, called, window=later)
    assert (await _supplied(ask, delivery))["dueOn"] == "2026-03-10"
    await responses.answer(await responses.buyer(world, ask, called), called, accepts=True)
    assert (await _supplied(ask, delivery))["dueOn"] == "2026-03-17"
    _until(clock, "2026-03-18")
    assert await _late(ask, delivery) == ("100", 1, "2.5")


async def test_a_date_that_is_accepted_forgives_nothing_that_came_late_before(world, ask, clock):
    contract = await _contract(world, ask, **PERCENT)
    called = await _called_off(world, ask, contract)
    came = await deliveries.dispatched(world, ask, called, lines=deliveries.lines(called, "40"))
    later = await deliveries.planned(world, ask, called, lines=deliveries.lines(called, "60"))
    _until(clock, "2026-03-13")
    receipt = {"deliveryId": came["id"], "receivedAt": "2026-03-12T08:00:00Z"}
    await deliveries.done(ask, "deliveryConfirmReceipt", **receipt)
    assert await _late(ask, came) == ("40", 2, "2")
    lines = [responses.line(called, 0, "AMENDED", window=contracts.window("2026-03-17"))]
    until = "2026-03-14T12:00:00+00:00"
    await responses.done(ask, responses.CONFIRM, called, lines=lines, answerBy=until)
    await responses.answer(ask, called, accepts=True)
    _until(clock, "2026-03-18")
    assert await _late(ask, came) == ("40", 2, "2")
    assert await _late(ask, later) == ("60", 1, "1.5")


async def _portal(world, contract, **channel):
    portal = to_global("Channel", await channels.channel(world, **channel))
    await parties.allow(world, contract["party"]["id"], portal)
    return portal


async def test_days_of_the_merchants_approval_are_the_merchants(world, ask, clock):
    contract = await _contract(world, ask, **PERCENT, leadTimeDays=8)
    portal = await _portal(world, contract, approval_required=True)
    called = await _called_off(world, ask, contract, channelId=portal)
    clock.advance(days=3)
    await ask(APPROVE, input={"orderId": called["id"]})
    delivery = await deliveries.planned(world, ask, called)
    assert (await _supplied(ask, delivery))["dueOn"] == "2026-03-10"


async def test_a_call_off_is_given_when_its_company_has_approved_it(world, ask, clock):
    limit = {"amount": "1", "currency": "EUR"}
    company = await parties.company(world, approval_limit=limit)
    party = to_global("Party", company)
    contract = await _contract(world, ask, party=party, **PERCENT, leadTimeDays=8)
    portal = await _portal(world, contract)
    buyer = ask.by(await world.key(Actor.BUYER, company))
    called = await _called_off(world, buyer, contract, channelId=portal)
    assert called["state"] == "PENDING_APPROVAL"
    clock.advance(days=3)
    approver = ask.by(await world.key(Actor.BUYER, company, role=CompanyRole.APPROVER))
    await approver(APPROVE, input={"orderId": called["id"]})
    delivery = await deliveries.planned(world, ask, called)
    assert (await _supplied(ask, delivery))["dueOn"] == "2026-03-13"


@pytest.mark.harmless(
    "deliveryExcuse", "It says why something comes late; what is due for that is computed."
)
async def test_a_reason_may_be_said_and_taken_back_after_the_dispatch(world, ask, clock):
    contract = await _contract(world, ask, **PERCENT, excuses=["CUSTOMER_NOT_READY"])
    delivery = await _in_parcels(world, ask, await _called_off(world, ask, contract), "100")
    await _tracked(ask, delivery, 0, "RETURNED_TO_SENDER", "2026-03-02")
    clock.advance(seconds=timedelta(days=10).total_seconds())
    assert await _late(ask, delivery) == ("100", 2, "5")
    assert "EXCUSE" in (await ask(SHOWN, id=delivery["id"]))["delivery"]["availableActions"]
    for excuse, due in (("CUSTOMER_NOT_READY", "0"), ("CUSTOMS", "5"), (None, "5")):
        await deliveries.done(ask, "deliveryExcuse", deliveryId=delivery["id"], excuse=excuse)
        assert (await _late(ask, delivery))[2] == due
        assert (await ask(SHOWN, id=delivery["id"]))["delivery"]["excuse"] == excuse


async def test_what_comes_when_it_is_wanted_has_no_excuse(world, ask):
    contract = await _contract(world, ask, **PERCENT, excuses=["STRIKE"])
    delivery = await deliveries.planned(world, ask, await _called_off(world, ask, contract))
    move = {"deliveryId": delivery["id"], "excuse": "STRIKE"}
    for day, refused in (("2026-03-09", True), ("2026-03-10", True), ("2026-03-11", False)):
        codes = await deliveries.refusals(
            ask, "deliveryReschedule", **move, window=contracts.window(day)
        )
        assert codes == ([("INVALID", "excuse")] if refused else [])
