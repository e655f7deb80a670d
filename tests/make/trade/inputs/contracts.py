"""A valid input for every mutation of contracts: see everything.py."""

from typing import Any

from tests.make.scene import PACKAGING, Scene, fresh, versioned
from tests.make.trade import contracts


def contract_line(s: Scene) -> dict[str, Any]:
    more = {"minQuantity": "10", "maxQuantity": "2000", "lotMultiple": "2", "minPerCallOff": "2"}
    percents = {"overTolerancePercent": "10", "underTolerancePercent": "5"}
    counted = {"maxPerCallOff": "500", "packaging": PACKAGING}
    more["guarantee"] = contracts.GUARANTEE | {"penaltyPerDay": "5", "packaging": PACKAGING}
    return contracts.line(s.product, **counted, **more, **percents)


CONTRACT_FIELDS = {
    "validFrom": "2026-01-01",
    "validTo": "2026-12-31",
    "timeZone": "Europe/Berlin",
    "purchaseOrderNumber": "PO-1",
    "terms": "Ex works.",
    "reservationStrategy": "AT_CALL_OFF",
    "priorityOn": "2026-01-01",
    "endOfLife": "EXPIRE",
    "minNoticeDays": 1,
    "firmZoneDays": 5,
    "tradeOffDays": 10,
    "holdingFindings": ["FIRM_ZONE", "CUMULATIVE_FELL"],
    "jumpPercent": "25",
}


def route(s: Scene) -> dict[str, Any]:
    return {"locationId": s.location, "carrierId": s.carrier, "service": "EXPRESS"}


async def contract_create(s: Scene) -> dict[str, Any]:
    own = {"partyId": s.party, "number": fresh("K"), "currency": "EUR", "shipToIds": [s.address]}
    own["route"] = route(s)
    return {**CONTRACT_FIELDS, **own, "lines": [contract_line(s)]}


async def contract_amend(s: Scene) -> dict[str, Any]:
    contract = await s.contract()
    change = contract_line(s) | {"contractLineId": contract["lines"][0]["id"]}
    del change["productId"]
    lines = {"lines": [change], "addLines": [contract_line(s)], "shipToIds": [s.address]}
    lines |= {"keepCallOffs": False, "route": route(s)}
    return {**CONTRACT_FIELDS, **versioned("contractId", contract), **lines}


async def contract_activate(s: Scene) -> dict[str, Any]:
    return versioned("contractId", await s.contract(contracts.draft))


async def contract_suspend(s: Scene) -> dict[str, Any]:
    return {**versioned("contractId", await s.contract()), "reason": "Unpaid."}


async def _after(s: Scene, name: str, **fields: Any) -> dict[str, Any]:
    contract = await s.contract(**fields)
    changed = await contracts.change(s.ask, name, contractId=contract["id"])
    return versioned("contractId", changed["contract"])


async def contract_resume(s: Scene) -> dict[str, Any]:
    return await _after(s, "contractSuspend")


async def contract_terminate(s: Scene) -> dict[str, Any]:
    return {**await contract_suspend(s), "keepCallOffs": True}


async def contract_settle(s: Scene) -> dict[str, Any]:
    """Settle what nothing was called off from, so that it is owed."""
    owing = [contracts.line(s.product, minQuantity="10")]
    return await _after(s, "contractTerminate", lines=owing, endOfLife="INVOICE_SHORTFALL")


async def contract_settle_carried(s: Scene) -> dict[str, Any]:
    next_one = await s.contract()
    settling = await _after(s, "contractTerminate", endOfLife="CARRY_OVER")
    return {**settling, "successorId": next_one["id"]}
