"""A release that is in force is taken back; the one before counts again."""

from datetime import timedelta

import pytest
from sqlalchemy import text

from tests.make.fulfilment import deliveries
from tests.make.trade import contracts
from tests.make.trade.contracts import schedule

WITHDRAW = """
mutation ($input: ReleaseWithdrawInput!) {
  it: releaseWithdraw(input: $input) {
    release { state stateReason timeline(first: 9) { nodes { type } } }
    restored { number state } contractLine { cumulativeReleased cumulativeReceived }
    userErrors { code field message }
  }
}
"""
STANDING = """
query ($id: ID!) { contract(id: $id) { lines {
  cumulativeReleased cumulativeReceived receivedReference inTransit
  accounts { periods { startsOn received supplied inTransit cumulativeIssued } }
  releases(first: 9, filter: {states: [ACTIVE]}) { nodes {
    number type cumulativeReceived availableActions scheduleLines { quantity openQuantity } } }
  demand(first: 9) { nodes { quantity openQuantity cumulativeReleased } } } } }
"""
REJECT = "mutation ($input: ReleaseRejectInput!) { releaseReject(input: $input) { __typename } }"
WANTED = schedule("2026-03-10", "100")
WRONG = schedule("2026-03-11", "900")


@pytest.fixture
async def agreed(ask, world):
    made = await contracts.contract(world, ask)
    await _send(ask, world, made, 1, WANTED, cumulativeReceived="0")
    return made


async def _send(ask, world, agreed, number, *lines, **fields):
    world.clock.advance(minutes=10)
    line = agreed["lines"][0]["id"]
    return (await contracts.try_release(ask, line, number, *lines, **fields))["release"]


async def _withdraw(ask, release, reason="Sent by mistake."):
    values = {"releaseId": release["id"], "reason": reason}
    return (await ask(WITHDRAW, input=values))["it"]


async def _standing(ask, agreed):
    (line,) = (await ask(STANDING, id=agreed["id"]))["contract"]["lines"]
    return line


async def _left(ask, world, agreed, quantity):
    world.clock.advance(minutes=10)
    order = await contracts.call_off(world, ask, agreed, quantity)
    return await deliveries.dispatched(world, ask, order, parcel={"generateSscc": True})


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"cumulativeReceived": "50", "correction": True},
        {"cumulativeReceived": "500"},
        {"countedFrom": "2026-03-01", "cumulativeReceived": "7"},
        {"function": "UPDATE"},
    ],
)
@pytest.mark.harmless("releaseWithdraw", "The account counts as it did before the release came.")
async def test_all_stands_as_if_it_had_never_come(ask, world, agreed, fields):
    note = (await _left(ask, world, agreed, "60"))["number"]
    before = await _standing(ask, agreed)
    wrong = await _send(ask, world, agreed, 2, WRONG, lastReceiptReference=note, **fields)
    assert (wrong["state"], await _standing(ask, agreed) == before) == ("ACTIVE", False)
    done = await _withdraw(ask, wrong)
    assert done["userErrors"] == []
    assert done["restored"] == {"number": "1", "state": "ACTIVE"}
    assert (done["release"]["state"], done["release"]["stateReason"]) == (
        "REJECTED",
        "Sent by mistake.",
    )
    assert done["release"]["timeline"]["nodes"][-1]["type"] == "release.withdrawn"
    assert await _standing(ask, agreed) == before
    assert [it["code"] for it in (await _withdraw(ask, wrong))["userErrors"]] == ["WRONG_STATE"]


async def test_what_left_for_it_counts_for_the_one_before(ask, world, agreed):
    wrong = await _send(ask, world, agreed, 2, WRONG, cumulativeReceived="0")
    await _left(ask, world, agreed, "130")
    await _withdraw(ask, wrong)
    (active,) = (await _standing(ask, agreed))["releases"]["nodes"]
    # 100 are wanted and 130 left: none of them leaves twice, and 30 are for what comes next.
    assert active["scheduleLines"] == [{"quantity": "100", "openQuantity": "0"}]
    await _send(ask, world, agreed, 3, WANTED, schedule("2026-03-12", "50"), cumulativeReceived="0")
    rows = (await _standing(ask, agreed))["demand"]["nodes"]
    assert [it["openQuantity"] for it in rows] == ["0", "20"]


async def test_without_one_before_nothing_is_wanted(ask, world, agreed):
    first = (await ask(FIRST, id=agreed["id"]))["contract"]["lines"][0]["releases"]["nodes"][0]
    done = await _withdraw(ask, first)
    assert (done["userErrors"], done["restored"]) == ([], None)
    assert done["contractLine"] == {"cumulativeReleased": "0", "cumulativeReceived": "0"}
    assert (await _standing(ask, agreed))["demand"]["nodes"] == []
    # It may be sent again, since nothing newer stands.
    again = await _send(ask, world, agreed, 1, WANTED)
    assert again["state"] == "ACTIVE"


FIRST = "query ($id: ID!) { contract(id: $id) { lines { releases(first: 1) { nodes { id } } } } }"


async def test_what_later_ones_count_on_is_not_taken_back(ask, world, agreed):
    wrong = await _send(ask, world, agreed, 2, WRONG, cumulativeReceived="50")
    # The schedule just in time tells no figure of its own: it counts from 50.
    jit = await _send(ask, world, agreed, 1, schedule("2026-03-04", "5"), type="JIT")
    before = await _standing(ask, agreed)
    offered = {it["type"]: it["availableActions"] for it in before["releases"]["nodes"]}
    assert offered == {"FORECAST": ["ANSWER"], "JIT": ["ANSWER", "WITHDRAW"]}
    (error,) = (await _withdraw(ask, wrong))["userErrors"]
    assert (error["code"], error["message"]) == (
        "WRONG_STATE",
        "Release 1 of its place came after it, and may count on it.",
    )
    assert await _standing(ask, agreed) == before
    assert (await _withdraw(ask, jit))["userErrors"] == []
    done = await _withdraw(ask, wrong)
    assert done["userErrors"] == []
    assert done["restored"]["number"] == "1"


@pytest.mark.parametrize("holding", [[], ["JUMP", "NEW_PERIOD", "EXCEEDS_MAX"]])
@pytest.mark.parametrize("day", ["2026-02-10", "2025-06-01", "2026-03-01", None])
async def test_the_day_that_only_a_wrong_one_said_is_forgotten(ask, world, day, holding):
    """The right one counts from whatever day it says, as the first one of its place does."""
    fields = {"holdingFindings": holding} if holding else {}
    made, fresh = [await contracts.contract(world, ask, **fields) for _ in range(2)]
    wanted = schedule("2026-03-10", "9000000") if holding else WRONG
    wrong = await _send(ask, world, made, 1, wanted, countedFrom="2026-03-02")
    if holding:
        assert wrong["state"] == "RECEIVED"
        await ask(REJECT, input={"releaseId": wrong["id"], "reason": "No."})
    else:
        assert (await _withdraw(ask, wrong))["userErrors"] == []
    own = {} if day is None else {"countedFrom": day}
    found = []
    for each in (made, fresh):
        await _left(ask, world, each, "30")
        sent = await _send(ask, world, each, 2, WANTED, cumulativeReceived="0", **own)
        assert (sent["state"], sent["findings"]) == ("ACTIVE", [])
        standing = await _standing(ask, each)
        found.append((standing["accounts"], standing["demand"], standing["inTransit"]))
    assert found[0] == found[1]
    assert found[0][1]["nodes"][0]["openQuantity"] == "70"


async def test_what_counts_in_no_period_keeps_none_that_was_begun_by_mistake(ask, world, agreed):
    before = await _standing(ask, agreed)
    wrong = await _send(ask, world, agreed, 2, WRONG, countedFrom="2026-03-01")
    late = (world.clock() - timedelta(hours=1)).isoformat()
    overtaken = await _send(ask, world, agreed, 3, WANTED, issuedAt=late)
    waiting = await _send(ask, world, agreed, 4, WANTED, countedFrom="2026-02-20")
    assert (overtaken["state"], waiting["state"]) == ("SUPERSEDED", "RECEIVED")
    await ask(REJECT, input={"releaseId": waiting["id"], "reason": "No."})
    again = await _send(ask, world, agreed, 5, WRONG, countedFrom="2026-03-02")
    for each, restored in ((again, "2"), (wrong, "1")):
        done = await _withdraw(ask, each)
        assert (done["userErrors"], done["restored"]["number"]) == ([], restored)
    assert await _standing(ask, agreed) == before


async def test_what_waits_is_decided_first(ask, world):
    made = await contracts.contract(world, ask, firmZoneDays=30)
    firm = await _send(ask, world, made, 1, schedule("2026-03-10", "100", "FIRM"))
    fallen = await _send(ask, world, made, 2, schedule("2026-03-10", "60", "FIRM"))
    assert fallen["state"] == "RECEIVED"
    (error,) = (await _withdraw(ask, firm))["userErrors"]
    assert error["message"] == "Release 2 waits for consent: decide on that first."


async def test_one_of_which_nothing_was_kept_is_replaced_only(ask, world, agreed):
    """It came into force before it was kept what releases take the place of."""
    own = {"merchant": world.merchant_id}
    async with world.database.writing(world.merchant_id) as session:
        await session.execute(
            text("UPDATE releases SET replaced = NULL WHERE releases.merchant_id = :merchant"), own
        )
    before = await _standing(ask, agreed)
    (active,) = before["releases"]["nodes"]
    assert active["availableActions"] == ["ANSWER"]
    first = (await ask(FIRST, id=agreed["id"]))["contract"]["lines"][0]["releases"]["nodes"][0]
    (error,) = (await _withdraw(ask, first))["userErrors"]
    assert (error["code"], error["message"]) == (
        "WRONG_STATE",
        "What it took the place of was not kept yet: the next release takes its place.",
    )
    assert await _standing(ask, agreed) == before
    # The next one does, and can be taken back; the one before is in force again.
    wrong = await _send(ask, world, agreed, 2, WRONG, cumulativeReceived="0")
    assert (await _withdraw(ask, wrong))["restored"] == {"number": "1", "state": "ACTIVE"}
    assert await _standing(ask, agreed) == before
