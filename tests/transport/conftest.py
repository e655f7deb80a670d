"""A server on a port of its own, in the loop of the tests."""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from resolvers.running.context import Terms
from server import application
from tests import make
from tests.conftest import PATIENT
from tests.transport.client import ORIGIN, Served
from transport.connections.server import HttpServer, Settings
from transport.draining import Draining
from transport.serving import Serving


class Kept(make.Walled):
    """The tests' database, which outlives the server."""

    def __init__(self, lent: make.Walled) -> None:
        vars(self).update(vars(lent))

    async def close(self) -> None:
        """Leave it open."""


@pytest.fixture
def uncollected() -> Iterator[None]:
    """Look for no cycles meanwhile: what they hold stays, as it does between two looks."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
async def served(database: make.Walled, clock: make.Clock) -> AsyncIterator[Served]:
    draining = Draining()
    app = application(
        Serving(
            Kept(database),
            clock=clock,
            terms=Terms(limits=PATIENT),
            origins=[ORIGIN],
            draining=draining,
        )
    )
    settings = Settings(
        app,
        port=0,
        ws_max_size=64 * 1024,
        lifespan="on",
        log_level="warning",
        timeout_graceful_shutdown=5,
    )
    server = HttpServer(settings, draining)
    task = asyncio.create_task(server._serve())  # noqa: SLF001 -- without taking the signals.
    while not server.started:
        assert not task.done()
        await asyncio.sleep(0)
    port = server.servers[0].sockets[0].getsockname()[1]
    # Without certificates, which take longer to load than most tests take.
    origin = f"http://127.0.0.1:{port}"
    async with httpx.AsyncClient(base_url=origin, timeout=60, verify=False) as client:
        yield Served(client, f"ws://127.0.0.1:{port}/graphql", server, app, draining)
    server.should_exit = True
    await task
