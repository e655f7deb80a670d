"""Long lists, made once for those who read them."""

from collections.abc import AsyncIterator, Callable

import pytest

from tests.attacks.load.large import LARGE, Large, Long
from tests.attacks.load.rows import filled


@pytest.fixture(scope="session")
def long_url(new_database: Callable[..., str], migrated: str) -> str:
    return new_database("long", migrated)


@pytest.fixture(scope="session")
async def long(long_url: str, as_app: Callable[[str], str]) -> AsyncIterator[Long]:
    """Give a merchant of which much is large."""
    async with filled(long_url, as_app, Large, LARGE) as found:
        yield found
