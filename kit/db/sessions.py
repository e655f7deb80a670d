"""What writes: one transaction, with SQLAlchemy's session for what changes as entities.

BEGIN, COMMIT and statements that are compiled already go straight to the driver (0025). The session
sends what else there is over the same connection, which it takes for one in autocommit mode, so
that it begins and commits nothing by itself.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from typing import Any
from uuid import UUID

from asyncpg import PostgresError
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.pool import PoolProxiedConnection
from sqlalchemy.util.concurrency import greenlet_spawn

from kit.db import driver
from kit.db.lost import DRIVERS, OutcomeUnknown, is_lost
from kit.db.pool import WANTED_MERCHANT
from kit.db.statements import Statement
from kit.db.tenant import holds


@contextmanager
def _translated() -> Iterator[None]:
    """Raise the driver's errors as SQLAlchemy does."""
    try:
        yield
    except DRIVERS as error:
        raise DBAPIError(None, None, error, hide_parameters=True) from error


class Session(AsyncSession):
    """SQLAlchemy's session, which also sends compiled statements, in the same transaction."""

    def __init__(self, engine: AsyncEngine, pooled: PoolProxiedConnection) -> None:
        """Take a pooled connection on which a transaction has begun."""
        own = Connection(engine.sync_engine, pooled)
        super().__init__(AsyncConnection(engine, own), expire_on_commit=False)
        self._on = engine.sync_engine, pooled

    @property
    def pooled(self) -> PoolProxiedConnection:
        """Return the connection of the transaction, for who reads in it."""
        return self._on[1]

    async def flush(self, objects: Sequence[Any] | None = None) -> None:
        """Write what entities have changed; a session that nobody has used yet has none."""
        if self.in_transaction():
            await super().flush(objects)

    async def rows(self, statement: Statement, values: Mapping[str, Any]) -> list[Any]:
        """Run a statement and return its rows. A SELECT sees what entities have changed.

        What names many rows is planned anew (`kit.db.driver.is_long`).
        """
        if statement.reads:
            await self.flush()
        sent = statement.values(values)
        anew = any(map(driver.is_long, sent))
        with _translated():
            found = await driver.fetch(*self._on, statement.text, sent, anew=anew)
        return statement.rows(found)


@asynccontextmanager
async def writing(engine: AsyncEngine, merchant_id: UUID | None) -> AsyncIterator[Session]:
    """Give a session in one transaction: committed at the end, rolled back on any error.

    OutcomeUnknown: the connection was lost at COMMIT.
    """
    WANTED_MERCHANT.set(merchant_id)
    pool: Any = engine.sync_engine.pool
    pooled = await greenlet_spawn(pool.connect)
    try:
        async with _transaction(pooled, merchant_id):
            session = Session(engine, pooled)
            yield session
            if session.in_transaction():
                await session.commit()
                session.expunge_all()
    finally:
        pooled.close()


@asynccontextmanager
async def _transaction(
    pooled: PoolProxiedConnection, merchant_id: UUID | None
) -> AsyncIterator[None]:
    """Begin and end a transaction, inside a merchant's wall.

    A connection where that fails or is cancelled half-way is thrown away.
    """
    its: Any = pooled.dbapi_connection
    driving, is_whole = its.driver_connection, False
    own = f"SELECT set_merchant('{merchant_id}')" if merchant_id else "SELECT set_merchant(NULL)"
    its.autocommit = True
    try:
        with _translated():
            await driving.execute("BEGIN" if holds(pooled, merchant_id) else f"BEGIN; {own}")
            try:
                yield
            except Exception:
                with suppress(*DRIVERS):
                    await driving.execute("ROLLBACK")
                    is_whole = True
                raise
            await _commit(driving)
            is_whole = True
    finally:
        its.autocommit = False
        if not is_whole and pooled.is_valid:
            await asyncio.shield(greenlet_spawn(pooled.invalidate))


async def _commit(driving: Any) -> None:
    """Commit. OutcomeUnknown: it was sent, and instead of its answer the connection ended.

    The driver's other errors (DRIVERS) come before it sends anything.
    """
    try:
        await driving.execute("COMMIT")
    except PostgresError as error:
        if is_lost(error):
            raise OutcomeUnknown from error
        raise
