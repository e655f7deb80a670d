"""What releases say as customers send them, and many of them at once."""

from typing import Any

import pytest

from commands.trade.releases.accounts import sums
from commands.trade.releases.inputs import RecordedRelease
from kit.errors import Code, Refused
from kit.ids import new_id, to_global
from kit.standards.schedules.messages import MOST_LINES
from models.access.journal import JournalEntry
from models.access.viewers import Actor
from models.trade.releases.words import ReleaseType
from schema.graphql.mutations import WRITE
from tests.guard import counted
from tests.make import reasons
from tests.make.feed import rows
from tests.make.master import parties
from tests.make.trade import contracts, too_large
from tests.make.trade.contracts import schedule, window

RECORD = """
mutation ($input: ReleasesRecordInput!) {
  releasesRecord(input: $input) {
    results {
      status contractLine { id cumulativeReleased }
      release {
        number releaseNo state findings { code }
        account { shipTo { code } unloadingPoint periods { startsOn cumulativeReceived } }
        scheduleLines { lineNo quantity kind code window { earliest } }
      }
      userErrors { code field }
    }
    userErrors { code field }
  }
}
"""
SENT = """
query ($id: ID!) {
  node(id: $id) { ... on Release {
    number releaseNo issuedAt calculatedAt pointOfUse engineeringRevision packagingInstruction
    planner productionGoAhead productionGoAheadUntil materialGoAhead materialGoAheadUntil
    scheduleLines { kind bucket pattern dateMeaning transitDays code quantity }
  } }
}
"""


async def _line(ask, world, **fields) -> dict[str, Any]:
    made = await contracts.contract(world, ask, **fields)
    return {"contractLineId": made["lines"][0]["id"], "type": "FORECAST"}


async def _record(ask, *items: dict[str, Any]) -> list[dict[str, Any]]:
    payload = (await ask(RECORD, input={"releases": list(items)}))["releasesRecord"]
    assert payload["userErrors"] == []
    return payload["results"]


def _codes(result: dict[str, Any]) -> list[tuple[str, str]]:
    return reasons(result["userErrors"])


@pytest.mark.gate("K7", "releasesRecord")
async def test_numbers_are_texts_and_begin_again(ask, world):
    line = await _line(ask, world)
    days = {"00017": "2025-12-30", "A-9/2025": "2025-12-31", "1": "2026-01-02"}
    for number, day in days.items():
        sent = {"number": number, "issuedAt": f"{day}T08:00:00Z", "lines": []}
        (result,) = await _record(ask, {**line, **sent})
        assert (result["release"]["number"], result["release"]["state"]) == (number, "ACTIVE")
    assert result["release"]["releaseNo"] == 1
    late = {"number": "00018", "issuedAt": "2026-01-01T08:00:00Z", "lines": []}
    (result,) = await _record(ask, {**line, **late})
    assert contracts.found(result) == ("SUPERSEDED", ["OUTDATED"])


async def test_the_same_release_once_more_is_kept_beside_the_first(ask, world):
    line = await _line(ask, world)
    sent = {**line, "number": "4711", "issuedAt": "2026-03-01T08:00:00Z", "lines": []}
    await _record(ask, sent)
    (again,) = await _record(ask, sent)
    assert contracts.found(again) == ("SUPERSEDED", ["REPEATED"])


async def test_another_one_of_the_same_number_and_instant_takes_its_place(ask, world):
    line = await _line(ask, world)
    sent = {**line, "number": "4711", "issuedAt": "2026-03-01T08:00:00Z"}
    friday, saturday = "2026-03-06", "2026-03-07"
    update, none = {"function": "UPDATE"}, schedule(saturday, "0")
    states, wanted = [], []
    for item in (
        {"lines": [schedule(friday, "100")]},
        {"lines": [schedule(friday, "250")]},
        {"lines": [schedule(friday, "250")], "planner": "P-1"},
        update | {"lines": [schedule(friday, "90"), none], "planner": "P-1"},
        update | {"lines": [schedule(friday, "90"), none], "planner": "P-1"},
        update | {"lines": [schedule(saturday, "8")], "planner": "P-1"},
        {"lines": [schedule(saturday, "8"), schedule(friday, "90")], "planner": "P-1"},
        {"lines": [schedule(friday, "90")], "planner": "P-1"},
    ):
        (found,) = await _record(ask, sent | item)
        state, codes = contracts.found(found)
        states.append((state, "REPEATED" in codes))
        wanted.append(found["contractLine"]["cumulativeReleased"])
    assert wanted == ["100", "250", "250", "90", "90", "98", "98", "90"]
    others = [("ACTIVE", False)] * 4
    assert states == [*others, ("SUPERSEDED", True), *others[1:]]


async def test_backlog_and_immediate_demand_come_first_and_equal_dates_stay(ask, world):
    line = await _line(ask, world)
    late = {**schedule("2026-01-12", "27"), "kind": "BACKLOG", "code": "10"}
    now = {**schedule("2026-03-01", "5"), "kind": "IMMEDIATE"}
    lines = [schedule("2026-02-20", "7"), now, schedule("2026-03-06", "120")]
    lines += [schedule("2026-03-06", "30"), schedule("2026-03-07", "0"), late]
    (result,) = await _record(ask, {**line, "number": "1", "lines": lines})
    rows = result["release"]["scheduleLines"]
    assert [(it["kind"], it["quantity"]) for it in rows] == [
        ("BACKLOG", "27"),
        ("IMMEDIATE", "5"),
        ("SCHEDULED", "7"),
        ("SCHEDULED", "120"),
        ("SCHEDULED", "30"),
        ("SCHEDULED", "0"),
    ]
    assert (rows[0]["code"], rows[0]["window"]["earliest"][:10]) == ("10", "2026-01-12")
    assert [it["lineNo"] for it in rows] == [1, 2, 3, 4, 5, 6]


async def test_an_empty_schedule_says_that_nothing_is_wanted(ask, world):
    line = await _line(ask, world)
    await _record(ask, {**line, "number": "1", "lines": [schedule("2026-03-06", "120")]})
    (result,) = await _record(ask, {**line, "number": "2", "lines": []})
    assert result["release"]["scheduleLines"] == []
    assert result["contractLine"]["cumulativeReleased"] == "0"


async def test_an_update_takes_all_lines_of_a_start_away(ask, world):
    line = await _line(ask, world)
    lines = [schedule("2026-03-06", it) for it in ("1", "2")] + [schedule("2026-03-09", "4")]
    await _record(ask, {**line, "number": "1", "lines": lines})
    change = {**line, "number": "2", "function": "UPDATE", "lines": [schedule("2026-03-06", "8")]}
    (result,) = await _record(ask, change)
    assert [it["quantity"] for it in result["release"]["scheduleLines"]] == ["8", "4"]


async def test_each_place_has_releases_of_its_own(ask, world):
    place = await contracts.docks(world, ask)
    line = await _line(ask, world, **place)
    demand = {"lines": [schedule("2026-03-06", "10")], "number": "1"}
    docks = [{"shipToId": it, "unloadingPoint": "D1"} for it in place["shipToIds"]]
    docks.append({**docks[0], "unloadingPoint": "D2"})
    results = await _record(ask, *({**line, **demand, **dock} for dock in docks))
    assert [it["release"]["state"] for it in results] == ["ACTIVE"] * 3
    assert [it["release"]["account"]["unloadingPoint"] for it in results] == ["D1", "D1", "D2"]
    assert results[0]["contractLine"]["cumulativeReleased"] == "30"
    more = {**demand, "number": "2", "cumulativeReceived": "6"}
    (later,) = await _record(ask, {**line, **more, **docks[2]})
    assert later["contractLine"]["cumulativeReleased"] == "36"
    (period,) = later["release"]["account"]["periods"]
    assert period == {"startsOn": "2026-01-01", "cumulativeReceived": "6"}


async def test_a_place_is_an_address_of_the_party_that_the_contract_lists(ask, world):
    place = await contracts.docks(world, ask)
    line = await _line(ask, world, **place | {"shipToIds": place["shipToIds"][:1]})
    another = (await contracts.docks(world, ask))["shipToIds"][0]
    wanted = {**line, "number": "1", "lines": []}
    unlisted, unknown = await _record(
        ask,
        {**wanted, "shipToId": place["shipToIds"][1]},
        {**wanted, "shipToId": another},
    )
    assert contracts.found(unlisted) == ("RECEIVED", ["UNKNOWN_PLACE"])
    assert _codes(unknown) == [("NOT_FOUND", "releases.1.shipToId")]


async def test_an_article_that_does_not_resolve_stops_no_other(ask, world):
    line, other = await _line(ask, world), await _line(ask, world)
    demand = {"lines": [schedule("2026-03-06", "10")], "number": "1"}
    unknown = {**line, "contractLineId": to_global("ContractLine", world.merchant_id)}
    odd = {"lines": [{"window": window(), "quantity": "0.5"}], "number": "1"}
    results = await _record(
        ask,
        {**line, **demand},
        {**unknown, **demand},
        {**other, **odd},
        {**line, **demand},
        {**other, **demand, "type": "NOPE"},
        {**other, **demand},
    )
    assert [it["status"] for it in results] == [
        *("CREATED", "REFUSED", "REFUSED", "REFUSED", "REFUSED", "CREATED")
    ]
    assert [_codes(it) for it in results[1:5]] == [
        [("NOT_FOUND", "releases.1.contractLineId")],
        [("SCALE_EXCEEDED", "releases.2.lines.0.quantity")],
        [("DUPLICATE", "releases.3.contractLineId")],
        [("INVALID", "releases.4.type")],
    ]


@pytest.mark.gate("K8", "releasesRecord", sure=True)
async def test_one_that_falls_in_the_firm_zone_stops_no_other(ask, world):
    lines = [await _line(ask, world, firmZoneDays=14) for _ in range(2)]
    firm = {"number": "1", "lines": [schedule("2026-03-06", "100", "FIRM")]}
    await _record(ask, *({**line, **firm} for line in lines))
    less, more = (schedule("2026-03-06", it, "FIRM") for it in ("99", "101"))
    fallen, risen = await _record(
        ask,
        {**lines[0], "number": "2", "lines": [less]},
        {**lines[1], "number": "2", "lines": [more]},
    )
    assert contracts.found(fallen) == ("RECEIVED", ["FIRM_ZONE"])
    assert contracts.found(risen) == ("ACTIVE", [])


@pytest.mark.gate("K3", "releasesRecord")
async def test_nothing_comes_into_force_on_a_contract_that_is_over(ask, world, clock):
    line = await _line(ask, world, validFrom="2026-03-01", validTo="2026-03-31")
    clock.time = clock.time.replace(month=4)
    (late,) = await _record(ask, {**line, "number": "1", "lines": []})
    assert contracts.found(late) == ("RECEIVED", ["CONTRACT_OVER"])


async def test_a_buyer_records_for_its_own_contracts_only(ask, world):
    own = await parties.company(world)
    line = await _line(ask, world, partyId=to_global("Party", own))
    other = await _line(ask, world)
    buyer = ask.by(await world.key(Actor.BUYER, own))
    wanted = {"number": "1", "lines": []}
    mine, strange = await _record(buyer, {**line, **wanted}, {**other, **wanted})
    assert (mine["status"], _codes(strange)) == (
        "CREATED",
        [("NOT_FOUND", "releases.1.contractLineId")],
    )


async def test_what_the_customer_says_beside_quantities_is_kept(ask, world):
    line = await _line(ask, world)
    details = {
        "issuedAt": "2026-03-01T09:00:00+00:00",
        "calculatedAt": "2026-03-01T08:00:00+00:00",
        "pointOfUse": "M-3",
        "engineeringRevision": "C",
        "packagingInstruction": "KLT-6428",
        "planner": "P-17",
        "productionGoAhead": "40",
        "productionGoAheadUntil": "2026-03-31",
        "materialGoAhead": "60",
        "materialGoAheadUntil": "2026-04-30",
    }
    sent = {"kind": "SCHEDULED", "bucket": "FLEXIBLE", "pattern": "W1", "code": "D"}
    sent |= {"dateMeaning": "SHIPMENT", "transitDays": 2}
    lines = [{**schedule("2026-03-06", "10"), **sent}]
    (made,) = [
        await contracts.release(
            ask, line["contractLineId"], 1, *lines, releaseNo=None, number="20260301-7", **details
        )
    ]
    found = (await ask(SENT, id=made["id"]))["node"]
    assert found.pop("scheduleLines") == [{**sent, "quantity": "10"}]
    assert found == {**details, "number": "20260301-7", "releaseNo": None}


async def test_statements_do_not_grow_with_articles_or_lines(ask, world, database):
    places = await contracts.docks(world, ask)
    lines = [await _line(ask, world, **places) for _ in range(6)]
    days = [schedule(f"2026-04-{day:02}", "10") for day in range(1, 21)]
    sent_by = []
    for some, wanted in ((lines[:1], days[:1]), (lines, days)):
        for number in ("1", "2"):
            with counted(database.engine) as sent:
                await _record(ask, *({**it, "number": number, "lines": wanted} for it in some))
            sent_by.append(len(sent))
    assert sent_by[1] == sent_by[3]


async def test_a_release_reads_its_own_place_however_many_others_its_line_has(
    ask, world, monkeypatch
):
    line, read, account = await _line(ask, world), [], sums.Account
    monkeypatch.setattr(
        sums, "Account", lambda *them, **more: read.append(them) or account(*them, **more)
    )
    many = [
        {**line, "number": "1", "unloadingPoint": f"U{no}", "lines": [schedule("2026-04-01", "5")]}
        for no in range(30)
    ]
    *_, last = await _record(ask, *many)
    assert (read, last["contractLine"]["cumulativeReleased"]) == ([], "150")
    less = {**many[3], "number": "2", "lines": [schedule("2026-04-02", "7")]}
    (result,) = await _record(ask, less)
    assert (len(read), result["contractLine"]["cumulativeReleased"]) == (1, "152")
    most = {**many[3], "number": "3", "lines": [schedule("2026-04-02", "856")]}
    assert contracts.found((await _record(ask, most))[0]) == ("ACTIVE", ["JUMP", "EXCEEDS_MAX"])


async def test_a_schedule_of_every_day_of_a_year_is_one_release(ask, world):
    line = await _line(ask, world)
    (found,) = await _record(
        ask, {**line, "number": "1", "lines": [schedule("2026-03-06", "1")] * 365}
    )
    assert (found["status"], len(found["release"]["scheduleLines"])) == ("CREATED", 365)


def test_a_release_has_no_more_lines_than_an_article_of_a_message():
    own = {"contract_line_id": new_id(), "type": ReleaseType.FORECAST, "number": "1"}
    hour = {"earliest": "2026-03-06T08:00:00Z", "latest": "2026-03-06T09:00:00Z"}
    day = {"window": hour | {"time_zone": "UTC"}, "quantity": "1"}
    assert len(RecordedRelease.read(own | {"lines": [day] * MOST_LINES}).lines) == MOST_LINES
    with pytest.raises(Refused) as refused:
        RecordedRelease.read(own | {"lines": [day] * (MOST_LINES + 1)})
    assert [it.code for it in refused.value.problems] == [Code.TOO_MANY_ITEMS]


async def test_one_whose_rows_cannot_be_written_stops_no_other(ask, world, database, monkeypatch):
    too_large.refuse(monkeypatch)
    lines = [await _line(ask, world) for _ in range(5)]
    many = [{**it, "number": "1", "lines": [schedule("2026-03-06", "10")]} for it in lines]
    many[3]["lines"] = [schedule("2026-03-06", str(too_large.QUANTITY))]
    results = await _record(ask, *many)
    states = ["CREATED"] * 3 + ["REFUSED", "CREATED"]
    assert [it["status"] for it in results] == states
    assert _codes(results[3]) == [("OUT_OF_RANGE", "releases.3")]
    kept = [it["contractLine"]["cumulativeReleased"] for it in results if it["contractLine"]]
    assert kept == ["10"] * 4
    # What was recorded is told once of each that was written, and the ledger of none twice.
    types = [it.type for it in await rows(world, JournalEntry)]
    assert types.count("contract.released") == 4
    again = [{**it, "number": "2"} for it in many]
    with counted(database.engine) as sent:
        await _record(ask, *again[:3])
    with counted(database.engine) as more:
        answer = await ask.answer(RECORD, input={"releases": again})
    assert [it["status"] for it in answer["data"]["releasesRecord"]["results"]] == states
    # Of five runs four keep nothing: all, the last three, the last two, and the one that is odd.
    assert answer["extensions"]["cost"]["actualQueryCost"] >= 5 * WRITE
    # Halves of five are found in three parts more, each of as many statements.
    assert len(more) <= 8 * len(sent)


async def test_an_absurd_quantity_of_one_place_stops_no_other_place(ask, world):
    most = "999999999999"
    line = (await _line(ask, world))["contractLineId"]
    both = [schedule("2026-04-10", most), schedule("2026-04-11", most)]
    for place, lines in (("D1", both), ("D2", [schedule("2026-04-10", "5")])):
        payload = await contracts.try_release(ask, line, 1, *lines, unloadingPoint=place)
        state, codes = contracts.found(payload)
        assert (state, "EXCEEDS_MAX" in codes) == ("ACTIVE", True)
    first = await contracts.try_release(
        ask, line, 2, both[0], unloadingPoint="D3", **_received(most)
    )
    again = await contracts.try_release(
        ask, line, 2, both[0], unloadingPoint="D4", **_received(most)
    )
    assert [contracts.found(it)[0] for it in (first, again)] == ["ACTIVE", "ACTIVE"]


def _received(received: str) -> dict[str, Any]:
    return {"cumulativeReceived": received}


async def test_our_code_of_what_is_on_its_way_is_no_code_of_a_customer(ask, world):
    line = (await _line(ask, world))["contractLineId"]
    own = schedule("2026-04-10", "5") | {"code": "IN_TRANSIT"}
    payload = await contracts.try_release(ask, line, 1, own)
    assert reasons(payload["userErrors"]) == [("INVALID", "lines.0.code")]
