"""The dataset by COPY, in one transaction, into the project's own tables."""

import io
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

import asyncpg

from bench.data.contracts import contracts
from bench.data.merchants import PREFIX, START, Merchant
from bench.data.orders import orders
from bench.data.rows import COLUMNS, Row, text
from bench.progress import Progress

_AT_ONCE = 50_000
"""Rows that are held in memory."""
_SECRET = r"\\x" + 32 * "00"
"""Signs nothing here; bytes as COPY has them."""
_KEYS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE (conrelid = ANY($1::text[]::regclass[]) OR confrelid = ANY($1::text[]::regclass[]))
    AND contype = $2 ORDER BY conname
"""
"""Of the tables, and of others that point at them: at more than their primary keys, too."""
_FORCED = """
SELECT oid::regclass::text FROM pg_class
WHERE oid = ANY($1::text[]::regclass[]) AND relforcerowsecurity
"""
_INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = ANY($1::text[]::regclass[])
    AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid) ORDER BY 1
"""


async def fill(url: str, merchants: Sequence[Merchant]) -> None:
    """Load the merchants as the owner of the tables, all or nothing.

    url: as asyncpg takes it. COPY is refused where row-level security binds, so the owner is
    exempt until the end of the transaction, which nobody else sees. Foreign keys, unique
    constraints and indexes are made anew when the rows are there: much faster, checks as much.
    """
    connection = await asyncpg.connect(url)
    try:
        async with connection.transaction(), _unhindered(connection):
            progress = Progress("Loading", len(merchants))
            for merchant in merchants:
                await _copy(connection, _rows(merchant))
                progress.step()
        await connection.execute("VACUUM ANALYZE")
    finally:
        await connection.close()


@asynccontextmanager
async def _unhindered(connection: Any) -> AsyncIterator[None]:
    tables = list(COLUMNS)
    forced = [name for (name,) in await connection.fetch(_FORCED, tables)]
    foreign, unique = [await connection.fetch(_KEYS, tables, kind) for kind in (b"f", b"u")]
    indexes = await connection.fetch(_INDEXES, tables)
    away = [f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY" for table in forced]
    away += [f"ALTER TABLE {of} DROP CONSTRAINT {name}" for of, name, _ in (*foreign, *unique)]
    away += [f"DROP INDEX {name}" for name, _ in indexes]
    await connection.execute(";".join(away))
    yield
    back = [definition for _, definition in indexes]
    keys = (*unique, *foreign)
    back += [f"ALTER TABLE {of} ADD CONSTRAINT {name} {what}" for of, name, what in keys]
    back += [f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY" for table in forced]
    await connection.execute("SET LOCAL maintenance_work_mem = '256MB'")
    progress = Progress("Indexing", len(back))
    for statement in back:
        await connection.execute(statement)
        progress.step()


def _rows(merchant: Merchant) -> Iterator[Row]:
    yield "merchants", (merchant.id, merchant.slug, merchant.slug, PREFIX, START)
    yield "merchant_secrets", (merchant.id, merchant.id, _SECRET)
    yield from merchant.rows()
    agreed = contracts(merchant)
    yield from orders(merchant, agreed)
    for contract in agreed:
        yield from contract.rows()


async def _copy(connection: Any, rows: Iterator[Row]) -> None:
    table_of = itemgetter(0)
    while some := sorted(islice(rows, _AT_ONCE), key=table_of):
        for table, its in groupby(some, table_of):
            lines = "".join(f"{text(values)}\n" for _, values in its)
            source = io.BytesIO(lines.encode())
            await connection.copy_to_table(table, source=source, columns=COLUMNS[table])
