"""Orders, contracts and releases: `availableActions` offers what verbs accept, in every state."""

import re
from datetime import date, timedelta
from decimal import Decimal
from itertools import product

import pytest

from kit.ids import from_global
from models.access.viewers import Actor, CompanyRole
from models.trade.contracts.acts import ACTS as CONTRACT_ACTS
from models.trade.contracts.states import ContractState
from models.trade.contracts.tables import Contract, ContractLine
from models.trade.orders.acts import ACTS
from models.trade.orders.holds import Hold
from models.trade.orders.lines import OrderLine
from models.trade.orders.states import Approval, LineResponse, OrderState
from models.trade.orders.tables import Order
from models.trade.releases.acts import ACTS as RELEASE_ACTS
from models.trade.releases.findings import ReleaseFinding
from models.trade.releases.tables import Release
from models.trade.releases.words import ReleaseState
from tests.make.sweeps.offers import Client, write
from tests.make.trade import contracts, orders

HOLD = {"reason": "OTHER", "owner": "Somebody"}
ORDER_HOLD = """mutation ($input: OrderHoldInput!) {
  orderHold(input: $input) { hold { id } userErrors { code } } }"""

BOTH = [Approval.MERCHANT, Approval.COMPANY]
WAYS: list[tuple[OrderState, list[Approval], bool, bool, bool]] = [
    (state, awaited, is_planned, is_shipped, is_held)
    for state in OrderState
    for awaited in (
        [[it] for it in BOTH] + [BOTH] if state is OrderState.PENDING_APPROVAL else [[]]
    )
    for is_planned, is_shipped in ((False, False), (True, False), (True, True))
    for is_held in (False, True)
]


def _amended(clock, *, waits):
    """Return the columns of a line whose amendment waits, or does not wait any longer."""
    until = clock() + timedelta(hours=1) if waits else clock()
    return {"offered_quantity": 5, "answer_by": until, "response": LineResponse.AMENDED}


async def test_orders_in_every_state(world, ask, clock):
    order = await orders.order(world, ask)
    held = (await ask(ORDER_HOLD, input={"orderId": order["id"], **HOLD}))["orderHold"]["hold"]
    inputs = {it.action: [{"orderId": order["id"]}] for it in ACTS}
    inputs |= orders.actions_of_order(order, held)
    party = from_global(order["party"]["id"])[1]
    clients = [Client.staff(world, ask)] + [
        await Client.bound(world, ask, Actor.BUYER, party, role=role)
        for role in (CompanyRole.APPROVER, CompanyRole.BUYER)
    ]
    for state, awaited, is_planned, is_shipped, is_held in WAYS:
        await write(world, Order, "id", order["id"], state=state, awaiting_approval_of=awaited)
        planned = OrderLine.ordered if is_planned else 0
        gone = dict.fromkeys(("picked", "packed", "shipped"), planned if is_shipped else 0)
        await write(world, OrderLine, "order_id", order["id"], planned=planned, **gone)
        await write(world, Hold, "id", held["id"], released_at=None if is_held else clock())
        # Holds and amendments bear on different acts.
        await write(
            world, OrderLine, "id", order["lines"][0]["id"], **_amended(clock, waits=not is_held)
        )
        for client in clients:
            offered = await client.offered("order", order)
            at = (state, awaited, is_planned, is_shipped, is_held, client.viewer.role)
            assert offered == await client.accepted(ACTS, inputs), at


def _inputs(contract, call_off):
    """Return what may be sent for each action of a contract."""
    inputs = {it.action: [{"contractId": contract["id"]}] for it in CONTRACT_ACTS}
    return inputs | contracts.actions_of_contract(contract, call_off)


STORED = set(ContractState) - {ContractState.EXHAUSTED, ContractState.EXPIRED}
VALIDITY = {
    "valid": {"valid_from": date(2026, 1, 1), "valid_to": date(2026, 12, 31)},
    "over": {"valid_from": date(2025, 1, 1), "valid_to": date(2025, 12, 31)},
    "to come": {"valid_from": date(2026, 3, 3), "valid_to": date(2026, 12, 31)},
    "on its last day": {"valid_from": date(2025, 1, 1), "valid_to": date(2026, 3, 2)},
}


@pytest.mark.parametrize("validity", VALIDITY)
async def test_contracts_in_every_state(world, ask, validity):
    contract = await contracts.contract(world, ask)
    day = contracts.window("2026-03-02" if "last" in validity else "2026-03-10")
    inputs = _inputs(contract, await contracts.call_off_input(world, contract, "10", window=day))
    party = from_global(contract["party"]["id"])[1]
    clients = [Client.staff(world, ask)] + [
        await Client.bound(world, ask, Actor.BUYER, party, role=role)
        for role in (CompanyRole.BUYER, CompanyRole.VIEWER)
    ]
    await write(world, Contract, "id", contract["id"], **VALIDITY[validity])
    for state in STORED:
        await write(world, Contract, "id", contract["id"], state=state)
        for client in clients:
            offered = await client.offered("contract", contract)
            expected = await client.accepted(CONTRACT_ACTS, inputs)
            assert offered == expected, (state, client.viewer.role)


async def test_releases_in_every_state(world, ask):
    contract = await contracts.contract(world, ask, firmZoneDays=14)
    line = contract["lines"][0]["id"]
    firm = contracts.schedule("2026-03-06", "9", "FIRM")
    first = await contracts.release(ask, line, 1, firm, cumulativeReceived="5")
    payload = await contracts.try_release(ask, line, 2, cumulativeReceived="4")
    findings = [it["id"] for it in payload["release"]["findings"] if it["isHolding"]]
    assert len(findings) == len({"FIRM_ZONE", "CUMULATIVE_FELL"})
    key = {"releaseId": payload["release"]["id"]}
    inputs = {
        "CONSENT": [{**key, "findingIds": [findings[0]]}],
        "REJECT": [{**key, "reason": "No."}],
        "ANSWER": [{**key, "lines": []}],
        "WITHDRAW": [{**key, "reason": "No."}],
    }
    party = from_global(contract["party"]["id"])[1]
    buyer = await Client.bound(world, ask, Actor.BUYER, party, role=CompanyRole.BUYER)
    await write(world, Release, "id", first["id"], state=ReleaseState.SUPERSEDED)
    for state, at, is_last in product(ReleaseState, STORED, (False, True)):
        await write(world, Contract, "id", contract["id"], state=at)
        consented = {"consented_at": world.clock() if is_last else None}
        await write(world, ReleaseFinding, "id", findings[1], **consented)
        await write(world, Release, "id", key["releaseId"], state=state)
        for client in (Client.staff(world, ask), buyer):
            offered = await client.offered("release", {"id": key["releaseId"]})
            assert offered == await client.accepted(RELEASE_ACTS, inputs), (state, at, is_last)


ROOM = [
    ({}, "999", "1"),
    ({}, "1000", "1"),
    ({"overTolerancePercent": "1"}, "1009", "1"),
    ({"overTolerancePercent": "1"}, "1010", "1"),
    ({"lotMultiple": "3"}, "999", "3"),
    ({"lotMultiple": "3"}, "997", "3"),
    ({"lotMultiple": "3", "minPerCallOff": "4"}, "994", "6"),
    ({"lotMultiple": "3", "minPerCallOff": "4"}, "995", "6"),
    ({"minPerCallOff": "10"}, "990", "10"),
    ({"minPerCallOff": "10"}, "991", "10"),
    ({"lotMultiple": "6", "maxPerCallOff": "6"}, "0", "6"),
    ({"lotMultiple": "6", "maxPerCallOff": "5"}, "0", "6"),
]
"""Terms of a line, what is called off of it, the least that could be beside."""


@pytest.mark.parametrize(("terms", "called_off", "least"), ROOM)
async def test_a_call_off_is_offered_while_the_least_of_it_fits(
    world, ask, terms, called_off, least
):
    (bolt,) = await orders.products(ask, "BOLT")
    contract = await contracts.contract(world, ask, lines=[contracts.line(bolt)])
    inputs = _inputs(contract, await contracts.call_off_input(world, contract, least))
    # As lines could be agreed on before their sizes had to bring something.
    drawn = {
        "called_off": called_off,
        **{re.sub("([A-Z])", r"_\1", it).lower(): terms[it] for it in terms},
    }
    values = {name: Decimal(value) for name, value in drawn.items()}
    await write(world, ContractLine, "contract_id", contract["id"], **values)
    client = Client.staff(world, ask)
    offered = await client.offered("contract", contract)
    assert offered == await client.accepted(CONTRACT_ACTS, inputs)
