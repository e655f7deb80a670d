"""Calling contracts off over GraphQL: what is drawn, at which price, and why it is refused."""

from datetime import date

import pytest

from kit.ids import new_id, to_global
from models.access.viewers import Actor
from tests.guard import counted
from tests.make.master import channels, locations, parties
from tests.make.trade import contracts
from tests.make.trade.orders import order, products

CALL_OFFS = """
query ($contract: ID!, $first: Int!) {
  contract(id: $contract) {
    callOffs(first: $first) {
      totalCount
      nodes {
        number contract { number state lines { remaining } }
        lines { ordered contractLine { calledOff product { sku } } }
      }
    }
  }
}
"""
ONE = "query ($number: String!) { callOff(number: $number) { number kind } }"
CANCEL = """
mutation ($input: OrderCancelLinesInput!) {
  orderCancelLines(input: $input) { userErrors { code field } }
}
"""


async def _lines(ask, contract):
    return (await ask(contracts.CONTRACT, id=contract["id"]))["contract"]["lines"]


async def _company(world, ask):
    """Return the id of a company with two addresses, and these by code."""
    codes = [parties.address("MAIN"), parties.address("SIDE", is_default=False)]
    party = to_global("Party", await parties.company(world, addresses=codes))
    query = "query ($id: ID!) { party(id: $id) { addresses { id code } } }"
    found = (await ask(query, id=party))["party"]["addresses"]
    return party, {it["code"]: it["id"] for it in found}


async def test_a_call_off_is_an_order_at_the_contracts_price(ask, world):
    party, addresses = await _company(world, ask)
    made = await contracts.contract(
        world, ask, partyId=party, shipToIds=[addresses["SIDE"], addresses["MAIN"]]
    )
    placed = await contracts.call_off(
        world,
        ask,
        made,
        "100",
        partyId=party,
        recipient={"name": "Olena Ivanenko"},
        purchaseOrderNumber="4711",
        externalReference="EDI-1",
    )
    assert (placed["kind"], placed["state"], placed["currency"]) == ("CALL_OFF", "CONFIRMED", "EUR")
    assert (placed["contract"]["id"], placed["party"]["id"]) == (made["id"], party)
    assert (placed["shipToAddress"]["code"], placed["recipient"]["name"]) == (
        "SIDE",
        "Olena Ivanenko",
    )
    (line,) = placed["lines"]
    assert (line["ordered"], line["unitPrice"]["amount"]) == ("100", "2.5")
    assert line["contractLine"] == {
        "id": made["lines"][0]["id"],
        "lineNo": 1,
        "calledOff": "100",
    }
    (after,) = await _lines(ask, made)
    assert (after["calledOff"], after["remaining"]) == ("100", "900")


async def test_two_lines_for_one_product_are_told_apart_by_id(ask, world):
    (bolt,) = await products(ask, "BOLT")
    lines = [contracts.line(bolt, "10"), contracts.line(bolt, "20", unitPrice="2")]
    made = await contracts.contract(world, ask, lines=lines)
    second = made["lines"][1]["id"]
    placed = await contracts.call_off(
        world, ask, made, lines=[{"contractLineId": second, "quantity": "15"}]
    )
    assert placed["lines"][0]["unitPrice"]["amount"] == "2"
    assert [it["calledOff"] for it in await _lines(ask, made)] == ["0", "15"]


@pytest.mark.parametrize(
    ("terms", "quantity", "code"),
    [
        ({}, "1001", "EXCEEDS_MAX"),
        ({"maxQuantity": "1100", "overTolerancePercent": "0.1"}, "1102", "EXCEEDS_MAX"),
        ({"maxPerCallOff": "50"}, "51", "EXCEEDS_MAX"),
        ({"minPerCallOff": "50"}, "49", "BELOW_MINIMUM"),
        ({"lotMultiple": "12"}, "25", "LOT_MULTIPLE"),
        ({}, "0.5", "SCALE_EXCEEDED"),
        ({}, "0", "NOT_POSITIVE"),
        ({}, "-3", "NOT_POSITIVE"),
    ],
)
async def test_a_quantity_beside_the_agreement_is_refused(ask, world, terms, quantity, code):
    (bolt,) = await products(ask, "BOLT")
    made = await contracts.contract(world, ask, lines=[contracts.line(bolt) | terms])
    payload = await contracts.try_call_off(world, ask, made, quantity)
    assert contracts.codes(payload) == [(code, "lines.0.quantity")]
    assert payload["callOff"] is None
    assert [it["calledOff"] for it in await _lines(ask, made)] == ["0"]


async def test_the_tolerance_counts_on_the_contract_quantity_not_on_the_rest(ask, world):
    (bolt,) = await products(ask, "BOLT")
    made = await contracts.contract(
        world, ask, lines=[contracts.line(bolt, overTolerancePercent="5")]
    )
    await contracts.call_off(world, ask, made, "900")
    over = await contracts.try_call_off(world, ask, made, "151")
    assert contracts.codes(over) == [("EXCEEDS_MAX", "lines.0.quantity")]
    await contracts.call_off(world, ask, made, "150")
    (line,) = await _lines(ask, made)
    assert (line["calledOff"], line["ceiling"], line["remaining"]) == ("1050", "1050", "0")


async def test_several_windows_of_one_line_count_together(ask, world):
    (bolt,) = await products(ask, "BOLT")
    made = await contracts.contract(world, ask, lines=[contracts.line(bolt, minPerCallOff="100")])
    of = made["lines"][0]["id"]
    lines = [
        {"contractLineId": of, "quantity": quantity, "window": contracts.window(day)}
        for day, quantity in (("2026-03-10", "60"), ("2026-04-10", "60"))
    ]
    placed = await contracts.call_off(world, ask, made, lines=lines)
    assert [it["ordered"] for it in placed["lines"]] == ["60", "60"]
    lines = [line | {"quantity": "500"} for line in lines]
    over = await contracts.try_call_off(world, ask, made, lines=lines)
    assert contracts.codes(over) == [("EXCEEDS_MAX", "lines.1.quantity")]
    twice = await contracts.try_call_off(world, ask, made, lines=[lines[0], lines[0]])
    assert contracts.codes(twice) == [("DUPLICATE", "lines.1.contractLineId")]


async def test_every_wrong_line_is_told_at_once(ask, world):
    bolt, nut = await products(ask, "BOLT", "NUT")
    made = await contracts.contract(
        world, ask, lines=[contracts.line(bolt, lotMultiple="10"), contracts.line(nut)]
    )
    other = await contracts.contract(world, ask)
    first, second = (it["id"] for it in made["lines"])
    lines = [
        {"contractLineId": first, "quantity": "15"},
        {"contractLineId": other["lines"][0]["id"], "quantity": "1"},
        {"contractLineId": second, "quantity": "1", "unit": "KILOGRAM"},
    ]
    payload = await contracts.try_call_off(world, ask, made, lines=lines)
    assert contracts.codes(payload) == [
        ("LOT_MULTIPLE", "lines.0.quantity"),
        ("NOT_ON_CONTRACT", "lines.1.contractLineId"),
        ("UNIT_MISMATCH", "lines.2.unit"),
    ]


async def test_grams_are_called_off_a_contract_in_kilograms_exactly(ask, world):
    (wire,) = await products(ask, "WIRE", unit="KILOGRAM", scale=3)
    made = await contracts.contract(world, ask, lines=[contracts.line(wire, "1")])
    of = made["lines"][0]["id"]
    lines = [{"contractLineId": of, "quantity": "999", "unit": "GRAM"}]
    placed = await contracts.call_off(world, ask, made, lines=lines)
    assert placed["lines"][0]["ordered"] == "0.999"
    lines = [{"contractLineId": of, "quantity": "0.5", "unit": "GRAM"}]
    finer = await contracts.try_call_off(world, ask, made, lines=lines)
    assert contracts.codes(finer) == [("SCALE_EXCEEDED", "lines.0.quantity")]


@pytest.mark.gate("K3", "contractCallOff")
async def test_the_day_of_the_call_off_must_lie_inside_the_validity(ask, world, clock):
    made = await contracts.contract(
        world, ask, validFrom="2026-03-03", validTo="2026-03-31", timeZone="Asia/Tokyo"
    )
    early = contracts.codes(await contracts.try_call_off(world, ask, made, "1"))
    assert early == [("OUTSIDE_VALIDITY", "contractId")]
    clock.time = clock.time.replace(hour=15)  # Midnight in Tokyo: the third of March begins.
    await contracts.call_off(world, ask, made, "1")
    clock.time = clock.time.replace(month=3, day=31, hour=15)
    late = await contracts.try_call_off(world, ask, made, "1")
    assert ("OUTSIDE_VALIDITY", "contractId") in contracts.codes(late)


@pytest.mark.parametrize(
    ("first", "last", "code", "path"),
    [
        ("2026-12-31", "2027-01-01", "OUTSIDE_VALIDITY", "window"),
        ("2027-01-01", "2027-01-02", "OUTSIDE_VALIDITY", "window"),
        ("2026-03-08", "2026-03-20", "NOTICE_TOO_SHORT", "window.earliest"),
    ],
)
async def test_the_requested_days_must_fit_the_contract(ask, world, first, last, code, path):
    made = await contracts.contract(world, ask, minNoticeDays=7)
    window = contracts.window(first, last)
    payload = await contracts.try_call_off(world, ask, made, "1", window=window)
    assert contracts.codes(payload) == [(code, path)]


async def test_the_last_day_and_the_shortest_notice_are_in_time(ask, world):
    made = await contracts.contract(world, ask, minNoticeDays=7)
    for day in ("2026-03-09", "2026-12-31"):
        await contracts.call_off(world, ask, made, "1", window=contracts.window(day))


async def test_a_call_off_without_any_window_is_refused(ask, world):
    made = await contracts.contract(world, ask)
    payload = await contracts.try_call_off(world, ask, made, "1", window=None)
    assert contracts.codes(payload) == [("INVALID", "lines.0.window")]


async def test_only_a_contract_in_force_can_be_called_off(ask, world):
    made = await contracts.draft(world, ask)
    seen = []
    for name in ("contractActivate", "contractSuspend", "contractTerminate"):
        seen.append(contracts.codes(await contracts.try_call_off(world, ask, made, "1")))
        await contracts.change(ask, name, contractId=made["id"], **_kept(name))
    seen.append(contracts.codes(await contracts.try_call_off(world, ask, made, "1")))
    assert seen == [
        [("WRONG_STATE", "contractId")],
        [],
        [("CONTRACT_SUSPENDED", "contractId")],
        [("WRONG_STATE", "contractId")],
    ]


def _kept(name):
    return {"keepCallOffs": True} if name == "contractTerminate" else {}


async def test_another_party_an_address_beside_the_list_and_a_foreign_contact_are_refused(
    ask, world
):
    party, addresses = await _company(world, ask)
    other = to_global("Party", await parties.company(world))
    query = "query ($id: ID!) { party(id: $id) { contacts { id } } }"
    contact = (await ask(query, id=other))["party"]["contacts"][0]["id"]
    made = await contracts.contract(world, ask, partyId=party, shipToIds=[addresses["MAIN"]])
    for wrong, code, path in (
        ({"partyId": other}, "PARTY_MISMATCH", "partyId"),
        ({"shipToId": addresses["SIDE"]}, "NOT_ON_CONTRACT", "shipToId"),
        ({"buyerContactId": contact}, "PARTY_MISMATCH", "buyerContactId"),
        ({"channelId": to_global("Channel", new_id())}, "NOT_FOUND", "channelId"),
    ):
        payload = await contracts.try_call_off(world, ask, made, "1", **wrong)
        assert contracts.codes(payload) == [(code, path)]


async def test_an_external_reference_is_taken_once_per_channel(ask, world):
    made = await contracts.contract(world, ask)
    channel = {"channelId": to_global("Channel", await channels.channel(world))}
    await contracts.call_off(world, ask, made, "1", externalReference="E", **channel)
    again = await contracts.try_call_off(world, ask, made, "1", externalReference="E", **channel)
    assert contracts.codes(again) == [("TAKEN", "externalReference")]
    await contracts.call_off(world, ask, made, "1", externalReference="E")


async def test_a_channel_that_demands_approval_makes_the_call_off_wait(ask, world):
    made = await contracts.contract(world, ask)
    channel = to_global("Channel", await channels.channel(world, approval_required=True))
    placed = await contracts.call_off(world, ask, made, "10", channelId=channel)
    assert placed["state"] == "PENDING_APPROVAL"
    assert [it["calledOff"] for it in await _lines(ask, made)] == ["10"]


async def test_a_cancelled_call_off_gives_back_and_ends_the_exhaustion(ask, world):
    made = await contracts.contract(world, ask)
    placed = await contracts.call_off(world, ask, made, "1000")
    assert (await ask(contracts.CONTRACT, id=made["id"]))["contract"]["state"] == "EXHAUSTED"
    lines = [{"lineId": placed["lines"][0]["id"], "quantity": "1"}]
    cancelled = await ask(CANCEL, input={"orderId": placed["id"], "lines": lines})
    assert cancelled["orderCancelLines"]["userErrors"] == []
    after = (await ask(contracts.CONTRACT, id=made["id"]))["contract"]
    assert (after["state"], after["lines"][0]["remaining"]) == ("ACTIVE", "1")


async def test_deliveries_are_planned_with_the_call_off(ask, world):
    bolt, nut = await products(ask, "BOLT", "NUT")
    party, addresses = await _company(world, ask)
    made = await contracts.contract(
        world,
        ask,
        partyId=party,
        lines=[contracts.line(bolt), contracts.line(nut)],
        shipToIds=list(addresses.values()),
    )
    start = to_global("Location", await locations.location(world))
    parts = [
        {"locationId": start, "lines": [{"lineNo": 1, "quantity": "60"}]},
        {
            "locationId": start,
            "lines": [{"lineNo": 1, "quantity": "40"}, {"lineNo": 2, "quantity": "5"}],
            "window": contracts.window("2026-04-10"),
            "recipient": {"name": "Jan Kowalski"},
            "shipToId": addresses["SIDE"],
        },
    ]
    more = {"recipient": {"name": "Anna Weber"}, "shipToId": addresses["MAIN"]}
    payload = await contracts.try_call_off(world, ask, made, "100", "20", deliveries=parts, **more)
    assert payload["userErrors"] == []
    first, second = payload["deliveries"]
    assert [it["planned"] for it in first["lines"]] == ["60"]
    assert [(it["orderLine"]["lineNo"], it["planned"]) for it in second["lines"]] == [
        (1, "40"),
        (2, "5"),
    ]
    assert [it["recipient"]["name"] for it in (first, second)] == ["Anna Weber", "Jan Kowalski"]
    assert [it["shipToAddress"]["code"] for it in (first, second)] == ["MAIN", "SIDE"]
    assert second["window"]["latest"].startswith("2026-04-10")


async def test_a_wrong_delivery_undoes_the_whole_call_off(ask, world):
    party, addresses = await _company(world, ask)
    made = await contracts.contract(world, ask, partyId=party, shipToIds=[addresses["MAIN"]])
    start = to_global("Location", await locations.location(world))
    part = {"locationId": start, "lines": [{"lineNo": 1, "quantity": "10"}]}
    for wrong, code, path in (
        ({"lines": [{"lineNo": 1, "quantity": "11"}]}, "QUANTITY_NOT_OPEN", "lines.0.quantity"),
        ({"lines": [{"lineNo": 2, "quantity": "1"}]}, "NOT_FOUND", "lines.0.lineNo"),
        ({"lines": part["lines"] * 2}, "DUPLICATE", "lines.1.lineNo"),
        ({"shipToId": addresses["SIDE"]}, "NOT_ON_CONTRACT", "shipToId"),
        ({"window": contracts.window("2027-01-04")}, "OUTSIDE_VALIDITY", "window"),
        ({"locationId": to_global("Location", new_id())}, "NOT_FOUND", "locationId"),
    ):
        payload = await contracts.try_call_off(world, ask, made, "10", deliveries=[part | wrong])
        assert contracts.codes(payload) == [(code, f"deliveries.0.{path}")]
    assert [it["calledOff"] for it in await _lines(ask, made)] == ["0"]


async def test_a_schedule_line_is_answered_while_its_release_is_active(ask, world):
    made = await contracts.contract(world, ask)
    of = made["lines"][0]["id"]
    sent = await contracts.release(ask, of, 1, contracts.schedule("2026-03-10", "50"))
    answered = sent["scheduleLines"][0]["id"]
    lines = [{"contractLineId": of, "quantity": "50", "scheduleLineId": answered}]
    placed = await contracts.call_off(world, ask, made, lines=lines)
    assert placed["lines"][0]["scheduleLine"] == {"id": answered}
    await contracts.release(ask, of, 2, contracts.schedule("2026-03-10", "60"))
    late = await contracts.try_call_off(world, ask, made, lines=lines)
    assert contracts.codes(late) == [("RELEASE_OUTDATED", "lines.0.scheduleLineId")]
    other = await contracts.contract(world, ask)
    foreign = [{**lines[0], "contractLineId": other["lines"][0]["id"]}]
    payload = await contracts.try_call_off(world, ask, other, lines=foreign)
    assert contracts.codes(payload) == [("NOT_FOUND", "lines.0.scheduleLineId")]


async def test_a_buyer_calls_off_its_own_contract_only(ask, world):
    own = await parties.company(world)
    mine = await contracts.contract(world, ask, partyId=to_global("Party", own))
    theirs = await contracts.contract(world, ask)
    buyer = ask.by(await world.key(Actor.BUYER, own))
    assert (await contracts.call_off(world, buyer, mine, "1"))["kind"] == "CALL_OFF"
    payload = await contracts.try_call_off(world, buyer, theirs, "1")
    assert contracts.codes(payload) == [("NOT_FOUND", "contractId")]


async def test_another_kind_of_order_is_no_call_off(ask, world):
    made = await contracts.contract(world, ask)
    placed = await contracts.call_off(world, ask, made, "1")
    other = await order(world, ask)
    assert (await ask(ONE, number=placed["number"]))["callOff"]["kind"] == "CALL_OFF"
    assert (await ask(ONE, number=other["number"]))["callOff"] is None


async def test_the_same_key_calls_off_once(ask, world):
    made = await contracts.contract(world, ask)
    fields = await contracts.call_off_input(world, made, "10", idempotencyKey="k1")
    first = await ask(contracts.CALL_OFF, input=fields)
    assert await ask(contracts.CALL_OFF, input=fields) == first
    assert [it["calledOff"] for it in await _lines(ask, made)] == ["10"]


async def test_statements_do_not_grow_with_the_number_of_call_offs(ask, world, database, plans):
    made = await contracts.contract(world, ask)
    channel = to_global("Channel", await channels.channel(world))
    for _ in range(20):
        await contracts.call_off(world, ask, made, "10", channelId=channel)
    sent_by = []
    for first in (1, 20):
        with counted(database.engine) as sent:
            found = await ask(CALL_OFFS, contract=made["id"], first=first)
        assert len(found["contract"]["callOffs"]["nodes"]) == first
        sent_by.append(len(sent))
    # All at once; or the contract; the page of call-offs and its count; the
    # contract's standing and lines; the call-offs' lines, their contract lines and products.
    assert sent_by == ([1, 1] if plans else [8, 8])


async def test_a_whole_year_of_days_is_counted_at_the_contracts_zone(ask, world, clock):
    made = await contracts.contract(world, ask, timeZone="America/Los_Angeles")
    clock.time = clock.time.replace(year=2027, month=1, day=1, hour=7)
    late = contracts.window(str(date(2027, 1, 1)))
    payload = await contracts.try_call_off(world, ask, made, "1", window=late)
    assert contracts.codes(payload) == [("OUTSIDE_VALIDITY", "window")]
