"""Before the server stops, balancers see that it is not ready, while it still answers."""

import asyncio

from tests.make.trade import orders
from tests.transport.client import STATUS, Served


async def test_it_answers_on_while_it_is_not_ready_any_more(served: Served, world, ask) -> None:
    order = await orders.order(world, ask)
    async with served.stream(world.token, STATUS, id=order["id"], after=0) as (_, events):
        await anext(events)
        served.server.delay_s = 600
        served.server.should_exit = True
        async with asyncio.timeout(60):
            while (await served.client.get("/readyz")).status_code != 503:
                pass
        own = {"Authorization": f"Bearer {world.token}"}
        sent = {"json": {"query": "{ viewer { actor } }"}, "headers": own}
        answer = await served.client.post("/graphql", **sent)
        assert answer.json()["data"] == {"viewer": {"actor": "STAFF"}}
        assert not served.draining.has_begun
        served.server.delay_s = 0
        assert [event async for event, _ in events] == []
    assert served.draining.has_begun
