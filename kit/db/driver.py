"""Statements that are compiled already go straight to the driver, past SQLAlchemy's layers.

A pooled connection, a statement and its values are all that asyncpg needs. What SQLAlchemy would
add (its cursor, its result, a greenlet for each call) costs several times what the driver does.
"""

from collections.abc import Sequence
from contextlib import suppress
from decimal import Decimal
from functools import lru_cache
from typing import Any

import asyncpg
from asyncpg.connection import _StatementCache
from sqlalchemy import Engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from kit.db.arriving import Reception
from kit.db.lost import DRIVERS

LONGEST_KEPT = 16 * 1024
"""Characters of a statement that is kept prepared: what clients ask again and again has a third of
that. PostgreSQL's plans of a hundred longer ones would take hundreds of megabytes."""
PREPARED = 160 * 1024
"""What the statements that are kept prepared on a connection weigh together."""
RENEWED = 64 * 1024
"""Characters of longer statements together, after which a connection is replaced: what PostgreSQL
takes to plan one of 110 kB leaves its backend 9 MB larger, though it is free."""
MANY = 50
"""Items of a list that is long."""
NUMERIC = 1700
"""PostgreSQL's number of the type numeric."""
_OF_A_TABLE, _LONG = 1_000, "long"
_number = lru_cache(4_096)(Decimal)


@lru_cache(512)
def weight(statement: str) -> int:
    """Return by how much a statement that is kept prepared fills PostgreSQL's memory.

    Its tree and its plan are 30 bytes for each of it, 50 at most, as was measured of 184 statements
    of all kinds of actors: a table that it reads takes as much as a thousand characters.
    """
    tables = statement.count("FROM ") + statement.count("JOIN ")
    return len(statement) + _OF_A_TABLE * tables


class _Prepared(_StatementCache):  # type: ignore[misc]
    """Forgets what was asked longest ago where there are too many statements, or too heavy ones."""

    __slots__ = ()

    def _maybe_cleanup(self) -> None:
        super()._maybe_cleanup()
        while sum(weight(text) for text, *_ in self._entries) > PREPARED:
            oldest = self._entries.pop(next(iter(self._entries)))
            self._on_remove(oldest._statement)  # noqa: SLF001 -- as the cache itself does.


class BoundedConnection(asyncpg.Connection):  # type: ignore[misc]
    """A connection whose prepared statements are bounded by their weight, too.

    Numbers come as texts, of which each is one object however often it is read: most quantities of
    six thousand lines are the same few, and would take 100 bytes each time.
    """

    __slots__ = ("arriving",)

    def __init__(self, protocol: Any, transport: Any, *about: Any) -> None:
        """Take what asyncpg gives."""
        super().__init__(protocol, transport, *about)
        self.arriving = Reception(protocol, transport)
        self._stmt_cache.__class__ = _Prepared
        # What `set_type_codec` does once it has asked the database for the type's number.
        self._protocol.get_settings().add_python_codec(
            NUMERIC, "numeric", "pg_catalog", [], "scalar", str, _number, "text"
        )

    async def _prepare(self, query: str, **more: Any) -> Any:
        """Keep what SQLAlchemy prepares beside all else, within the same bound."""
        return await super()._prepare(query, **{"use_cache": True, **more})


CACHES: dict[str, Any] = {
    "max_cached_statement_lifetime": 0,
    "max_cacheable_statement_size": LONGEST_KEPT,
    "connection_class": BoundedConnection,
    # SQLAlchemy's own would keep a hundred more on each connection, however long they are.
    "prepared_statement_cache_size": 0,
}
"""asyncpg keeps its usual hundred statements prepared on each connection, for as long as it lasts,
and no more of them than `PREPARED`; one above `LONGEST_KEPT` is prepared for one time only."""


def arriving(pooled: PoolProxiedConnection) -> Reception:
    """Return what counts what comes over a connection."""
    connection: Any = pooled.driver_connection
    found: Reception = connection.arriving
    return found


async def fetch(
    engine: Engine,
    pooled: PoolProxiedConnection,
    statement: str,
    values: Sequence[Any],
    *,
    anew: bool = False,
) -> list[Any]:
    """Run one statement and return all of its rows. Raises the driver's own errors.

    anew: by a plan of its own, which is not kept.

    Whoever watches the engine's statements (`before_cursor_execute`) meets these too, with the
    engine as the connection, and without a cursor.
    """
    watches: Any = engine.dispatch.before_cursor_execute
    for watch in watches:
        statement, values = watch(engine, None, statement, values, None, False)  # noqa: FBT003 -- so they are called.
    driver: Any = pooled.driver_connection
    if len(statement) > LONGEST_KEPT:
        pooled.info[_LONG] = pooled.info.get(_LONG, 0) + len(statement)
        anew = True
    if anew:
        return await _fetch_once(driver, statement, values)
    return await driver.fetch(statement, *values)  # type: ignore[no-any-return]


async def _fetch_once(driver: Any, statement: str, values: Sequence[Any]) -> list[Any]:
    """Let PostgreSQL forget the statement after it: without name it is kept until the next such.

    The plan of 60 kB takes 17 MB. Any message of the simple protocol does it, also in a transaction
    that has failed.
    """
    try:
        prepared = await driver._prepare(statement, name="", use_cache=False)  # noqa: SLF001 -- asyncpg's `fetch` keeps what is short.
        rows: list[Any] = await prepared.fetch(*values)
    except asyncpg.PostgresError:
        with suppress(*DRIVERS):
            await driver.execute("SELECT")
        raise
    await driver.execute("SELECT")
    return rows


def is_long(value: object) -> bool:
    """Tell whether a value names many rows, so that a statement takes longer than its plan.

    A plan that is kept was made for the tables as they were: PostgreSQL takes any index for as good
    in one that holds next to nothing, and keeps to it until somebody analyses the table. Whoever
    looks for many rows by such a plan looks at all of them for each.
    """
    if isinstance(value, str):
        return len(value) > LONGEST_KEPT
    return isinstance(value, list) and len(value) > MANY


def renew(_connection: Any, record: ConnectionPoolEntry) -> None:
    """Replace a connection that is given back after enough long statements."""
    if record.info.get(_LONG, 0) > RENEWED:
        record.invalidate()
