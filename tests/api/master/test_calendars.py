"""Calendars: whose they are, and what of time they leave."""

from typing import Any

import pytest

from models.access.viewers import Actor
from tests.guard import counted
from tests.make import reasons, refusals
from tests.make.master.locations import location
from tests.make.master.parties import carrier, party

UPSERT = """
mutation ($input: CalendarsUpsertInput!) {
  calendarsUpsert(input: $input) {
    results { status calendar { code } userErrors { code field } }
    userErrors { code field message }
  }
}
"""
READ = """
query ($filter: CalendarFilter) {
  calendars(first: 50, filter: $filter) {
    nodes {
      code location { code } party { number } service timeZone transitDays
      hours { weekday opens closes } holidays { country subdivision }
      closures { fromOn toOn name }
    }
  }
}
"""
MONDAY = {"weekday": 1, "opens": "08:00", "closes": "16:00"}


def item(code: str = "C", **fields: Any) -> dict[str, Any]:
    return {"code": code, "name": "Works", "timeZone": "Europe/Berlin"} | fields


async def put(ask: Any, *items: dict[str, Any]) -> dict[str, Any]:
    return (await ask(UPSERT, input={"calendars": list(items)}))["calendarsUpsert"]


def problems(payload: dict[str, Any]) -> list[tuple[str, str]]:
    return reasons(refusals(payload), 0)


async def test_the_merchant_a_location_a_party_and_a_service_have_one_each(ask, world):
    await location(world, code="L")
    await party(world, number="P")
    await carrier(world, number="DHL")
    owners = {
        "M": None,
        "L": {"locationCode": "L"},
        "P": {"partyNumber": "P"},
        "S": {"partyNumber": "DHL", "service": "EXPRESS"},
    }
    written = await put(ask, *(item(code, owner=of) for code, of in owners.items()))
    assert {it["status"] for it in written["results"]} == {"CREATED"}
    found = (await ask(READ))["calendars"]["nodes"]
    whose = {it["code"]: (it["location"], it["party"], it["service"]) for it in found}
    assert whose == {
        "L": ({"code": "L"}, None, None),
        "M": (None, None, None),
        "P": (None, {"number": "P"}, None),
        "S": (None, {"number": "DHL"}, "EXPRESS"),
    }
    both = await put(ask, item("NEW", owner={"partyNumber": "DHL"}), item("OTHER"))
    assert [it["status"] for it in both["results"]] == ["CREATED", "REFUSED"]
    assert both["results"][1]["userErrors"] == [
        {"code": "TAKEN", "field": ["input", "calendars", "1", "owner"]}
    ]
    moved = await put(ask, item("L", owner={"partyNumber": "P"}), item("M", name="Ours"))
    assert [it["status"] for it in moved["results"]] == ["REFUSED", "UPDATED"]


async def test_hours_holidays_and_closures_come_back_and_what_is_left_out_stays(ask):
    whole = item(
        hours=[{**MONDAY, "opens": "17:00", "closes": "24:00"}, MONDAY],
        holidays={"country": "DE", "subdivision": "BY"},
        closures=[{"fromOn": "2026-12-28", "toOn": "2026-12-30", "name": "Stocktaking"}],
        transitDays=2,
    )
    statuses = []
    for sent in (whole, whole, item(holidays=None), item(name="Plant")):
        (result,) = (await put(ask, sent))["results"]
        statuses.append(result["status"])
    assert statuses == ["CREATED", "UNCHANGED", "UPDATED", "UPDATED"]
    (found,) = (await ask(READ, filter={"codePrefix": "C"}))["calendars"]["nodes"]
    assert found["hours"] == [MONDAY, {"weekday": 1, "opens": "17:00", "closes": "24:00"}]
    assert (found["closures"], found["holidays"]) == (whole["closures"], None)
    assert found["transitDays"] == 2


@pytest.mark.gate("R1", "calendarsUpsert")
@pytest.mark.parametrize(
    ("fields", "code", "path"),
    [
        ({"owner": {"locationCode": "NONE"}}, "NOT_FOUND", "owner.locationCode"),
        ({"owner": {"partyNumber": "NONE"}}, "NOT_FOUND", "owner.partyNumber"),
        ({"owner": {}}, "INVALID", "owner"),
        ({"owner": {"locationCode": "L", "service": "X"}}, "INVALID", "owner"),
        ({"owner": {"partyNumber": "P", "service": "X"}}, "INVALID", "owner.partyNumber"),
        ({"holidays": {"country": "DE", "subdivision": "XX"}}, "INVALID", "holidays"),
        (
            {"closures": [{"fromOn": "2026-03-02", "toOn": "2026-03-01"}]},
            "INVALID_WINDOW",
            "closures.0",
        ),
        ({"hours": [MONDAY, {**MONDAY, "opens": "15:59"}]}, "INVALID_WINDOW", "hours.1"),
        ({"transitDays": -1}, "NOT_POSITIVE", "transitDays"),
    ],
)
async def test_calendars_that_make_no_sense_are_refused(ask, world, fields, code, path):
    await party(world, number="P")
    assert problems(await put(ask, item(**fields))) == [(code, f"input.calendars.0.{path}")]


async def test_two_calendars_of_one_owner_stand_in_no_input(ask):
    owned = [item("A", owner=None), item("B", owner=None)]
    assert problems(await put(ask, *owned)) == [("DUPLICATE", "input.calendars.1.owner")]


async def test_each_side_sees_its_own_calendars(ask, world):
    here = await location(world, code="L")
    mine = await party(world, number="P")
    of = {"A": {"locationCode": "L"}, "B": {"partyNumber": "P"}, "C": None}
    await put(ask, *(item(code, owner=it) for code, it in of.items()))
    for actor, bound, codes in ((Actor.WAREHOUSE, here, ["A"]), (Actor.BUYER, mine, ["B"])):
        other = ask.by(await world.key(actor, bound))
        nodes = (await other(READ))["calendars"]["nodes"]
        assert [it["code"] for it in nodes] == codes
    assert len((await ask(READ))["calendars"]["nodes"]) == 3


async def test_statements_do_not_grow_with_the_number_of_calendars(ask, world, database, plans):
    numbers = [f"{number:02}" for number in range(20)]
    for number in numbers:
        await party(world, number=number)
    many = [item(it, owner={"partyNumber": it}) for it in numbers]
    writes = []
    for items in (many[:1], many):
        with counted(database.engine) as sent:
            await put(ask, *items)
        writes.append(len(sent))
    assert writes[0] == writes[1]
    with counted(database.engine) as sent:
        assert len((await ask(READ))["calendars"]["nodes"]) == 20
    # All at once; or the page and its parties.
    assert len(sent) == (1 if plans else 2)
