"""The dataset of the benchmark: generated from a seed, kept as a database, copied for each run."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncpg
from sqlalchemy import make_url

import migrations
from bench.data.load import fill
from bench.data.merchants import Merchant
from bench.progress import say
from kit.embedded import Server

ORDERS, MERCHANTS, ORDERS_TO_A_CONTRACT = 100_000, 50, 50
"""At scale 1."""


@dataclass(frozen=True)
class Size:
    """How much there is of everything; `of(1)` is the dataset of the benchmark."""

    merchants: int
    orders: int
    """Of each merchant."""

    @classmethod
    def of(cls, scale: float) -> "Size":
        """Return the size at a scale; merchants get more orders, not more neighbours."""
        return cls(MERCHANTS, max(20, round(scale * ORDERS / MERCHANTS)))

    @property
    def name(self) -> str:
        """Return the name of its database."""
        return f"bench_{self.merchants}_{self.orders}"

    def all(self) -> list[Merchant]:
        """Return the merchants to be."""
        contracts = max(1, self.orders // ORDERS_TO_A_CONTRACT)
        return [Merchant(number, self.orders, contracts) for number in range(self.merchants)]


def plain(url: str) -> str:
    """Return an address as asyncpg itself and others than SQLAlchemy take it."""
    return url.replace("+asyncpg", "", 1)


def elsewhere(url: str, database: str) -> str:
    """Return the address of another database of the server."""
    return make_url(url).set(database=database).render_as_string(hide_password=False)


async def kept(server: Server, size: Size, name: str) -> None:
    """See to it that the database of the name is there, made by this code and this schema.

    A database that is not finished, or was made by another version, is made again.
    """
    made_by = _version(size)
    if await _comment(server, name) == made_by:
        return
    say(f"Generating {size.merchants * size.orders:,} orders once; they are kept.")
    await _drop(server, name)
    await _execute(server, f"CREATE DATABASE {name}")
    url = elsewhere(server.owner_url, name)
    await _migrated(url)
    await fill(plain(url), size.all())
    await _execute(server, f"COMMENT ON DATABASE {name} IS '{made_by}'")


@asynccontextmanager
async def copied(server: Server, name: str) -> AsyncIterator[Server]:
    """Give a copy of the kept database, which may be written to and is dropped at the end."""
    copy = f"{name}_copy"
    await _drop(server, copy)
    await _execute(server, f"CREATE DATABASE {copy} TEMPLATE {name} STRATEGY FILE_COPY")
    try:
        yield Server(elsewhere(server.owner_url, copy), elsewhere(server.app_url, copy))
    finally:
        await _drop(server, copy)


@asynccontextmanager
async def empty(server: Server, name: str) -> AsyncIterator[Server]:
    """Give a database of this schema without rows, which is dropped at the end."""
    await _drop(server, name)
    await _execute(server, f"CREATE DATABASE {name}")
    try:
        url = elsewhere(server.owner_url, name)
        await _migrated(url)
        yield Server(url, elsewhere(server.app_url, name))
    finally:
        await _drop(server, name)


async def _migrated(url: str) -> None:
    # Alembic runs a loop of its own.
    await asyncio.to_thread(migrations.upgrade, url)


def _version(size: Size) -> str:
    digest = hashlib.sha256(f"{migrations.newest()} {size}".encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


async def _comment(server: Server, name: str) -> Any:
    found = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = $1"
    connection = await asyncpg.connect(plain(server.owner_url))
    try:
        return await connection.fetchval(found, name)
    finally:
        await connection.close()


async def _drop(server: Server, name: str) -> None:
    # The owner may not end what the server's role still runs; each try waits 5 s for it to leave.
    statement = f"DROP DATABASE IF EXISTS {name}"
    for _ in range(5):
        with suppress(asyncpg.ObjectInUseError):
            await _execute(server, statement)
            return
    await _execute(server, statement)


async def _execute(server: Server, statement: str) -> None:
    connection = await asyncpg.connect(plain(server.owner_url))
    try:
        await connection.execute(statement)
    finally:
        await connection.close()
