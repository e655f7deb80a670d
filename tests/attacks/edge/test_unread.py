"""Clients that ask and do not read: what waits for them is counted, bounded, and goes."""

import asyncio
import json
from contextlib import AsyncExitStack

import pytest
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.client import ClientProtocol
from websockets.uri import parse_uri

from models.access.viewers import Actor
from tests.attacks.edge.conftest import ASKED, Serve, Site
from tests.make.running import until
from transport.connections.sockets import AHEAD
from transport.http.holdings import SMALL

UPSERT = """
mutation ($input: ProductsUpsertInput!) {
  productsUpsert(input: $input) { userErrors { message } }
}
"""
FIELDS = " ".join(f"a{number}: name" for number in range(25))
LONG = {"query": f"{{ products(first: 250) {{ nodes {{ {FIELDS} }} }} }}"}
"""Its answer has about 650 kB."""
OWN = 1_000_000
SECONDS = 1_000
"""More than the longest answer may take."""


@pytest.fixture
async def products(ask) -> None:
    given = [{"sku": f"P{number}", "name": "n" * 100} for number in range(250)]
    await ask(UPSERT, input={"products": given})


async def size_of(site: Site) -> int:
    told = await site.ask(LONG)
    assert told.status == 200
    return int(told.headers["content-length"])


@pytest.mark.usefixtures("products")
async def test_answers_that_nobody_reads_are_bounded_and_go(serve: Serve, world):
    async with serve(answers=OWN) as site, AsyncExitStack() as attack:
        one, other = await size_of(site), await world.key(Actor.STAFF)
        assert one > SMALL
        for _ in range(20):
            await attack.enter_async_context(site.line(site.request(LONG)))
        await until(lambda: site.endpoint.answers.total >= OWN)
        told = await site.ask(LONG)
        assert (told.status, told.code) == (429, "THROTTLED")
        assert site.endpoint.answers.total <= OWN + one
        assert (await site.ask(ASKED)).status == 200
        assert (await site.ask(LONG, other)).status == 200
        site.later(0)
        site.later(SECONDS)
        await site.is_empty()
        assert (await site.ask(LONG)).status == 200


@pytest.mark.usefixtures("products")
async def test_who_reads_slowly_gets_the_whole_answer(serve: Serve):
    async with serve() as site, site.line(site.request(LONG)) as line:
        await line.reader.readuntil(b"\r\n\r\n")
        for _ in range(5):
            # Each look finds that something was taken since the one before.
            await line.reader.readexactly(100_000)
            await until(lambda: site.endpoint.answers.total > 0)
            site.later(0)
        assert len(site.room) == 1


@pytest.mark.usefixtures("products")
async def test_an_answer_that_tells_of_a_write_is_always_sent(serve: Serve):
    async with serve(answers=0) as site:
        told = await site.ask(LONG)
        assert told.status == 429
        given = {"input": {"products": [{"sku": "P1", "name": "new"}]}}
        told = await site.ask({"query": UPSERT, "variables": given})
        assert told.body["data"] == {"productsUpsert": {"userErrors": []}}


class Dumb:
    """A socket whose client sends and does not read."""

    def __init__(self, site: Site, writer: asyncio.StreamWriter) -> None:
        self.writer = writer
        self.protocol = ClientProtocol(
            parse_uri(f"ws://127.0.0.1:{site.port}/graphql"), subprotocols=["graphql-transport-ws"]
        )
        self.protocol.send_request(self.protocol.connect())
        self.flush()

    def flush(self) -> None:
        self.writer.write(b"".join(self.protocol.data_to_send()))

    def opened(self, data: bytes) -> None:
        self.protocol.receive_data(data)

    def send(self, *messages: object) -> None:
        for each in messages:
            self.protocol.send_text(json.dumps(each).encode())
        self.flush()


def sockets(site: Site) -> list[WebSocketsSansIOProtocol]:
    inside = site.room._inside  # noqa: SLF001 -- memory has no other face.
    return [it for it in inside if isinstance(it, WebSocketsSansIOProtocol)]


async def opened(site: Site, clients: AsyncExitStack, *, known: bool = True) -> Dumb:
    line = await clients.enter_async_context(site.line())
    dumb = Dumb(site, line.writer)
    dumb.opened(await line.reader.readuntil(b"\r\n\r\n"))
    if known:
        dumb.send({"type": "connection_init", "payload": {"token": site.token}})
        await until(lambda: not site.room.strangers)
    return dumb


@pytest.mark.usefixtures("products")
async def test_a_socket_that_reads_nothing_is_bounded_and_ends(serve: Serve):
    async with serve(answers=OWN) as site, AsyncExitStack() as attack:
        one = await size_of(site)
        dumb = await opened(site, attack)
        for number in range(20):
            dumb.send({"id": str(number), "type": "subscribe", "payload": LONG})
        await until(lambda: site.endpoint.answers.total >= OWN)
        assert (await site.ask(LONG)).status == 429
        assert site.endpoint.answers.total <= OWN + 2 * one
        site.later(0)
        site.later(SECONDS)
        await site.is_empty()


async def test_pings_of_a_client_that_reads_nothing_are_not_answered_without_end(serve: Serve):
    async with serve() as site, AsyncExitStack() as attack:
        dumb = await opened(site, attack)
        (socket,) = sockets(site)
        for _ in range(200):
            for _ in range(200):
                dumb.protocol.send_ping(b"x" * 125)
            dumb.flush()
            await dumb.writer.drain()
        await until(lambda: not dumb.writer.transport.get_write_buffer_size())
        # 5 MB have come; the answers are as long.
        assert socket.transport.get_write_buffer_size() < 4 * SMALL


async def test_messages_that_come_by_the_thousand_close_the_socket(serve: Serve):
    async with serve() as site, AsyncExitStack() as attack:
        dumb = await opened(site, attack, known=False)
        (socket,) = sockets(site)
        dumb.send(*[{"type": "ping"}] * 10_000)
        await until(lambda: socket.close_sent or socket.queue.qsize() >= AHEAD)
        assert socket.queue.qsize() <= AHEAD + 2
        await until(lambda: not sockets(site))


async def test_sockets_that_do_not_begin_leave_for_others(serve: Serve):
    async with serve(connections=10) as site, AsyncExitStack() as attack:
        for _ in range(30):
            await opened(site, attack, known=False)
        assert (await site.ask()).status == 200
        assert len(site.room) <= 10
