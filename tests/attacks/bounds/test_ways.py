"""An answer that grows beyond its limit ends on every way that answers go."""

import pytest

from tests.make import Ask, World
from tests.make.trade import orders
from tests.transport.client import Served

MOST = 2**31 - 1
NESTED = "order { lines { order { lines { order { lines { id } } } } } }"
READ = f"query ($id: ID!) {{ {NESTED.replace('order', 'order(id: $id)', 1)} }}"
FOLLOW = f"""subscription ($id: ID!) {{
  orderStatusChanged(orderId: $id, after: 0) {{ type {NESTED} }}
}}"""
ENDED = {"code": "MAX_COST_EXCEEDED", "maximum": 20_000}


@pytest.fixture
async def order_id(served: Served, world: World, ask: Ask) -> str:
    """Place an order of twelve lines, whose lines' lines' lines are more than the limit."""
    served.limit(cost=MOST, nodes=MOST, bucket=MOST, answer=20_000)
    products = await orders.products(ask, *(f"P{number}" for number in range(12)))
    placed = await orders.order(world, ask, lines=[orders.line(it) for it in products])
    return str(placed["id"])


async def test_an_answer_over_http_ends(served: Served, world: World, order_id: str) -> None:
    body = {"query": READ, "variables": {"id": order_id}}
    headers = {"Authorization": f"Bearer {world.token}"}
    answer = (await served.client.post("/graphql", json=body, headers=headers)).json()
    assert [it["extensions"] for it in answer["errors"]] == [ENDED]
    assert answer.get("data") is None


@pytest.mark.parametrize("text", [READ, FOLLOW], ids=["query", "subscription"])
async def test_an_answer_in_a_stream_ends(
    served: Served, world: World, order_id: str, text: str
) -> None:
    async with served.stream(world.token, text, id=order_id) as (_, events):
        kind, event = await anext(events)
    assert kind == "next"
    assert [it["extensions"] for it in event["errors"]] == [ENDED]
    assert event.get("data") is None


@pytest.mark.parametrize("text", [READ, FOLLOW], ids=["query", "subscription"])
async def test_an_answer_over_a_socket_ends(
    served: Served, world: World, order_id: str, text: str
) -> None:
    async with served.socket(world.token) as socket:
        await socket.subscribe("1", text, id=order_id)
        event = await socket.next()
    errors = event["payload"] if event["type"] == "error" else event["payload"]["errors"]
    assert [it["extensions"] for it in errors] == [ENDED]
