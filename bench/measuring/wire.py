"""Counts the statements that reach PostgreSQL, between an engine and the server."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from sqlalchemy import make_url

_STARTS = frozenset({80877103, 80877102, 80877104})
"""Requests before the start-up message (PostgreSQL, "Message Formats"): SSL, cancel, GSS."""
_RUN = frozenset((b"Q", b"E"))
"""Query and Execute: each runs one statement, also BEGIN and COMMIT."""


@dataclass
class Wire:
    """A way to the database. url: its address. statements: how many have passed."""

    url: str
    statements: int = 0


@asynccontextmanager
async def wire(url: str) -> AsyncIterator[Wire]:
    """Open a way to the database of the address on a port of its own."""
    to = make_url(url)
    counted = Wire(url)
    passing: set[asyncio.Task[None]] = set()

    async def opened(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        theirs, ours = await asyncio.open_connection(to.host, to.port)
        both = (_counting(counted, reader, ours), _passing(theirs, writer))
        for way in both:
            task = asyncio.create_task(way)
            passing.add(task)
            task.add_done_callback(passing.discard)

    server = await asyncio.start_server(opened, "127.0.0.1")
    port = server.sockets[0].getsockname()[1]
    counted.url = to.set(port=port).render_as_string(hide_password=False)
    try:
        yield counted
    finally:
        server.close()
        for task in passing:
            task.cancel()


async def _counting(
    counted: Wire, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    """Pass messages on to the server; those after the start-up have a type."""
    with suppress(asyncio.IncompleteReadError, ConnectionError):
        started = False
        while True:
            kind = await reader.readexactly(1) if started else b""
            size = await reader.readexactly(4)
            body = await reader.readexactly(struct.unpack("!I", size)[0] - 4)
            writer.write(kind + size + body)
            await writer.drain()
            started = started or struct.unpack("!I", body[:4])[0] not in _STARTS
            counted.statements += kind in _RUN
    writer.close()


async def _passing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()
