"""Statements that are compiled already go straight to the driver, past SQLAlchemy's layers.

A pooled connection, a statement and its values are all that asyncpg needs. What SQLAlchemy would
add (its cursor, its result, a greenlet for each call) costs several times what the driver does.
"""

from collections.abc import Sequence
from typing import Any

import asyncpg
from asyncpg.connection import _StatementCache
from sqlalchemy import Engine
from sqlalchemy.pool import PoolProxiedConnection

PREPARED = 128 * 1024
"""Characters of statements that are kept prepared on a connection. PostgreSQL takes a hundred
times as many bytes for their plans, and more for those of buyers."""


class _Prepared(_StatementCache):  # type: ignore[misc]
    """Forgets what was asked longest ago where there are too many statements, or too long ones."""

    __slots__ = ()

    def _maybe_cleanup(self) -> None:
        super()._maybe_cleanup()
        while sum(len(text) for text, *_ in self._entries) > PREPARED:
            oldest = self._entries.pop(next(iter(self._entries)))
            self._on_remove(oldest._statement)  # noqa: SLF001 -- as the cache itself does.


class BoundedConnection(asyncpg.Connection):  # type: ignore[misc]
    """A connection whose prepared statements are bounded by their length, too."""

    __slots__ = ()

    def __init__(self, *about: Any) -> None:
        """Take what asyncpg gives."""
        super().__init__(*about)
        self._stmt_cache.__class__ = _Prepared


CACHES: dict[str, Any] = {
    "max_cached_statement_lifetime": 0,
    "max_cacheable_statement_size": 16 * 1024,
    "connection_class": BoundedConnection,
}
"""asyncpg keeps its usual hundred statements prepared on each connection, for as long as it lasts,
and no more of them than `PREPARED`.

Characters of a text: what clients ask again and again has a third of that. A longer one is
prepared for one time only; PostgreSQL's plans of a hundred such would take hundreds of megabytes.
"""


async def fetch(
    engine: Engine, pooled: PoolProxiedConnection, statement: str, values: Sequence[Any]
) -> list[Any]:
    """Run one statement and return all of its rows. Raises the driver's own errors.

    Whoever watches the engine's statements (`before_cursor_execute`) meets these too, with the
    engine as the connection, and without a cursor.
    """
    watches: Any = engine.dispatch.before_cursor_execute
    for watch in watches:
        statement, values = watch(engine, None, statement, values, None, False)  # noqa: FBT003 -- so they are called.
    driver: Any = pooled.driver_connection
    rows: list[Any] = await driver.fetch(statement, *values)
    return rows
