"""Fixtures: one PostgreSQL for the session, one migrated database a worker, empty for each test."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime

import httpx
import pytest

import migrations
from kit import embedded
from kit.database import Database
from models import Base
from server import application
from tests import make
from tests.guard import watch

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""What the clock of a test shows at its start: a Monday morning."""


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with embedded.running(tmp_path_factory.mktemp("abruf"), durable=False) as server:
        yield server.owner_url


@pytest.fixture(scope="session")
def database_url(server_url: str) -> str:
    migrations.upgrade(server_url)
    return server_url


@pytest.fixture(scope="session")
async def shared_database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url)
    watch(database.engine)
    yield database
    await database.close()


@pytest.fixture
async def database(shared_database: Database) -> AsyncIterator[Database]:
    yield shared_database
    async with shared_database.engine.begin() as connection:
        for table in reversed(Base.metadata.sorted_tables):
            await (await connection.get_raw_connection()).driver_connection.execute(
                f"DELETE FROM {table.name}"
            )


@pytest.fixture
def clock() -> make.Clock:
    return make.Clock(NOW)


@pytest.fixture
async def world(database: Database, clock: make.Clock) -> make.World:
    """A merchant with one key for staff."""
    return await make.world(database, clock)


@pytest.fixture
async def client(database: Database, clock: make.Clock) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application(database, clock=clock))
    async with httpx.AsyncClient(transport=transport, base_url="http://abruf") as client:
        yield client


@pytest.fixture
def ask(client: httpx.AsyncClient, world: make.World) -> make.Ask:
    """Send an operation as staff, or `as_=` another token; gives `data` and fails on errors."""
    return make.Ask(client, world.token)
