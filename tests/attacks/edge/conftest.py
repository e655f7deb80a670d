"""A server on a port of its own, with bounds that an attack reaches soon."""

import asyncio
import json
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import orjson
import pytest
from starlette.routing import WebSocketRoute

from kit.limits import Bounds
from resolvers.running.context import Terms
from server import application
from tests import make
from tests.conftest import PATIENT
from tests.make.running import until
from transport.connections.room import Room
from transport.connections.server import HttpServer, Settings
from transport.serving import Serving

SMALL_BUFFER = 8 * 1024
"""Bytes that a client's system may keep of what is sent, so that the server must keep the rest."""
QUERY = {"query": "{ viewer { actor } }"}
UPSERT = """
mutation ($input: ProductsUpsertInput!) {
  productsUpsert(input: $input) { userErrors { message } }
}
"""


@dataclass(frozen=True)
class Reply:
    """One answer."""

    status: int
    headers: Mapping[str, str]
    body: Any

    @property
    def code(self) -> str:
        """Return the code of a refusal, which has the form of all refusals."""
        assert self.headers["content-type"] == "application/json"
        assert self.headers["x-content-type-options"] == "nosniff"
        assert self.headers["x-request-id"] == self.body["extensions"]["requestId"]
        (error,) = self.body["errors"]
        # Who may come again is told when, for clients that read headers and for those that do not.
        header, seconds = self.headers.get("retry-after"), error["extensions"].get("retryAfter")
        assert (header is not None) == (self.status in {429, 503})
        assert header == (None if seconds is None else str(seconds))
        return error["extensions"]["code"]


class Line:
    """One connection of a client."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    async def reply(self) -> Reply:
        """Read one answer; fails where the connection is reset or ends before."""
        first, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        headers = dict(it.lower().split(": ", 1) for it in lines if it)
        body = await self.reader.readexactly(int(headers["content-length"]))
        return Reply(int(first.split()[1]), headers, json.loads(body))

    async def until_end(self) -> bytes:
        """Read to the end, however it comes."""
        read = b""
        with suppress(ConnectionResetError):
            while piece := await self.reader.read(SMALL_BUFFER):
                read += piece
        return read


class Host:
    """A served application."""

    def __init__(self, server: HttpServer, app: Any, port: int, token: str) -> None:
        self.server, self.port, self.token = server, port, token
        self.endpoint = next(it.app for it in app.routes if isinstance(it, WebSocketRoute))

    @property
    def room(self) -> Room:
        return self.server.room

    def later(self, seconds: float) -> None:
        """Look at every connection as if so much time had passed."""
        self.room.look(asyncio.get_running_loop().time() + seconds)

    @asynccontextmanager
    async def line(self, sent: bytes = b"") -> AsyncIterator[Line]:
        """Open a connection whose client's system keeps little."""
        client = socket.socket()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        client.settimeout(0)
        await asyncio.get_running_loop().sock_connect(client, ("127.0.0.1", self.port))
        reader, writer = await asyncio.open_connection(sock=client, limit=SMALL_BUFFER)
        writer.write(sent)
        try:
            yield Line(reader, writer)
        finally:
            writer.transport.abort()

    def request(
        self,
        wanted: Any = QUERY,
        token: str | None = None,
        length: int | None = None,
        **more: str,
    ) -> bytes:
        """Return a request. length: to announce instead of the true one."""
        body = wanted if isinstance(wanted, bytes) else json.dumps(wanted).encode()
        headers = {
            "Host": "abruf",
            "Content-Type": "application/json",
            "Authorization": f"Bearer {token or self.token}",
            "Content-Length": str(length or len(body)),
            **more,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return f"POST /graphql HTTP/1.1\r\n{lines}\r\n".encode() + body

    async def ask(self, wanted: Any = QUERY, token: str | None = None, **more: str) -> Reply:
        """Ask on a connection of its own."""
        async with self.line(self.request(wanted, token, **more)) as line:
            return await line.reply()

    async def is_empty(self) -> None:
        """Wait until nobody is connected and nothing is held."""
        held = self.endpoint.bodies, self.endpoint.answers
        await until(lambda: not len(self.room) and not any(it.total for it in held))


class Texts:
    """Writes JSON in place of orjson, and knows what of it is still held."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.held: Counter[int] = Counter()

    def dumps(self, value: object) -> bytes:
        """Return the text; the number of its bytes is noted until nobody holds it."""

        class Text(bytes):
            def __del__(text) -> None:  # noqa: N805 -- of the text; `self` is who counts.
                self.held[len(text)] -= 1

        text = Text(orjson.dumps(value))
        self.sizes.append(len(text))
        self.held[len(text)] += 1
        return text

    def at_least(self, size: int) -> int:
        """Return how many that long are held."""
        return sum(count for length, count in self.held.items() if length >= size)

    def written(self, size: int) -> int:
        """Return how many that long have been written."""
        return sum(length >= size for length in self.sizes)


Serve = Callable[..., Any]


@pytest.fixture
async def products(ask) -> None:
    fields = [{"sku": f"P{number}", "name": "n" * 100} for number in range(250)]
    await ask(UPSERT, input={"products": fields})


@pytest.fixture
def serve(world: make.World, clock: make.Clock) -> Serve:
    """Give `Site` with bounds of its own."""

    @asynccontextmanager
    async def served(trusted: tuple[str, ...] = (), **bounds: int) -> AsyncIterator[Host]:
        own = Bounds(**{"guess_seconds": 0, **bounds})
        terms = Terms(limits=PATIENT)
        app = application(Serving(world.database, clock=clock, terms=terms, bounds=own))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            ends = {"lifespan": "off", "timeout_graceful_shutdown": 5}
            server = HttpServer(Settings(app, own, trusted=trusted, **ends))
            running = asyncio.create_task(server._serve([listener]))  # noqa: SLF001 -- no signals.
            await until(lambda: server.started)
            try:
                yield Host(server, app, listener.getsockname()[1], world.token)
            finally:
                server.should_exit = True
                await running

    return served
