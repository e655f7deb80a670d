"""The browser and the served it visits."""

import asyncio
import socket
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import uvicorn
from playwright.async_api import Browser, Page, expect
from starlette.applications import Starlette

from examples import demo
from examples.demo import operations
from examples.demo.people import people
from kit.db.database import Database
from resolvers.running.context import Terms
from server import application
from tests.conftest import PATIENT
from transport.serving import Serving
from web.build import build
from web.chromium import launched

# A condition is waited for, not a time: Playwright's five seconds are less than the first page of
# a busy machine may take.
expect.set_options(timeout=60_000)


@dataclass(frozen=True)
class Served:
    """A server with GraphiQL, and the fields of a query with a part of the answer to it."""

    origin: str
    token: str
    fields: str
    answer: str


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """Serve the application on a free port of this machine and give its origin."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, log_level="warning", lifespan="on", ws="websockets-sansio")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()


async def _loaded(url: str, examples: Path) -> str:
    """Load the demo and the operations that fit it; returns the staff's token."""
    database = Database(url)
    token = (await demo.load(database))["staff"]
    await operations.write(database, token, examples)
    await database.close()
    return token


@pytest.fixture(scope="session")
def demonstrated(
    new_database: Callable[..., str],
    migrated: str,
    as_app: Callable[[str], str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], AbstractContextManager[Served]]:
    """Return what serves a demo of that name with the bundle of this tree."""

    @contextmanager
    def serve(name: str) -> Iterator[Served]:
        build()
        url = new_database(name, migrated)
        examples = tmp_path_factory.mktemp(name) / "operations"
        token = asyncio.run(_loaded(url, examples))
        database = Database(as_app(url), statement_s=PATIENT.statement)
        serves = Serving(database, terms=Terms(limits=PATIENT), people=people)
        with serving(application(serves, operations=examples)) as origin:
            yield Served(origin, token, "{ viewer { actor } }", answer='"actor": "STAFF"')

    return serve


@pytest.fixture(scope="session")
def served(demonstrated: Callable[[str], AbstractContextManager[Served]]) -> Iterator[Served]:
    """Serve the demo, in which customers change nothing."""
    with demonstrated("served") as served:
        yield served


@pytest.fixture(scope="session")
def changed(demonstrated: Callable[[str], AbstractContextManager[Served]]) -> Iterator[Served]:
    """Serve another demo, in which customers order and deliveries are moved."""
    with demonstrated("changed") as served:
        yield served


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """Start the machine's browser once."""
    async with launched() as browser:
        yield browser


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """Open an empty page that shares no storage with any other."""
    context = await browser.new_context(viewport={"width": 1400, "height": 900})
    yield await context.new_page()
    await context.close()
