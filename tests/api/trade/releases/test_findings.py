"""What is odd about a release is found and kept; some of it waits for the merchant's consent."""

import asyncio
from typing import Any

import pytest

from kit.ids import to_global
from models.access.viewers import Actor
from tests.guard import counted
from tests.make.master import parties
from tests.make.trade import contracts
from tests.make.trade.contracts import schedule

DECIDE = """
mutation ($input: %sInput!) {
  it: %s(input: $input) {
    release { id state stateReason findings { code isAwaiting consentedAt } }
    contractLine { cumulativeReleased cumulativeReceived }
    userErrors { code field }
  }
}
"""
WAITING = """
{ releases(first: 9, filter: {states: [RECEIVED]}) { totalCount nodes {
  number findings { code text isHolding } timeline(first: 3) { nodes { type } } } } }
"""
ACTIVE = """
query ($id: ID!) { contract(id: $id) { lines { cumulativeReleased cumulativeReceived
  releases(first: 9, filter: {states: [ACTIVE]}) { nodes {
    number scheduleLines { quantity openQuantity } account { periods { startsOn } } } }
} } }
"""
FIRM = schedule("2026-03-06", "100", "FIRM")
LESS = schedule("2026-03-06", "60", "FIRM")


async def _decide(ask, name: str, release: dict[str, Any], **fields: Any) -> dict[str, Any]:
    takes = f"{name[0].upper()}{name[1:]}"
    values = {"releaseId": release["id"], **fields}
    return (await ask(DECIDE % (takes, name), input=values))["it"]


async def _consent(ask, release: dict[str, Any], *codes: str) -> dict[str, Any]:
    """Consent to findings of a release, to all that wait unless codes are named."""
    chosen = [it for it in release["findings"] if it["isAwaiting"]]
    ids = [it["id"] for it in chosen if not codes or it["code"] in codes]
    return await _decide(ask, "releaseConsent", release, findingIds=ids)


async def _fallen(world, ask, **fields: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a contract with 100 firm in force, and a release of 60 that waits."""
    made = await contracts.contract(world, ask, firmZoneDays=14, **fields)
    line = made["lines"][0]["id"]
    await contracts.release(ask, line, 1, FIRM)
    return made, (await contracts.try_release(ask, line, 3, LESS))["release"]


def _refused(payload: dict[str, Any]) -> list[str]:
    return [code for code, _ in contracts.codes(payload)]


async def _active(ask, made) -> dict[str, Any]:
    (line,) = (await ask(ACTIVE, id=made["id"]))["contract"]["lines"]
    return line


@pytest.mark.gate("K8", "releaseConsent")
async def test_the_firm_figure_holds_until_somebody_consents(ask, world):
    made, fallen = await _fallen(world, ask)
    (finding,) = [it for it in fallen["findings"] if it["isHolding"]]
    assert (finding["code"], finding["expected"], finding["found"]) == ("FIRM_ZONE", "100", "60")
    assert (finding["day"], finding["isAwaiting"]) == ("2026-03-06", True)
    assert finding["text"] == "Until 2026-03-06 100 is firm; this release asks 60."
    line = await _active(ask, made)
    assert line["cumulativeReleased"] == "100"
    assert [it["number"] for it in line["releases"]["nodes"]] == ["1"]
    (waiting,) = (await ask(WAITING))["releases"]["nodes"]
    assert [it["type"] for it in waiting["timeline"]["nodes"]] == ["release.received"]
    done = await _consent(ask, fallen)
    assert (done["release"]["state"], done["userErrors"]) == ("ACTIVE", [])
    assert done["contractLine"]["cumulativeReleased"] == "60"
    (active,) = (await _active(ask, made))["releases"]["nodes"]
    assert (active["number"], active["scheduleLines"][0]["openQuantity"]) == ("3", "60")
    assert (await ask(WAITING))["releases"]["totalCount"] == 0


async def test_consent_is_given_finding_by_finding(ask, world):
    made = await contracts.contract(world, ask, firmZoneDays=14)
    line = made["lines"][0]["id"]
    await contracts.release(ask, line, 1, FIRM, cumulativeReceived="40")
    fallen = await contracts.try_release(ask, line, 2, LESS, cumulativeReceived="30")
    assert contracts.found(fallen)[1] == [
        *("CUMULATIVE_FELL", "RECEIVED_ABOVE_ISSUED", "FIRM_ZONE"),
    ]
    for _ in range(2):
        half = await _consent(ask, fallen["release"], "FIRM_ZONE")
        assert half["release"]["state"] == "RECEIVED"
        awaiting = [it["code"] for it in half["release"]["findings"] if it["isAwaiting"]]
        assert awaiting == ["CUMULATIVE_FELL"]
    assert half["contractLine"] == {"cumulativeReleased": "140", "cumulativeReceived": "40"}
    whole = await _consent(ask, fallen["release"], "CUMULATIVE_FELL")
    assert whole["release"]["state"] == "ACTIVE"
    assert whole["contractLine"] == {"cumulativeReleased": "90", "cumulativeReceived": "30"}
    again = await _consent(ask, fallen["release"])
    assert _refused(again) == ["WRONG_STATE"]


@pytest.mark.harmless(
    "releaseAnswer", "It tells a customer what cannot be met; the schedule stays as it is."
)
async def test_an_answer_leaves_the_schedule_as_it_is(ask, world):
    made = await contracts.contract(world, ask)
    release = await contracts.release(ask, made["lines"][0]["id"], 1, FIRM)
    before, line = await _active(ask, made), release["scheduleLines"][0]["id"]
    part = {"scheduleLineId": line, "quantity": "40", "day": "2026-03-20", "reason": "No steel."}
    assert _refused(await _decide(ask, "releaseAnswer", release, lines=[part])) == []
    assert _refused(await _decide(ask, "releaseAnswer", release, lines=[part] * 2)) == ["DUPLICATE"]
    assert await _active(ask, made) == before


@pytest.mark.harmless("releaseReject", "What was in force before stays so.")
async def test_what_is_rejected_changes_nothing_and_says_why(ask, world):
    made, fallen = await _fallen(world, ask)
    before = await _active(ask, made)
    done = (await _decide(ask, "releaseReject", fallen, reason="It is made."))["release"]
    assert (done["state"], done["stateReason"]) == ("REJECTED", "It is made.")
    assert await _active(ask, made) == before
    for again in (
        await _consent(ask, fallen),
        await _decide(ask, "releaseReject", fallen, reason="-"),
    ):
        assert _refused(again) == ["WRONG_STATE"]
    line = made["lines"][0]["id"]
    update = {"function": "UPDATE", "lines": [schedule("2026-03-09", "5")]}
    payload = await contracts.try_release(ask, line, 4, *update.pop("lines"), **update)
    assert [it["quantity"] for it in payload["release"]["scheduleLines"]] == ["100", "5"]


@pytest.mark.gate("K7", "releaseConsent")
async def test_what_waits_is_overtaken_by_what_is_newer_and_by_nothing_older(ask, world):
    made, fallen = await _fallen(world, ask)
    line = made["lines"][0]["id"]
    late = await contracts.try_release(ask, line, 2, FIRM)
    assert contracts.found(late) == ("SUPERSEDED", ["OUTDATED"])
    change = {"function": "UPDATE", "type": "FORECAST"}
    newer = await contracts.try_release(ask, line, 4, schedule("2026-03-30", "7"), **change)
    # It changes what the customer has said last, and that is less than what is firm.
    assert contracts.found(newer)[0] == "RECEIVED"
    assert [it["quantity"] for it in newer["release"]["scheduleLines"]] == ["60", "7"]
    assert _refused(await _consent(ask, fallen)) == ["WRONG_STATE"]
    assert (await _consent(ask, newer["release"]))["release"]["state"] == "ACTIVE"
    (active,) = (await _active(ask, made))["releases"]["nodes"]
    assert active["number"] == "4"


@pytest.mark.gate("K3", "releaseConsent")
async def test_consent_brings_nothing_into_force_on_a_contract_that_is_over(ask, world, clock):
    _, fallen = await _fallen(world, ask, validTo="2026-03-31")
    clock.time = clock.time.replace(month=4)
    done = await _consent(ask, fallen)
    assert _refused(done) == ["OUTSIDE_VALIDITY"]


async def test_the_contract_says_what_waits(ask, world):
    _, free = await _fallen(world, ask, holdingFindings=[])
    assert free["state"] == "ACTIVE"
    (line,) = (
        await contracts.contract(
            world,
            ask,
            holdingFindings=["LOT_MULTIPLE"],
            lines=[
                {**(await contracts.contract_input(world, ask))["lines"][0], "lotMultiple": "10"}
            ],
        )
    )["lines"]
    sent = schedule("2026-03-06", "20"), schedule("2026-03-07", "15")
    payload = await contracts.try_release(ask, line["id"], 1, *sent)
    assert contracts.found(payload) == ("RECEIVED", ["LOT_MULTIPLE"])
    (finding,) = payload["release"]["findings"]
    assert (finding["lineNo"], finding["expected"], finding["found"]) == (2, "10", "15")
    assert {it["status"] for it in payload["release"]["scheduleLines"]} == {"OPEN"}


async def test_what_only_informs_comes_into_force(ask, world):
    made = await contracts.contract(world, ask, validTo="2026-06-30")
    line = made["lines"][0]["id"]
    figures = {"productionGoAhead": "500", "materialGoAhead": "900"}
    await contracts.release(ask, line, 1, schedule("2026-03-10", "400"), **figures)
    days = schedule("2026-03-10", "700"), schedule("2026-07-01", "900")
    report = {
        "cumulativeReceived": "10",
        "lastReceiptReference": "LS-1",
        "productionGoAhead": "400",
    }
    payload = await contracts.try_release(ask, line, 2, *days, **report)
    state, codes = contracts.found(payload)
    assert state == "ACTIVE"
    figures = {it["code"]: (it["expected"], it["found"]) for it in payload["release"]["findings"]}
    assert figures == {
        "RECEIVED_ABOVE_ISSUED": ("0", "10"),
        "UNKNOWN_NOTE": (None, None),
        "JUMP": ("390", "700"),
        "GO_AHEAD_FELL": ("500", "400"),
        "EXCEEDS_MAX": ("1000", "1610"),
        "OUTSIDE_VALIDITY": (None, None),
    }
    assert codes == list(figures)
    # Nothing at all is wanted any more.
    payload = await contracts.try_release(ask, line, 3, cumulativeReceived="10")
    (finding,) = [it for it in payload["release"]["findings"] if it["code"] == "JUMP"]
    assert (finding["expected"], finding["found"]) == ("1600", "0")


async def test_a_place_that_is_new_beside_others_is_told(ask, world):
    made = await contracts.contract(world, ask)
    line = made["lines"][0]["id"]
    codes = []
    for point in ("D1", "D01", "D1"):
        payload = await contracts.try_release(ask, line, 1, FIRM, unloadingPoint=point)
        codes.append(contracts.found(payload)[1])
    assert codes == [[], ["NEW_PLACE"], ["REPEATED"]]


async def test_a_release_without_a_place_is_for_the_only_one_of_its_line(ask, world):
    line = (await contracts.contract(world, ask))["lines"][0]["id"]
    await contracts.release(ask, line, 1, FIRM, unloadingPoint="D1")
    payload = await contracts.try_release(ask, line, 2, schedule("2026-03-06", "130", "FIRM"))
    assert contracts.found(payload) == ("ACTIVE", [])
    assert payload["contractLine"]["cumulativeReleased"] == "130"


async def test_a_place_beside_what_names_none_waits_since_both_may_be_one(ask, world):
    line = (await contracts.contract(world, ask))["lines"][0]["id"]
    await contracts.release(ask, line, 1, FIRM)
    payload = await contracts.try_release(ask, line, 2, FIRM, unloadingPoint="D1")
    assert contracts.found(payload) == ("RECEIVED", ["UNKNOWN_PLACE"])
    assert payload["contractLine"]["cumulativeReleased"] == "100"


async def test_a_plant_and_a_dock_of_it_wait_since_both_may_be_one(ask, world):
    made = await contracts.docks(world, ask)
    line, both = (await contracts.contract(world, ask, **made))["lines"][0]["id"], made["shipToIds"]
    plant, dock = {"shipToId": both[0]}, {"shipToId": both[0], "unloadingPoint": "D1"}
    other = {"shipToId": both[1], "unloadingPoint": "D1"}
    found = []
    for type_, place in (
        *(("FORECAST", plant), ("JIT", dock), ("FORECAST", other)),
        *(
            ("FORECAST", other | {"unloadingPoint": "D2"}),
            ("JIT", other | {"unloadingPoint": None}),
        ),
    ):
        payload = await contracts.try_release(ask, line, 1, FIRM, type=type_, **place)
        found.append(contracts.found(payload))
    waits, is_new = ("RECEIVED", ["UNKNOWN_PLACE"]), ("ACTIVE", ["NEW_PLACE"])
    assert found == [("ACTIVE", []), waits, is_new, is_new, waits]
    # 100 for the plant, and 100 for each dock of the other one: none of them twice.
    assert payload["contractLine"]["cumulativeReleased"] == "300"


@pytest.mark.gate("K8", "contractRelease")
async def test_just_in_time_lowers_what_a_forecast_says_is_firm_with_consent_only(ask, world):
    made = await contracts.contract(world, ask, firmZoneDays=14)
    line = made["lines"][0]["id"]
    await contracts.release(ask, line, 1, FIRM, schedule("2026-03-10", "50", "FIRM"))
    payload = await contracts.try_release(ask, line, 1, LESS, type="JIT")
    assert contracts.found(payload)[0] == "RECEIVED"
    figures = [
        tuple(each[name] for name in ("code", "day", "expected", "found"))
        for each in payload["release"]["findings"]
    ]
    assert figures == [
        ("FIRM_ZONE", "2026-03-06", "100", "60"),
        ("FIRM_ZONE", "2026-03-10", "150", "110"),
    ]
    same = schedule("2026-03-06", "100")
    payload = await contracts.try_release(ask, line, 2, same, type="JIT")
    assert contracts.found(payload) == ("ACTIVE", [])
    assert payload["contractLine"]["cumulativeReleased"] == "150"


@pytest.mark.parametrize("notes", [[], [{"deliveryNote": "LS-FREMD"}]])
@pytest.mark.parametrize("lines", [[], [schedule("2026-03-09", "50", "FIRM")]])
async def test_what_was_never_issued_lowers_no_firm_quantity(ask, world, notes, lines):
    made = await contracts.contract(world, ask, firmZoneDays=14)
    line = made["lines"][0]["id"]
    later = schedule("2026-03-09", "50", "FIRM")
    await contracts.release(ask, line, 1, FIRM, later, cumulativeReceived="0")
    report = {"cumulativeReceived": "100", "lastReceipts": notes}
    payload = await contracts.try_release(ask, line, 2, *lines, **report)
    state, codes = contracts.found(payload)
    assert (state, "FIRM_ZONE" in codes) == ("RECEIVED", True)
    assert {"RECEIVED_ABOVE_ISSUED"} <= set(codes)
    (active,) = (await _active(ask, made))["releases"]["nodes"]
    assert [it["openQuantity"] for it in active["scheduleLines"]] == ["100", "50"]


async def test_a_new_period_lowers_no_firm_quantity(ask, world):
    made = await contracts.contract(world, ask, firmZoneDays=14)
    line = made["lines"][0]["id"]
    await contracts.release(ask, line, 1, FIRM, cumulativeReceived="0")
    anew = {"countedFrom": "2026-03-01", "cumulativeReceived": "0"}
    payload = await contracts.try_release(ask, line, 2, LESS, **anew)
    assert contracts.found(payload) == ("RECEIVED", ["NEW_PERIOD", "FIRM_ZONE"])
    payload = await contracts.try_release(ask, line, 3, FIRM, **anew)
    assert contracts.found(payload) == ("ACTIVE", ["NEW_PERIOD"])


async def test_a_new_period_begins_with_consent(ask, world):
    made, _ = await _fallen(world, ask)
    line = made["lines"][0]["id"]
    anew = {"countedFrom": "2026-03-01", "cumulativeReceived": "0"}
    payload = await contracts.try_release(ask, line, 4, FIRM, **anew)
    assert contracts.found(payload) == ("ACTIVE", ["NEW_PERIOD"])
    fallen = await contracts.try_release(
        ask,
        line,
        5,
        schedule("2026-03-06", "10", "FIRM"),
        countedFrom="2026-03-02",
        function="UPDATE",
    )
    codes = ["NEW_PERIOD", "FIRM_ZONE", "NOTHING_TO_UPDATE"]
    assert contracts.found(fallen) == ("RECEIVED", codes)
    (active,) = (await _active(ask, made))["releases"]["nodes"]
    days = [it["startsOn"] for it in active["account"]["periods"]]
    assert (active["number"], days) == ("4", ["2026-01-01", "2026-03-01"])
    await _consent(ask, fallen["release"])
    (active,) = (await _active(ask, made))["releases"]["nodes"]
    days = [it["startsOn"] for it in active["account"]["periods"]]
    assert (active["number"], days[2:]) == ("5", ["2026-03-02"])


async def test_a_buyer_sees_what_waits_and_does_not_decide(ask, world):
    own = await parties.company(world)
    _, fallen = await _fallen(world, ask, partyId=to_global("Party", own))
    buyer = ask.by(await world.key(Actor.BUYER, own))
    (seen,) = (await buyer(WAITING))["releases"]["nodes"]
    assert seen["findings"][0]["code"] == "FIRM_ZONE"
    stranger = ask.by(await world.key(Actor.BUYER, await parties.company(world)))
    assert (await stranger(WAITING))["releases"]["totalCount"] == 0
    values = {"releaseId": fallen["id"], "findingIds": [fallen["findings"][0]["id"]]}
    document = DECIDE % ("ReleaseConsent", "releaseConsent")
    answer = await buyer.answer(document, input=values)
    assert answer["errors"][0]["extensions"]["missingScopes"] == ["CONTRACTS_WRITE"]


async def test_consent_is_to_findings_of_the_release(ask, world):
    _, fallen = await _fallen(world, ask)
    _, other = await _fallen(world, ask)
    ids = [it["id"] for it in other["findings"]]
    wrong = await _decide(ask, "releaseConsent", fallen, findingIds=ids[:1])
    twice = await _decide(ask, "releaseConsent", other, findingIds=ids[:1] * 2)
    assert _refused(wrong) + _refused(twice) == ["NOT_FOUND", "DUPLICATE"]


async def test_of_consent_and_a_newer_release_at_once_the_newer_one_stands(ask, world):
    for _ in range(3):
        made, fallen = await _fallen(world, ask)
        line = made["lines"][0]["id"]
        await asyncio.gather(
            _consent(ask, fallen),
            contracts.try_release(ask, line, 4, FIRM),
            _consent(ask, fallen),
        )
        (active,) = (await _active(ask, made))["releases"]["nodes"]
        assert active["number"] == "4"


async def test_statements_of_consent_do_not_grow_with_lines_or_findings(ask, world, database):
    sent_by = []
    for count in (1, 12):
        made = await contracts.contract(world, ask, firmZoneDays=30)
        line = made["lines"][0]["id"]
        days = [schedule(f"2026-03-{day:02}", "9", "FIRM") for day in range(6, 6 + count)]
        await contracts.release(ask, line, 1, *days)
        fallen = (await contracts.try_release(ask, line, 2))["release"]
        assert [it["code"] for it in fallen["findings"]] == ["FIRM_ZONE"] * count + ["JUMP"]
        with counted(database.engine) as sent:
            await _consent(ask, fallen)
        sent_by.append(len(sent))
    assert sent_by[0] == sent_by[1]


async def test_a_time_of_issue_to_come_waits_and_outdates_nothing(ask, world):
    line = (await contracts.contract(world, ask))["lines"][0]["id"]
    ahead = {"issuedAt": "2099-11-28T07:00:00Z"}
    wrong = await contracts.try_release(ask, line, 1, FIRM, **ahead)
    assert contracts.found(wrong) == ("RECEIVED", ["ISSUED_AHEAD"])
    again = await contracts.try_release(ask, line, 1, FIRM, **ahead)
    assert contracts.found(again) == ("SUPERSEDED", ["REPEATED"])
    assert (await _consent(ask, wrong["release"]))["release"]["state"] == "ACTIVE"
    newer = await contracts.try_release(ask, line, 2, schedule("2026-03-06", "120", "FIRM"))
    assert contracts.found(newer)[0] == "ACTIVE"
