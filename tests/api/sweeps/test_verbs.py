"""What `availableActions` tells is what verbs do: in every state, held or not, for whoever asks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any, NoReturn
from uuid import UUID

import pytest
from sqlalchemy import update

from commands.trade.contracts.life import ContractStep
from commands.writing.transaction import Writing
from commands.writing.verbs import AnyVerb
from kit.errors import Code, Refused
from kit.ids import from_global, new_id
from models.access.viewers import Actor, CompanyRole, Viewer, allowed
from models.base.acts import Act
from models.base.tables import Owned
from models.fulfilment.codes import FulfilmentCode
from models.fulfilment.deliveries.acts import ACTS as DELIVERY_ACTS
from models.fulfilment.deliveries.states import DeliveryState
from models.fulfilment.deliveries.tables import Delivery
from models.trade.codes import TradeCode
from models.trade.contracts.states import ContractState
from models.trade.contracts.tables import Contract
from models.trade.orders.acts import ACTS as ORDER_ACTS
from models.trade.orders.holds import Hold
from models.trade.orders.states import Approval, OrderState
from models.trade.orders.tables import Order, OrderLine
from schema.schema import schema
from schema.verbs import verbs
from tests.make import Ask, World
from tests.make.fulfilment import deliveries
from tests.make.master import locations
from tests.make.running import staff
from tests.make.trade import contracts, orders

VERBS = verbs(schema.mutation)
STOPS = {
    Code.WRONG_STATE,
    Code.NOT_ALLOWED,
    TradeCode.ON_HOLD,
    TradeCode.QUANTITY_NOT_OPEN,
    TradeCode.CONTRACT_SUSPENDED,
    FulfilmentCode.RECIPIENT_MISSING,
}
"""Refusals of what is not for the row as it stands, whatever the input says."""
STOPPED = {state for act in DELIVERY_ACTS if act.stopped_by for state in act.states}
HOLD = {"reason": "OTHER", "owner": "Somebody"}
ORDER_HOLD = """mutation ($input: OrderHoldInput!) {
  orderHold(input: $input) { hold { id } userErrors { code } } }"""


class Undone(Exception):
    """Takes a transaction back."""


def undo() -> NoReturn:
    raise Undone


@dataclass(frozen=True)
class Asker:
    """One who asks what may be done, and tries it."""

    world: World
    ask: Ask
    viewer: Viewer

    @classmethod
    async def bound(cls, world: World, ask: Ask, actor: Actor, to: UUID, **more: Any) -> "Asker":
        by = ask.by(await world.key(actor, to, **more))
        scopes = allowed(actor, more.get("role"))
        return cls(world, by, Viewer(world.merchant_id, actor, new_id(), "x", scopes, to, **more))

    async def told(self, kind: str, row: dict[str, Any]) -> list[str]:
        found = await self.ask(
            f"query ($id: ID!) {{ {kind}(id: $id) {{ availableActions }} }}", id=row["id"]
        )
        return found[kind]["availableActions"]

    async def tried(self, verb: AnyVerb, given: dict[str, Any]) -> set[str]:
        """Run a verb and take it back; return why it was refused."""
        try:
            async with self.world.database.writing(self.world.merchant_id) as session:
                writing = Writing(session, self.viewer, self.world.clock())
                await verb(writing, verb.takes.read(given))
                await session.flush()
                undo()
        except Refused as refused:
            return {it.code for it in refused.problems}
        except Undone:
            return set()

    async def may(self, acts: Iterable[Act], given: dict[str, dict[str, Any]]) -> list[str]:
        """Return the actions whose verbs can be done. given: action -> the verb's input."""
        done = []
        for act in acts:
            (verb,) = [it for it in VERBS if it.act is act]
            if not self.viewer.may(act.scope) or await self.tried(verb, given[act.action]) & STOPS:
                continue
            done.append(act.action.value)
        return done


async def turned(world: World, table: type[Owned], column: str, key: str, **values: Any) -> None:
    """Write columns of the rows that a global id names."""
    own = (table.merchant_id == world.merchant_id, getattr(table, column) == from_global(key)[1])
    async with world.database.writing(world.merchant_id) as session:
        await session.execute(update(table).where(*own).values(**values))


async def test_deliveries_in_every_state(world, ask, clock):
    order = await orders.order(world, ask)
    at = deliveries.to_global("Location", await locations.location(world))
    first = await deliveries.planned(
        world, ask, order, locationId=at, lines=deliveries.lines(order, "6", "4")
    )
    rest = [{"orderLineId": order["lines"][0]["id"], "quantity": "4"}]
    other = await deliveries.planned(world, ask, order, locationId=at, lines=rest)
    own = (await deliveries.done(ask, "deliveryHold", deliveryId=first["id"], **HOLD))["hold"]["id"]
    held = await ask(ORDER_HOLD, input={"orderId": order["id"], **HOLD})
    of_order = held["orderHold"]["hold"]["id"]
    one = {"deliveryId": first["id"]}
    part = {"deliveryLineId": first["lines"][0]["id"], "quantity": "1"}
    parcel = {"generateSscc": True, "contents": deliveries.contents(first)}
    more = {
        "SPLIT": {"lines": [part]},
        "MERGE": {"deliveryIds": [other["id"]]},
        "MOVE": {"locationId": at},
        "RESCHEDULE": {"window": deliveries.WINDOW},
        "HOLD": {"reason": "FRAUD", "owner": "Somebody"},
        "PACK": {"parcels": [parcel]},
    }
    given = {it.action: one | more.get(it.action, {}) for it in DELIVERY_ACTS}
    given["RELEASE_HOLD"] = {"holdId": own}
    party = from_global(order["party"]["id"])[1]
    askers = [
        Asker(world, ask, staff(world)),
        await Asker.bound(world, ask, Actor.WAREHOUSE, from_global(at)[1]),
        await Asker.bound(world, ask, Actor.BUYER, party, role=CompanyRole.BUYER),
    ]
    for state in DeliveryState:
        await turned(world, Delivery, "id", first["id"], state=state)
        holds = {own, of_order} if state in STOPPED else {own}
        for active in (set(), *({it} for it in holds)):
            for hold in (own, of_order):
                ended = None if hold in active else clock()
                await turned(world, Hold, "id", hold, released_at=ended)
            for asker in askers:
                told = await asker.told("delivery", first)
                assert told == await asker.may(DELIVERY_ACTS, given), (state, active, asker)


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


async def test_orders_in_every_state(world, ask, clock):
    order = await orders.order(world, ask)
    held = (await ask(ORDER_HOLD, input={"orderId": order["id"], **HOLD}))["orderHold"]["hold"]
    one = {"orderId": order["id"]}
    more = {
        "REJECT": {"reason": "No."},
        "HOLD": {"reason": "FRAUD", "owner": "Somebody"},
        "CANCEL_LINES": {"lines": [{"lineId": order["lines"][0]["id"], "quantity": "1"}]},
    }
    given = {it.action: one | more.get(it.action, {}) for it in ORDER_ACTS}
    given["RELEASE_HOLD"] = {"holdId": held["id"]}
    party = from_global(order["party"]["id"])[1]
    askers = [Asker(world, ask, staff(world))] + [
        await Asker.bound(world, ask, Actor.BUYER, party, role=role)
        for role in (CompanyRole.APPROVER, CompanyRole.BUYER)
    ]
    for state, awaited, is_planned, is_shipped, is_held in WAYS:
        await turned(world, Order, "id", order["id"], state=state, awaiting_approval_of=awaited)
        planned = OrderLine.ordered if is_planned else 0
        gone = dict.fromkeys(("picked", "packed", "shipped"), planned if is_shipped else 0)
        await turned(world, OrderLine, "order_id", order["id"], planned=planned, **gone)
        await turned(world, Hold, "id", held["id"], released_at=None if is_held else clock())
        for asker in askers:
            told = await asker.told("order", order)
            at = (state, awaited, is_planned, is_shipped, is_held, asker.viewer.role)
            assert told == await asker.may(ORDER_ACTS, given), at


@pytest.mark.parametrize("is_over", [False, True])
async def test_contracts_in_every_state(world, ask, is_over):
    contract = await contracts.contract(world, ask)
    line = contract["lines"][0]["id"]
    release = {"type": "FORECAST", "releaseNo": 1, "lines": [contracts.schedule("2026-03-20", "9")]}
    given = {
        "contractCallOff": await contracts.call_off_input(world, contract, "10"),
        "contractRelease": {"contractLineId": line, **release},
    }
    given |= {
        it.name: {"contractId": contract["id"]}
        for it in VERBS
        if issubclass(it.takes, ContractStep)
    }
    asker = Asker(world, ask, staff(world))
    if is_over:
        ended = {"valid_from": date(2025, 1, 1), "valid_to": date(2025, 12, 31)}
        await turned(world, Contract, "id", contract["id"], **ended)
    for state in set(ContractState) - {ContractState.EXHAUSTED, ContractState.EXPIRED}:
        await turned(world, Contract, "id", contract["id"], state=state)
        for verb in VERBS:
            if verb.name in given:
                is_stopped = bool(await asker.tried(verb, given[verb.name]) & STOPS)
                is_early = verb.name == "contractSettle" and not is_over
                is_for = state is ContractState.TERMINATED if is_early else state in verb.act.states
                assert is_stopped != is_for, (verb.name, state)
