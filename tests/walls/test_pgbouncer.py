"""Two merchants over two server connections of Debian's PgBouncer in transaction mode."""

import asyncio
import json
import signal

import httpx
import pytest
from sqlalchemy import text

from kit.db.database import Database
from server import application
from tests import make
from tests.operating.called import started
from transport.serving import Serving

UPSERT = """
mutation ($input: ProductsUpsertInput!) {
  productsUpsert(input: $input) { results { status } userErrors { message } }
}
"""
SKUS = "{ products(first: 250) { nodes { sku } } }"
UNSCOPED = text("SELECT merchant_id, sku FROM products")
EACH = 50


@pytest.fixture
async def through(pgbouncer):
    """Give the database through PgBouncer, without the guard of statements."""
    through = Database(pgbouncer, pooler=True)
    yield through
    await through.close()


async def test_two_merchants_never_meet(through, database, clock):
    worlds = [await make.world(database, clock) for _ in range(2)]
    seen = []

    async def write(client, world, number):
        product = {"sku": f"{world.merchant_id}-{number}", "name": "Nut"}
        done = await make.Ask(client, world.token)(UPSERT, input={"products": [product]})
        assert done["productsUpsert"]["results"] == [{"status": "CREATED"}]

    async def read(client, world, number):
        if number % 2:
            found = await make.Ask(client, world.token)(SKUS)
            seen.extend((world, it["sku"]) for it in found["products"]["nodes"])
            return
        reads = through.reading(world.merchant_id)
        seen.extend((world, sku) for _, sku in await reads.rows(UNSCOPED))
        await reads.close()

    transport = httpx.ASGITransport(application(Serving(through, clock=clock)))
    async with httpx.AsyncClient(transport=transport, base_url="http://abruf") as client:
        await asyncio.gather(
            *(act(client, it, n) for n in range(EACH) for it in worlds for act in (write, read))
        )
        for world in worlds:
            found = await make.Ask(client, world.token)(SKUS)
            assert len(found["products"]["nodes"]) == EACH
    assert seen
    assert [sku for world, sku in seen if not sku.startswith(str(world.merchant_id))] == []


async def test_an_error_leaves_the_rest_of_the_operation_usable(through):
    reads = through.reading(None)
    with pytest.raises(Exception, match="division by zero"):
        await reads.rows(text("SELECT 1 / 0"))
    assert (await reads.rows(text("SELECT 1")))[0][0] == 1
    await reads.close()


async def test_what_is_done_unasked_goes_through_it_without_an_owner(pgbouncer, world, tmp_path):
    del world
    pooled = {"ABRUF_DATABASE_URL": pgbouncer, "ABRUF_POOLER": "transaction"}
    worker = await started(tmp_path, "worker", **pooled)
    assert json.loads(await worker.stderr.readline())["message"] == "worker started"
    worker.send_signal(signal.SIGTERM)
    await worker.communicate()
    assert worker.returncode == 0
