"""Counting what is asked of the database, and how it answers."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from kit.db.database import Database
from tests.make import Walled, World

EXPLAIN = "EXPLAIN (ANALYZE, TIMING off, FORMAT json) "


@contextmanager
def statements(database: Database) -> Iterator[list[str]]:
    """Collect what is asked without a merchant."""
    seen: list[str] = []

    def note(_c: object, _k: object, statement: str, *_: object) -> None:
        seen.append(statement)

    engine = database.keyless.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        event.remove(engine, "before_cursor_execute", note)


@contextmanager
def sent(database: Walled) -> Iterator[list[tuple[str, Any]]]:
    """Collect what is sent, with its values."""
    found: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, values: Any, *_others: Any) -> None:
        found.append((statement, values))

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


async def plan_of(world: World, statement: str, values: Any) -> Mapping[str, Any]:
    """Return the plan of a statement that is run for it."""
    reads = world.database.reading(world.merchant_id)
    ((plan,),) = await reads.texts(EXPLAIN + statement, values)
    await reads.end()
    found: Mapping[str, Any] = plan[0]["Plan"]
    return found


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a plan's node and all below it."""
    yield plan
    for each in plan.get("Plans", ()):
        yield from nodes(each)
