"""Cumulative accounts: what was issued and received at a place since a day."""

from typing import Any

import pytest

from tests.make.feed import Feed
from tests.make.fulfilment import deliveries
from tests.make.trade import contracts
from tests.make.trade.contracts import schedule

ACCOUNTS = """
query ($id: ID!) {
  contract(id: $id) { lines {
    cumulativeReceived inTransit
    accounts { shipTo { code } unloadingPoint periods {
      startsOn opening dispatched delivered underWay lost returned
      cumulativeIssued supplied received cumulativeReceived inTransit countedUntil
    } }
    demand(first: 9) { nodes { openQuantity } }
    releases(first: 9, filter: {states: [ACTIVE]}) { nodes {
      type scheduleLines { openQuantity status } lastReceipts { deliveryNote quantity isOurs }
    } }
  } }
}
"""


async def _counted(ask, contract: dict[str, Any]) -> dict[str, Any]:
    (line,) = (await ask(ACCOUNTS, id=contract["id"]))["contract"]["lines"]
    return line


async def _send(ask, world, contract, quantity: str, **fields: Any) -> dict[str, Any]:
    """Call off and dispatch at once; fields: of the call-off."""
    order = await contracts.call_off(world, ask, contract, quantity, **fields)
    return await deliveries.dispatched(world, ask, order, parcel={"generateSscc": True})


def _opens(line: dict[str, Any]) -> list[list[str]]:
    return [[it["openQuantity"] for it in of["scheduleLines"]] for of in line["releases"]["nodes"]]


async def test_a_new_period_counts_what_left_since_its_day_however_late_it_is_told(
    ask, world, clock
):
    contract = await contracts.contract(world, ask)
    line = contract["lines"][0]["id"]
    days = [schedule(f"2026-04-{day}", it) for day, it in (("10", "100"), ("11", "100"))]
    await contracts.release(ask, line, 1, schedule("2026-03-10", "90"))
    clock.time = clock.time.replace(day=2)
    await _send(ask, world, contract, "50")
    clock.time = clock.time.replace(day=4)
    await _send(ask, world, contract, "30")
    clock.time = clock.time.replace(day=20)
    anew = {"countedFrom": "2026-03-04", "cumulativeReceived": "0"}
    await contracts.release(ask, line, 2, *days, **anew)
    found = await _counted(ask, contract)
    assert _opens(found) == [["70", "100"]]
    old, new = found["accounts"][0]["periods"]
    assert [it["startsOn"] for it in (old, new)] == ["2026-01-01", "2026-03-04"]
    assert [it["cumulativeIssued"] for it in (old, new)] == ["50", "30"]
    assert (new["dispatched"], new["underWay"], new["inTransit"]) == ("30", "30", "30")
    # Of the period before 50 are under way, too: the customer has begun to count anew.
    assert found["inTransit"] == "30"
    back = {"countedFrom": "2026-02-01"}
    earlier = await contracts.try_release(ask, line, 3, *days, **back)
    assert contracts.found(earlier) == ("RECEIVED", ["PERIOD_WENT_BACK"])


async def test_a_receipt_that_the_customer_has_told_is_not_added_to_its_figure(ask, world):
    contract = await contracts.contract(world, ask)
    line = contract["lines"][0]["id"]
    await contracts.release(ask, line, 1, schedule("2026-03-10", "100"))
    sent = await _send(ask, world, contract, "60")
    note = {"deliveryNote": sent["number"], "quantity": "60", "receivedOn": "2026-03-02"}
    unknown = {"deliveryNote": "LS-9", "quantity": None}
    figures = {"cumulativeReceived": "60", "lastReceipts": [note, unknown]}
    await contracts.release(ask, line, 2, schedule("2026-03-10", "40"), **figures)
    await deliveries.done(ask, "deliveryConfirmReceipt", deliveryId=sent["id"], lines=[])
    found = await _counted(ask, contract)
    (period,) = found["accounts"][0]["periods"]
    assert found["cumulativeReceived"] == "60"
    assert (period["received"], period["delivered"], period["inTransit"]) == ("60", "60", "0")
    assert found["inTransit"] == "0"
    assert period["countedUntil"] is not None
    assert _opens(found) == [["40"]]
    receipts = found["releases"]["nodes"][0]["lastReceipts"]
    assert [(it["deliveryNote"], it["isOurs"]) for it in receipts] == [
        (sent["number"], True),
        ("LS-9", False),
    ]


async def test_what_left_after_the_last_note_comes_on_top(ask, world, clock):
    contract = await contracts.contract(world, ask)
    line = contract["lines"][0]["id"]
    first = await _send(ask, world, contract, "60")
    clock.time = clock.time.replace(hour=12)
    second = await _send(ask, world, contract, "25")
    # Five of the first delivery were spoiled: the customer counts 55.
    figures = {"cumulativeReceived": "55", "lastReceipts": [{"deliveryNote": first["number"]}]}
    await contracts.release(ask, line, 1, schedule("2026-03-10", "100"), **figures)
    for each in (first, second):
        await deliveries.done(ask, "deliveryConfirmReceipt", deliveryId=each["id"], lines=[])
    (period,) = (await _counted(ask, contract))["accounts"][0]["periods"]
    # The five come no more.
    assert (period["cumulativeIssued"], period["received"], period["inTransit"]) == (
        "85",
        "80",
        "0",
    )


async def test_without_a_note_the_larger_figure_counts(ask, world):
    contract = await contracts.contract(world, ask)
    line = contract["lines"][0]["id"]
    sent = await _send(ask, world, contract, "60")
    figures = {"cumulativeReceived": "60"}
    await contracts.release(ask, line, 1, schedule("2026-03-10", "100"), **figures)
    await deliveries.done(ask, "deliveryConfirmReceipt", deliveryId=sent["id"], lines=[])
    (period,) = (await _counted(ask, contract))["accounts"][0]["periods"]
    assert (period["received"], period["inTransit"]) == ("60", "0")


async def test_each_place_counts_its_own_deliveries_and_losses(ask, world):
    feed = Feed(ask, world)
    place = await contracts.docks(world, ask)
    contract = await contracts.contract(world, ask, **place)
    line = contract["lines"][0]["id"]
    plants = [{"shipToId": it, "unloadingPoint": "D1"} for it in place["shipToIds"]]
    for plant in plants:
        await contracts.release(ask, line, 1, schedule("2026-03-09", "100"), **plant)
    override = {"windowOverride": "Asked."}
    wanted = {"window": contracts.window("2026-03-09"), **override}
    sent = [
        await _send(ask, world, contract, quantity, shipToId=each, **wanted)
        for quantity, each in zip(("60", "25"), place["shipToIds"], strict=True)
    ]
    found = await _counted(ask, contract)
    assert sorted(_opens(found)) == [["40"], ["75"]]
    await feed.results(feed.event("LOST", sscc=sent[1]["parcels"][0]["sscc"]))
    found = await _counted(ask, contract)
    assert sorted(_opens(found)) == [["100"], ["40"]]
    sums = {it["shipTo"]["code"]: it["periods"][0] for it in found["accounts"]}
    found = {(of["dispatched"], of["lost"], of["cumulativeIssued"]) for of in sums.values()}
    assert found == {("60", "0", "60"), ("25", "25", "0")}


async def _still_open(ask, contract: dict[str, Any]) -> list[str]:
    """Return what is open of the one release, which its demand says, too."""
    found = await _counted(ask, contract)
    (opens,) = _opens(found)
    assert [it["openQuantity"] for it in found["demand"]["nodes"]] == opens
    return opens


_TWO_DAYS = [schedule("2026-03-20", "3"), schedule("2026-03-23", "5")]


@pytest.mark.parametrize("day", [None, "2026-03-02"])
async def test_where_more_was_received_than_issued_nothing_leaves_twice(ask, world, clock, day):
    """day: of which the customer counts anew."""
    contract = await contracts.contract(world, ask)
    line = contract["lines"][0]["id"]
    await contracts.release(ask, line, 1, schedule("2026-03-20", "9"))
    await _send(ask, world, contract, "4")
    clock.advance(hours=1)
    figures = {"cumulativeReceived": "10", "countedFrom": day}
    payload = await contracts.try_release(ask, line, 2, *_TWO_DAYS, **figures)
    state, codes = contracts.found(payload)
    assert (state, "RECEIVED_ABOVE_ISSUED" in codes) == ("ACTIVE", True)
    assert await _still_open(ask, contract) == ["3", "5"]
    clock.advance(hours=1)
    sent = await _send(ask, world, contract, "3")
    assert await _still_open(ask, contract) == ["0", "5"]
    await deliveries.done(ask, "deliveryConfirmReceipt", deliveryId=sent["id"], lines=[])
    found = await _counted(ask, contract)
    (release,) = found["releases"]["nodes"]
    assert [it["status"] for it in release["scheduleLines"]] == ["DELIVERED", "OPEN"]
    period = found["accounts"][0]["periods"][-1]
    assert (period["supplied"], period["received"], period["inTransit"]) == ("13", "13", "0")
    await _send(ask, world, contract, "5")
    assert await _still_open(ask, contract) == ["0", "0"]


async def test_a_figure_above_ours_counts_from_when_it_was_told_first(ask, world, clock):
    contract = await contracts.contract(world, ask)
    line = contract["lines"][0]["id"]
    await contracts.release(ask, line, 1, *_TWO_DAYS, cumulativeReceived="10")
    clock.advance(hours=1)
    await _send(ask, world, contract, "3")
    # It repeats its figure; then two of what left since have come, which rises by no more.
    for number, (received, *days) in enumerate((("10", "3", "5"), ("12", "1", "5")), 2):
        clock.advance(hours=1)
        wanted = [schedule(f"2026-03-2{at}", it) for at, it in enumerate(days)]
        await contracts.release(ask, line, number, *wanted, cumulativeReceived=received)
        assert await _still_open(ask, contract) == ["0", "5"]
    # It says nothing of what it has received: what has arrived is no more than it has told.
    await contracts.release(ask, line, 4, schedule("2026-03-20", "1"), schedule("2026-03-21", "5"))
    assert await _still_open(ask, contract) == ["0", "5"]
    # It rises by more than what has left, which is told anew; then it takes two of that back.
    for number, received, left_open in ((5, "15", "3"), (6, "13", "3")):
        clock.advance(hours=1)
        figures = {"cumulativeReceived": received, "correction": True}
        await contracts.release(ask, line, number, schedule("2026-03-21", "3"), **figures)
        assert await _still_open(ask, contract) == [left_open]
    period = (await _counted(ask, contract))["accounts"][0]["periods"][0]
    assert (period["cumulativeIssued"], period["supplied"]) == ("3", "13")


async def test_a_release_that_tells_no_figure_counts_from_what_arrived_at_its_place(ask, world):
    contract = await contracts.contract(world, ask)
    line, dock = contract["lines"][0]["id"], {"unloadingPoint": "D1"}
    first = await contracts.release(ask, line, 1, *_TWO_DAYS, **dock)
    answered = {"lines": [{"contractLineId": line, "quantity": "3"}]}
    answered["lines"][0]["scheduleLineId"] = first["scheduleLines"][0]["id"]
    sent = await _send(ask, world, contract, "3", **answered)
    await deliveries.done(ask, "deliveryConfirmReceipt", deliveryId=sent["id"], lines=[])
    second = await contracts.release(ask, line, 2, schedule("2026-03-23", "5"), **dock)
    assert second["cumulativeReceived"] == "3"
    assert await _still_open(ask, contract) == ["5"]


async def test_what_left_before_a_release_and_is_recorded_late_lowers_nothing(ask, world, clock):
    contract = await contracts.contract(world, ask)
    line = contract["lines"][0]["id"]
    before = clock.time
    clock.advance(hours=1)
    await contracts.release(ask, line, 1, schedule("2026-03-20", "3"), cumulativeReceived="10")
    clock.advance(hours=1)
    left = {"dispatchedAt": before.isoformat()}
    for quantity, still_open in (("4", "3"), ("6", "3"), ("2", "1")):
        order = await contracts.call_off(world, ask, contract, quantity)
        packed = await deliveries.packed(world, ask, order, {"generateSscc": True})
        await deliveries.done(ask, "deliveryDispatch", deliveryId=packed["id"], **left)
        assert await _still_open(ask, contract) == [still_open]


async def test_a_release_that_tells_its_day_only_may_know_what_left_on_it(ask, world, clock):
    contract = await contracts.contract(world, ask)
    line = contract["lines"][0]["id"]
    await _send(ask, world, contract, "10")
    clock.advance(hours=1)
    # Midnight in Berlin.
    figures = {"cumulativeReceived": "12", "issuedAt": "2026-03-01T23:00:00Z"}
    await contracts.release(ask, line, 1, schedule("2026-03-20", "3"), **figures)
    assert await _still_open(ask, contract) == ["3"]
    clock.advance(hours=1)
    await _send(ask, world, contract, "3")
    assert await _still_open(ask, contract) == ["0"]


async def test_what_waits_for_consent_is_reconciled_as_of_when_it_was_told(ask, world, clock):
    holding = ["RECEIVED_ABOVE_ISSUED"]
    contract = await contracts.contract(world, ask, holdingFindings=holding)
    line = contract["lines"][0]["id"]
    await contracts.release(ask, line, 1, *_TWO_DAYS)
    payload = await contracts.try_release(ask, line, 2, *_TWO_DAYS, cumulativeReceived="10")
    assert contracts.found(payload) == ("RECEIVED", holding)
    clock.advance(hours=1)
    await _send(ask, world, contract, "3")
    assert await _still_open(ask, contract) == ["0", "5"]
    clock.advance(hours=1)
    release = payload["release"]
    (finding,) = release["findings"]
    await ask(CONSENT, input={"releaseId": release["id"], "findingIds": [finding["id"]]})
    assert await _still_open(ask, contract) == ["0", "5"]


CONSENT = """
mutation ($input: ReleaseConsentInput!) {
  releaseConsent(input: $input) { release { state } userErrors { code } }
}
"""
OPEN = """
mutation ($input: AccountsOpenInput!) {
  accountsOpen(input: $input) {
    results {
      status
      account { unloadingPoint periods { startsOn opening openingReceived cumulativeIssued
        received inTransit } }
      userErrors { code field }
    }
    userErrors { code field }
  }
}
"""


async def _open(ask, *accounts: dict[str, Any]) -> list[dict[str, Any]]:
    payload = (await ask(OPEN, input={"accounts": list(accounts)}))["accountsOpen"]
    assert payload["userErrors"] == []
    return payload["results"]


@pytest.mark.harmless(
    "accountsOpen", "It says what was counted before we did; no counter of ours moves."
)
async def test_what_another_system_had_counted_is_counted_on(ask, world):
    contract = await contracts.contract(world, ask)
    line = contract["lines"][0]["id"]
    taken = {"contractLineId": line, "issued": "550", "received": "400"}
    statuses = [(await _open(ask, taken))[0]["status"] for _ in range(2)]
    assert statuses == ["CREATED", "UNCHANGED"]
    wanted = (("10", "120"), ("11", "80"), ("12", "200"))
    days = [schedule(f"2026-04-{day}", it) for day, it in wanted]
    silent = await contracts.release(ask, line, 1, *days)
    # The worked example: received 400, issued 550.
    assert [it["openQuantity"] for it in silent["scheduleLines"]] == ["0", "50", "200"]
    lower = await contracts.try_release(ask, line, 2, *days, cumulativeReceived="399")
    assert contracts.found(lower) == ("RECEIVED", ["CUMULATIVE_FELL"])
    higher = await contracts.try_release(ask, line, 3, *days, cumulativeReceived="551")
    assert "RECEIVED_ABOVE_ISSUED" in contracts.found(higher)[1]
    (corrected,) = await _open(ask, {**taken, "issued": "600"})
    (period,) = corrected["account"]["periods"]
    assert (corrected["status"], period["cumulativeIssued"]) == ("UPDATED", "600")


async def test_a_balance_of_a_later_day_begins_a_period_and_wrong_ones_stop_no_other(ask, world):
    contract = await contracts.contract(world, ask)
    line = contract["lines"][0]["id"]
    dock = {"contractLineId": line, "unloadingPoint": "D1", "issued": "10", "received": "10"}
    await _open(ask, {**dock, "startsOn": "2026-02-01"})
    results = await _open(
        ask,
        {**dock, "startsOn": "2026-03-31"},
        {**dock, "received": "11"},
        {**dock, "issued": "10.5"},
        {**dock, "startsOn": "2026-03-01", "received": "4"},
        {**dock, "unloadingPoint": "D2"},
        {**dock, "unloadingPoint": "D2"},
    )
    errors = [(it["code"], it["field"][-1]) for of in results for it in of["userErrors"]]
    assert errors == [
        ("INVALID_DATE", "startsOn"),
        ("OUT_OF_RANGE", "received"),
        ("SCALE_EXCEEDED", "issued"),
        ("DUPLICATE", "contractLineId"),
    ]
    periods = results[3]["account"]["periods"]
    assert [(it["startsOn"], it["inTransit"]) for it in periods] == [
        ("2026-02-01", "0"),
        ("2026-03-01", "6"),
    ]
    assert results[4]["status"] == "CREATED"


async def test_a_period_moves_no_further_back_than_the_one_before_it(ask, world):
    contract = await contracts.contract(world, ask)
    taken = {"contractLineId": contract["lines"][0]["id"], "issued": "9", "received": "9"}
    for day in ("2026-01-15", "2026-02-20"):
        await _open(ask, {**taken, "startsOn": day})
    for day, status in (("15", "REFUSED"), ("16", "UPDATED")):
        (result,) = await _open(ask, {**taken, "startsOn": f"2026-01-{day}"})
        assert result["status"] == status
    assert [it["startsOn"] for it in result["account"]["periods"]] == ["2026-01-15", "2026-01-16"]


async def test_an_opening_that_is_lowered_below_the_figure_lets_nothing_leave_twice(
    ask, world, clock
):
    contract = await contracts.contract(world, ask)
    line = contract["lines"][0]["id"]
    taken = {"contractLineId": line, "startsOn": "2026-01-01"}
    await _open(ask, {**taken, "issued": "100", "received": "100"})
    await contracts.release(ask, line, 1, schedule("2026-03-10", "100"), cumulativeReceived="100")
    clock.advance(hours=1)
    await _send(ask, world, contract, "30")
    assert await _still_open(ask, contract) == ["70"]
    await _open(ask, {**taken, "issued": "50", "received": "50"})
    assert await _still_open(ask, contract) == ["70"]
