"""What a merchant's tables hold, to see that nothing was written but what asking costs."""

from sqlalchemy import text

from tests.guard import TENANT_TABLES
from tests.make import World

_DIGESTS = " UNION ALL ".join(
    f"SELECT '{table}', count(*), md5(string_agg(it::text, '|' ORDER BY it.id))"
    f" FROM {table} AS it WHERE it.merchant_id = :merchant"
    for table in TENANT_TABLES
    if table != "cost_buckets"
)


async def digests(world: World) -> dict[str, tuple[int, str | None]]:
    """Return table -> how many rows the merchant has in it, and a digest of all that they hold."""
    async with world.database.writing(world.merchant_id) as session:
        rows = await session.execute(text(_DIGESTS), {"merchant": world.merchant_id})
        return {table: (count, digest) for table, count, digest in rows}


_TEXTS = " UNION ALL ".join(
    f"SELECT it::text FROM {table} AS it WHERE it.merchant_id = :merchant"
    for table in (*TENANT_TABLES, "api_keys")
)


async def every_text(world: World) -> str:
    """Return everything that the merchant's rows hold, as text."""
    async with world.database.writing(world.merchant_id) as session:
        rows = await session.execute(text(_TEXTS), {"merchant": world.merchant_id})
        return "\n".join(row for (row,) in rows)
