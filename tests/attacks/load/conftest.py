"""Long lists, made once for those who read them."""

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, replace

import pytest

from kit.limits import DEFAULT_LIMITS
from tests import make
from tests.attacks.load.large import Large, large
from tests.conftest import NOW
from tests.guard import watch

PLENTY = 10**9
LIMITS = replace(DEFAULT_LIMITS, bucket=PLENTY, deadline=60, statement=60)


@dataclass(frozen=True)
class Long:
    """A merchant, and what of it is large."""

    world: make.World
    made: Large


@pytest.fixture(scope="session")
def long_url(new_database: Callable[..., str], migrated: str) -> str:
    """Give a database that need not be emptied: deleting so much takes longer than making it."""
    return new_database("long", migrated)


@pytest.fixture(scope="session")
async def long(long_url: str, as_app: Callable[[str], str]) -> AsyncIterator[Long]:
    database = make.Walled(as_app(long_url), long_url, LIMITS.statement)
    watch(database.engine, database.keyless)
    world = await make.world(database, make.Clock(NOW))
    yield Long(world, await large(world))
    await database.close()
