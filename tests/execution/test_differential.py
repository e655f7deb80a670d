"""The planner and the reference executor give the same answers, to generated operations."""

import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from kit.db.database import Database
from kit.ids import from_global, new_id
from kit.limits import Limits
from models.access.viewers import Actor
from resolvers.running.context import Terms
from schema.schema import PLANNER, schema
from server import application
from tests import make
from tests.execution.operations import Operation, Seen, Writer, told
from tests.make.fulfilment import deliveries, tracking
from tests.make.trade import contracts, orders

FIRST = """{
  orders(first: 5) { nodes { id number lines { id } timeline(first: 3) { edges { cursor } } }
    pageInfo { endCursor } edges { cursor } }
  deliveries(first: 5) { nodes { id number parcels { id } } edges { cursor } }
  contracts(first: 5) { nodes { id number lines { id } } edges { cursor } }
  parties(first: 9) { nodes { id number contacts { id } addresses { id } } edges { cursor } }
  products(first: 9) { nodes { id sku name } edges { cursor } }
  locations(first: 9) { nodes { id code } } channels(first: 9) { nodes { id code } }
}"""

BOUNDLESS = Limits(deadline=120, statement=60, bucket=10_000_000)
"""Answers are compared, however busy the machine is, and whatever was asked before."""
SHARES = 4
"""Parts of the generated operations that workers take, each with data of its own."""


# Where null goes up past fields that still wait, graphql-core drops their coroutines.
pytestmark = [
    pytest.mark.usefixtures("dropped"),
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


async def _data(world: make.World, ask: make.Ask) -> None:
    """Make something of everything: parts, parcels with events, contracts with call-offs."""
    for number in range(3):
        await orders.order(world, ask, externalReference=f"web-{number}")
    await deliveries.planned(world, ask)
    await deliveries.dispatched(world, ask)
    await tracking.sent(world, parcels=2)
    await contracts.draft(world, ask, **await contracts.docks(world, ask))
    contract = await contracts.contract(world, ask)
    await contracts.call_off(world, ask, contract, "10")
    line = contract["lines"][0]["id"]
    await contracts.release(ask, line, 1, contracts.schedule("2026-03-10", "50"))


async def _changes(world: make.World, ask: make.Ask) -> dict[str, dict[str, Any]]:
    """Return mutation -> an input, of those whose payloads have objects and lists of keys."""
    contract = await contracts.contract(world, ask)
    order = await orders.order(world, ask)
    found = await ask("""{ products(first: 2) { nodes { sku name unit scale } }
        locations(first: 1) { nodes { id } } }""")
    (location,) = found["locations"]["nodes"]
    part = {"locationId": location["id"], "lines": [{"lineNo": 1, "quantity": "5"}]}
    return {
        "contractCallOff": await contracts.call_off_input(
            world, contract, "10", deliveries=[part, part]
        ),
        "orderHold": {"orderId": order["id"], "reason": "OPERATOR", "owner": "us"},
        "orderCancelLines": {
            "orderId": order["id"],
            "lines": [{"lineId": order["lines"][0]["id"], "quantity": "1"}],
        },
        "orderApprove": {"orderId": order["id"]},
        "productsUpsert": {"products": found["products"]["nodes"]},
        "contractSuspend": {"contractId": contract["id"]},
    }


Viewing = tuple[str, dict[str, str]]
"""A token, and more headers."""


async def _viewers(world: make.World, ask: make.Ask) -> list[Viewing]:
    """Return a token of every kind of viewer, bound to what there is; the shop holds an order."""
    found = await ask("""{ orders(first: 9) { nodes { accessToken party { id } channel { id } } }
        deliveries(first: 9) { nodes { location { id } } } }""")
    order, delivery = found["orders"]["nodes"][0], found["deliveries"]["nodes"][0]
    bound = {
        Actor.BUYER: order["party"]["id"],
        Actor.STOREFRONT: order["channel"]["id"],
        Actor.WAREHOUSE: delivery["location"]["id"],
    }
    keys = [await world.key(actor, from_global(it)[1]) for actor, it in bound.items()]
    tokens = [world.token, world.token, *keys, await world.key(Actor.CARRIER, new_id())]
    return [(token, {"Abruf-Order-Token": order["accessToken"]}) for token in tokens]


def _client(database: Any, clock: Any, *, plans: bool) -> httpx.AsyncClient:
    terms = Terms(plans=plans, limits=BOUNDLESS)
    transport = httpx.ASGITransport(application(database, clock=clock, terms=terms))
    return httpx.AsyncClient(transport=transport, base_url="http://abruf")


def _errors(answer: dict[str, Any]) -> list[str]:
    errors = [
        (it.get("path"), it["message"], [it.get("locations"), it["extensions"]["code"]])
        for it in answer.get("errors", ())
    ]
    return told(answer.get("data"), errors)


async def _same(ours: make.Ask, reference: make.Ask, operation: Operation) -> dict[str, Any]:
    """Ask both and compare; values, the order of keys, and errors."""
    planned = await ours.answer(operation.text, **operation.variables)
    resolved = await reference.answer(operation.text, **operation.variables)
    where = f"\n{operation.about}\n{operation.text}\n{json.dumps(operation.variables)}"
    where += f"\n{planned.get('errors')}\n{resolved.get('errors')}"
    assert json.dumps(planned.get("data")) == json.dumps(resolved.get("data")), where
    assert _errors(planned) == _errors(resolved), where
    return planned


@pytest.fixture
async def both(
    world: make.World, database: Database, clock: make.Clock
) -> AsyncIterator[tuple[make.Ask, make.Ask]]:
    """Ask with plans, and without."""
    async with (
        _client(database, clock, plans=True) as planned,
        _client(database, clock, plans=False) as resolved,
    ):
        yield make.Ask(planned, world.token), make.Ask(resolved, world.token)


@pytest.mark.parametrize("share", range(SHARES))
async def test_generated_operations_are_answered_alike(
    request, record_property, both, world, caplog, share
):
    caplog.set_level(logging.CRITICAL + 1)  # Faults are not told one by one.
    seed, count = (int(request.config.getoption(it)) for it in ("--seed", "--operations"))
    record_property("repeat with", f"--seed {seed} --operations {count}")
    await _data(world, both[0])
    seen, viewers = Seen(), await _viewers(world, both[0])
    seen.learn(await _same(*both, Operation(FIRST, {})))
    PLANNER.counted.clear()
    for number in range(share, count, SHARES):
        token, headers = viewers[number // SHARES % len(viewers)]
        asks = (it.by(token).with_headers(headers) for it in both)
        operation = Writer(schema._schema, seen, seed * 100_000 + number).write()  # noqa: SLF001
        seen.learn(await _same(*asks, operation))
    record_property("counted", dict(PLANNER.counted))
    assert PLANNER.counted["one statement"] > count // SHARES // 5
    assert not PLANNER.counted["not fused: a fault of the planner"]


async def test_generated_payloads_are_answered_alike(request, record_property, both, world, caplog):
    """The second call of a mutation under an idempotency key reads what the first one did."""
    caplog.set_level(logging.CRITICAL + 1)
    seed, count = (int(request.config.getoption(it)) for it in ("--seed", "--operations"))
    record_property("repeat with", f"--seed {seed} --operations {count}")
    ask, _ = both
    await _data(world, ask)
    changes, seen = await _changes(world, ask), Seen()
    seen.learn(await _same(*both, Operation(FIRST, {})))
    PLANNER.forget()
    for number in range(max(count // 10, 2 * len(changes))):
        name, given = list(changes.items())[number % len(changes)]
        own = {**given, "idempotencyKey": f"payload-{number // (3 * len(changes))}-{name}"}
        writer = Writer(schema._schema, seen, seed * 100_000 + number)  # noqa: SLF001
        await _same(*both, writer.payload(name, own))
    assert PLANNER.counted["levels with a statement"] > len(changes)
    assert not PLANNER.counted["not fused: a fault of the planner"]
