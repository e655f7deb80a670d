"""The database: sessions that write in one transaction, and connections that only read."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import orjson
from sqlalchemy import Executable, Row
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from kit.limits import DEFAULT_LIMITS

_CANCELED = "57014"
"""PostgreSQL's query_canceled: `statement_timeout` is over."""


def _dumps(value: object) -> str:
    return orjson.dumps(value, default=str).decode()


@contextmanager
def _in_time() -> Iterator[None]:
    try:
        yield
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) == _CANCELED:
            raise TimeoutError from error
        raise


class Database:
    """One PostgreSQL: a pool of connections for reading and writing."""

    def __init__(
        self, url: str, *, pool_size: int = 10, statement_s: int = DEFAULT_LIMITS.statement
    ) -> None:
        """Take the address (postgresql+asyncpg://...); nothing connects before it is needed.

        statement_s: seconds after which PostgreSQL ends a statement, waiting for locks included.
        """
        self.engine: AsyncEngine = create_async_engine(
            url,
            pool_size=pool_size,
            max_overflow=pool_size,
            json_serializer=_dumps,
            json_deserializer=orjson.loads,
            connect_args={
                "server_settings": {
                    "timezone": "UTC",
                    "application_name": "abruf",
                    "statement_timeout": f"{statement_s}s",
                }
            },
        )
        self._reader = self.engine.execution_options(isolation_level="AUTOCOMMIT")

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncSession]:
        """Give a session in one transaction: committed at the end, rolled back on any error.

        TimeoutError: a statement took too long.
        """
        with _in_time():
            async with (
                AsyncSession(self.engine, expire_on_commit=False) as session,
                session.begin(),
            ):
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
        self._asking: set[asyncio.Task[Any]] = set()
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
        """Run one statement and return all of its rows. TimeoutError: it took too long."""
        async with self._asked() as connection:
            return (await connection.execute(statement, parameters)).all()

    @property
    def dialect(self) -> Dialect:
        """Return how statements are written for this database."""
        return self._engine.dialect

    async def texts(self, statement: str, values: Sequence[Any]) -> Sequence[Any]:
        """Run one statement that is compiled already and return all of its rows."""
        async with self._asked() as connection:
            return (await connection.exec_driver_sql(statement, tuple(values))).all()

    @asynccontextmanager
    async def _asked(self) -> AsyncIterator[AsyncConnection]:
        """Give the connection for one statement. TimeoutError: it took too long."""
        with _in_time(), self._interruptible():
            async with self._turn:
                yield await self._connected()

    @contextmanager
    def _interruptible(self) -> Iterator[None]:
        task = asyncio.current_task()
        assert task  # noqa: S101 -- A coroutine that runs is part of a task.
        self._asking.add(task)
        try:
            yield
        finally:
            self._asking.discard(task)

    def interrupt(self) -> None:
        """Cancel what runs and what waits for its turn: nobody will read the rows."""
        for task in self._asking:
            task.cancel()

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
