"""Numbers of the benchmark's data, over all merchants."""

import asyncpg

from bench.data import Size, plain
from kit.embedded import Server

SIZE = Size(merchants=2, orders=100)
CONTRACTS = 2
"""Of each merchant."""


async def count(server: Server, statement: str) -> int:
    """Ask for a number as each merchant and add them."""
    connection = await asyncpg.connect(plain(server.owner_url))
    try:
        found = 0
        for merchant in await connection.fetch("SELECT id FROM merchants"):
            chosen = "SELECT set_config('app.merchant', $1, false)"
            await connection.execute(chosen, str(merchant["id"]))
            found += await connection.fetchval(statement)
        return found
    finally:
        await connection.close()
