"""Many rows of one merchant, made once for those who read them."""

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from resolvers.running.context import Terms
from server import application
from tests.attacks.load.limits import LIMITS
from tests.attacks.load.pages.many import MANY, Crowd, Many
from tests.attacks.load.rows import filled
from transport.serving import Serving


@pytest.fixture(scope="session")
def many_url(new_database: Callable[..., str], migrated: str) -> str:
    """Give a database that need not be emptied."""
    return new_database("many", migrated)


@pytest.fixture(scope="session")
async def crowd(many_url: str, as_app: Callable[[str], str]) -> AsyncIterator[Crowd]:
    async with filled(many_url, as_app, Many, MANY) as found:
        yield found


@pytest.fixture(scope="session")
async def reached(crowd: Crowd) -> AsyncIterator[httpx.AsyncClient]:
    """Ask one process: each takes a part of the merchant's points, which stay away here."""
    world, terms = crowd.world, Terms(limits=LIMITS)
    app = application(Serving(world.database, clock=world.clock, terms=terms))
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://abruf"
    ) as client:
        yield client
