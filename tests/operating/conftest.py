"""`abruf` on the database of the test."""

from collections.abc import Callable

import pytest

from commands.access.keys import operate as keys
from tests import make
from tests.operating.called import Called, calling


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Called:
    return calling(monkeypatch, capsys)


@pytest.fixture
def addresses(database_url: str, as_app: Callable[[str], str]) -> dict[str, str]:
    """Name the test's database as the environment of a server does."""
    return {"ABRUF_DATABASE_URL": as_app(database_url), "ABRUF_OWNER_URL": database_url}


@pytest.fixture
async def slug(world: make.World) -> str:
    """Give the name of the world's merchant."""
    async with world.database.writing(None) as session:
        (merchant,) = await keys.merchants(session)
    return merchant.slug
