"""Statements that are compiled already go straight to the driver, past SQLAlchemy's layers.

A pooled connection, a statement and its values are all that asyncpg needs. What SQLAlchemy would
add (its cursor, its result, a greenlet for each call) costs several times what the driver does.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.pool import PoolProxiedConnection

CACHES: dict[str, Any] = {
    "max_cached_statement_lifetime": 0,
    "max_cacheable_statement_size": 16 * 1024,
}
"""asyncpg keeps its usual hundred statements prepared on each connection, for as long as it lasts.

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
