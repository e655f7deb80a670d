"""A way to PostgreSQL that is cut at a chosen word of the server's."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

Act = Callable[["Way"], Awaitable[None]]


@dataclass
class Way:
    """One connection on its way. port: from where PostgreSQL sees it coming."""

    to_server: asyncio.StreamWriter
    from_server: asyncio.StreamReader
    to_client: asyncio.StreamWriter
    back: asyncio.Task[None]
    output: bytes = b""

    @property
    def port(self) -> int:
        return self.to_server.get_extra_info("sockname")[1]

    def cut(self) -> None:
        """End it on both sides."""
        self.to_server.close()
        self.to_client.transport.abort()

    async def end(self) -> None:
        """Cut it, and wait until nothing of it is left."""
        self.back.cancel()
        self.cut()
        for each in (self.to_server, self.to_client):
            with suppress(ConnectionError):
                await each.wait_closed()


@dataclass
class Cutting:
    """Takes connections and passes them on. Each cut is made once: word that is said -> how."""

    target: int
    port: int = 0
    refuses: bool = False
    is_silent: bool = False
    cuts: list[tuple[bytes, Act]] = field(default_factory=list)
    made: int = 0
    ways: list[Way] = field(default_factory=list)
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def leave(self) -> None:
        """Take PostgreSQL away, with every connection to it."""
        self.refuses = True
        for way in self.ways:
            way.cut()

    def fall_silent(self) -> None:
        """Pass nothing on any more; no connection ends by that."""
        self.is_silent = True
        for way in self.ways:
            way.back.cancel()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection until a side ends it or it is cut."""
        if self.refuses:
            writer.transport.abort()
            return
        self.tasks.append(asyncio.current_task())
        if self.is_silent:
            await reader.read()
            writer.close()
            return
        from_server, to_server = await asyncio.open_connection("127.0.0.1", self.target)
        back = asyncio.create_task(_pump(from_server, writer))
        way = Way(to_server, from_server, writer, back)
        self.ways.append(way)
        with suppress(ConnectionError):
            while (output := await reader.read(65_536)) and not to_server.is_closing():
                if self.is_silent:
                    continue
                if self.cuts and self.cuts[0][0] in output:
                    self.made += 1
                    way.output = output
                    await self.cuts.pop(0)[1](way)
                to_server.write(output)
        await way.end()


async def before(way: Way) -> None:
    """Cut before PostgreSQL hears the word."""
    way.cut()


async def after(way: Way) -> None:
    """Let PostgreSQL hear the word and answer it; the server never hears the answer."""
    way.back.cancel()
    await asyncio.wait([way.back])
    way.to_server.write(way.output)
    await way.from_server.read(1)
    way.cut()


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while output := await reader.read(65_536):
            writer.write(output)
    writer.close()


@asynccontextmanager
async def cutting(url: str) -> AsyncIterator[tuple[Cutting, str]]:
    """Give what cuts, and the address through it."""
    target = urlsplit(url).port
    way = Cutting(target)
    server = await asyncio.start_server(way.take, "127.0.0.1", 0)
    way.port = server.sockets[0].getsockname()[1]
    try:
        yield way, url.replace(f":{target}/", f":{way.port}/")
    finally:
        server.close()
        way.leave()
        await asyncio.gather(*way.tasks)
