"""Orders and contracts: `availableActions` offers what verbs accept, in every state."""

from datetime import date, timedelta

import pytest

from commands.trade.contracts.life import ContractStep
from kit.errors import Code
from kit.ids import from_global
from models.access.viewers import Actor, CompanyRole
from models.trade.codes import TradeCode
from models.trade.contracts.states import ContractState
from models.trade.contracts.tables import Contract
from models.trade.orders.acts import ACTS
from models.trade.orders.holds import Hold
from models.trade.orders.states import Approval, LineResponse, OrderState
from models.trade.orders.tables import Order, OrderLine
from tests.make.sweeps.offers import VERBS, Client, write
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
    one, line = {"orderId": order["id"]}, {"lineId": order["lines"][0]["id"]}
    more = {
        "REJECT": {"reason": "No."},
        "HOLD": {"reason": "FRAUD", "owner": "Somebody"},
        "CANCEL_LINES": {"lines": [line | {"quantity": "1"}]},
        "CONFIRM": {"lines": [line | {"response": "ACCEPTED"}]},
        "ANSWER_AMENDMENT": {"lines": [line | {"isAccepted": False}]},
    }
    inputs = {it.action: [one | more.get(it.action, {})] for it in ACTS}
    inputs["RELEASE_HOLD"] = [{"holdId": held["id"]}]
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
        await write(world, OrderLine, "id", line["lineId"], **_amended(clock, waits=not is_held))
        for client in clients:
            offered = await client.offered("order", order)
            at = (state, awaited, is_planned, is_shipped, is_held, client.viewer.role)
            assert offered == await client.accepted(ACTS, inputs), at


OUTSIDE = {"contractCallOff", "contractRelease"}
"""Verbs that a contract takes until its last day is over, in the states that they say."""
STOPS = {Code.WRONG_STATE, TradeCode.CONTRACT_SUSPENDED, TradeCode.OUTSIDE_VALIDITY}


@pytest.mark.parametrize("is_over", [False, True])
async def test_contracts_in_every_state(world, ask, is_over):
    contract = await contracts.contract(world, ask)
    line = contract["lines"][0]["id"]
    release = {"type": "FORECAST", "releaseNo": 1, "lines": [contracts.schedule("2026-03-20", "9")]}
    inputs = {
        "contractCallOff": await contracts.call_off_input(world, contract, "10"),
        "contractRelease": {"contractLineId": line, **release},
    }
    inputs |= {
        it.name: {"contractId": contract["id"]}
        for it in VERBS
        if issubclass(it.takes, ContractStep)
    }
    client = Client.staff(world, ask)
    if is_over:
        ended = {"valid_from": date(2025, 1, 1), "valid_to": date(2025, 12, 31)}
        await write(world, Contract, "id", contract["id"], **ended)
    for state in set(ContractState) - {ContractState.EXHAUSTED, ContractState.EXPIRED}:
        await write(world, Contract, "id", contract["id"], state=state)
        for verb in VERBS:
            if verb.name in inputs:
                is_stopped = bool(await client.refusals(verb, inputs[verb.name]) & STOPS)
                is_accepted = state in verb.act.states and not (is_over and verb.name in OUTSIDE)
                if verb.name == "contractSettle" and not is_over:
                    is_accepted = state is ContractState.TERMINATED
                assert is_stopped != is_accepted, (verb.name, state)
