"""What PostgreSQL keeps prepared for a connection, and of what it has planned, is bounded."""

import json
from collections.abc import AsyncIterator, Callable
from decimal import Decimal

import pytest
from asyncpg import DivisionByZeroError, InvalidSQLStatementNameError
from sqlalchemy import text

from kit.db import driver
from kit.db.database import Database
from kit.db.driver import LONGEST_KEPT, PREPARED, RENEWED, weight

KEPT = "SELECT coalesce(json_agg(statement), '[]')::text FROM pg_prepared_statements"
EMPTY = "SELECT '[]'::text --"


@pytest.fixture
async def database(database_url: str, as_app: Callable[[str], str]) -> AsyncIterator[Database]:
    """Give connections of their own: others keep what was prepared on them before."""
    database = Database(as_app(database_url), pool_size=1)
    yield database
    await database.close()


async def ask(database: Database, *statements: str) -> list[str]:
    """Return what an operation reads that sends them."""
    reads = database.reading(None)
    try:
        return [(await reads.texts(it, ()))[0][0] for it in statements]
    finally:
        await reads.end()


async def test_a_long_statement_is_not_kept_prepared(database: Database) -> None:
    short, long = (EMPTY.ljust(length, "-") for length in (LONGEST_KEPT // 2, LONGEST_KEPT + 1))
    *_, kept = await ask(database, short, long, KEPT)
    assert short in json.loads(kept)
    assert long not in json.loads(kept)


@pytest.mark.parametrize("begun", [EMPTY, "SELECT (1 / 0)::text --"])
async def test_nothing_of_a_long_statement_stays_until_the_next_one(
    database: Database, begun: str
) -> None:
    """PostgreSQL keeps one statement without a name, which another such would find."""
    async with database.engine.connect() as connection:
        pooled, sync = await connection.get_raw_connection(), database.engine.sync_engine
        unnamed = await pooled.driver_connection.prepare(EMPTY, name="")
        assert len(await unnamed.fetch()) == 1
        try:
            await driver.fetch(sync, pooled, begun.ljust(LONGEST_KEPT + 1, "-"), ())
        except DivisionByZeroError:
            assert begun != EMPTY
        with pytest.raises(InvalidSQLStatementNameError):
            await unnamed.fetch()


async def test_a_connection_is_replaced_after_long_statements(database: Database) -> None:
    backend, long = "SELECT pg_backend_pid()::text", EMPTY.ljust(RENEWED // 2, "-")
    first, _, second = await ask(database, backend, long, backend)
    third, _, fourth = await ask(database, backend, long, backend)
    (fifth,) = await ask(database, backend)
    _, _, sixth = await ask(database, long, long, backend)
    (seventh,) = await ask(database, backend)
    assert first == second == third == fourth == fifth == sixth != seventh


async def test_no_more_is_kept_prepared_than_weighs_so_much(database: Database) -> None:
    """Whatever texts come: the latest are there, and what is forgotten is none of PostgreSQL's."""
    joins = "".join(f" CROSS JOIN (SELECT) AS t{it}" for it in range(9))
    texts = [f"SELECT '{it}'::text FROM (SELECT) AS t{joins}" for it in range(30)]
    assert await ask(database, *texts) == [str(it) for it in range(30)]
    kept = json.loads((await ask(database, KEPT))[0])
    assert PREPARED - 2 * weight(texts[0]) <= sum(map(weight, kept)) <= PREPARED
    assert texts[0] not in kept
    assert {*texts[-10:]} <= {*kept}


async def test_what_sqlalchemy_prepares_is_within_the_same_bound(database: Database) -> None:
    length = LONGEST_KEPT - 1
    async with database.engine.connect() as connection:
        for number in range(2 * PREPARED // length):
            await connection.execute(text(f"SELECT '{number}' /*".ljust(length - 2, "-") + "*/"))
        ((kept,),) = (await connection.execute(text(KEPT))).all()
    assert sum(map(weight, json.loads(kept))) <= PREPARED


def test_what_a_statement_weighs() -> None:
    assert weight("SELECT 1") == 8
    assert weight("SELECT 1 FROM a LEFT OUTER JOIN b ON true") == 2_041


async def test_a_number_that_is_read_often_is_held_once(database: Database) -> None:
    """By SQLAlchemy as past it; it is what was written, with all of its zeros."""
    select = "SELECT n::numeric, ARRAY[n::numeric] FROM unnest(ARRAY{}) AS n".format(
        ["1.5000", "-0.10", "NaN", "100000000000000000000.00", "0"] * 2
    )
    async with database.engine.connect() as connection:
        pooled = await connection.get_raw_connection()
        rows = [*await pooled.driver_connection.fetch(select)]
        rows += (await connection.execute(text(select))).all()
        sent = "SELECT $1::numeric, $2::numeric[]"
        exact = Decimal("0.30"), [Decimal("1E+3"), None, 7]
        assert (await pooled.driver_connection.fetchrow(sent, *exact)) == exact
    numbers = [number for number, _ in rows] + [number for _, (number,) in rows]
    assert {*map(str, numbers)} == {"1.5000", "-0.10", "NaN", "1" + "0" * 20 + ".00", "0"}
    assert len({*map(id, numbers)}) == 5
