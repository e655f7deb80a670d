"""What each table holds, in numbers that two databases can be compared by."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

_TABLES = """
SELECT relname, EXISTS (
    SELECT FROM pg_attribute WHERE attrelid = pg_class.oid AND attname = 'merchant_id'
) AS walled
FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY relname
"""
PASSING = ("cost_buckets",)
"""Tables of what counts for the moment only: a backup holds them empty."""
_READ_ALIKE = """
SET LOCAL statement_timeout = 0; SET LOCAL timezone = 'UTC'; SET LOCAL datestyle = 'ISO';
SET LOCAL extra_float_digits = 1; SET LOCAL bytea_output = 'hex';
SET LOCAL intervalstyle = 'postgres'
"""
_COUNTED = "SELECT count(*), coalesce(sum(hashtextextended(it::text, 0)), 0) FROM {} AS it WHERE {}"
_EVERY = "SELECT id FROM merchants"


@dataclass(frozen=True)
class TableCount:
    """The rows of a table, and a sum over all that stands in them, in whatever order."""

    rows: int
    checksum: int

    def __add__(self, other: "TableCount") -> "TableCount":
        return TableCount(self.rows + other.rows, self.checksum + other.checksum)


async def counts(connection: AsyncConnection, *, walled: bool) -> dict[str, TableCount]:
    """Count every table in the connection's transaction.

    walled: whether row-level security binds who reads, so that each merchant's rows are read alone.
    """
    for each in _READ_ALIKE.split(";"):
        await connection.execute(text(each))
    listed = (await connection.execute(text(_TABLES))).all()
    tables = [it for it in listed if it.relname not in PASSING]
    found: dict[str, TableCount] = {}
    for name, _ in (it for it in tables if not (walled and it.walled)):
        found[name] = await _count(connection, name)
    if walled:
        behind = [it.relname for it in tables if it.walled]
        found |= dict.fromkeys(behind, TableCount(0, 0))
        for merchant in (await connection.scalars(text(_EVERY))).all():
            await connection.execute(text("SELECT set_merchant(:it)"), {"it": merchant})
            for name in behind:
                found[name] += await _count(connection, name, merchant)
    return found


async def _count(connection: AsyncConnection, table: str, merchant: Any = None) -> TableCount:
    """Count the rows of a table. table: as the catalogue calls it."""
    condition = "true" if merchant is None else "merchant_id = :merchant"
    statement = text(_COUNTED.format(table, condition))
    row = (await connection.execute(statement, {"merchant": merchant} if merchant else {})).one()
    return TableCount(int(row[0]), int(row[1]))


def differing(expected: dict[str, TableCount], found: dict[str, TableCount]) -> Iterable[str]:
    """Say in a line for each table in what they differ."""
    nothing = TableCount(0, 0)
    for table in sorted({*expected, *found}):
        wanted, there = expected.get(table, nothing), found.get(table, nothing)
        if wanted.rows != there.rows:
            yield f"{table}: {there.rows} rows of {wanted.rows}"
        elif wanted != there:
            yield f"{table}: other contents"
