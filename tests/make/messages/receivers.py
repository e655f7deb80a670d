"""Receivers: real servers on this machine that note what they are sent, and answer as they like."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import orjson


@dataclass(frozen=True)
class Received:
    """What a receiver was sent. path: of the URL. headers: by their names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def message(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        return orjson.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """An answer. raw: what is sent instead of it."""

    status: int = 204
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    raw: bytes | None = None

    def written(self) -> bytes:
        if self.raw is not None:
            return self.raw
        own = {"content-length": str(len(self.body)), **self.headers}
        head = "".join(f"{name}: {it}\r\n" for name, it in own.items())
        return f"HTTP/1.1 {self.status} Said\r\n{head}\r\n".encode() + self.body


Answering = Callable[[Received], Awaitable[Reply]]


async def well(_: Received) -> Reply:
    return Reply()


class Receiver:
    """One that listens. answer: how it answers; it may change meanwhile."""

    def __init__(self, scheme: str, port: int, answer: Answering) -> None:
        self.received: list[Received] = []
        self.answer, self.scheme, self.port = answer, scheme, port
        self.connections = 0
        self._news = asyncio.Condition()

    @property
    def url(self) -> str:
        return f"{self.scheme}://127.0.0.1:{self.port}/hook"

    async def got(self, count: int, within: float = 20) -> list[Received]:
        """Wait until so many have come."""
        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(lambda: len(self.received) >= count)
        return self.received

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                await self._one(head.decode("latin-1"), reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    async def _one(
        self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        first, *lines = head.strip().split("\r\n")
        pairs = (line.split(": ", 1) for line in lines)
        headers = {name.lower(): it for name, it in pairs}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        received = Received(first.split(" ")[1], headers, body)
        async with self._news:
            self.received.append(received)
            self._news.notify_all()
        writer.write((await self.answer(received)).written())
        await writer.drain()


@asynccontextmanager
async def receiver(
    answer: Answering = well, *, port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Receiver]:
    """Listen meanwhile. port: a free one, unless it is given."""
    made = Receiver("https" if tls else "http", port, answer)
    tasks: set[asyncio.Task[None]] = set()

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task
        tasks.add(task)
        # At the end; asyncio itself would log a task that is cancelled.
        with suppress(asyncio.CancelledError):
            await made.serve(reader, writer)

    server = await asyncio.start_server(served, "127.0.0.1", port, ssl=tls)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
