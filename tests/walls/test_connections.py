"""A pooled connection shows the merchant for whom it is used now, whatever happened before."""

import asyncio
import random
from itertools import count
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kit.db.database import BehindPoolerError, Database
from kit.ids import new_id

SHOWN = text("SELECT nullif(current_setting('app.merchant', true), '')::uuid")
SLOW = text("SELECT pg_sleep(30)")
WRONG = text("SELECT 1 / 0")
HOLD = text("SELECT set_config('app.merchant', :merchant, false)")
OWN_PROCESS = text("SELECT pg_backend_pid()")
END = text("SELECT pg_terminate_backend(:process, 5000)")
ONE = 1
MERCHANTS = [new_id() for _ in range(3)]


@pytest.fixture
async def few(database):
    """Give a database with at most two connections for each of its pools."""
    few = Database(database.url, pool_size=ONE)
    yield few
    await few.close()


async def shown(database: Database, merchant_id: UUID | None) -> UUID | None:
    """Return the merchant that a read connection shows."""
    reads = database.reading(merchant_id)
    try:
        return (await reads.rows(SHOWN))[0][0]
    finally:
        await reads.close()


async def _read(database: Database, merchant_id: UUID | None) -> None:
    assert await shown(database, merchant_id) == merchant_id


async def _write(database: Database, merchant_id: UUID | None) -> None:
    async with database.writing(merchant_id) as session:
        assert await session.scalar(SHOWN) == merchant_id


async def _fail_reading(database: Database, merchant_id: UUID | None) -> None:
    reads = database.reading(merchant_id)
    with pytest.raises(DBAPIError):
        await reads.rows(WRONG)
    assert (await reads.rows(SHOWN))[0][0] == merchant_id
    await reads.close()


async def _fail_writing(database: Database, merchant_id: UUID | None) -> None:
    with pytest.raises(DBAPIError):
        async with database.writing(merchant_id) as session:
            await session.execute(WRONG)


async def _give_up(database: Database, merchant_id: UUID | None) -> None:
    reads = database.reading(merchant_id)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await reads.rows(SLOW)
    assert (await reads.rows(SHOWN))[0][0] == merchant_id
    await reads.close()


async def test_two_connections_serve_many_merchants_in_any_order(few):
    order = random.Random(7)
    acts = [_read, _read, _read, _write, _fail_reading, _fail_writing, _give_up]
    await asyncio.gather(
        *(order.choice(acts)(few, order.choice([*MERCHANTS, None])) for _ in range(300))
    )


@pytest.mark.parametrize("act", [_read, _write])
async def test_it_may_be_cancelled_at_any_point(few, act):
    """Cancel after one turn of the loop, after two, and so on, until it is done before that."""
    for turns in count(1):
        mine, other = MERCHANTS[turns % 2], MERCHANTS[1 - turns % 2]
        doing = asyncio.create_task(act(few, mine))
        for _ in range(turns):
            await asyncio.sleep(0)
        done = doing.done()
        doing.cancel()
        await asyncio.wait([doing])
        await _read(few, other)
        if done:
            break
    assert turns > 3


async def test_an_operation_whose_connection_is_lost_goes_on_inside_its_wall(few):
    mine, other = MERCHANTS[:2]
    reads = few.reading(mine)
    process = (await reads.rows(OWN_PROCESS))[0][0]
    async with few.engine.connect() as connection:
        await connection.execute(END, {"process": process})
        await connection.execute(HOLD, {"merchant": str(other)})
        connection.sync_connection.info["merchant"] = other
        await connection.commit()
    assert (await reads.rows(SHOWN))[0][0] == mine
    await reads.close()


@pytest.mark.parametrize("act", [_read, _write])
async def test_a_connection_that_was_lost_while_idle_is_replaced(few, database, act):
    async with few.writing(MERCHANTS[0]) as session:
        process = await session.scalar(OWN_PROCESS)
    async with database.engine.connect() as connection:
        await connection.execute(END, {"process": process})
    await act(few, MERCHANTS[0])


async def test_a_transaction_of_no_merchant_shows_none(few):
    await _read(few, MERCHANTS[0])
    await _write(few, None)
    await _read(few, MERCHANTS[0])


async def test_a_transactions_merchant_ends_with_it(few):
    await _write(few, MERCHANTS[0])
    async with few.engine.connect() as connection:
        assert await connection.scalar(SHOWN) is None


async def test_a_connection_through_a_pooler_is_refused_unless_told(pgbouncer):
    through = Database(pgbouncer)
    with pytest.raises(BehindPoolerError, match="ABRUF_POOLER=transaction"):
        await shown(through, MERCHANTS[0])
    await through.close()
