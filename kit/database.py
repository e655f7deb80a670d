"""The database: sessions that write in one transaction, and connections that only read.

Both enter the second wall first: row-level security shows and takes only rows of the merchant that
`app.merchant` names. docs/decisions/0011-row-level-security.md gives the reasons.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Executable, Row, Uuid, bindparam, event, text
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession, create_async_engine

from kit import trace
from kit.hints import Hints
from kit.holding import HELD, WANTED, HoldingPool
from kit.limits import DEFAULT_LIMITS

_FOR_THE_TRANSACTION = text("SELECT set_merchant(:merchant)").bindparams(
    bindparam("merchant", type_=Uuid())
)
_CANCELED = "57014"
"""PostgreSQL's query_canceled: `statement_timeout` is over."""


class BehindPoolerError(Exception):
    """A connection that shall keep a setting does not lead to one server process."""


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


def _count(*_: object) -> None:
    trace.CURRENT.get().statements += 1


def _prove_direct(connection: Any, _record: object) -> None:
    """Refuse a new connection whose server process is not the one that greeted us."""
    driver = connection.driver_connection
    serving = connection.run_async(lambda it: it.fetchval("SELECT pg_backend_pid()"))
    if serving != driver.get_server_pid():
        driver.terminate()
        message = "There is a connection pooler before PostgreSQL: set ABRUF_POOLER=transaction."
        raise BehindPoolerError(message)


async def set_merchant(within: AsyncSession | AsyncConnection, merchant_id: UUID | None) -> None:
    """Let the rest of the transaction see and write one merchant's rows, or none's."""
    await within.execute(_FOR_THE_TRANSACTION, {"merchant": merchant_id})


def _holds(connection: AsyncConnection, merchant_id: UUID | None) -> bool:
    info = connection.sync_connection.info  # type: ignore[union-attr]
    return HELD in info and info[HELD] == merchant_id


async def _hold_merchant(connection: AsyncConnection, merchant_id: UUID | None) -> None:
    """Let an autocommit connection see one merchant's rows until it is told otherwise.

    The driver sends it as one message, without preparing a statement. A connection where it fails
    or is cancelled half-way is thrown away; nothing is noted before it is done.
    """
    if _holds(connection, merchant_id):
        return
    pooled: Any = connection.sync_connection
    pooled.info.pop(HELD, None)
    try:
        await pooled.connection.driver_connection.execute(
            f"SET app.merchant = '{merchant_id or ''}'"
        )
    except BaseException:
        await asyncio.shield(connection.invalidate())
        raise
    pooled.info[HELD] = merchant_id


class Database:
    """One PostgreSQL: a pool of connections for reading and writing."""

    def __init__(
        self,
        url: str,
        *,
        pool_size: int = 10,
        role: str | None = None,
        pooler: bool = False,
        statement_s: int = DEFAULT_LIMITS.statement,
    ) -> None:
        """Take the address (postgresql+asyncpg://...); nothing connects before it is needed.

        role: what each connection becomes, if not the role of the address. pooler: PgBouncer or
        the like gives a server connection for the length of a transaction only. statement_s:
        seconds after which PostgreSQL ends a statement, waiting for locks included; behind a
        pooler, which keeps no settings of a connection, that is the pooler's to say.
        """
        self.url, self._pooler = url, pooler
        self._settings = {"role": role} if role else {}
        # Our statements are few and repeated: planning the larger ones anew for every request
        # would take a quarter of their time.
        self._limit = (
            f"SET statement_timeout = '{int(statement_s)}s';"
            " SET plan_cache_mode = force_generic_plan"
        )
        self.engine = self._made(pool_size)
        # Apart, so that authenticating does not change the merchant of the other connections.
        self.keyless = self._made(pool_size)
        self._reader, self._keyless_reader = map(self._reading, (self.engine, self.keyless))
        self.hints = Hints(self.keyless, direct=not pooler)

    def _reading(self, engine: AsyncEngine) -> AsyncEngine:
        return engine if self._pooler else engine.execution_options(isolation_level="AUTOCOMMIT")

    def _made(self, pool_size: int) -> AsyncEngine:
        settings = {"timezone": "UTC", "application_name": "abruf", **self._settings}
        connect: dict[str, Any] = {"server_settings": settings}
        if self._pooler:
            # Without name, a statement is parsed and run in one message, and nothing of it stays.
            connect |= {
                "statement_cache_size": 0,
                "prepared_statement_cache_size": 0,
                "prepared_statement_name_func": str,
            }
        engine = create_async_engine(
            self.url,
            poolclass=HoldingPool,
            pool_size=pool_size,
            max_overflow=pool_size,
            json_serializer=_dumps,
            json_deserializer=orjson.loads,
            hide_parameters=True,
            connect_args=connect,
        )
        event.listen(engine.sync_engine, "before_cursor_execute", _count)
        if not self._pooler:
            event.listen(engine.sync_engine, "connect", _prove_direct)
            event.listen(engine.sync_engine, "connect", self._set_limit)
        return engine

    def _set_limit(self, connection: Any, _record: object) -> None:
        connection.run_async(lambda it: it.execute(self._limit))

    @asynccontextmanager
    async def writing(self, merchant_id: UUID | None) -> AsyncIterator[AsyncSession]:
        """Give a session in one transaction: committed at the end, rolled back on any error.

        merchant_id: whose rows it sees and writes; None: only tables without a merchant.
        TimeoutError: a statement took too long.
        """
        with _in_time():
            async with (
                AsyncSession(self.engine, expire_on_commit=False) as session,
                session.begin(),
            ):
                WANTED.set(merchant_id)
                if not _holds(await session.connection(), merchant_id):
                    await set_merchant(session, merchant_id)
                yield session

    def reading(self, merchant_id: UUID | None) -> "Reads":
        """Give the read connection of one operation; merchant_id as in `writing`."""
        engine = self._keyless_reader if merchant_id is None else self._reader
        return Reads(engine, merchant_id, autocommit=not self._pooler)

    async def close(self) -> None:
        """Close every connection."""
        await self.hints.close()
        await self.engine.dispose()
        await self.keyless.dispose()


class Reads:
    """One operation's read connection: taken at its first statement, one statement at a time.

    autocommit: a read costs no BEGIN and no ROLLBACK, and the connection keeps its merchant for
    the next operation; otherwise all statements are in one transaction. rows_read: of statements,
    and of pages in texts; None before the first statement.
    """

    rows_read: int | None = None

    def __init__(self, engine: AsyncEngine, merchant_id: UUID | None, *, autocommit: bool) -> None:
        """Take the engine and whose rows are read."""
        self._engine, self._merchant_id = engine, merchant_id
        self._enter = _hold_merchant if autocommit else set_merchant
        self._connection: AsyncConnection | None = None
        self._turn = asyncio.Lock()
        self._asking: set[asyncio.Task[Any]] = set()
        self._ended = False

    async def _connected(self) -> AsyncConnection:
        if self._ended:
            message = "The operation has ended."
            raise RuntimeError(message)
        if self._connection is None:
            WANTED.set(self._merchant_id)
            self._connection = await self._engine.connect()
            await self._enter(self._connection, self._merchant_id)
        return self._connection

    async def rows(
        self, statement: Executable, parameters: Mapping[str, Any] | None = None
    ) -> Sequence[Row[Any]]:
        """Run one statement and return all of its rows. TimeoutError: it took too long."""
        async with self._asked() as connection:
            rows = (await connection.execute(statement, parameters)).all()
        self.rows_read = (self.rows_read or 0) + len(rows)
        return rows

    @property
    def dialect(self) -> Dialect:
        """Return how statements are written for this database."""
        return self._engine.dialect

    async def texts(self, statement: str, values: Sequence[Any]) -> Sequence[Any]:
        """Run one statement that is compiled already and return all of its rows.

        The last column holds JSON, in which each row of a page begins a line.
        """
        async with self._asked() as connection:
            rows = (await connection.exec_driver_sql(statement, tuple(values))).all()
        self.rows_read = (self.rows_read or 0) + sum(row[-1].count("\n") for row in rows)
        return rows

    @asynccontextmanager
    async def _asked(self) -> AsyncIterator[AsyncConnection]:
        """Give the connection, inside the wall, for one statement.

        TimeoutError: it took too long. After any error the connection is given back: SQLAlchemy
        would replace a lost one silently, by one that holds another's merchant.
        """
        with _in_time(), self._interruptible():
            self.rows_read = self.rows_read or 0
            async with self._turn:
                try:
                    yield await self._connected()
                except BaseException:
                    await self._give_back()
                    raise

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
            await self._give_back()

    async def end(self) -> None:
        """Give the connection back for good: what still runs unseen must not take another."""
        self._ended = True
        await self.close()

    async def _give_back(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await asyncio.shield(connection.close())
