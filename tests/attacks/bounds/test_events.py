"""Events of subscriptions are answered and paid like queries: nobody gets work for nothing."""

import asyncio
import gc
from typing import Any

import orjson
import pytest
from graphql.execution import executor, get_variable_values

from execution import arguments
from kit.ids import new_id
from loaders.master import parties
from models.access.viewers import Actor
from resolvers.running.context import Context
from resolvers.running.process import Process
from schema.schema import PLANNER, schema
from tests.guard import counted
from tests.make import Ask, World
from tests.make.running import staff, until
from tests.make.sweeps.endings import cancel
from tests.make.trade import orders
from tests.transport.client import STATUS, Served

LINES = 40
FOLLOW = """subscription ($id: ID!) { orderStatusChanged(orderId: $id, after: 0) {
  type order { state accessToken lines { order { state lines { id } } } } } }"""
WHO = "{ viewer { name } }"


@pytest.fixture
async def order(world: World, ask: Ask) -> dict[str, Any]:
    """Place an order of forty lines."""
    products = await orders.products(ask, *(f"P{number}" for number in range(LINES)))
    return await orders.order(world, ask, lines=[orders.line(it) for it in products])


async def test_an_event_is_two_statements_and_reads_afresh(
    world: World, ask: Ask, order: dict[str, Any]
) -> None:
    """One asks whether the order is still seen, one reads what is selected; nothing is kept."""
    context = Context(staff(world), world.database, world.clock, process=Process(world.database))
    await cancel(ask, order)
    PLANNER.forget()
    results: Any = await schema.stream(
        FOLLOW, variable_values={"id": order["id"]}, context_value=context
    )
    sent = []
    for _ in range(2):
        with counted(world.database.engine) as statements:
            found = (await anext(results)).data["orderStatusChanged"]["order"]
        sent.append([it for it in statements if " journal" not in it])
        assert orjson.loads(orjson.dumps(found))["state"] == "CANCELLED"
    await results.aclose()
    # The first one stands behind the order that was asked for when the subscription began.
    assert [len(it) for it in sent] == [3, 2]
    assert PLANNER.counted == {
        "plan made": 1,
        "mixed: a subscription": 1,
        "levels with a statement": 2,
    }


async def test_a_subscription_reads_its_variables_once(
    world: World, order: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[dict[str, Any]] = []

    def variables(schema: Any, definitions: Any, values: dict[str, Any], **more: Any) -> Any:
        reads.append(values)
        return get_variable_values(schema, definitions, values, **more)

    monkeypatch.setattr(executor, "get_variable_values", variables)
    monkeypatch.setattr(arguments, "get_variable_values", variables)
    context = Context(staff(world), world.database, world.clock, process=Process(world.database))
    text = FOLLOW.replace("($id: ID!)", "($id: ID!, $all: Boolean = true)")
    text = text.replace("accessToken", "accessToken @include(if: $all)")
    results: Any = await schema.stream(
        text, variable_values={"id": order["id"]}, context_value=context
    )
    assert (await anext(results)).data["orderStatusChanged"]["type"] == "order.placed"
    await results.aclose()
    assert reads == [{"id": order["id"]}]


async def test_an_event_costs_by_the_objects_of_its_answer(
    served: Served, world: World, order: dict[str, Any]
) -> None:
    costs = []
    for text in (STATUS, FOLLOW):
        async with served.stream(world.token, text, id=order["id"], after=0) as (_, events):
            _, event = await anext(events)
        costs.append(event["extensions"]["cost"]["actualQueryCost"])
    assert costs[1] >= costs[0] + LINES * LINES // 100


async def test_what_ends_with_its_operation_is_told_nobody(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """As where a socket is cut while what an event reads has not been asked for yet."""
    context = Context(staff(world), world.database, world.clock)
    context.begin()
    wanted: Any = context.load(parties.by_id, new_id())
    await context.finish()
    await until(wanted.done)
    del wanted, context
    gc.collect()
    assert caplog.messages == []


async def test_an_event_waits_until_its_key_has_the_points(
    served: Served, world: World, ask: Ask, order: dict[str, Any]
) -> None:
    served.limit(bucket=30, restore=1)
    token, following = await world.key(Actor.STAFF), served.endpoint.process.following
    headers = {"Authorization": f"Bearer {token}"}
    async with served.stream(token, STATUS, id=order["id"], after=0) as (_, events):
        await anext(events)
        answer: dict[str, Any] = {}
        while "data" not in answer or answer["data"]:
            sent = await served.client.post("/graphql", json={"query": WHO}, headers=headers)
            answer = sent.json()
            assert answer.get("data") or answer["errors"][0]["extensions"]["code"] == "THROTTLED"
            answer.setdefault("data", None)
        read = following.position_of(world.merchant_id)
        await cancel(ask, order)
        waiting = asyncio.create_task(anext(events))  # type: ignore[arg-type]
        await until(lambda: following.position_of(world.merchant_id) > read)
        await until(lambda: world.database.engine.pool.checkedout() == 0)
        assert (waiting.done(), served.endpoint.lanes.lanes) == (False, 0)
        world.clock.advance(seconds=30)
        _, event = await waiting
    assert event["data"]["orderStatusChanged"]["type"] == "order.lines_cancelled"
