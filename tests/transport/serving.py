"""A real server in the test's own loop, for what only a connection shows."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.types import ASGIApp

from transport.connections.server import HttpServer, Settings


@asynccontextmanager
async def serving(app: ASGIApp) -> AsyncIterator[int]:
    """Serve on a free port of this machine and give it. The database stays open."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        server = HttpServer(Settings(app, lifespan="off"))
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await running
