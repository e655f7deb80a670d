"""Who has a turn finds a connection: as many turns as connections, and each needs one at most."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from sqlalchemy import event

from kit.db.database import Database
from kit.limits import Bounds, Limits
from models.access.viewers import Actor
from resolvers.running.context import Terms
from server import application
from tests import make
from tests.conftest import PATIENT
from transport.serving import Serving

REGISTER = """
mutation ($input: DocumentsRegisterInput!) {
  documentsRegister(input: $input) { ids userErrors { code } }
}
"""
UPSERT = """
mutation ($input: ProductsUpsertInput!) {
  productsUpsert(input: $input) { results { status product { sku } } userErrors { code } }
}
"""
READ = "{ products(first: 250) { totalCount nodes { sku } } }"


class Opened:
    """Connections that a database has opened for the requests of companies and keys."""

    def __init__(self, database: Database) -> None:
        self.count = 0
        event.listen(database.engine.sync_engine, "connect", self._count)

    def _count(self, *_: object) -> None:
        self.count += 1


@asynccontextmanager
async def small(
    world: make.World, turns: int, limits: Limits = PATIENT
) -> AsyncIterator[tuple[httpx.AsyncClient, Opened]]:
    """Serve with few connections; give a client and what counts them."""
    database = Database(world.database.url, pool_size=turns, statement_s=PATIENT.statement)
    opened = Opened(database)
    bounds = Bounds(turns=turns, at_once=turns, waiting=1000)
    app = application(
        Serving(database, clock=world.clock, terms=Terms(limits=limits), bounds=bounds)
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="http://abruf", timeout=None
    ) as client:
        yield client, opened
    await database.close()


async def test_one_connection_is_enough_for_whatever_a_request_does(world: make.World) -> None:
    async with small(world, turns=1) as (client, opened):
        ask = make.Ask(client, world.token)
        (name,) = (await ask(REGISTER, input={"documents": [{"text": READ}]}))["documentsRegister"][
            "ids"
        ]
        made = await ask(UPSERT, input={"products": [{"sku": "BOLT", "name": "Bolt"}]})
        assert made["productsUpsert"]["results"][0]["status"] == "CREATED"
        assert opened.count == 1
    # Another process: it reads the document, asks the bucket, and then reads the products.
    async with small(world, turns=1) as (client, opened):
        headers = {"Authorization": f"Bearer {world.token}"}
        answer = await client.post("/graphql", json={"documentId": name}, headers=headers)
        assert answer.json()["data"]["products"]["totalCount"] == 1
        assert opened.count == 1


async def test_many_who_write_at_once_open_no_further_connections(world: make.World) -> None:
    tokens = [await world.key(Actor.STAFF) for _ in range(8)]
    async with small(world, turns=2) as (client, opened):

        async def write(place: int) -> str:
            ask = make.Ask(client, tokens[place % len(tokens)])
            held = {"products": [{"sku": f"SKU-{place}", "name": "Bolt"}]}
            return (await ask(UPSERT, input=held))["productsUpsert"]["results"][0]["status"]

        assert set(await asyncio.gather(*map(write, range(64)))) == {"CREATED"}
        assert opened.count <= 2
