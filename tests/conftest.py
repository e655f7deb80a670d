"""Fixtures: one PostgreSQL for the session, one migrated database a worker, empty for each test."""

import gc
import signal
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import httpx
import pytest

from kit import embedded
from kit.limits import Limits
from kit.outgoing.client import DEFAULT_RULES, Rules
from models.base.tables import Base
from resolvers.running.context import Terms
from server import application
from tests import make
from tests.guard import watch
from tests.kit.programs import make_database
from transport.serving import Serving

pytest_plugins = [
    "tests.gates.plugin",
    "tests.gates.refusals",
    "tests.left_out",
    "tests.recorded",
    "tests.prepared",
    "tests.run.first",
    "tests.shares",
]

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""What the clock of a test shows at its start: a Monday morning."""
_TABLES = [table for table in reversed(Base.metadata.sorted_tables) if "merchant_id" in table.c]
EMPTY = f"""
CREATE FUNCTION empty() RETURNS void LANGUAGE plpgsql AS $$
DECLARE merchant uuid; every uuid[];
BEGIN
    PERFORM set_merchant(NULL);
    SELECT array_agg(DISTINCT id) INTO every FROM (
        SELECT id FROM merchants UNION SELECT merchant_id FROM due
    ) AS found;
    FOREACH merchant IN ARRAY coalesce(every, '{{}}') LOOP
        PERFORM set_merchant(merchant);
        {"".join(f"DELETE FROM {table.name};" for table in _TABLES)}
    END LOOP;
    DELETE FROM merchants;
END $$
"""
"""What the owner does after each test; row-level security binds the owner too. PostgreSQL plans a
function's statements once a connection. Tests of scopes act for merchants that are not there, and
leave what is due of them."""
PATIENT = Limits(deadline=120, statement=60, unpaid=60_000, effort=60_000)
"""No test depends on how busy the machine is; those of deadlines set their own."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--executor", choices=["planned", "reference"], default="planned")
    parser.addoption("--operations", default="80", help="how many operations are generated")
    parser.addoption("--seed", default="20261122", help="what they start from")
    parser.addoption(
        "--every-case",
        action="store_true",
        help="ask every field all that is wrong, and what is hidden whole on every way",
    )
    parser.addoption("--every-way", action="store_true", help="migrate each copy to the newest")


def pytest_configure() -> None:
    """Hear Ctrl-C as the programs must that tests start: in the background all would ignore it."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_collection(session: pytest.Session) -> Iterator[None]:
    """Let the collector of cycles not look again and again at what stays, as the server does."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.freeze()
        gc.set_threshold(700, 10, 50)
        session.config.pluginmanager.register(_Kept())


class _Kept:
    """What a look at everything has left is not looked at again: plans stay to the end."""

    def __init__(self) -> None:
        self.looks = 0

    def pytest_runtest_logfinish(self) -> None:
        looks = gc.get_stats()[2]["collections"]
        if looks > self.looks:
            self.looks = looks
            gc.freeze()


@pytest.fixture(scope="module")
def dropped() -> Iterator[None]:
    """Let coroutines that graphql-core drops end in the module that expects the warning."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """Give the folder of all workers."""
    own = tmp_path_factory.getbasetemp()
    return own if worker_id == "master" else own.parent


@pytest.fixture(scope="session")
def server(shared: Path) -> Iterator[embedded.Server]:
    """Share one server between all workers."""
    with embedded.running(shared / "abruf", durable=False) as server:
        yield server


@pytest.fixture(scope="session")
def new_database(server: embedded.Server, worker_id: str) -> Callable[..., str]:
    """Make a database of the worker, empty or a copy of another, and give its owner's address."""

    # A module's database may be wanted again: workers take tests from each other.
    numbers = count()

    def made(purpose: str, like: str | None = None) -> str:
        return make_database(server.owner_url, f"{purpose}_{worker_id}_{next(numbers)}", like)

    return made


@pytest.fixture(scope="session")
def as_app(server: embedded.Server) -> Callable[[str], str]:
    """Turn the owner's address of a database into that of the application."""
    return lambda url: f"{server.app_url.rpartition('/')[0]}/{url.rpartition('/')[2]}"


@pytest.fixture(scope="session")
def database_url(new_database: Callable[..., str], migrated: str) -> str:
    return new_database("tests", migrated)


@pytest.fixture(scope="session")
async def shared_database(
    database_url: str, as_app: Callable[[str], str]
) -> AsyncIterator[make.Walled]:
    database = make.Walled(as_app(database_url), database_url, PATIENT.statement)
    watch(database.engine, database.keyless)
    yield database
    await database.close()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> make.Walled:
    """Give an empty database, or a copy of a prepared one."""
    return request.getfixturevalue("copied" if _is_prepared(request) else "emptied")


def _is_prepared(request: pytest.FixtureRequest) -> bool:
    return request.node.get_closest_marker("prepared") is not None


@pytest.fixture
async def emptied(shared_database: make.Walled) -> AsyncIterator[make.Walled]:
    yield shared_database
    async with shared_database.owner.engine.begin() as connection:
        await connection.exec_driver_sql("SELECT empty()")


@pytest.fixture
def clock() -> make.Clock:
    return make.Clock(NOW)


@pytest.fixture
def world(request: pytest.FixtureRequest) -> make.World:
    """A merchant with one key for staff: a new one, or that of a prepared database."""
    return request.getfixturevalue("furnished" if _is_prepared(request) else "founded")


@pytest.fixture
async def founded(database: make.Walled, clock: make.Clock) -> make.World:
    return await make.world(database, clock)


@pytest.fixture
def plans(request: pytest.FixtureRequest) -> bool:
    """Whether the planner answers, or graphql-core by itself (`--executor reference`)."""
    return bool(request.config.getoption("--executor") == "planned")


@pytest.fixture
def outgoing() -> Rules:
    """Whom the server itself may ask."""
    return DEFAULT_RULES


@pytest.fixture
async def client(
    database: make.Walled,
    clock: make.Clock,
    plans: bool,  # noqa: FBT001 -- a fixture.
    outgoing: Rules,
) -> AsyncIterator[httpx.AsyncClient]:
    terms = Terms(limits=PATIENT, plans=plans, outgoing=outgoing)
    transport = httpx.ASGITransport(application(Serving(database, clock=clock, terms=terms)))
    async with httpx.AsyncClient(transport=transport, base_url="http://abruf") as client:
        yield client


@pytest.fixture
def ask(client: httpx.AsyncClient, world: make.World) -> make.Ask:
    """Send an operation as staff, or `as_=` another token; gives `data` and fails on errors."""
    return make.Ask(client, world.token)
