"""Contracts that go on here: what was issued before is counted, and is no call-off."""

from decimal import Decimal
from typing import Any

import pytest

from tests.api.trade.releases.test_accounts import _open, _send
from tests.api.trade.releases.test_planned_schedules import _planner, _shown
from tests.make.trade import contracts
from tests.make.trade.contracts import line, schedule
from tests.make.trade.orders import products

LINE = """
query ($id: ID!) { contract(id: $id) { lines {
  calledOff remaining shipped inTransit cumulativeIssued cumulativeReceived cumulativeReleased
  accounts { periods { opening cumulativeIssued inTransit cumulativeReceived } }
} } }
"""
FIGURES = ("cumulativeIssued", "cumulativeReceived", "cumulativeReleased", "inTransit", "shipped")


async def _taken_over(world: Any, ask: Any, *openings: dict[str, Any]) -> Any:
    """Return a planner of a contract of which 100 are left, with openings."""
    (bolt,) = await products(ask, "BOLT")
    planner = await _planner(world, ask, lines=[line(bolt, "100")])
    of = {"contractLineId": planner.contract["lines"][0]["id"], "startsOn": "2026-01-01"}
    results = await _open(ask, *(of | it for it in openings))
    assert {it["status"] for it in results} == {"CREATED"}
    return planner


async def _line(ask: Any, planner: Any) -> dict[str, Any]:
    found = await ask(LINE, id=planner.contract["id"])
    return found["contract"]["lines"][0]


def _in_all(payload: dict[str, Any]) -> list[tuple[str, str]]:
    findings = payload["release"]["findings"]
    return [(it["expected"], it["found"]) for it in findings if it["code"] == "EXCEEDS_MAX"]


async def test_what_is_left_of_a_contract_is_agreed_called_off_and_wanted(ask, world):
    planner = await _taken_over(world, ask, {"issued": "900", "received": "890"})
    key = planner.contract["lines"][0]["id"]
    for number, (quantity, found) in enumerate((("111", [("100", "101")]), ("110", [])), 1):
        wanted, says = schedule("2026-03-10", quantity), {"cumulativeReceived": "890"}
        payload = await contracts.try_release(ask, key, number, wanted, **says)
        assert _in_all(payload) == found
    its = await _line(ask, planner)
    assert [its[name] for name in FIGURES] == ["900", "890", "1000", "10", "0"]
    # Ten are on the way already: a hundred are left, and all of that is wanted.
    assert (its["calledOff"], its["remaining"]) == ("0", "100")
    assert _shown(await planner(), "status", "code", "quantity") == [("CREATED", None, "100")]
    its = await _line(ask, planner)
    assert (its["calledOff"], its["remaining"]) == ("100", "0")


async def test_what_was_issued_before_counts_for_no_place_and_period(ask, world):
    """Of the period before the customer has had 40 more than its opening, and wants 59 in this."""
    docks = [{"unloadingPoint": it, "issued": "900", "received": "890"} for it in ("D1", "D2")]
    planner = await _taken_over(world, ask, *docks)
    key = planner.contract["lines"][0]["id"]
    says = {"cumulativeReceived": "940", "unloadingPoint": "D1"}
    await contracts.release(ask, key, 1, schedule("2026-03-04", "0"), **says)
    says |= {"cumulativeReceived": "0", "countedFrom": "2026-03-01"}
    await contracts.release(ask, key, 2, schedule("2026-03-05", "59"), **says)
    says = {"cumulativeReceived": "895", "unloadingPoint": "D2"}
    for number, (quantity, found) in enumerate((("7", [("100", "101")]), ("6", [])), 1):
        wanted = schedule("2026-03-10", quantity)
        assert _in_all(await contracts.try_release(ask, key, number, wanted, **says)) == found
    # The other place is asked for its own, too, beside what this one wants.
    says = {"cumulativeReceived": "0", "unloadingPoint": "D1", "countedFrom": "2026-03-01"}
    wanted = schedule("2026-03-05", "60")
    assert _in_all(await contracts.try_release(ask, key, 3, wanted, **says)) == [("100", "101")]


@pytest.mark.parametrize("openings", [(), ({"issued": "900", "received": "900"},)])
async def test_what_a_line_has_issued_is_what_its_accounts_have(ask, world, openings):
    planner = await _taken_over(world, ask, *openings) if openings else None
    planner = planner or await _planner(world, ask)
    assert (await _line(ask, planner))["cumulativeIssued"] == ("900" if openings else "0")
    await _send(ask, world, planner.contract, "30")
    its = await _line(ask, planner)
    periods = [it for of in its["accounts"] for it in of["periods"]]
    assert its["shipped"] == "30"
    assert its["cumulativeIssued"] == ("930" if openings else "30")
    for name in ("cumulativeIssued", "inTransit") if openings else ():
        assert Decimal(its[name]) == sum(Decimal(it[name]) for it in periods)
    key = planner.contract["lines"][0]["id"]
    says = {"cumulativeReceived": "0", "countedFrom": "2026-03-02"}
    await contracts.release(ask, key, 1, schedule("2026-03-20", "5"), **says)
    assert (await _line(ask, planner))["cumulativeIssued"] == "30"
