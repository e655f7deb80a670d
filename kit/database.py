"""The database: sessions that write in one transaction, and connections that only read."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any

import orjson
from sqlalchemy import Executable, Row
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine


def _dumps(value: object) -> str:
    return orjson.dumps(value, default=str).decode()


class Database:
    """One PostgreSQL: a pool of connections for reading and writing."""

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        """Take the address (postgresql+asyncpg://...); nothing connects before it is needed."""
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            json_serializer=_dumps,
            json_deserializer=orjson.loads,
            connect_args={"server_settings": {"timezone": "UTC", "application_name": "abruf"}},
        )
        self._reader = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """Give a session in one transaction: committed at the end, rolled back on any error."""
        async with AsyncSession(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def reading(self) -> "Reads":
        """Give the read connection of one operation."""
        return Reads(self._reader)

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


class Reads:
    """One operation's read connection: taken at its first statement, one statement at a time."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Take an engine in AUTOCOMMIT mode, so that a read costs no BEGIN and no ROLLBACK."""
        self._engine = engine
        self._connection: AsyncConnection | None = None
        self._turn = asyncio.Lock()
        self._ended = False

    async def _connected(self) -> AsyncConnection:
        if self._ended:
            message = "The operation has ended."
            raise RuntimeError(message)
        if self._connection is None:
            self._connection = await self._engine.connect()
        return self._connection

    async def rows(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None
    ) -> Sequence[Row[Any]]:
        """Run one statement and return all of its rows."""
        async with self._turn:
            return (await (await self._connected()).execute(statement, parameters)).all()

    @property
    def dialect(self) -> Dialect:
        """Return how statements are written for this database."""
        return self._engine.dialect

    async def texts(self, statement: str, values: Sequence[Any]) -> Sequence[Any]:
        """Run one statement that is compiled already and return all of its rows."""
        async with self._turn:
            connection = await self._connected()
            return (await connection.exec_driver_sql(statement, tuple(values))).all()

    async def close(self) -> None:
        """Give the connection back; a later statement takes a new one."""
        async with self._turn:
            connection, self._connection = self._connection, None
            if connection is not None:
                await connection.close()

    async def end(self) -> None:
        """Give the connection back for good: what still runs unseen must not take another."""
        self._ended = True
        await self.close()
