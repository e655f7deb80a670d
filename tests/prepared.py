"""Databases that are made once for all workers and then copied: a pytest plugin.

To copy files takes a tenth of a second, to migrate a second, to make a row of everything eight.
A test says by `@pytest.mark.prepared("inputs")` or `("everything")` that its `database`, `world`
and `ask` are of a copy.
"""

import asyncio
import fcntl
import importlib
import pickle
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar
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
from tests.kit.programs import ask_each, make_database
from tests.make.access import sessions
from tests.make.scene import Scene, scene
from tests.make.sweeps.versions import Versions
from tests.recorded import NOTES
from transport.serving import Serving

EVERYTHING = "tests.make.everything"
"""Imported by who needs it: it reads the whole schema as clients see it."""
Made = TypeVar("Made")
Once = Callable[[str, Callable[[], Made]], Made]


@dataclass(frozen=True)
class Prepared:
    """A database with one merchant. scene: the fields of its company; inputs: by maker's name.

    raised, kept: (mutation, type) of rows that it changed with another version, and without.
    """

    url: str
    merchant_id: UUID
    token: str
    scene: dict[str, str | UUID]
    inputs: dict[str, Any]
    raised: frozenset[tuple[str, str]] = frozenset()
    kept: frozenset[tuple[str, str]] = frozenset()


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

    def made() -> str:
        url = make_database(server.owner_url, "migrated")
        migrations.upgrade(url)
        ask_once(url, EMPTY)
        return url

    return once("migrated", made)


@pytest.fixture(scope="session")
def inputs(
    server: embedded.Server, as_app: Callable[[str], str], migrated: str, once: Once
) -> Prepared:
    """Give a database with what a valid input of every mutation names."""

    def made() -> Prepared:
        url = make_database(server.owner_url, "inputs", migrated)
        return asyncio.run(_with_inputs(as_app(url), url))

    return once("inputs", made)


async def _with_inputs(app_url: str, url: str) -> Prepared:
    everything = importlib.import_module(EVERYTHING)
    async with _client(app_url, url) as (database, client):
        world = await make.world(database, make.Clock(NOW))
        here = await scene(world, make.Ask(client, world.token))
        values = await everything.every_input(here)
        fields = {name: it for name, it in vars(here).items() if name not in {"world", "ask"}}
        # The first key has spent its points.
        return Prepared(url, world.merchant_id, await world.key(Actor.STAFF), fields, values)


@pytest.fixture(scope="session")
def everything(
    server: embedded.Server, as_app: Callable[[str], str], inputs: Prepared, once: Once
) -> Prepared:
    """Give a database in which each of the inputs has run."""

    def made() -> Prepared:
        url = make_database(server.owner_url, "everything", inputs.url)
        ask_each(url, NOTES)
        return asyncio.run(_with_everything(as_app(url), url, inputs))

    return once("everything", made)


async def _with_everything(app_url: str, url: str, inputs: Prepared) -> Prepared:
    everything = importlib.import_module(EVERYTHING)
    async with _client(app_url, url) as (database, client):
        versions = Versions(database, inputs.merchant_id)
        await everything.live(make.Ask(client, inputs.token), inputs.inputs, versions)
        world = make.World(database, make.Clock(NOW), inputs.merchant_id, inputs.token)
        party = UUID(str(inputs.scene["company"]))
        await sessions.begin(world, Actor.BUYER, party)
        changes = {"raised": frozenset(versions.raised), "kept": frozenset(versions.kept)}
        return replace(inputs, url=url, token=await world.key(Actor.STAFF), **changes)


@asynccontextmanager
async def _client(app_url: str, url: str) -> AsyncIterator[tuple[make.Walled, httpx.AsyncClient]]:
    database = make.Walled(app_url, url, PATIENT.statement)
    app = application(Serving(database, clock=make.Clock(NOW), terms=Terms(limits=PATIENT)))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://abruf") as client:
        yield database, client
    await database.close()


@pytest.fixture
def prepared(request: pytest.FixtureRequest) -> Prepared:
    """Give what the test's mark names: `inputs` or `everything`."""
    return request.getfixturevalue(request.node.get_closest_marker("prepared").args[0])


@pytest.fixture
async def copied(
    server: embedded.Server,
    new_database: Callable[..., str],
    as_app: Callable[[str], str],
    prepared: Prepared,
) -> AsyncIterator[make.Walled]:
    """Give a copy of the prepared database, which the test may change."""
    url = await asyncio.to_thread(new_database, "copied", prepared.url)
    database = make.Walled(as_app(url), url, PATIENT.statement)
    watch(database.engine, database.keyless)
    yield database
    await database.close()
    drop = f"DROP DATABASE {url.rpartition('/')[2]}"
    await asyncio.to_thread(ask_once, server.owner_url, drop)


@pytest.fixture
def furnished(copied: make.Walled, clock: make.Clock, prepared: Prepared) -> make.World:
    """Give the merchant of the prepared database."""
    return make.World(copied, clock, prepared.merchant_id, prepared.token)


@pytest.fixture
def here(furnished: make.World, ask: make.Ask, prepared: Prepared) -> Scene:
    """Give its company."""
    return Scene(furnished, ask, **prepared.scene)


@pytest.fixture
def made(prepared: Prepared) -> Mapping[str, Any]:
    """Give maker's name -> its input."""
    return deepcopy(prepared.inputs)
