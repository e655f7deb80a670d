"""Counting what is asked of the database, and how it answers."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from kit.db.database import Database
from kit.db.reads import Reads
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


async def plan_of(
    world: World, statement: str, values: Any, without: Sequence[str] = ()
) -> Mapping[str, Any]:
    """Run a statement as the server does, by a plan for whatever values, and return that plan.

    A value that PostgreSQL knows when it plans would show another plan than the one that is kept.
    without: ways that it takes where there are few rows alone.
    """
    reads = world.database.reading(world.merchant_id)
    await reads.texts(f"PREPARE measured AS {statement}", ())
    try:
        for way in without:
            await reads.texts(f"SET enable_{way} = off", ())
        literals = await _literals(reads, values)
        ((plan,),) = await reads.texts(f"{EXPLAIN}EXECUTE measured{literals}", ())
    finally:
        for way in without:
            await reads.texts(f"RESET enable_{way}", ())
        await reads.texts("DEALLOCATE measured", ())
        await reads.end()
    found: Mapping[str, Any] = plan[0]["Plan"]
    return found


async def _literals(reads: Reads, values: Sequence[Any]) -> str:
    """Return values as EXECUTE takes them: it has no parameters of its own."""
    if not values:
        return ""
    known = "SELECT parameter_types::text[] FROM pg_prepared_statements WHERE name = 'measured'"
    ((types,),) = await reads.texts(known, ())
    texts = (f"quote_nullable(${place}::{it}::text)" for place, it in enumerate(types, 1))
    (found,) = await reads.texts(f"SELECT {', '.join(texts)}", values)
    typed = (f"{text}::{it}" for text, it in zip(found, types, strict=True))
    return f"({', '.join(typed)})"


def looked_at(node: Mapping[str, Any]) -> float:
    """Return how many rows of tables a plan has looked at, also those that it left out."""
    left_out = ("Rows Removed by Filter", "Rows Removed by Index Recheck")
    rows = node.get("Actual Rows", 0) + sum(node.get(it, 0) for it in left_out)
    own = rows * node["Actual Loops"] if "Relation Name" in node else 0.0
    return own + sum(map(looked_at, node.get("Plans", ())))


def nodes(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a plan's node and all below it."""
    yield plan
    for each in plan.get("Plans", ()):
        yield from nodes(each)
