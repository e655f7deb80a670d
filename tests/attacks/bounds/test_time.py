"""Reading that takes long is paid by its time, whoever reads: the durations here are made up."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from kit.db.reads import Reads
from kit.limits import DEFAULT_LIMITS
from models.access.viewers import Actor
from tests.make import Ask, World
from tests.make.sweeps.endings import CANCEL
from tests.make.trade import orders
from tests.transport.client import STATUS, Served

READ = "query ($id: ID!) { order(id: $id) { state } }"
SECONDS, PRICE = 0.75, 195
"""Of statements, and the points for them."""
Took = Callable[[float], None]


@pytest.fixture
def took(monkeypatch: pytest.MonkeyPatch, served: Served) -> Took:
    """Let the statements of every operation take so long, as it seems."""
    served.limit(unpaid=DEFAULT_LIMITS.unpaid)

    def seems(seconds: float) -> None:
        monkeypatch.setattr(Reads, "seconds", seconds)

    return seems


def cost(answer: Mapping[str, Any]) -> int:
    found: int = answer["extensions"]["cost"]["actualQueryCost"]
    return found


def test_time_costs_what_flows_in_beyond_a_share_that_is_free() -> None:
    free = DEFAULT_LIMITS.unpaid / 1_000
    prices = [DEFAULT_LIMITS.points_of(free + more) for more in (-free, 0, 0.5, 8)]
    assert prices == [0, 0, 150, 2_400]


@pytest.fixture
async def order(world: World, ask: Ask) -> dict[str, Any]:
    return await orders.order(world, ask)


async def test_a_query_pays_for_its_time(
    served: Served, world: World, order: dict[str, Any], took: Took
) -> None:
    ask = Ask(served.client, world.token)
    took(DEFAULT_LIMITS.unpaid / 1_000)
    usual = cost(await ask.answer(READ, id=order["id"]))
    took(SECONDS)
    assert (usual, cost(await ask.answer(READ, id=order["id"]))) == (1, PRICE)


async def test_a_mutation_pays_for_the_time_of_what_it_reads(
    served: Served, world: World, order: dict[str, Any], took: Took
) -> None:
    ask = Ask(served.client, world.token)
    took(SECONDS)
    line = {"lineId": order["lines"][0]["id"], "quantity": "1"}
    fields = {"orderId": order["id"], "lines": [line], "reason": "no more"}
    done = await ask.answer(CANCEL, input=fields)
    assert (done["data"]["orderCancelLines"]["userErrors"], cost(done)) == ([], PRICE)


async def test_each_event_pays_for_the_time_of_what_it_reads(
    served: Served, world: World, order: dict[str, Any], took: Took
) -> None:
    took(SECONDS)
    async with served.stream(world.token, STATUS, id=order["id"], after=0) as (_, events):
        _, event = await anext(events)
    assert cost(event) == PRICE


async def test_a_key_of_a_small_bucket_pays_by_the_servers_numbers(
    served: Served, world: World, order: dict[str, Any], took: Took
) -> None:
    """Otherwise a key that flows slowly would have the merchant's time for nothing."""
    slow = await world.key(Actor.STAFF, limits={"restore": 1})
    took(SECONDS)
    assert cost(await Ask(served.client, slow).answer(READ, id=order["id"])) == PRICE
