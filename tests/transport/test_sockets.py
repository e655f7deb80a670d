"""`graphql-transport-ws`: the protocol's rules, and what it costs to break them."""

from tests import make
from tests.make import orders
from tests.transport.client import STATUS, Served

CANCEL = """
mutation ($input: OrderCancelLinesInput!) {
  orderCancelLines(input: $input) { order { state } userErrors { code } }
}
"""


async def test_a_query_is_answered_in_text(served: Served, world: make.World) -> None:
    async with served.socket(world.token) as socket:
        await socket.subscribe("1", "{ viewer { actor } }")
        answer = await socket.next()
        assert answer["payload"]["data"] == {"viewer": {"actor": "STAFF"}}
        assert await socket.next() == {"id": "1", "type": "complete"}


async def test_events_are_sent_as_they_happen(
    served: Served, world: make.World, ask: make.Ask
) -> None:
    order = await orders.order(world, ask)
    async with served.socket(world.token) as socket:
        await socket.subscribe("1", STATUS, id=order["id"], after=0)
        first = (await socket.next())["payload"]["data"]["orderStatusChanged"]
        assert first["type"] == "order.placed"
        assert first["order"] == {"id": order["id"], "state": "CONFIRMED"}
        lines = [{"lineId": it["id"], "quantity": it["ordered"]} for it in order["lines"]]
        given = {"orderId": order["id"], "lines": lines, "reason": "no more"}
        await ask(CANCEL, input=given)
        told = [await socket.next() for _ in range(2)]
        changes = [it["payload"]["data"]["orderStatusChanged"] for it in told]
        assert [it["type"] for it in changes] == ["order.lines_cancelled", "order.cancelled"]
        assert {it["order"]["state"] for it in changes} == {"CANCELLED"}
        assert await socket.next() == {"id": "1", "type": "complete"}
        await socket.subscribe("1", STATUS, id=order["id"], after=changes[0]["position"])
        again = (await socket.next())["payload"]["data"]["orderStatusChanged"]
        assert again == changes[1]
        assert (await socket.next())["type"] == "complete"
