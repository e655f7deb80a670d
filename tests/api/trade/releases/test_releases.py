"""Releases over GraphQL: one active per line and type, the firm zone, and open quantities."""

from decimal import Decimal

import pytest
from sqlalchemy import select

from kit.ids import from_global, to_global
from models.access.viewers import Actor, Scope
from models.trade.releases.tables import AccountPeriod, CumulativeAccount
from tests.guard import counted
from tests.make.master import parties
from tests.make.trade import contracts
from tests.make.trade.contracts import schedule
from tests.make.trade.orders import products

RELEASES = """
query ($first: Int!, $filter: ReleaseFilter) {
  contracts(first: $first) {
    nodes {
      lines {
        cumulativeReleased
        releases(first: 5, filter: $filter) {
          nodes {
            releaseNo state contract { number } contractLine { lineNo }
            scheduleLines { openQuantity cumulativeReleased status commitment }
            timeline(first: 2) { nodes { type } }
          }
        }
      }
    }
  }
}
"""
NODE = "query ($id: ID!) { node(id: $id) { ... on ScheduleLine { openQuantity status } } }"


async def _agreed(ask, world, **fields) -> str:
    """Return the id of the line of a new contract in force."""
    return (await contracts.contract(world, ask, **fields))["lines"][0]["id"]


async def _stand(world, line_id: str, issued: int, received: int = 0) -> None:
    """Let the account of a released line have begun with quantities from before."""
    async with world.database.writing(world.merchant_id) as session:
        of = CumulativeAccount.contract_line_id == from_global(line_id)[1]
        rows = select(AccountPeriod).join(
            CumulativeAccount, CumulativeAccount.id == AccountPeriod.account_id
        )
        own = (it.merchant_id == world.merchant_id for it in (AccountPeriod, CumulativeAccount))
        period = (await session.scalars(rows.where(of, *own))).one()
        period.opening, period.opening_received = Decimal(issued), Decimal(received)


async def _listed(ask, **wanted):
    found = await ask(RELEASES, first=1, filter=wanted or None)
    return found["contracts"]["nodes"][0]["lines"][0]["releases"]["nodes"]


def _quantities(release) -> list[tuple[str, str]]:
    """Return (day and month, quantity) of a release's schedule."""
    return [(it["window"]["earliest"][5:10], it["quantity"]) for it in release["scheduleLines"]]


async def test_the_worked_example_shows_0_50_200_open(ask, world):
    line = await _agreed(ask, world)
    payload = await contracts.try_release(
        ask,
        line,
        1,
        schedule("2026-04-03", "200"),
        schedule("2026-03-20", "80"),
        schedule("2026-03-06", "120"),
        cumulativeReceived="400",
        lastReceiptReference="LS-77",
    )
    lines = payload["release"]["scheduleLines"]
    assert [it["quantity"] for it in lines] == ["120", "80", "200"]
    assert [it["cumulativeReleased"] for it in lines] == ["520", "600", "800"]
    agreed = payload["contractLine"]
    assert (agreed["cumulativeReceived"], agreed["receivedReference"]) == ("400", "LS-77")
    assert agreed["cumulativeReleased"] == "800"
    for issued, still_open in ((550, ["0", "50", "200"]), (600, ["0", "0", "200"])):
        await _stand(world, line, issued)
        (release,) = await _listed(ask)
        assert [it["openQuantity"] for it in release["scheduleLines"]] == still_open


async def test_a_schedule_line_is_delivered_or_overdue_by_what_arrived(ask, world, clock):
    line = await _agreed(ask, world)
    days = [schedule(day, "100") for day in ("2026-03-06", "2026-03-20", "2026-04-03")]
    sent = await contracts.release(ask, line, 1, *days)
    seen = [[it["status"] for it in sent["scheduleLines"]]]
    for day, received in ((7, 100), (21, 150)):
        clock.time = clock.time.replace(day=day)
        await _stand(world, line, 300, received)
        (release,) = await _listed(ask)
        seen.append([it["status"] for it in release["scheduleLines"]])
    assert seen == [
        ["OPEN", "OPEN", "OPEN"],
        ["DELIVERED", "OPEN", "OPEN"],
        ["DELIVERED", "OVERDUE", "OPEN"],
    ]
    await _stand(world, line, 300, 250)
    alone = (await ask(NODE, id=sent["scheduleLines"][2]["id"]))["node"]
    assert alone == {"openQuantity": "0", "status": "PARTIALLY_DELIVERED"}


@pytest.mark.gate("K7", "contractRelease")
async def test_a_later_release_supersedes_and_an_older_one_never_does(ask, world):
    line = await _agreed(ask, world)
    await contracts.release(ask, line, 3, schedule("2026-04-03", "10"))
    await contracts.release(ask, line, 5, schedule("2026-04-03", "20"))
    others = ((5, "20", "REPEATED"), (5, "1", "OUTDATED"), (3, "10", "OUTDATED"))
    for number, quantity, code in others:
        late = await contracts.try_release(ask, line, number, schedule("2026-04-03", quantity))
        assert contracts.found(late) == ("SUPERSEDED", [code])
    active, old, *_ = await _listed(ask)
    assert [(it["releaseNo"], it["state"]) for it in (active, old)] == [
        (5, "ACTIVE"),
        (3, "SUPERSEDED"),
    ]
    assert [it["status"] for it in old["scheduleLines"]] == ["CANCELLED"]
    assert [it["openQuantity"] for it in old["scheduleLines"]] == ["0"]
    assert [it["type"] for it in old["timeline"]["nodes"]] == [
        "release.activated",
        "release.superseded",
    ]


async def test_forecast_and_just_in_time_are_active_side_by_side(ask, world):
    line = await _agreed(ask, world)
    await contracts.release(ask, line, 9, schedule("2026-04-03", "300"))
    payload = await contracts.try_release(ask, line, 1, schedule("2026-03-03", "40"), type="JIT")
    assert payload["userErrors"] == []
    assert payload["contractLine"]["cumulativeReleased"] == "340"
    assert {it["releaseNo"] for it in await _listed(ask, states=["ACTIVE"])} == {1, 9}
    assert [it["releaseNo"] for it in await _listed(ask, types=["JIT"])] == [1]


async def test_an_update_changes_adds_and_removes_single_lines(ask, world):
    line = await _agreed(ask, world)
    days = ("2026-03-06", "2026-03-20", "2026-04-03")
    await contracts.release(ask, line, 1, *(schedule(day, "100") for day in days))
    updated = await contracts.release(
        ask,
        line,
        2,
        schedule("2026-03-20", "0"),
        schedule("2026-04-03", "70"),
        schedule("2026-04-17", "30"),
        function="UPDATE",
    )
    assert _quantities(updated) == [("03-06", "100"), ("04-03", "70"), ("04-17", "30")]
    replaced = await contracts.release(ask, line, 3, schedule("2026-04-03", "5"))
    assert _quantities(replaced) == [("04-03", "5")]


async def test_an_update_counts_from_the_newer_receipt(ask, world):
    line = await _agreed(ask, world)
    days = ("2026-03-06", "2026-03-20", "2026-04-03")
    await contracts.release(
        ask, line, 1, *(schedule(day, "100") for day in days), cumulativeReceived="400"
    )
    updated = await contracts.release(
        ask, line, 2, schedule("2026-04-17", "50"), function="UPDATE", cumulativeReceived="530"
    )
    assert _quantities(updated) == [("03-20", "70"), ("04-03", "100"), ("04-17", "50")]
    assert [it["cumulativeReleased"] for it in updated["scheduleLines"]] == ["600", "700", "750"]


async def test_an_update_of_nothing_waits_with_its_own_lines(ask, world):
    line = await _agreed(ask, world)
    days = schedule("2026-04-03", "1"), schedule("2026-04-06", "0")
    payload = await contracts.try_release(ask, line, 1, *days, function="UPDATE")
    assert contracts.found(payload) == ("RECEIVED", ["NOTHING_TO_UPDATE"])
    assert _quantities(payload["release"]) == [("04-03", "1"), ("04-06", "0")]


async def test_the_cumulative_received_goes_back_only_by_a_correction(ask, world):
    line = await _agreed(ask, world)
    await contracts.release(ask, line, 1, schedule("2026-04-03", "1"), cumulativeReceived="40")
    back = {"cumulativeReceived": "39"}
    fallen = await contracts.try_release(ask, line, 2, schedule("2026-04-03", "1"), **back)
    codes = ["CUMULATIVE_FELL", "RECEIVED_ABOVE_ISSUED"]
    assert contracts.found(fallen) == ("RECEIVED", codes)
    finding = fallen["release"]["findings"][0]
    assert (finding["expected"], finding["found"]) == ("40", "39")
    assert fallen["contractLine"]["cumulativeReceived"] == "40"
    silent = await contracts.release(ask, line, 3, schedule("2026-04-03", "1"))
    assert silent["cumulativeReceived"] == "40"
    payload = await contracts.try_release(
        ask, line, 4, schedule("2026-04-03", "1"), correction=True, **back
    )
    assert payload["contractLine"]["cumulativeReceived"] == "39"


async def _firm(ask, world) -> str:
    """Return a contract line with 100 firm in the firm zone of 14 days, 100 firm after it."""
    line = await _agreed(ask, world, firmZoneDays=14)
    days = ("2026-03-06", "2026-03-20")
    await contracts.release(ask, line, 1, *(schedule(day, "100", "FIRM") for day in days))
    return line


@pytest.mark.gate("K8", "contractRelease", sure=True)
@pytest.mark.parametrize(
    "lines",
    [
        [schedule("2026-03-06", "99", "FIRM"), schedule("2026-03-20", "101", "FIRM")],
        [schedule("2026-03-09", "100", "FIRM"), schedule("2026-03-20", "100", "FIRM")],
        [schedule("2026-03-06", "100", "MATERIAL"), schedule("2026-03-20", "100", "FIRM")],
        [schedule("2026-03-20", "500", "FIRM")],
    ],
)
async def test_firm_demand_does_not_fall_in_the_firm_zone(ask, world, lines):
    line = await _firm(ask, world)
    payload = await contracts.try_release(ask, line, 2, *lines)
    state, codes = contracts.found(payload)
    assert (state, codes[:1]) == ("RECEIVED", ["FIRM_ZONE"])
    assert [it["releaseNo"] for it in await _listed(ask, states=["ACTIVE"])] == [1]


@pytest.mark.parametrize(
    "lines",
    [
        [schedule("2026-03-06", "101", "FIRM")],
        [schedule("2026-03-04", "100", "FIRM")],
        [schedule("2026-03-06", "100", "FIRM"), schedule("2026-03-20", "1", "FORECAST")],
    ],
)
async def test_firm_demand_may_rise_and_change_after_the_firm_zone(ask, world, lines):
    line = await _firm(ask, world)
    await contracts.release(ask, line, 2, *lines)


OVERDUE = schedule("2026-02-27", "50", "FIRM")
WEEK = {**OVERDUE, "window": contracts.window("2026-03-01", "2026-03-07"), "bucket": "WEEK"}
TODAY = schedule("2026-03-02", "50", "FIRM")
FAR = schedule("2026-04-20", "500")


@pytest.mark.parametrize(
    ("due", "until"),
    [
        (OVERDUE, "2026-03-02"),
        (TODAY, "2026-03-02"),
        (schedule("2026-02-10", "50", "FIRM") | {"kind": "BACKLOG"}, "2026-03-02"),
        # At once, whatever day stands beside it.
        (schedule("2026-03-31", "50", "FIRM") | {"kind": "IMMEDIATE"}, "2026-03-02"),
        (WEEK, "2026-03-07"),
    ],
)
async def test_what_is_due_already_is_firm(ask, world, due, until):
    line = await _agreed(ask, world, firmZoneDays=14)
    await contracts.release(ask, line, 1, due, FAR)
    # Also where it is put off.
    for number, lines in enumerate(([FAR], [schedule("2026-03-09", "50", "FIRM"), FAR]), 2):
        payload = await contracts.try_release(ask, line, number, *lines)
        assert payload["release"]["state"] == "RECEIVED"
        (finding,) = [it for it in payload["release"]["findings"] if it["code"] == "FIRM_ZONE"]
        figures = [finding[name] for name in ("day", "expected", "found")]
        assert figures == [until, "50", "0"]
    assert [it["releaseNo"] for it in await _listed(ask, states=["ACTIVE"])] == [1]


@pytest.mark.parametrize("days", [0, 14])
async def test_what_is_overdue_may_be_wanted_today_and_come_before(ask, world, days):
    line = await _agreed(ask, world, firmZoneDays=days)
    await contracts.release(ask, line, 1, OVERDUE, FAR)
    for number, due in enumerate(
        (
            OVERDUE | {"kind": "BACKLOG"},
            schedule("2026-03-25", "50", "FIRM") | {"kind": "IMMEDIATE"},
            TODAY,
        ),
        2,
    ):
        payload = await contracts.try_release(ask, line, number, due, FAR)
        assert contracts.found(payload) == ("ACTIVE", [])
    await _stand(world, line, 50)
    payload = await contracts.try_release(ask, line, 5, FAR, cumulativeReceived="50")
    assert contracts.found(payload) == ("ACTIVE", [])


async def test_without_a_firm_zone_nothing_of_what_is_due_is_compared(ask, world):
    line = await _agreed(ask, world)
    await contracts.release(ask, line, 1, OVERDUE, TODAY, FAR)
    await contracts.release(ask, line, 2, FAR)


async def test_goods_that_came_are_no_reduction_of_firm_demand(ask, world):
    line = await _firm(ask, world)
    await contracts.release(
        ask, line, 2, schedule("2026-03-20", "100", "FIRM"), cumulativeReceived="100"
    )


async def test_only_staff_consents_to_less_in_the_firm_zone(ask, world):
    own = await parties.company(world)
    line = await _agreed(ask, world, firmZoneDays=14, partyId=to_global("Party", own))
    buyer = ask.by(await world.key(Actor.BUYER, own))
    await contracts.release(buyer, line, 1, schedule("2026-03-06", "100", "FIRM"))
    less = schedule("2026-03-06", "50", "FIRM")
    refused = await contracts.try_release(buyer, line, 2, less, supplierConsent=True)
    assert contracts.codes(refused) == [("NOT_ALLOWED", "supplierConsent")]
    scopes = frozenset(Scope) - {Scope.CONTRACTS_WRITE}
    clerk = ask.by(await world.key(Actor.STAFF, scopes=scopes))
    refused = await contracts.try_release(clerk, line, 2, less, supplierConsent=True)
    assert contracts.codes(refused) == [("NOT_ALLOWED", "supplierConsent")]
    payload = await contracts.try_release(ask, line, 2, less, supplierConsent=True)
    assert contracts.found(payload)[0] == "ACTIVE"
    assert [it["isAwaiting"] for it in payload["release"]["findings"]] == [False]


async def test_a_buyer_releases_its_own_contracts_only(ask, world):
    line = await _agreed(ask, world)
    stranger = ask.by(await world.key(Actor.BUYER, await parties.company(world)))
    payload = await contracts.try_release(stranger, line, 1, schedule("2026-03-06", "1"))
    assert contracts.codes(payload) == [("NOT_FOUND", "contractLineId")]


async def test_a_contract_that_was_ended_takes_in_what_waits_and_demands_nothing(ask, world):
    made = await contracts.contract(world, ask)
    line = made["lines"][0]["id"]
    await contracts.release(ask, line, 1, schedule("2026-03-06", "70"))
    demand = "query ($id: ID!) { demand(partyId: $id, first: 9) { nodes { quantity } } }"
    party = made["party"]["id"]
    assert (await ask(demand, id=party))["demand"]["nodes"] == [{"quantity": "70"}]
    await contracts.change(ask, "contractTerminate", contractId=made["id"])
    assert (await ask(demand, id=party))["demand"]["nodes"] == []
    payload = await contracts.try_release(ask, line, 2, schedule("2026-03-06", "70"))
    assert contracts.found(payload) == ("RECEIVED", ["CONTRACT_OVER"])


async def test_releases_of_a_suspended_contract_wait_and_a_draft_has_none(ask, world):
    made = await contracts.contract(world, ask)
    await contracts.change(ask, "contractSuspend", contractId=made["id"])
    line = made["lines"][0]["id"]
    payload = await contracts.try_release(ask, line, 1, schedule("2026-03-06", "1"))
    assert contracts.found(payload) == ("RECEIVED", ["CONTRACT_SUSPENDED"])
    draft = (await contracts.draft(world, ask))["lines"][0]["id"]
    payload = await contracts.try_release(ask, draft, 1, schedule("2026-03-06", "1"))
    assert contracts.codes(payload) == [("WRONG_STATE", "contractLineId")]


@pytest.mark.gate("K3", "contractRelease")
async def test_a_release_comes_into_force_before_the_contract_ends(ask, world, clock):
    day = {"validFrom": "2026-03-03", "validTo": "2026-03-31", "timeZone": "Asia/Tokyo"}
    line = await _agreed(ask, world, **day)
    await contracts.release(ask, line, 1, schedule("2026-03-06", "1"))
    clock.time = clock.time.replace(day=31, hour=14)
    await contracts.release(ask, line, 2, schedule("2026-04-06", "1"))
    clock.time = clock.time.replace(hour=15)  # Midnight in Tokyo: the last day is over.
    late = await contracts.try_release(ask, line, 3, schedule("2026-04-06", "1"))
    assert contracts.found(late) == ("RECEIVED", ["CONTRACT_OVER", "OUTSIDE_VALIDITY"])
    (active,) = await _listed(ask, states=["ACTIVE"])
    assert active["releaseNo"] == 2


@pytest.mark.parametrize(
    ("lines", "more", "code", "path"),
    [
        ([schedule("2026-03-06", "1")], {"number": "A-1"}, "INVALID", "number"),
        ([schedule("2026-03-06", "1")], {"releaseNo": None}, "INVALID", "number"),
        ([schedule("2026-03-06", "0.5")], {}, "SCALE_EXCEEDED", "lines.0.quantity"),
        ([schedule("2026-03-06", "-1")], {}, "NOT_POSITIVE", "lines.0.quantity"),
        (
            [schedule("2026-03-06", "1")],
            {"cumulativeReceived": "0.5"},
            "SCALE_EXCEEDED",
            "cumulativeReceived",
        ),
        ([schedule("2026-03-06", "1")], {"releaseNo": 0}, "NOT_POSITIVE", "releaseNo"),
        (
            [schedule("2026-03-06", "1")],
            {"horizonStart": "2026-03-06T00:00:00Z", "horizonEnd": "2026-03-05T00:00:00Z"},
            "INVALID_WINDOW",
            "horizonEnd",
        ),
    ],
)
async def test_a_wrong_release_is_refused_with_its_path(ask, world, lines, more, code, path):
    line = await _agreed(ask, world)
    payload = await contracts.try_release(ask, line, 1, *lines, **more)
    assert contracts.codes(payload) == [(code, path)]
    assert await _listed(ask) == []


async def test_statements_do_not_grow_with_the_number_of_contracts(ask, world, database, plans):
    (bolt,) = await products(ask, "BOLT")
    for number in range(20):
        line = await _agreed(ask, world, number=f"N{number:02}", lines=[contracts.line(bolt)])
        await contracts.release(ask, line, 1, schedule("2026-03-06", "1"))
    sent_by = []
    for first in (1, 20):
        with counted(database.engine) as sent:
            await ask(RELEASES, first=first)
        sent_by.append(len(sent))
    assert sent_by == ([1, 1] if plans else [8, 8])
