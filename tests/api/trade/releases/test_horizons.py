"""Buckets on both sides of the horizon of what is wanted just in time, and days at rest."""

import pytest

from kit.ids import to_global
from tests.api.master.test_calendars import item, put
from tests.api.trade.releases.test_planned_schedules import _planner, _shown
from tests.make.master import parties
from tests.make.trade import contracts
from tests.make.trade.contracts import schedule, window

DEMAND = """
{ demand(first: 20) { nodes {
  quantity openQuantity cumulativeReleased shipsOn arrivesOn window { earliest latest }
} } }
"""
WEDNESDAY = {"horizonEnd": "2026-03-11T23:00:00Z"}
"""The end of it in Berlin; 9 March is a Monday."""


def bucket(first, last, quantity, kind="WEEK", commitment="FORECAST"):
    span = {"window": window(first, last), "bucket": kind}
    return {**span, "quantity": quantity, "commitment": commitment}


WEEK = bucket("2026-03-09", "2026-03-13", "500")


async def _demand(ask, *names):
    rows = (await ask(DEMAND))["demand"]["nodes"]
    return [tuple(it[name] for name in names) for it in rows]


async def _quantities(ask):
    return [it for (it,) in await _demand(ask, "quantity")]


@pytest.fixture
async def line(ask, world):
    made = await contracts.contract(world, ask, firmZoneDays=30)
    return made["lines"][0]["id"]


async def test_a_week_keeps_what_just_in_time_does_not_tell_of_it(ask, line):
    later = bucket("2026-03-16", "2026-03-20", "400")
    await contracts.release(ask, line, 1, schedule("2026-03-06", "90"), WEEK, later)
    days = schedule("2026-03-09", "80"), schedule("2026-03-10", "120")
    payload = await contracts.try_release(ask, line, 1, *days, type="JIT", **WEDNESDAY)
    # 90 are overlaid; of 500 the days tell 200, and 300 are left from Thursday on.
    shown = await _demand(ask, "quantity", "cumulativeReleased", "arrivesOn", "shipsOn")
    assert shown == [
        ("80", "80", "2026-03-09", "2026-03-09"),
        ("120", "200", "2026-03-10", "2026-03-10"),
        ("300", "500", "2026-03-12", "2026-03-12"),
        ("400", "900", "2026-03-16", "2026-03-16"),
    ]
    assert payload["contractLine"]["cumulativeReleased"] == "900"
    *_, (kept,), _ = await _demand(ask, "window")
    assert kept == {"earliest": "2026-03-11T23:00:00+00:00", "latest": "2026-03-13T15:00:00+00:00"}


@pytest.mark.parametrize(
    ("forecast", "jit", "left"),
    [
        # What is told above the bucket takes it away, and nothing of the next one.
        ([WEEK, bucket("2026-03-16", "2026-03-20", "400")], "600", ["0", "400"]),
        # Both halves of a week lose together what is told of it, the first one first.
        (
            [
                bucket("2026-03-09", "2026-03-13", "200", commitment="FIRM"),
                bucket("2026-03-09", "2026-03-13", "300"),
            ],
            "350",
            ["0", "150"],
        ),
        ([bucket("2026-03-01", "2026-03-31", "2000", "MONTH")], "350", ["1650"]),
        # Of a day nothing is left, however long its window is; nor of a week that is over.
        ([bucket("2026-03-09", "2026-03-13", "500", "DAY")], "350", []),
        ([bucket("2026-03-09", "2026-03-11", "500")], "350", []),
    ],
)
async def test_what_is_left_of_buckets(ask, line, forecast, jit, left):
    await contracts.release(ask, line, 1, *forecast)
    wanted = schedule("2026-03-10", jit)
    payload = await contracts.try_release(ask, line, 1, wanted, type="JIT", **WEDNESDAY)
    assert await _quantities(ask) == [jit, *left]
    total = str(sum(map(int, [jit, *left])))
    assert payload["contractLine"]["cumulativeReleased"] == total


async def test_what_has_come_of_a_week_is_wanted_no_more(ask, world, line):
    received = {"cumulativeReceived": "1000"}
    await contracts.release(ask, line, 1, schedule("2026-03-06", "90"), WEEK, **received)
    # On Wednesday 90 of Friday have come and 200 of the week, 100 are told: 200 of 500 are left.
    world.clock.advance(days=9)
    jit = {"type": "JIT", "cumulativeReceived": "1290", **WEDNESDAY}
    await contracts.release(ask, line, 1, schedule("2026-03-11", "100"), **jit)
    assert await _demand(ask, "quantity", "cumulativeReleased") == [
        ("100", "1390"),
        ("200", "1590"),
    ]
    # The next forecast knows what came by itself: 300 of the week, of which 100 are told still.
    newer = {"cumulativeReceived": "1290", "issuedAt": "2026-03-11T08:00:00Z"}
    await contracts.release(ask, line, 2, bucket("2026-03-09", "2026-03-13", "300"), **newer)
    assert await _quantities(ask) == ["100", "200"]


async def test_what_is_told_after_a_stated_horizon_is_not_wanted_twice(ask, line):
    days = [schedule(f"2026-03-{it}", "100") for it in ("10", "11", "12", "13")]
    await contracts.release(ask, line, 1, *days)
    sent = [schedule("2026-03-10", "40"), schedule("2026-03-12", "70")]
    await contracts.release(ask, line, 1, *sent, type="JIT", **WEDNESDAY)
    assert await _demand(ask, "quantity", "arrivesOn") == [
        ("40", "2026-03-10"),
        ("70", "2026-03-12"),
        ("100", "2026-03-13"),
    ]


async def test_days_of_a_firm_week_take_nothing_from_it_but_what_they_say(ask, line):
    week = bucket("2026-03-09", "2026-03-13", "500", commitment="FIRM")
    await contracts.release(ask, line, 1, week)
    states = []
    for number, horizon in enumerate((WEDNESDAY, {"horizonEnd": "2026-03-13T23:00:00Z"}), 1):
        days = schedule("2026-03-10", "200", "FIRM")
        sent = await contracts.try_release(ask, line, number, days, type="JIT", **horizon)
        found = [(it["code"], it["day"], it["expected"]) for it in sent["release"]["findings"]]
        states.append((sent["release"]["state"], found))
    # All of the week is told then, and 300 of it are gone.
    assert states == [("ACTIVE", []), ("RECEIVED", [("FIRM_ZONE", "2026-03-13", "500")])]


async def test_what_was_wanted_just_in_time_is_owed_after_its_horizon(ask, line, clock):
    await contracts.release(ask, line, 1, schedule("2026-03-02", "100"), cumulativeReceived="0")
    jit = {"type": "JIT", "cumulativeReceived": "0"}
    await contracts.release(ask, line, 1, schedule("2026-03-02", "130", "FIRM"), **jit)
    clock.advance(days=2)
    shown = []
    now = {**schedule("2026-03-04", "50"), "kind": "IMMEDIATE"}
    for number, lines, received in (
        # An empty forecast takes nothing of it; one of the same day is overlaid as before.
        (2, [], "0"),
        (3, [schedule("2026-03-02", "100"), schedule("2026-03-09", "60")], "0"),
        # 100 of it have come: the 50 that are wanted at once have the other 30 in them.
        (4, [now, schedule("2026-03-09", "60")], "100"),
        # All of it has come, as the customer says: it was never issued, and nobody minds.
        (5, [schedule("2026-03-09", "60")], "130"),
    ):
        report = {"cumulativeReceived": received, "supplierConsent": True}
        payload = await contracts.try_release(ask, line, number, *lines, **report)
        assert payload["release"]["state"] == "ACTIVE"
        shown.append(await _demand(ask, "openQuantity", "cumulativeReleased"))
        assert payload["contractLine"]["cumulativeReleased"] == shown[-1][-1][1]
    assert shown == [
        [("130", "130")],
        [("130", "130"), ("60", "190")],
        [("30", "130"), ("20", "150"), ("60", "210")],
        [("60", "190")],
    ]


LATER = schedule("2026-03-16", "100")
JIT = {"type": "JIT", "cumulativeReceived": "0", **WEDNESDAY}
"""On Monday, up to Wednesday of the next week."""


@pytest.mark.parametrize(
    ("received", "lines", "shown"),
    [
        # Nothing of it has come: the forecast counts behind it.
        ("0", [LATER], [("200", "200"), ("100", "300")]),
        # Part of it, and all of it: no more is deducted than the customer has.
        ("150", [LATER], [("50", "200"), ("100", "300")]),
        ("200", [LATER], [("100", "300")]),
        # More than that is in the figure of the forecast: nothing of it is deducted once more.
        ("300", [LATER], [("100", "400")]),
        # Of a week on both sides what has come is told no more just in time.
        ("0", [WEEK], [("200", "200"), ("300", "500")]),
        ("150", [WEEK], [("50", "200"), ("450", "650")]),
        ("300", [WEEK], [("500", "800")]),
        # What it wants up to the horizon is told just in time all the same.
        ("300", [schedule("2026-03-11", "70"), LATER], [("100", "400")]),
    ],
)
async def test_a_newer_forecast_counts_what_has_come_just_in_time(
    ask, line, clock, received, lines, shown
):
    await contracts.release(ask, line, 1, LATER, cumulativeReceived="0")
    await contracts.release(ask, line, 1, schedule("2026-03-10", "200"), **JIT)
    clock.advance(days=1)
    fields = {"cumulativeReceived": received}
    payload = await contracts.try_release(ask, line, 2, *lines, **fields)
    assert payload["release"]["state"] == "ACTIVE"
    found = await _demand(ask, "openQuantity", "cumulativeReleased")
    assert [it for it in found if it[0] != "0"] == shown
    assert payload["contractLine"]["cumulativeReleased"] == shown[-1][1]


async def test_an_older_forecast_does_not_count_what_came_since(ask, line, clock):
    await contracts.release(ask, line, 1, LATER, cumulativeReceived="300")
    clock.advance(days=1)
    # The customer has counted wrongly: what it says now counts, and what it wants beside that.
    sent = await contracts.try_release(
        ask, line, 1, schedule("2026-03-10", "50"), **JIT, correction=True
    )
    assert sent["contractLine"]["cumulativeReleased"] == "150"


async def test_a_forecast_of_a_new_period_stands_alone(ask, line, clock):
    await contracts.release(ask, line, 1, LATER, cumulativeReceived="0")
    await contracts.release(ask, line, 1, schedule("2026-03-10", "200"), **JIT)
    clock.advance(days=1)
    lines = schedule("2026-03-10", "220"), LATER
    anew = {"countedFrom": "2026-03-02", "cumulativeReceived": "0"}
    payload = await contracts.try_release(ask, line, 2, *lines, **anew)
    assert contracts.found(payload) == ("ACTIVE", ["NEW_PERIOD"])
    assert await _demand(ask, "quantity", "cumulativeReleased") == [("220", "220"), ("100", "320")]
    assert payload["contractLine"]["cumulativeReleased"] == "320"


async def test_a_newer_schedule_just_in_time_replaces_what_is_owed(ask, line, clock):
    await contracts.release(ask, line, 1, schedule("2026-03-02", "130"), type="JIT")
    clock.advance(days=2)
    await contracts.release(ask, line, 1, schedule("2026-03-09", "60"))
    await contracts.release(ask, line, 2, schedule("2026-03-05", "20"), type="JIT")
    assert await _quantities(ask) == ["20", "60"]


async def test_a_horizon_that_ends_before_its_own_lines_ends_with_them(ask, line):
    await contracts.release(ask, line, 1, schedule("2026-03-10", "600"))
    # Over already, and the midnight in which the day of the line begins.
    for number, end in enumerate(("2026-03-01T23:00:00Z", "2026-03-09T23:00:00Z"), 1):
        fields = {"type": "JIT", "horizonEnd": end}
        await contracts.release(ask, line, number, schedule("2026-03-10", f"3{number}"), **fields)
        assert await _quantities(ask) == [f"3{number}"]


DAYS = """
{ demand(first: 9) { nodes {
  quantity shipsOn arrivesOn dueOn scheduleLine { shipsOn arrivesOn }
} } }
"""
WORKED = [{"weekday": it, "opens": "06:00", "closes": "22:00"} for it in range(1, 6)]


@pytest.fixture
async def planner(ask, world):
    customer = to_global("Party", await parties.company(world, number="CUSTOMER"))
    closed = {"fromOn": "2026-03-18", "toOn": "2026-03-18", "name": "Patron saint"}
    theirs = item(
        "THEIRS", owner={"partyNumber": "CUSTOMER"}, hours=WORKED, transitDays=2, closures=[closed]
    )
    written = await put(ask, item("OURS", hours=WORKED), theirs)
    assert written["userErrors"] == []
    return await _planner(world, ask, partyId=customer)


async def test_what_is_wanted_on_a_day_at_rest_arrives_on_the_one_before(ask, planner):
    # Wednesday is their patron saint's, Sunday is Sunday.
    await planner.release(1, schedule("2026-03-18", "10"), schedule("2026-03-22", "20"))
    rows = (await ask(DAYS))["demand"]["nodes"]
    days = [(it["shipsOn"], it["arrivesOn"]) for it in rows]
    assert days == [("2026-03-13", "2026-03-17"), ("2026-03-17", "2026-03-20")]
    assert [it["scheduleLine"] for it in rows] == [
        {"shipsOn": left, "arrivesOn": arrives} for left, arrives in days
    ]
    planned = await planner(until="2026-03-31")
    assert _shown(planned, "leavesOn", "quantity") == [("2026-03-13", "10"), ("2026-03-17", "20")]
    windows = [it["window"]["earliest"][:10] for it in planned["deliveries"]]
    assert windows == ["2026-03-17", "2026-03-20"]


async def test_what_is_left_of_a_week_leaves_on_a_day_that_is_worked(ask, planner):
    week = {"window": window("2026-03-23", "2026-03-29"), "bucket": "WEEK", "quantity": "500"}
    await planner.release(1, week)
    jit = {"type": "JIT", "horizonEnd": "2026-03-25T23:00:00Z"}
    await planner.release(1, schedule("2026-03-24", "200"), **jit)
    rows = (await ask(DAYS))["demand"]["nodes"]
    # As many days before Thursday as before Monday would be a Sunday.
    assert [(it["quantity"], it["shipsOn"], it["arrivesOn"]) for it in rows] == [
        ("200", "2026-03-20", "2026-03-24"),
        ("300", "2026-03-24", "2026-03-26"),
    ]
    planned = await planner(until="2026-03-31")
    assert _shown(planned, "leavesOn", "quantity") == [
        ("2026-03-20", "200"),
        ("2026-03-24", "300"),
    ]
