"""The database: sessions that write in one transaction, and connections that only read.

Both enter the second wall first: row-level security shows and takes only rows of the merchant that
`app.merchant` names. docs/decisions/0011-row-level-security.md gives the reasons.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from uuid import UUID

from sqlalchemy import event, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from kit.db.driver import CACHES, renew
from kit.db.hints import Hints
from kit.db.lost import Reach, Unavailable
from kit.db.pool import HoldingPool
from kit.db.reads import Reads, in_time
from kit.db.sessions import Session, writing
from kit.db.statements import dumps, loads
from kit.limits import DEFAULT_LIMITS
from kit.telemetry import trace

_SETTINGS = {"timezone": "UTC", "application_name": "abruf"}
"""Of every connection."""
_CLOSE_S = 2
"""Seconds that each kind of connection has to be closed."""


class BehindPoolerError(Exception):
    """A connection that shall keep a setting does not lead to one server process."""


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


def _prove_living(connection: Any, _record: object, _pooled: object) -> None:
    """Let the pool replace a connection that was lost while nobody used it."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError


class Database:
    """One PostgreSQL: a pool of connections for reading and writing."""

    def __init__(
        self,
        url: str | None = None,
        *,
        pool_size: int = 10,
        role: str | None = None,
        pooler: bool = False,
        statement_s: int = DEFAULT_LIMITS.statement,
    ) -> None:
        """Take the address (postgresql+asyncpg://...); nothing connects before it is needed.

        url: None where it is not there yet: until `lies_at` says where, it is away (Unavailable).
        pool_size: connections for as many requests; one more is for what runs unasked, and as many
        again for keys and hints. role: what each connection becomes, if not the role of the
        address. pooler: PgBouncer or the like gives a server connection for the length of a
        transaction only. statement_s: seconds after which PostgreSQL ends a statement, waiting for
        locks included; behind a pooler, which keeps no settings of a connection, that is the
        pooler's to say.
        """
        self.url, self._pooler, self._way = "postgresql+asyncpg://", pooler, dict[str, Any]()
        if url is not None:
            self.lies_at(url, role)
        # Our statements are few and repeated: planning the larger ones anew for every request
        # would take a quarter of their time.
        self._limit = (
            f"SET statement_timeout = '{int(statement_s)}s';"
            " SET plan_cache_mode = force_generic_plan"
        )
        self._reach = Reach()
        self.engine = self._made(pool_size)
        # Apart, so that authenticating does not change the merchant of the other connections.
        self.keyless = self._made(pool_size)
        self._reader, self._keyless_reader = map(self._reading, (self.engine, self.keyless))
        self.hints = Hints(self.keyless, self._reach, direct=not pooler)

    def lies_at(self, url: str, role: str | None = None) -> None:
        """Say where it is; any thread may. url, role: as when it is made."""
        there = make_url(url)
        _, way = there.get_dialect()().create_connect_args(there)
        settings = {"role": role} if role else {}
        self.url, self._way = url, {**way, "server_settings": {**_SETTINGS, **settings}}

    def _lead(self, _dialect: object, _record: object, _: object, parameters: Any) -> None:
        """Lead a new connection there."""
        if not self._way:
            message = "It is not there yet."
            raise Unavailable(message)
        parameters.update(self._way)

    def _reading(self, engine: AsyncEngine) -> AsyncEngine:
        return engine if self._pooler else engine.execution_options(isolation_level="AUTOCOMMIT")

    def _made(self, pool_size: int) -> AsyncEngine:
        connect: dict[str, Any] = {**CACHES}
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
            pool_size=pool_size + 1,
            # Beyond its size, a pool opens a connection for one request, and closes it after it.
            max_overflow=0,
            json_serializer=dumps,
            json_deserializer=loads,
            enable_from_linting=False,  # It does not see joins inside LATERAL.
            hide_parameters=True,
            connect_args=connect,
        )
        event.listen(engine.sync_engine, "do_connect", self._lead)
        event.listen(engine.sync_engine, "before_cursor_execute", _count)
        event.listen(engine.sync_engine, "checkout", _prove_living)
        if not self._pooler:
            event.listen(engine.sync_engine, "connect", _prove_direct)
            event.listen(engine.sync_engine, "connect", self._set_limit)
            event.listen(engine.sync_engine, "checkin", renew)
        event.listen(engine.sync_engine, "connect", self._reach.found)
        return engine

    def _set_limit(self, connection: Any, _record: object) -> None:
        connection.run_async(lambda it: it.execute(self._limit))

    @asynccontextmanager
    async def writing(self, merchant_id: UUID | None) -> AsyncIterator[Session]:
        """Give a session in one transaction: committed at the end, rolled back on any error.

        merchant_id: whose rows it sees and writes; None: only tables without a merchant.
        TimeoutError: a statement took too long. Unavailable: there was no connection, or it was
        lost before COMMIT. OutcomeUnknown: it was lost at COMMIT.
        """
        with in_time(), self._reach.watched():
            async with writing(self.engine, merchant_id) as session:
                yield session

    def reading(self, merchant_id: UUID | None) -> Reads:
        """Give the read connection of one operation; merchant_id as in `writing`."""
        engine = self._keyless_reader if merchant_id is None else self._reader
        return Reads(engine, merchant_id, self._reach, autocommit=not self._pooler)

    async def close(self) -> None:
        """Close every connection; where the database does not answer, the process's end cuts it."""
        for each in (self.hints.close, self.engine.dispose, self.keyless.dispose):
            with suppress(TimeoutError):
                async with asyncio.timeout(_CLOSE_S):
                    await each()
