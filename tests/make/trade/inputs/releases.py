"""A valid input for every mutation of releases and accounts: see everything.py."""

from typing import Any

from tests.make.scene import PACKAGING, WINDOW, Scene, fresh
from tests.make.trade import contracts

SCHEDULED = {
    "window": WINDOW,
    "quantity": "5",
    "commitment": "FIRM",
    "packaging": PACKAGING,
    "kind": "SCHEDULED",
    "bucket": "FLEXIBLE",
    "pattern": "W1",
    "dateMeaning": "SHIPMENT",
    "transitDays": 2,
    "code": "SCC-1",
}


async def _released(s: Scene) -> dict[str, Any]:
    contract = await s.contract()
    horizon = {"horizonStart": "2026-03-01T00:00:00Z", "horizonEnd": "2026-06-01T00:00:00Z"}
    counted: dict[str, Any] = {
        "cumulativeReceived": "0",
        "correction": False,
        "lastReceiptReference": "R-1",
    }
    counted["countedFrom"] = "2026-02-01"
    note = {"deliveryNote": "LS-7", "quantity": "5"}
    note |= {"receivedOn": "2026-02-27", "dispatchedOn": "2026-02-26"}
    counted["lastReceipts"] = [note]
    when = {"issuedAt": "2026-03-01T09:00:00Z", "calculatedAt": "2026-03-01T08:00:00Z"}
    place = {"shipToId": s.address, "unloadingPoint": fresh("D")}
    details = {"pointOfUse": "M-3", "engineeringRevision": "C", "packagingInstruction": "KLT-6428"}
    ahead = {"productionGoAhead": "40", "productionGoAheadUntil": "2026-03-31"}
    ahead |= {"materialGoAhead": "60", "materialGoAheadUntil": "2026-04-30", "planner": "P-17"}
    ahead["restOfForecast"] = "900"
    what = {
        "type": "FORECAST",
        "function": "REPLACE",
        "supplierConsent": False,
        "isNetOfTransit": True,
    }
    line = {"contractLineId": contract["lines"][0]["id"], "lines": [SCHEDULED]}
    return {**line, **what, **place, **horizon, **counted, **when, **details, **ahead}


async def contract_release(s: Scene) -> dict[str, Any]:
    return {**await _released(s), "number": "A-2026/7"}


async def contract_release_by_integer(s: Scene) -> dict[str, Any]:
    return {**await _released(s), "releaseNo": 1}


async def releases_record(s: Scene) -> dict[str, Any]:
    return {"releases": [await contract_release(s)]}


async def releases_record_by_integer(s: Scene) -> dict[str, Any]:
    return {"releases": [await contract_release_by_integer(s)]}


async def accounts_open(s: Scene) -> dict[str, Any]:
    contract = await s.contract(shipToIds=[s.address])
    place = {"shipToId": s.address, "unloadingPoint": fresh("D")}
    figures = {"startsOn": "2026-01-01", "issued": "5", "received": "4"}
    return {"accounts": [{"contractLineId": contract["lines"][0]["id"], **place, **figures}]}


FALLEN = """
mutation ($input: ContractReleaseInput!) {
  contractRelease(input: $input) { release { id findings { id isHolding } } }
}
"""


async def _waiting(s: Scene) -> dict[str, Any]:
    """Return a release that waits, since firm quantities fall in it."""
    contract = await s.contract(firmZoneDays=30)
    sent = {"contractLineId": contract["lines"][0]["id"], "type": "FORECAST"}
    for number, lines in (("1", [contracts.schedule("2026-03-09", "9", "FIRM")]), ("2", [])):
        found = await s.ask(FALLEN, input={**sent, "number": number, "lines": lines})
    return found["contractRelease"]["release"]


async def release_consent(s: Scene) -> dict[str, Any]:
    release = await _waiting(s)
    holding = [it["id"] for it in release["findings"] if it["isHolding"]]
    return {"releaseId": release["id"], "findingIds": holding}


async def release_reject(s: Scene) -> dict[str, Any]:
    return {"releaseId": (await _waiting(s))["id"], "reason": "Made already."}


async def release_withdraw(s: Scene) -> dict[str, Any]:
    sent = await s.ask(SENT, input={**await _released(s), "number": "A-2026/9"})
    return {"releaseId": sent["contractRelease"]["release"]["id"], "reason": "Sent by mistake."}


SENT = """
mutation ($input: ContractReleaseInput!) {
  contractRelease(input: $input) { release { id scheduleLines { id } } }
}
"""


async def release_answer(s: Scene) -> dict[str, Any]:
    sent = await s.ask(SENT, input={**await _released(s), "number": "A-2026/8"})
    release = sent["contractRelease"]["release"]
    line = release["scheduleLines"][0]["id"]
    answer = {"scheduleLineId": line, "quantity": "2", "day": "2026-03-20", "reason": "No steel."}
    return {"releaseId": release["id"], "lines": [answer]}
