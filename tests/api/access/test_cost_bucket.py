"""A key spends points from one bucket, whichever process it asks, and no other key's."""

import asyncio
import math
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, event, select

from commands.access.keys import operate as keys
from kit.db.database import Database
from kit.limits import Limits
from models.access.buckets import CostBucket
from models.access.viewers import Actor, Viewer
from resolvers.running.buckets import KEYS, Buckets
from resolvers.running.context import Context, Terms
from resolvers.running.process import Process
from schema.schema import schema
from server import application
from tests import make
from tests.make.master import parties as make_parties
from tests.make.running import do_due, staff
from tests.make.trade import orders
from transport.http.accepted import GRAPHQL_JSON
from transport.serving import Serving
from workers.access.buckets import FORGET_BUCKETS

LIMITS = Limits(bucket=100, restore=10, deadline=120, statement=60, unpaid=60_000, effort=60_000)
CHUNK = 10
"""Points that a process takes out of such a bucket at a time."""
CHEAP = "{ viewer { name } }"
PAGE = """
query ($n: Int!) {
  parties(first: $n) { nodes { name contacts { name } orders(first: 1) { totalCount } } }
}
"""
LINES = "query ($id: ID!) { order(id: $id) { lines { id } } }"
UPSERT = """
mutation ($input: ProductsUpsertInput!) {
  productsUpsert(input: $input) { results { status } userErrors { code } }
}
"""


@pytest.fixture
async def processes(
    database: make.Walled, clock: make.Clock
) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Two applications, each with connections of its own to the same PostgreSQL."""
    async with applications(database.url, clock, [None, None]) as clients:
        yield clients


@asynccontextmanager
async def applications(
    url: str, clock: make.Clock, buckets: Sequence[Buckets | None]
) -> AsyncIterator[list[httpx.AsyncClient]]:
    """Give a client of an application with connections of its own for each of the buckets."""
    databases = [Database(url, statement_s=60) for _ in buckets]
    terms = Terms(limits=LIMITS)
    apps = [
        application(Serving(database, clock=clock, terms=terms, buckets=each))
        for database, each in zip(databases, buckets, strict=True)
    ]
    yield [
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app),
            base_url="http://abruf",
            headers={"Accept": GRAPHQL_JSON},
        )
        for app in apps
    ]
    for each in databases:
        await each.close()


async def sent(
    client: httpx.AsyncClient, token: str, query: str = CHEAP, **variables: Any
) -> httpx.Response:
    body = {"query": query, "variables": variables}
    return await client.post("/graphql", json=body, headers={"Authorization": f"Bearer {token}"})


def cost(answer: httpx.Response) -> dict[str, Any]:
    found: dict[str, Any] = answer.json()["extensions"]["cost"]
    return found


@contextmanager
def taken() -> Iterator[list[str]]:
    """Collect the statements on buckets."""
    statements: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_others: Any) -> None:
        if "cost_buckets" in statement:
            statements.append(statement)

    event.listen(Engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", note)


@contextmanager
def failing() -> Iterator[None]:
    """Let every statement on buckets fail in PostgreSQL."""

    def spoil(_connection: Any, _cursor: Any, statement: str, *remaining: Any) -> tuple[str, Any]:
        return statement.replace("cost_buckets", "no_buckets"), remaining[0]

    event.listen(Engine, "before_cursor_execute", spoil, retval=True)
    try:
        yield
    finally:
        event.remove(Engine, "before_cursor_execute", spoil)


async def test_every_answer_tells_what_it_cost_and_what_is_left(processes, world) -> None:
    first, _ = processes
    assert cost(await sent(first, world.token)) == {
        "requestedQueryCost": 1,
        "actualQueryCost": 1,
        "throttleStatus": {"maximumAvailable": 100, "currentlyAvailable": 99, "restoreRate": 10},
    }
    assert cost(await sent(first, world.token, "{"))["throttleStatus"]["currentlyAvailable"] == 98


async def test_an_empty_bucket_throttles_before_anything_is_executed(processes, world) -> None:
    first, _ = processes
    write = {"products": [{"sku": "BOLT", "name": "Bolt"}]}
    for _ in range(95):
        assert (await sent(first, world.token)).status_code == 200
    refused = await sent(first, world.token, UPSERT, input=write)
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    assert refused.json().keys() == {"errors", "extensions"}
    (error,) = refused.json()["errors"]
    assert error["extensions"] == {"code": "THROTTLED", "retryAfter": 1}
    assert cost(refused)["requestedQueryCost"] == 10
    assert cost(refused)["actualQueryCost"] == 0
    world.clock.advance(seconds=1)
    read = await sent(first, world.token, "{ products(first: 1) { totalCount } }")
    assert read.json()["data"] == {"products": {"totalCount": 0}}


async def test_it_flows_in_again_and_waiting_as_told_is_enough(processes, world) -> None:
    first, _ = processes
    for _ in range(100):
        assert (await sent(first, world.token)).status_code == 200
    wait = int((await sent(first, world.token)).headers["retry-after"])
    assert wait == CHUNK / LIMITS.restore
    world.clock.advance(seconds=wait)
    assert (await sent(first, world.token)).status_code == 200
    world.clock.advance(hours=1)
    full = cost(await sent(first, world.token))["throttleStatus"]
    assert full["currentlyAvailable"] == LIMITS.bucket


async def test_an_older_media_type_is_throttled_by_status_too(processes, world) -> None:
    first, _ = processes
    first.headers["Accept"] = "application/json"
    answers = [await sent(first, world.token) for _ in range(101)]
    assert [it.status_code for it in answers] == [200] * 100 + [429]


async def test_processes_share_a_keys_bucket(processes, world) -> None:
    answers = await asyncio.gather(
        *(sent(client, world.token) for _ in range(70) for client in processes)
    )
    statuses = [it.status_code for it in answers]
    assert (statuses.count(200), statuses.count(429)) == (100, 40)


async def test_a_keys_flood_takes_nothing_from_another_key(processes, world) -> None:
    other = await make.world(world.database, world.clock)
    await asyncio.gather(*(sent(processes[0], world.token) for _ in range(150)))
    assert (await sent(processes[0], world.token)).status_code == 429
    async with world.database.owner.writing(None) as session:
        _, second = await keys.create_key(
            session, world.merchant_id, Actor.STAFF, "second", world.clock()
        )
    for token in (other.token, second):
        left = cost(await sent(processes[0], token))["throttleStatus"]["currentlyAvailable"]
        assert left == 99


async def test_cheap_requests_cost_a_statement_in_ten_and_a_refused_flood_none(
    processes, world
) -> None:
    first, _ = processes
    with taken() as statements:
        for _ in range(95):
            await sent(first, world.token)
    assert len(statements) == math.ceil(95 / CHUNK) + math.ceil(95 / CHUNK / KEYS)
    for _ in range(5):
        await sent(first, world.token)
    with taken() as statements:
        for _ in range(50):
            assert (await sent(first, world.token)).status_code == 429
    assert statements == []


@pytest.mark.parametrize("beside", ["", "viewer { name }"], ids=["one statement", "mixed"])
async def test_what_was_not_read_is_refunded(processes, world, beside: str) -> None:
    for _ in range(3):
        await make_parties.company(world)
    query = PAGE.replace("parties", f"{beside} parties", 1)
    answer = await sent(processes[0], world.token, query, n=50)
    assert len(answer.json()["data"]["parties"]["nodes"]) == 3
    # Each party is announced as four objects, and each count costs as a hundred.
    assert cost(answer)["requestedQueryCost"] == 7 + 2 + 50
    assert cost(answer)["actualQueryCost"] == 7 + 3
    spent = 7 + 3 + cost(answer)["planningCost"]
    assert cost(answer)["throttleStatus"]["currentlyAvailable"] == LIMITS.bucket - spent


async def test_what_was_read_beyond_what_was_announced_is_paid(processes, world, ask) -> None:
    lines = [orders.line(it) for it in await orders.products(ask, *map(str, range(120)))]
    order = await orders.order(world, ask, lines=lines)
    answer = await sent(processes[0], world.token, LINES, id=order["id"])
    assert (cost(answer)["requestedQueryCost"], cost(answer)["actualQueryCost"]) == (2, 3)


@pytest.mark.parametrize("beside", ["", "viewer { name }"], ids=["one statement", "mixed"])
async def test_what_is_computed_is_paid_by_the_objects_that_it_was_asked_of(
    processes, world, ask, beside: str
) -> None:
    """Five lines are announced, and 60 are there; each leads to what may be done
    with the order."""
    lines = [orders.line(it) for it in await orders.products(ask, *map(str, range(60)))]
    order = await orders.order(world, ask, lines=lines)
    query = f"query ($id: ID!) {{ {beside} order(id: $id) {{ lines {{ order {{ x: FIELD }} }} }} }}"
    plain, computed = [
        cost(await sent(processes[0], world.token, query.replace("FIELD", each), id=order["id"]))
        for each in ("number", "availableActions")
    ]
    assert computed["requestedQueryCost"] - plain["requestedQueryCost"] == 1
    objects = 1 + 60 + 60 + bool(beside)
    assert plain["actualQueryCost"] == 3 + objects // 100
    assert computed["actualQueryCost"] == 4 + (objects + 60 * 5) // 100


async def test_what_is_planned_is_paid_once(processes, world) -> None:
    document = "{ products(first: 7) { nodes { sku } } } # Not seen before."
    first, second = [cost(await sent(processes[0], world.token, document)) for _ in range(2)]
    assert first["planningCost"] > 0
    assert "planningCost" not in second
    left = [it["throttleStatus"]["currentlyAvailable"] for it in (first, second)]
    assert left == [LIMITS.bucket - 1 - first["planningCost"], left[0] - 1]


async def test_a_refused_document_costs_by_its_length(processes, world) -> None:
    faulty = f"{{ nothing }} # {'x' * 15_000}"
    for document in (faulty, faulty.replace("}", "")):
        answer = await sent(processes[0], world.token, document)
        assert answer.json()["errors"]
        assert cost(answer)["planningCost"] == len(document) // 1_000


async def test_who_owes_more_than_a_bucket_waits_until_it_is_paid(world) -> None:
    process = Process(world.database)
    poor = replace(staff(world), limits={"bucket": 5, "restore": 1})

    async def code() -> str | None:
        context = Context(poor, world.database, world.clock, process=process)
        found = await schema.execute(CHEAP, context_value=context)
        return found.errors[0].extensions["code"] if found.errors else None

    context = Context(poor, world.database, world.clock, process=process)
    await schema.execute(CHEAP, context_value=context)
    context.bill.owe_planning(12)
    assert await code() == "THROTTLED"
    seconds = 0
    while await code() == "THROTTLED":
        world.clock.advance(seconds=1)
        seconds += 1
    assert seconds == 12 + 1 + 1 - 5


async def test_the_schema_is_paid_for_though_no_row_was_read(processes, world) -> None:
    answer = await sent(processes[0], world.token, '{ __type(name: "Order") { name } }')
    assert cost(answer)["actualQueryCost"] == 20


async def test_a_mutation_costs_what_it_was_charged(processes, world) -> None:
    answer = await sent(processes[0], world.token, UPSERT, input={"products": []})
    assert answer.json()["data"]["productsUpsert"]["userErrors"]
    assert cost(answer)["actualQueryCost"] == cost(answer)["requestedQueryCost"] == 10


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        ("{ orders(first: 20) { nodes { nothing } } }", {}),
        (PAGE, {"n": "many"}),
        ("query ($n: Int!) { a: products(first: $n) { totalCount } b: nothing }", {"n": 1}),
    ],
)
async def test_what_was_refused_costs_one_point(processes, world, query, variables) -> None:
    answer = await sent(processes[0], world.token, query, **variables)
    assert answer.json()["errors"]
    assert cost(answer)["actualQueryCost"] == 1
    assert cost(answer)["throttleStatus"]["currentlyAvailable"] == 99


async def test_what_no_bucket_holds_is_too_dear(processes, world) -> None:
    counts = " ".join(f"a{it}: products(first: 1) {{ totalCount }}" for it in range(25))
    (error,) = (await sent(processes[0], world.token, f"{{ {counts} }}")).json()["errors"]
    assert error["extensions"] == {"code": "MAX_COST_EXCEEDED", "requested": 150, "maximum": 100}


async def test_a_bucket_that_has_long_been_full_again_leaves_no_row(
    processes, world, database
) -> None:
    await sent(processes[0], world.token)
    for hours, rows in ((0, 2), (2, 0)):
        world.clock.advance(hours=hours)
        await do_due(database, world.clock, FORGET_BUCKETS)
        async with database.writing(world.merchant_id) as session:
            own = CostBucket.merchant_id == world.merchant_id
            assert len((await session.scalars(select(CostBucket).where(own))).all()) == rows
    assert (await sent(processes[1], world.token)).status_code == 200


async def test_a_bucket_that_cannot_be_asked_refuses_nobody(processes, world) -> None:
    first, _ = processes
    with failing():
        answers = [await sent(first, world.token) for _ in range(150)]
    assert {it.status_code for it in answers} == {200}
    spent = [await sent(first, world.token) for _ in range(101)]
    assert [it.status_code for it in spent[-1:]] == [429]


async def test_a_key_may_have_a_bucket_of_its_own(world) -> None:
    """Its numbers replace those of the server, and only those that it has."""
    process = Process(world.database)

    async def answers(viewer: Viewer, count: int) -> list[str | None]:
        codes = []
        for _ in range(count):
            context = Context(viewer, world.database, world.clock, process=process)
            found = await schema.execute(CHEAP, context_value=context)
            codes.append(found.errors[0].extensions["code"] if found.errors else None)
        return codes

    poor = replace(staff(world), limits={"bucket": 5, "restore": 1})
    assert await answers(poor, 7) == [None] * 5 + ["THROTTLED"] * 2
    assert await answers(staff(world), 7) == [None] * 7
    world.clock.advance(seconds=2)
    assert await answers(poor, 3) == [None] * 2 + ["THROTTLED"]
