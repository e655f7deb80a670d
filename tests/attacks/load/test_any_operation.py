"""Any operation over long lists: its answer stays within its limits, and is paid."""

import json
import random
from typing import Any

import httpx
import pytest
from graphql import GraphQLSchema

from kit.ids import to_global
from models.access.viewers import Actor
from resolvers.running.context import Terms
from schema.schema import schema
from server import application
from tests import make
from tests.attacks.load.large import Large, Long
from tests.attacks.load.limits import LIMITS
from tests.attacks.load.playing import chosen_seed, rounds
from tests.execution.operations import Seen, Writer
from transport.serving import Serving

OPERATIONS = 120
ENVELOPE = 20_000
"""Bytes of an answer beside its data: errors, what it has cost."""
SCHEMA: GraphQLSchema = schema._schema  # noqa: SLF001 -- graphql-core's side of the schema.
KNOWN = """query ($order: ID!, $party: ID!) {
  order(id: $order) { number lines { id } deliveries { id number } }
  party(id: $party) { number orders(first: 20) { edges { cursor } nodes { id number } } }
  orders(first: 20, sort: NUMBER) { edges { cursor } }
  deliveries(first: 20) { edges { cursor } nodes { id number parcels { id } } }
}"""
# Where null goes up past fields that still wait, graphql-core drops their coroutines.
pytestmark = [
    pytest.mark.usefixtures("dropped"),
    pytest.mark.filterwarnings("ignore:coroutine .* was never awaited:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def objects(value: Any) -> int:
    """Return how many objects a part of an answer has."""
    if isinstance(value, dict):
        return 1 + sum(map(objects, value.values()))
    return sum(map(objects, value)) if isinstance(value, list) else 0


async def tokens_of(world: make.World, made: Large) -> list[str]:
    """Return a token of each kind of actor, of whom most see the long order."""
    bound = {
        Actor.BUYER: made.party,
        Actor.STOREFRONT: made.channel,
        Actor.WAREHOUSE: made.location,
        Actor.CARRIER: made.carrier,
    }
    return [world.token, *[await world.key(actor, it) for actor, it in bound.items()]]


async def test_any_operation_over_long_lists_keeps_its_limits_and_is_paid(
    long: Long,
) -> None:
    world, made, seed, seen = long.world, long.made, chosen_seed(), Seen()
    chance, tokens = random.Random(seed), await tokens_of(world, made)
    app = application(Serving(world.database, clock=world.clock, terms=Terms(limits=LIMITS)))
    answered = set()
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://abruf"
    ) as client:
        asks = [make.Ask(client, it) for it in tokens]
        own = {"order": to_global("Order", made.order), "party": to_global("Party", made.party)}
        seen.learn(await asks[0](KNOWN, **own))
        seen.learn(list(own.values()))
        left = dict[str, int]()
        for number in rounds(OPERATIONS):
            ask = chance.choice(asks)
            operation = Writer(SCHEMA, seen, seed + number).write(mutations=True)
            answer = await ask.answer(operation.text, **operation.variables)
            about = f"{operation.about}: {operation.text} {operation.variables}"
            left[ask.token] = checked(answer, left.get(ask.token), about)
            seen.learn(answer.get("data"))
            answered.add("data" in answer)
    assert answered == {True, False}


def checked(answer: dict[str, Any], left: int | None, about: str) -> int:
    """Hold an answer to what is promised of every one; return the points that are left.

    left: after the key's last operation.
    """
    codes = {it["extensions"]["code"] for it in answer.get("errors", ())}
    assert "INTERNAL_SERVER_ERROR" not in codes, about
    assert objects(answer.get("data")) <= LIMITS.nodes, about
    assert len(json.dumps(answer)) <= LIMITS.answer + ENVELOPE, about
    cost = answer["extensions"]["cost"]
    spent = cost["actualQueryCost"] + cost.get("planningCost", 0)
    assert cost["actualQueryCost"] >= max(1, objects(answer.get("data")) // 100), about
    now = cost["throttleStatus"]["currentlyAvailable"]
    assert left is None or now == left - spent, about
    return now
