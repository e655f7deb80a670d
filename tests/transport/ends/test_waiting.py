"""Whatever waits ends when its time is over, with an error that says so, and leaves its place."""

from asyncio import gather
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from commands.messages.notifications.unsubscribing import PATH, Unsubscription
from kit.ids import new_id
from kit.limits import Bounds
from models.access.tokens import new_secret
from models.messages.notifications import NotificationKind
from resolvers.running.context import Terms
from server import application
from tests import make
from tests.conftest import PATIENT
from tests.transport.client import Served
from tests.transport.conftest import Kept
from tests.transport.serving import serving
from transport.draining import Draining
from transport.identity.guesses import LOOKED_UP_AT_ONCE
from transport.live.sockets import TRY_AGAIN_LATER
from transport.serving import Serving

QUERY = "{ viewer { actor } }"
LONG = {
    "variables": {"ids": [["x"]] * 3_000},
    "query": "query ($ids: [[ID!]!]) { viewer { actor } }",
}


@pytest.fixture
async def hurried(database: make.Walled, clock: make.Clock) -> AsyncIterator[Served]:
    """Give a server with one turn, on which nothing may take longer than a second."""
    terms, draining = Terms(limits=replace(PATIENT, deadline=1)), Draining()
    bounds = Bounds(turns=1, at_once=1)
    app: Starlette = application(
        Serving(Kept(database), clock=clock, terms=terms, bounds=bounds, draining=draining)
    )
    async with serving(app) as port:
        address = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=address, timeout=60, verify=False) as client:
            yield Served(client, f"ws://127.0.0.1:{port}/graphql", None, app, draining)


@asynccontextmanager
async def turns_taken(served: Served, world: make.World) -> AsyncIterator[None]:
    """Take the turn of others, who do not end."""
    viewer = await served.endpoint.authentication.viewer(world.token)
    async with served.endpoint.lanes.slot(viewer):
        yield


@asynccontextmanager
async def lookups_taken(served: Served) -> AsyncIterator[None]:
    """Let as many unknown tokens be looked up as may be at once, without end."""
    async with AsyncExitStack() as taken:
        for _ in range(LOOKED_UP_AT_ONCE):
            await taken.enter_async_context(served.endpoint.guesses.looking_up(None))
        yield


async def posted(served: Served, world: make.World, body: Any = None) -> httpx.Response:
    headers = {"Authorization": f"Bearer {world.token}"}
    return await served.client.post("/graphql", json=body or {"query": QUERY}, headers=headers)


def is_late(answer: httpx.Response) -> bool:
    (error,) = answer.json()["errors"]
    return (answer.status_code, error["extensions"]["code"]) == (504, "TIMEOUT")


@pytest.mark.parametrize("body", [None, LONG])
async def test_a_request_waits_for_its_turn_no_longer_than_it_may_take(
    hurried: Served, world: make.World, body: Any
) -> None:
    async with turns_taken(hurried, world):
        answer = await posted(hurried, world, body)
        assert is_late(answer)
        assert int(answer.headers["Retry-After"]) > 0
        assert hurried.endpoint.lanes.waiting == 0
    assert (await posted(hurried, world)).json()["data"] == {"viewer": {"actor": "STAFF"}}
    assert hurried.endpoint.lanes.lanes == 0


async def test_an_operation_of_a_socket_or_stream_waits_no_longer_either(
    hurried: Served, world: make.World
) -> None:
    async with turns_taken(hurried, world), hurried.socket(world.token) as socket:
        await socket.subscribe("1", QUERY)
        answer = await socket.next()
        assert (answer["id"], answer["type"]) == ("1", "error")
        assert [it["extensions"]["code"] for it in answer["payload"]] == ["TIMEOUT"]
        async with hurried.stream(world.token, QUERY) as (response, _):
            await response.aread()
            assert is_late(response)
        assert hurried.endpoint.lanes.waiting == 0


async def test_whoever_cannot_be_looked_up_in_time_is_told_so(
    hurried: Served, world: make.World
) -> None:
    async with lookups_taken(hurried):
        # However many wait: the time of one is not that of those before it.
        many = (posted(hurried, world) for _ in range(15 * LOOKED_UP_AT_ONCE))
        assert all(map(is_late, await gather(*many)))
        # Who begins in time is told what was late, also where a socket must begin as soon as that.
        hurried.endpoint.sockets.connection_init_wait_timeout = timedelta(seconds=1)
        async with hurried.socket() as socket:
            await socket.send({"type": "connection_init", "payload": {"token": world.token}})
            assert await socket.closed() == TRY_AGAIN_LATER
        wanted = Unsubscription(world.merchant_id, new_id(), (NotificationKind.ORDER_CONFIRMED,))
        assert is_late(await hurried.client.get(f"{PATH}{wanted.token(new_secret())}"))
    assert (await posted(hurried, world)).status_code == 200
