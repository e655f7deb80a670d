"""Contracts, releases and call-offs, made over the API."""

from typing import Any

from kit.ids import to_global
from tests.make import Ask, World, reasons
from tests.make.master import channels, parties
from tests.make.trade.orders import products

_LINE = """
id lineNo product { id sku } unitPrice { amount currency } targetQuantity minQuantity maxQuantity
agreed ceiling calledOff released shipped inTransit delivered returned remaining
cumulativeReceived cumulativeIssued cumulativeReleased receivedReference
"""
_CONTRACT = f"""
id number state isExhausted isExpired validFrom validTo version priorityOn
party {{ id number }} shipTos {{ id code }} lines {{ {_LINE} }}
shortfalls {{ owed calledOff quantity contractLine {{ lineNo }} }}
"""
_ERRORS = "userErrors { code field message }"
CONTRACT = f"query ($id: ID!) {{ contract(id: $id) {{ {_CONTRACT} }} }}"
CALL_OFF = f"""
mutation ($input: ContractCallOffInput!) {{
  contractCallOff(input: $input) {{
    callOff {{
      id number kind state currency externalReference purchaseOrderNumber
      contract {{ id number }} party {{ id }} shipTo {{ city }} recipient {{ name }}
      shipToAddress {{ code }}
      lines {{
        id lineNo ordered cancelled unplanned unitPrice {{ amount currency }} window {{ latest }}
        contractLine {{ id lineNo calledOff }} scheduleLine {{ id }} product {{ sku }}
      }}
    }}
    deliveries {{
      number state window {{ latest }} recipient {{ name }} shipToAddress {{ code }}
      lines {{ planned orderLine {{ lineNo }} }}
    }}
    contract {{ state isExhausted }}
    {_ERRORS}
  }}
}}
"""
RELEASE = f"""
mutation ($input: ContractReleaseInput!) {{
  contractRelease(input: $input) {{
    release {{
      id number releaseNo type state cumulativeReceived
      findings {{ id code lineNo day expected found text isHolding isAwaiting }}
      scheduleLines {{
        id lineNo quantity commitment cumulativeReleased openQuantity status
        window {{ earliest latest timeZone }}
      }}
    }}
    contractLine {{ {_LINE} }}
    {_ERRORS}
  }}
}}
"""
ZONE = "Europe/Berlin"
GUARANTEE = {
    "leadTimeDays": 5,
    "quantity": "100",
    "period": "WEEK",
    "graceDays": 2,
    "penaltyPercentPerDay": "0.5",
    "penaltyPerUnit": "0.1",
    "penaltyCapPercent": "5",
    "excuses": ["FORCE_MAJEURE", "CUSTOMER_REQUEST"],
}


def mutation(name: str) -> str:
    """Return the document of a mutation of one contract, for example contractAmend."""
    takes = f"{name[0].upper()}{name[1:]}Input"
    return (
        f"mutation ($input: {takes}!)"
        f" {{ {name}(input: $input) {{ contract {{ {_CONTRACT} }} {_ERRORS} }} }}"
    )


def window(day: str = "2026-03-10", until: str | None = None) -> dict[str, str]:
    """Return a window from 8 o'clock of one day to 16 o'clock of the same or another."""
    return {
        "earliest": f"{day}T08:00:00+01:00",
        "latest": f"{until or day}T16:00:00+01:00",
        "timeZone": ZONE,
    }


def line(product_id: str, target: str = "1000", **fields: Any) -> dict[str, Any]:
    return {"productId": product_id, "targetQuantity": target, "unitPrice": "2.5", **fields}


async def contract_input(world: World, ask: Ask, **fields: Any) -> dict[str, Any]:
    """Return the input of a company's contract for the year 2026 over 1000 bolts."""
    if "partyId" not in fields:
        fields["partyId"] = to_global("Party", await parties.company(world))
    if "lines" not in fields:
        (bolt,) = await products(ask, "BOLT")
        fields["lines"] = [line(bolt)]
    year = {"validFrom": "2026-01-01", "validTo": "2026-12-31", "timeZone": ZONE}
    return {**year, "currency": "EUR", **fields}


async def docks(world: World, ask: Ask) -> dict[str, Any]:
    """Return the fields of a contract for a company with two addresses, the second one first."""
    hours = [{"weekday": it, "opens": "08:00", "closes": "16:30"} for it in (1, 5)]
    dock = parties.address(code="DOCK", is_default=False, receiving_hours=hours)
    party = to_global("Party", await parties.company(world, addresses=[parties.address(), dock]))
    query = "query ($id: ID!) { party(id: $id) { addresses { id code } } }"
    found = (await ask(query, id=party))["party"]["addresses"]
    listed = sorted(found, key=lambda it: str(it["code"]))
    return {"partyId": party, "shipToIds": [it["id"] for it in listed]}


async def change(ask: Ask, name: str, **values: Any) -> dict[str, Any]:
    """Run a mutation of one contract and return its payload."""
    return (await ask(mutation(name), input=values))[name]


async def draft(world: World, ask: Ask, **fields: Any) -> dict[str, Any]:
    """Create a contract. fields: of ContractCreateInput."""
    payload = await change(ask, "contractCreate", **await contract_input(world, ask, **fields))
    assert payload["userErrors"] == []
    return payload["contract"]


async def contract(world: World, ask: Ask, **fields: Any) -> dict[str, Any]:
    """Create a contract and put it into force. fields: of ContractCreateInput."""
    made = await draft(world, ask, **fields)
    payload = await change(ask, "contractActivate", contractId=made["id"])
    assert payload["userErrors"] == []
    return payload["contract"]


async def call_off_input(
    world: World, contract: dict[str, Any], *quantities: str, **fields: Any
) -> dict[str, Any]:
    """Return the input of a call-off. quantities: of the contract's lines, from the first on."""
    if "channelId" not in fields:
        channel = await channels.channel(world, kind="B2B_PORTAL", guests_allowed=False)
        fields["channelId"] = to_global("Channel", channel)
    await parties.allow(world, contract["party"]["id"], fields["channelId"])
    lines = [
        {"contractLineId": each["id"], "quantity": quantity}
        for each, quantity in zip(contract["lines"], quantities, strict=False)
    ]
    return {"contractId": contract["id"], "lines": lines, "window": window(), **fields}


async def try_call_off(
    world: World, ask: Ask, contract: dict[str, Any], *quantities: str, **fields: Any
) -> dict[str, Any]:
    """Call off as the viewer of `ask`, and return the payload, refused or not."""
    values = await call_off_input(world, contract, *quantities, **fields)
    return (await ask(CALL_OFF, input=values))["contractCallOff"]


async def call_off(
    world: World, ask: Ask, contract: dict[str, Any], *quantities: str, **fields: Any
) -> dict[str, Any]:
    """Call off and return the order. quantities: of the contract's lines, from the first on."""
    payload = await try_call_off(world, ask, contract, *quantities, **fields)
    assert payload["userErrors"] == []
    return payload["callOff"]


def schedule(day: str, quantity: str, commitment: str = "FORECAST") -> dict[str, Any]:
    return {"window": window(day), "quantity": quantity, "commitment": commitment}


async def try_release(
    ask: Ask, line_id: str, release_no: int, *lines: dict[str, Any], **fields: Any
) -> dict[str, Any]:
    """Send a forecast and return the payload, refused or not. fields: of ContractReleaseInput."""
    values = {
        "contractLineId": line_id,
        "type": "FORECAST",
        "releaseNo": release_no,
        "lines": list(lines),
        **fields,
    }
    return (await ask(RELEASE, input=values))["contractRelease"]


async def release(
    ask: Ask, line_id: str, release_no: int, *lines: dict[str, Any], **fields: Any
) -> dict[str, Any]:
    """Send a forecast and return the release with its schedule."""
    payload = await try_release(ask, line_id, release_no, *lines, **fields)
    assert payload["userErrors"] == []
    return payload["release"]


def found(payload: dict[str, Any]) -> tuple[str, list[str]]:
    """Return the state of a payload's release, and the codes of its findings."""
    assert payload["userErrors"] == []
    release = payload["release"]
    return release["state"], [it["code"] for it in release["findings"]]


def codes(payload: dict[str, Any]) -> list[tuple[str, str]]:
    """Return (code, path without `input`) of a payload's refusals."""
    return reasons(payload["userErrors"])


def actions_of_contract(
    contract: dict[str, Any], call_off: dict[str, Any]
) -> dict[str, list[dict[str, Any]]]:
    """Return action -> what may be sent for it, of those that take more than the contract's id."""
    release = {"type": "FORECAST", "releaseNo": 1, "lines": [schedule("2026-03-20", "9")]}
    return {
        "TERMINATE": [{"contractId": contract["id"], "keepCallOffs": True}],
        "RELEASE": [{"contractLineId": contract["lines"][0]["id"], **release}],
        "CALL_OFF": [call_off],
    }
