"""Fixtures: one PostgreSQL for the session, one migrated database a worker, empty for each test."""

from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime

import httpx
import pytest

import migrations
from kit import embedded
from kit.database import Database
from kit.limits import Limits
from models import Base
from server import application
from tests import make
from tests.guard import watch
from tests.kit.programs import ask as ask_once

pytest_plugins = ["tests.left_out"]

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""What the clock of a test shows at its start: a Monday morning."""
PATIENT = Limits(deadline=120, statement=60)
"""No test depends on how busy the machine is; those of deadlines set their own."""


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[str]:
    """Share one server between all workers, whose folders lie in one."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent
    with embedded.running(shared / "abruf", durable=False) as server:
        yield server.owner_url


@pytest.fixture(scope="session")
def new_database(server_url: str, worker_id: str) -> Callable[[str], str]:
    """Make an empty database of the worker and give its address."""

    def make_database(purpose: str) -> str:
        name = f"{purpose}_{worker_id}"
        ask_once(server_url, f"CREATE DATABASE {name}")
        return f"{server_url.rpartition('/')[0]}/{name}"

    return make_database


@pytest.fixture(scope="session")
def database_url(new_database: Callable[[str], str]) -> str:
    url = new_database("tests")
    migrations.upgrade(url)
    return url


@pytest.fixture(scope="session")
async def shared_database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, statement_s=PATIENT.statement)
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
    transport = httpx.ASGITransport(application(database, clock=clock, limits=PATIENT))
    async with httpx.AsyncClient(transport=transport, base_url="http://abruf") as client:
        yield client


@pytest.fixture
def ask(client: httpx.AsyncClient, world: make.World) -> make.Ask:
    """Send an operation as staff, or `as_=` another token; gives `data` and fails on errors."""
    return make.Ask(client, world.token)
