"""Messages with long documents, to endpoints that are slow: what a worker holds is bounded."""

import asyncio

import pytest

from kit.clock import now
from tests import make
from tests.make.messages import hooks
from tests.make.messages.receivers import Received, Reply, receiver
from tests.make.running import until
from tests.make.scene import scene
from tests.workers.messages.conftest import drained
from workers.messages.webhooks.holding import Holding

REGISTER = "mutation ($input: DocumentsRegisterInput!) { documentsRegister(input: $input) { ids } }"
DOCUMENT = "query ($id: ID!) { node(id: $id) { id } }"
LONGEST, TEXT = 10_000, 4_000
"""Bytes of the longest message, and of those that are sent."""


@pytest.fixture
def clock() -> make.Clock:
    """Endpoints are due by the clock of whoever sends."""
    return make.Clock(now())


async def hooked(world: make.World, ask: make.Ask, *urls: str) -> list[dict[str, str]]:
    """Have three orders told to each endpoint, with a document."""
    here = await scene(world, ask)
    documents = {"documents": [{"text": DOCUMENT}]}
    (name,) = (await ask(REGISTER, input=documents))["documentsRegister"]["ids"]
    terms = {"eventTypes": ["order.placed"], "document": name}
    made = [await hooks.created(ask, it, **terms) for it in urls]
    for _ in range(3):
        await here.order()
    await hooks.followed(world)
    return made


async def test_long_messages_under_way_are_bounded_and_another_merchants_go(
    world, ask, database, clock, client, working
) -> None:
    """With room for one to be written beside one that waits, two are under way at any time."""
    over, under_way, most = asyncio.Event(), 0, 0

    async def waits(_: Received) -> Reply:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await over.wait()
        under_way -= 1
        return Reply()

    async def answered(*_: object) -> dict[str, str]:
        return {"data": "ü" * (TEXT // 2)}

    neighbour = await make.world(database, clock)
    async with receiver(waits) as slow, receiver(waits) as slower, receiver() as quick:
        late = await hooked(world, ask, slow.url, slower.url)
        fast = await hooked(neighbour, make.Ask(client, neighbour.token), quick.url)
        holding = Holding(LONGEST + TEXT * 3 // 2, 2 * LONGEST)
        flights = working(ask=answered, longest=LONGEST, holding=holding)
        sending = [asyncio.create_task(drained(flights, world, it)) for it in late]
        await until(lambda: under_way == 2)
        await drained(flights, neighbour, *fast)
        assert (len(quick.received), under_way) == (3, 2)
        over.set()
        await asyncio.gather(*sending)
    assert len(slow.received) == len(slower.received) == 3
    assert most == 2


def test_who_holds_nothing_may_always_have_one() -> None:
    held, (one, two) = Holding(10, 15), (make.new_id(), make.new_id())
    assert held.room(one, 4) == 2
    held.take(one, 9)
    assert (held.room(one, 4), held.room(two, 4)) == (0, 1)
    held.take(two, 9)
    assert held.room(two, 1) == 0
    held.give(one, 9)
    assert (held.room(one, 4), held.room(two, 1)) == (1, 1)
