"""Abruf started as a newcomer starts it, in a process of its own."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from kit.embedded import Server
from tests.attacks.database.cutting import Cutting, cutting
from tests.kit.programs import ask, is_empty
from tests.run.abruf import Abruf, Launch

Far = tuple[Cutting, dict[str, str]]


@pytest.fixture
def launch() -> Iterator[Launch]:
    """Give `Abruf` in a form that sees that nothing of it is left."""
    started: list[Abruf] = []

    def start(folder: Path, kind: type[Abruf] = Abruf, **environment: str) -> Abruf:
        started.append(kind(folder, **environment))
        return started[-1]

    yield start
    for each in started:
        each.kill()
    assert all(is_empty(each.folder) for each in started)


@pytest.fixture
async def far(
    server: Server, new_database: Callable[..., str], as_app: Callable[[str], str], migrated: str
) -> AsyncIterator[Far]:
    """Give a way to a database elsewhere, and what names it in the environment."""
    owner = await asyncio.to_thread(new_database, "far", migrated)
    async with cutting(owner) as (way, url):
        app = as_app(owner).replace(f":{way.target}/", f":{way.port}/")
        environment = {"ABRUF_DATABASE_URL": app, "ABRUF_OWNER_URL": url, "ABRUF_DEMO": "0"}
        yield way, environment
    name = owner.rpartition("/")[2]
    await asyncio.to_thread(ask, server.owner_url, f"DROP DATABASE {name}")
