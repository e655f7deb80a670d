from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import httpx
import pytest

from bench.data import copied, elsewhere, kept, plain
from bench.engines import limit
from bench.measuring.check import Asker
from bench.measuring.requests import Subjects, subjects
from bench.operations import LIMIT, OURS, REFERENCE
from kit.db.database import Database
from kit.embedded import Server
from resolvers.running.context import Terms
from server import application
from tests.bench.rows import SIZE
from tests.conftest import PATIENT
from transport.serving import Serving


@pytest.fixture(scope="session")
async def loaded(server: Server, worker_id: str) -> Server:
    """The data as they are kept; nothing writes to them."""
    name = f"bench_{worker_id}"
    await kept(server, SIZE, name)
    return Server(elsewhere(server.owner_url, name), elsewhere(server.app_url, name))


@pytest.fixture(scope="session")
async def copy(server: Server, loaded: Server) -> AsyncIterator[Server]:
    async with copied(server, loaded.owner_url.rpartition("/")[2]) as copy:
        yield copy


@pytest.fixture(scope="session")
async def whom(copy: Server) -> Subjects:
    return await subjects(copy)


@pytest.fixture(scope="session")
async def askers(copy: Server, whom: Subjects) -> AsyncIterator[list[Asker]]:
    """Ours, the reference and the limit, without processes."""
    apps = {}
    for name, plans in ((OURS, True), (REFERENCE, False)):
        database = Database(copy.app_url, statement_s=PATIENT.statement)
        apps[name] = application(Serving(database, terms=Terms(limits=PATIENT, plans=plans)))
    apps[LIMIT] = limit.application(plain(copy.app_url), str(whom.reader.id), 2)
    async with AsyncExitStack() as stack:
        made = []
        for name, app in apps.items():
            await stack.enter_async_context(app.router.lifespan_context(app))
            transport = httpx.ASGITransport(app)
            client = httpx.AsyncClient(transport=transport, base_url="http://bench")
            made.append(Asker(name, await stack.enter_async_context(client)))
        yield made
