"""The read connection of one operation."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager, suppress
from typing import Any, TypeVar
from uuid import UUID

from asyncpg import (
    DataError,
    InvalidRowCountInLimitClauseError,
    InvalidRowCountInResultOffsetClauseError,
    LockNotAvailableError,
    PostgresError,
    QueryCanceledError,
    UndefinedObjectError,
)
from sqlalchemy import Connection, Executable, Row
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util.concurrency import greenlet_spawn

from kit.db import driver
from kit.db.arriving import Reception
from kit.db.lost import Reach, Unavailable, is_lost
from kit.db.pool import WANTED_MERCHANT
from kit.db.tenant import hold_merchant, set_merchant

Answer = TypeVar("Answer")
UNHEARD_S = 0.5
"""Seconds that a statement, and the connection that is made for it, have to end by themselves when
nobody waits for them any more.

To cut it takes a connection that tells PostgreSQL, and another in place of its own: most statements
take less.
"""


@contextmanager
def in_time() -> Iterator[None]:
    """Raise TimeoutError where PostgreSQL ended a statement: its or a lock's time is over."""
    try:
        yield
    except Exception as error:
        if _is_late(error):
            raise TimeoutError from error
        raise


def _is_late(error: BaseException) -> bool:
    own = getattr(error, "orig", error)
    late = (QueryCanceledError.sqlstate, LockNotAvailableError.sqlstate)
    return getattr(own, "sqlstate", None) in late


async def ends(statement: asyncio.Future[Any]) -> bool:
    """Cut a statement that nobody waits for, but not at once. Tell whether it ended by itself."""
    with suppress(asyncio.CancelledError):
        await asyncio.wait([statement], timeout=UNHEARD_S)
    is_cut = statement.cancel()
    with suppress(asyncio.CancelledError):
        await asyncio.gather(statement, return_exceptions=True)
    return not is_cut and not statement.cancelled() and statement.exception() is None


class Overflow(Exception):
    """What a statement adds up has left the range of a real: it was given this as its bound."""


class Unwritten(Exception):
    """A value cannot be what the statement makes of it; another way to read it may tell which."""


class Misplaced(Exception):
    """A page is not where its list is: its OFFSET or LIMIT was made negative to tell.

    is_after: the OFFSET, which carries where it begins.
    """

    def __init__(self, *, is_after: bool) -> None:
        """Take which of the two it was."""
        super().__init__()
        self.is_after = is_after


_OVERFLOW = "float_overflow_error"
"""The function in PostgreSQL that tells of it, whatever language its messages have."""


def _met(error: PostgresError) -> Exception:
    """Return what an error of a statement's values means, itself where it is of anything else."""
    if getattr(error, "server_source_function", None) == _OVERFLOW:
        return Overflow()
    if isinstance(error, InvalidRowCountInResultOffsetClauseError):
        return Misplaced(is_after=True)
    if isinstance(error, InvalidRowCountInLimitClauseError):
        return Misplaced(is_after=False)
    is_of_values = isinstance(error, DataError | UndefinedObjectError)
    return Unwritten() if is_of_values else error


class Reads:
    """One operation's read connection: taken at its first statement, one statement at a time.

    autocommit: a read costs no BEGIN and no ROLLBACK, and the connection keeps its merchant for
    the next operation; otherwise all statements are in one transaction. has_read: there was a
    statement. is_within: it reads in a transaction that writes.
    """

    has_read = is_within = False

    def __init__(
        self, engine: AsyncEngine, merchant_id: UUID | None, reach: Reach, *, autocommit: bool
    ) -> None:
        """Take the engine and whose rows are read."""
        self._reach = reach
        self._engine, self._merchant_id, self._autocommit = engine, merchant_id, autocommit
        self._pool: Any = engine.sync_engine.pool
        self._pooled: PoolProxiedConnection | None = None
        self._connection: AsyncConnection | None = None
        self._arriving: Reception | None = None
        self._opened = AsyncExitStack()
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._ended = False
        self._took, self._since = 0.0, 0.0

    @property
    def seconds(self) -> float:
        """How long its statements have taken, with the one that runs."""
        running = asyncio.get_running_loop().time() - self._since if self._since else 0.0
        return self._took + running

    def within(self, pooled: PoolProxiedConnection, opened: AsyncExitStack) -> None:
        """Read in an open transaction until `close`, which closes the stack that ends it.

        Where its connection is lost, nothing is read any more: it would be of before.
        """
        self.is_within, self._opened = True, opened
        self._hold(pooled)

    async def rows(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None
    ) -> Sequence[Row[Any]]:
        """Run one statement and return all of its rows.

        TimeoutError: it took too long. Unavailable: there was no connection, twice.
        """

        async def ask(pooled: PoolProxiedConnection) -> Sequence[Row[Any]]:
            connection = await self._connected(pooled)
            return (await connection.execute(statement, parameters)).all()

        return await self._run(ask)

    async def texts(self, statement: str, values: Sequence[Any]) -> Sequence[Any]:
        """Run one statement that is compiled already and return all of its rows.

        TimeoutError, Unavailable as above. Overflow, Unwritten, Misplaced: by its values; other
        errors are the driver's.
        """
        engine = self._engine.sync_engine
        try:
            return await self._run(lambda it: driver.fetch(engine, it, statement, values))
        except PostgresError as error:
            raise _met(error) from error

    async def _run(self, ask: Callable[[PoolProxiedConnection], Awaitable[Answer]]) -> Answer:
        """Send one statement over the connection, inside the wall; again where that was lost."""
        task = asyncio.current_task()
        assert task  # noqa: S101 -- A coroutine that runs is part of a task.
        self._tasks.add(task)
        self.has_read = True
        try:
            async with self._lock:
                try:
                    return await self._once(ask)
                except Unavailable as error:
                    if self.is_within or not error.passes:
                        raise
                    return await self._once(ask)
        finally:
            self._tasks.discard(task)

    async def _once(self, ask: Callable[[PoolProxiedConnection], Awaitable[Answer]]) -> Answer:
        """Send one statement. TimeoutError: it took too long.

        After any error the connection is given back: SQLAlchemy would replace a lost one silently,
        by one that holds another's merchant.
        """
        with in_time(), self._reach.watched():
            running = asyncio.ensure_future(self._answered(ask))
            try:
                return await asyncio.shield(running)
            except BaseException as error:
                await self._give_up(error, ended=await ends(running))
                raise
            finally:
                self._took, self._since = self.seconds, 0.0

    async def _answered(self, ask: Callable[[PoolProxiedConnection], Awaitable[Answer]]) -> Answer:
        pooled = self._pooled or await self._taken()
        self._since = asyncio.get_running_loop().time()
        return await ask(pooled)

    async def _taken(self) -> PoolProxiedConnection:
        if self._ended:
            message = "The operation has ended."
            raise RuntimeError(message)
        if self.is_within:
            message = "The transaction that was read in is lost."
            raise Unavailable(message)
        WANTED_MERCHANT.set(self._merchant_id)
        pooled: PoolProxiedConnection = await greenlet_spawn(self._pool.connect)
        self._hold(pooled)
        if self._autocommit:
            await hold_merchant(pooled, self._merchant_id)
        else:
            await set_merchant(await self._connected(pooled), self._merchant_id)
        return pooled

    def _hold(self, pooled: PoolProxiedConnection) -> None:
        self._pooled, self._arriving = pooled, driver.arriving(pooled)
        self._arriving.begin(self._merchant_id)

    async def _connected(self, pooled: PoolProxiedConnection) -> AsyncConnection:
        """Return SQLAlchemy's own connection over the pooled one."""
        if self._connection is None:
            engine = self._engine
            made = await greenlet_spawn(Connection, engine.sync_engine, pooled)
            self._connection = AsyncConnection(engine, made)
        return self._connection

    def interrupt(self) -> None:
        """Cancel what runs and what waits for its turn: nobody will read the rows."""
        for task in self._tasks:
            task.cancel()

    async def close(self) -> None:
        """Give the connection back; a later statement takes a new one."""
        async with self._lock:
            await self._give_back()
            self.is_within = False

    async def end(self) -> None:
        """Give the connection back for good: what still runs unseen must not take another."""
        self._ended = True
        if self._pooled is not None or self._lock.locked():
            await self.close()

    async def _give_up(self, error: BaseException, *, ended: bool) -> None:
        """Give the connection back after an error; throw away one that may be lost.

        ended: its statement did, by itself.
        """
        pooled = self._pooled
        if pooled is not None and pooled.is_valid:
            answered = isinstance(error, DBAPIError | PostgresError) and not is_lost(error)
            if not (answered or ended) or pooled.driver_connection.is_closed():  # type: ignore[union-attr]
                await asyncio.shield(greenlet_spawn(pooled.invalidate, error))
        await self._give_back()

    async def _give_back(self) -> None:
        pooled, connection, arriving = self._pooled, self._connection, self._arriving
        self._pooled = self._connection = self._arriving = None
        if arriving is not None:
            arriving.end()
        if self.is_within:
            await self._opened.aclose()
        elif connection is not None:
            await asyncio.shield(connection.close())
        elif pooled is not None and self._autocommit:
            pooled.close()
        elif pooled is not None:
            await asyncio.shield(greenlet_spawn(pooled.close))
