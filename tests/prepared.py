"""Databases that are made once for all workers and then copied: a pytest plugin.

To copy files takes a tenth of a second, to migrate a second, to make a row of everything five.
"""

import asyncio
import fcntl
import pickle
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import httpx
import pytest

import migrations
from kit import embedded
from models.access.viewers import Actor
from resolvers.running.context import Terms
from server import application
from tests import make
from tests.conftest import EMPTY, NOW, PATIENT
from tests.guard import watch
from tests.kit.programs import ask as ask_once
from tests.make.scene import Scene, scene

Made = TypeVar("Made")
Once = Callable[[str, Callable[[], Made]], Made]


@dataclass(frozen=True)
class Everything:
    """A database in which a merchant has a row of everything. scene: the fields of its company."""

    url: str
    merchant_id: UUID
    token: str
    scene: dict[str, str | UUID]


@pytest.fixture(scope="session")
def once(shared: Path) -> Once:
    """Make something for all workers: who comes first makes it, the others wait for that."""

    def made(name: str, making: Callable[[], Made]) -> Made:
        kept = shared / f"{name}.pickle"
        with kept.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not kept.exists():
                kept.write_bytes(pickle.dumps(making()))
        return pickle.loads(kept.read_bytes())

    return made


@pytest.fixture(scope="session")
def migrated(server: embedded.Server, once: Once) -> str:
    """Give the address of a migrated database without rows, to which nobody may connect."""

    def make_database() -> str:
        url = _database(server, "migrated")
        migrations.upgrade(url)
        ask_once(url, EMPTY)
        return url

    return once("migrated", make_database)


def _database(server: embedded.Server, name: str, like: str = "template1") -> str:
    ask_once(server.owner_url, f"CREATE DATABASE {name} TEMPLATE {like.rpartition('/')[2]}")
    return f"{server.owner_url.rpartition('/')[0]}/{name}"


@pytest.fixture(scope="session")
def everything(
    server: embedded.Server, as_app: Callable[[str], str], migrated: str, once: Once
) -> Everything:
    """Give a database with a row of everything, to which nobody may connect."""

    def make_database() -> Everything:
        url = _database(server, "everything", migrated)
        return asyncio.run(_filled(as_app(url), url))

    return once("everything", make_database)


async def _filled(app_url: str, url: str) -> Everything:
    # Loaded by those who need it: it takes a second to read the schema as clients see it.
    from tests.make.everything import live  # noqa: PLC0415

    database = make.Walled(app_url, url)
    world = await make.world(database, make.Clock(NOW))
    app = application(database, clock=world.clock, terms=Terms(limits=PATIENT))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://abruf") as client:
        here = await scene(world, make.Ask(client, world.token))
        await live(here)
    fields = {name: it for name, it in vars(here).items() if name not in {"world", "ask"}}
    # The first key has spent its points.
    made = Everything(url, world.merchant_id, await world.key(Actor.STAFF), fields)
    await database.close()
    return made


@pytest.fixture
async def copied(
    server: embedded.Server,
    new_database: Callable[..., str],
    as_app: Callable[[str], str],
    everything: Everything,
) -> AsyncIterator[make.Walled]:
    """Give a copy of the database with everything, which the test may change."""
    url = await asyncio.to_thread(new_database, "copied", everything.url)
    database = make.Walled(as_app(url), url, PATIENT.statement)
    watch(database.engine, database.keyless)
    yield database
    await database.close()
    drop = f"DROP DATABASE {url.rpartition('/')[2]} WITH (FORCE)"
    await asyncio.to_thread(ask_once, server.owner_url, drop)


@pytest.fixture
def furnished(copied: make.Walled, clock: make.Clock, everything: Everything) -> make.World:
    """Give the merchant that has a row of everything."""
    return make.World(copied, clock, everything.merchant_id, everything.token)


@pytest.fixture
def here(furnished: make.World, ask: make.Ask, everything: Everything) -> Scene:
    """Give the company that has done it all."""
    return Scene(furnished, ask, **everything.scene)
