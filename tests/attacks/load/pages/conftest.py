"""Many rows of one merchant, made once for those who read them."""

from collections.abc import AsyncIterator, Callable

import pytest

from tests.attacks.load.pages.many import MANY, Crowd, Many
from tests.attacks.load.rows import filled


@pytest.fixture(scope="session")
def many_url(new_database: Callable[..., str], migrated: str) -> str:
    """Give a database that need not be emptied."""
    return new_database("many", migrated)


@pytest.fixture(scope="session")
async def crowd(many_url: str, as_app: Callable[[str], str]) -> AsyncIterator[Crowd]:
    async with filled(many_url, as_app, Many, MANY) as found:
        yield found
