"""Sockets of the portal: the handshake's cookie says who it is, and ends with its session."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus

from models.access.sessions import IDLE
from models.access.viewers import Actor
from tests import make
from tests.make.access import sessions
from tests.make.sweeps.endings import cancel
from tests.make.trade import orders
from tests.transport.client import ORIGIN, STATUS, Served, Socket
from transport.live.presence import FRESH_AT_A_LOOK
from transport.live.sockets import FORBIDDEN

OPENED = {"type": "connection_init"}


@pytest.fixture
def opened(served: Served) -> Any:
    """Open a socket of a page, by a cookie, and begin."""
    url = served.url.replace("/graphql", "/portal/graphql")

    @asynccontextmanager
    async def open_(token: str | None, **more: str) -> AsyncIterator[Socket]:
        headers = {"Cookie": f"abruf={token}"} if token else {}
        headers |= {"Sec-Fetch-Site": more["fetched"]} if "fetched" in more else {}
        origin = more.get("origin", str(served.client.base_url).rstrip("/"))
        page = Served(served.client, url, served.server, served.app, served.draining)
        async with page.socket(origin=origin, additional_headers=headers) as socket:
            await socket.send(OPENED)
            yield socket

    return open_


async def _subscribe(socket: Socket, key: str, name: str, **variables: object) -> None:
    payload = {"documentId": name, "variables": variables}
    await socket.send({"id": key, "type": "subscribe", "payload": payload})


async def test_a_page_follows_what_happens(world, ask, opened):
    order = await orders.order(world, ask)
    name = await sessions.page_document(world, STATUS)
    async with opened(await sessions.begin(world, Actor.STAFF)) as socket:
        assert (await socket.next())["type"] == "connection_ack"
        await _subscribe(socket, "1", name, id=order["id"], after=0)
        assert (await socket.next())["payload"]["data"]["orderStatusChanged"][
            "type"
        ] == "order.placed"
        await cancel(ask, order)
        assert "errors" not in (await socket.next())["payload"]


async def test_only_operations_of_our_pages_run(world, opened):
    async with opened(await sessions.begin(world, Actor.STAFF)) as socket:
        assert (await socket.next())["type"] == "connection_ack"
        await socket.subscribe("1", "{ viewer { name } }")
        refused = await socket.next()
        assert (refused["type"], refused["payload"][0]["extensions"]["code"]) == (
            "error",
            "DOCUMENT_NOT_REGISTERED",
        )


@pytest.mark.parametrize(
    "origin", [ORIGIN, "https://evil.example", "null", "http://127.0.0.1", None], ids=str
)
async def test_no_page_of_another_place_opens_one(world, opened, origin):
    with pytest.raises(InvalidStatus):
        async with opened(await sessions.begin(world, Actor.STAFF), origin=origin):
            pass


async def test_a_browser_that_says_more_than_an_origin_is_believed_in_both(world, opened):
    token = await sessions.begin(world, Actor.STAFF)
    for fetched in ("cross-site", "same-site", "none"):
        with pytest.raises(InvalidStatus):
            async with opened(token, fetched=fetched):
                pass
    async with opened(token, fetched="same-origin") as socket:
        assert (await socket.next())["type"] == "connection_ack"


async def test_nobody_is_known_by_a_token_in_a_message_or_without_a_cookie(world, opened):
    for cookie in (None, world.token, "session_"):
        async with opened(cookie) as socket:
            assert await socket.closed() == FORBIDDEN
    async with opened(None) as socket:
        await socket.send({**OPENED, "payload": {"token": world.token}})
        assert await socket.closed() == FORBIDDEN


async def test_a_socket_ends_within_five_seconds_of_its_session(
    world: make.World, served, opened, clock
):
    served.endpoint.check_s = 0.001
    token = await sessions.begin(world, Actor.STAFF)
    async with opened(token) as socket:
        assert (await socket.next())["type"] == "connection_ack"
        await sessions.Sessions(world.database, clock).end(token, None)
        clock.advance(seconds=FRESH_AT_A_LOOK.total_seconds())
        assert await socket.closed() == FORBIDDEN


async def test_an_open_socket_alone_is_no_use_of_a_session(world, served, opened, clock):
    served.endpoint.check_s = 0.001
    async with opened(await sessions.begin(world, Actor.STAFF)) as socket:
        assert (await socket.next())["type"] == "connection_ack"
        clock.advance(seconds=IDLE.total_seconds())
        assert await socket.closed() == FORBIDDEN
