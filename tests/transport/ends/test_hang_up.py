"""A client that hangs up ends its work: its statement, its transaction, its place in line."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import text
from websockets.asyncio.client import connect

from kit.db.database import Database
from kit.limits import Bounds
from models.access.viewers import Actor
from resolvers.running.context import Terms
from server import application
from tests import make
from tests.conftest import PATIENT
from tests.make.running import locked_products
from tests.transport.serving import serving
from transport.serving import Serving

READ = "{ products(first: 1) { nodes { sku } } }"
UPSERT = """
mutation ($input: ProductsUpsertInput!) {
  productsUpsert(input: $input) { results { status } userErrors { message } }
}
"""
BOLT = {"products": [{"sku": "BOLT", "name": "Bolt"}], "idempotencyKey": "first"}
WAITING = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND wait_event_type = 'Lock'
"""
STEP_S = 0.01
"""Seconds between two looks at what must come."""


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """Wait for what must come; the test's own time limit ends it otherwise."""
    async with asyncio.timeout(60):
        while not await condition():  # noqa: ASYNC110 -- PostgreSQL tells only who asks.
            await asyncio.sleep(STEP_S)


class Host:
    """A served application over a database of its own."""

    def __init__(self, port: int, database: Database, world: make.World) -> None:
        self.port, self.database, self.world = port, database, world

    @asynccontextmanager
    async def sent(self, request: bytes) -> AsyncIterator[asyncio.StreamReader]:
        """Send a request on a connection of its own, which is closed at the end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request)
        try:
            yield reader
        finally:
            writer.close()
            await writer.wait_closed()

    def by(self, token: str) -> "Host":
        """Return the same for another token."""
        return Host(self.port, self.database, replace(self.world, token=token))

    def request(self, query: str, length: int | None = None, **variables: Any) -> bytes:
        """Return a request of HTTP. length: to announce instead of the true one."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        head = (
            "POST /graphql HTTP/1.1\r\nHost: abruf\r\nContent-Type: application/json\r\n"
            f"Authorization: Bearer {self.world.token}\r\nContent-Length: {length or len(body)}\r\n"
        )
        return f"{head}\r\n".encode() + body

    async def ask(self, query: str, **variables: Any) -> Any:
        """Ask and return the answer's body."""
        async with self.sent(self.request(query, **variables)) as reader:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length: ")[2].partition("\r\n")[0])
            return json.loads(await reader.readexactly(length))

    async def hang_up_while_waiting(self, query: str, **variables: Any) -> None:
        """Ask, see the statement wait for a lock, close the connection, see the statement end."""
        async with self.sent(self.request(query, **variables)):
            await until(lambda: self.waits(1))
        await until(lambda: self.waits(0))
        await until(self.is_idle)

    async def waits(self, statements: int) -> bool:
        async with self.world.database.engine.connect() as connection:
            return (await connection.execute(text(WAITING))).scalar_one() == statements

    async def is_idle(self) -> bool:
        return not any(it.pool.checkedout() for it in (self.database.engine, self.database.keyless))


@pytest.fixture
async def host(world: make.World, clock: make.Clock) -> AsyncIterator[Host]:
    database = Database(world.database.url, pool_size=3, statement_s=PATIENT.statement)
    bounds = Bounds(turns=3, at_once=1, waiting=1, body_seconds=1)
    terms = Terms(limits=PATIENT)
    app = application(Serving(database, clock=clock, terms=terms, bounds=bounds))
    async with serving(app) as port:
        yield Host(port, database, world)
    await database.close()


@pytest.mark.parametrize("query", [READ, f"{{ viewer {{ name }} {READ[1:]}"])
async def test_a_read_ends_with_its_client_and_its_statement(host: Host, query: str) -> None:
    async with locked_products(host.world.database):
        for _ in range(3):
            await host.hang_up_while_waiting(query)
    assert (await host.ask(READ))["data"] == {"products": {"nodes": []}}


async def test_a_mutation_that_is_cut_before_its_commit_leaves_nothing(host: Host) -> None:
    async with locked_products(host.world.database):
        await host.hang_up_while_waiting(UPSERT, input=BOLT)
    assert (await host.ask(READ))["data"] == {"products": {"nodes": []}}
    again = (await host.ask(UPSERT, input=BOLT))["data"]["productsUpsert"]
    assert again == {"results": [{"status": "CREATED"}], "userErrors": []}


async def test_a_mutation_whose_answer_was_not_read_is_told_by_its_idempotency_key(
    host: Host,
) -> None:
    async def is_there() -> bool:
        return bool((await host.ask(READ))["data"]["products"]["nodes"])

    async with host.sent(host.request(UPSERT, input=BOLT)):
        await until(is_there)
    again = (await host.ask(UPSERT, input=BOLT))["data"]["productsUpsert"]
    assert again == {"results": [{"status": "CREATED"}], "userErrors": []}


async def test_a_body_that_does_not_arrive_is_given_up(host: Host) -> None:
    async with host.sent(host.request(READ, length=100_000)) as reader:
        answer = await reader.read()
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert b'"code":"BAD_USER_INPUT"' in answer
    assert (await host.ask(READ))["data"] == {"products": {"nodes": []}}


async def test_a_client_that_leaves_during_its_body_frees_its_turn(host: Host) -> None:
    async with host.sent(host.request(READ, length=100_000)):
        pass
    assert (await host.ask(READ))["data"] == {"products": {"nodes": []}}


async def test_a_key_that_asks_without_end_leaves_connections_to_others(host: Host) -> None:
    other = host.by(await host.world.key(Actor.STAFF))
    async with locked_products(host.world.database), AsyncExitStack() as attack:
        for _ in range(6):
            await attack.enter_async_context(host.sent(host.request(READ)))
        await until(lambda: host.waits(1))
        answer = await other.ask("{ orders(first: 1) { totalCount } }")
        assert answer["data"] == {"orders": {"totalCount": 0}}
        assert await host.waits(1)


async def test_a_socket_that_asks_without_end_leaves_connections_to_others(host: Host) -> None:
    other = host.by(await host.world.key(Actor.STAFF))
    url, protocols = f"ws://127.0.0.1:{host.port}/graphql", ["graphql-transport-ws"]
    async with (
        locked_products(host.world.database),
        connect(url, subprotocols=protocols) as socket,
    ):
        await socket.send(
            json.dumps({"type": "connection_init", "payload": {"token": host.world.token}})
        )
        assert json.loads(await socket.recv())["type"] == "connection_ack"
        for number in range(6):
            wanted = {"id": str(number), "type": "subscribe", "payload": {"query": READ}}
            await socket.send(json.dumps(wanted))
        await until(lambda: host.waits(1))
        answer = await other.ask("{ orders(first: 1) { totalCount } }")
        assert answer["data"] == {"orders": {"totalCount": 0}}
        assert await host.waits(1)
