"""Answers that are kept: given again to who may ask, as long as nothing has changed."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import httpx
import pytest

from kit.db.reads import Reads
from kit.ids import to_global
from kit.limits import DEFAULT_BOUNDS
from models.access.viewers import Actor, Scope
from resolvers.running.answers import STATE_READ
from resolvers.running.context import Terms
from server import application
from tests import make
from tests.conftest import PATIENT
from tests.guard import counted
from tests.make.fulfilment import tracking
from tests.make.master import parties
from tests.make.trade import orders
from transport.serving import Serving

NAMES = "{ products(first: 10) { nodes { sku name } } }"
ORDERS = "{ orders(first: 10) { nodes { number party { name } } } }"
TRACK = """
mutation ($input: ParcelRecordTrackingInput!) {
  parcelRecordTracking(input: $input) { userErrors { code } } }
"""
PLACES = """
query ($number: String!) {
  parcel(trackingNumber: $number) { status events(first: 9) { nodes { place } } } }
"""


@pytest.fixture
async def processes(world: make.World) -> AsyncIterator[list[make.Ask]]:
    """Ask three processes over one database as staff; the last one keeps nothing."""
    async with AsyncExitStack() as stack:
        made = []
        for kept in (2**20, 2**20, 0):
            bounds, terms = replace(DEFAULT_BOUNDS, kept_answers=kept), Terms(limits=PATIENT)
            serving = Serving(world.database, clock=world.clock, terms=terms, bounds=bounds)
            transport = httpx.ASGITransport(application(serving))
            client = httpx.AsyncClient(transport=transport, base_url="http://abruf")
            made.append(make.Ask(await stack.enter_async_context(client), world.token))
        yield made


async def sent(world: make.World, ask: make.Ask, query: str, **values: Any) -> tuple[Any, Any]:
    """Return the data, and the statements that were sent for it."""
    with counted(world.database.engine) as statements:
        data = await ask(query, **values)
    return data, statements


async def test_what_is_asked_again_costs_one_small_statement(world, processes) -> None:
    one, other, keeping_nothing = processes
    await orders.products(one, "A")
    data, first = await sent(world, one, NAMES)
    assert data == {"products": {"nodes": [{"sku": "A", "name": "A"}]}}
    assert len(first) == 1
    assert await sent(world, one, NAMES) == (data, [STATE_READ])
    # Another process has not read it yet; one that keeps nothing sends what it always did.
    assert [len((await sent(world, other, NAMES))[1]) for _ in range(2)] == [1, 1]
    always = [(await sent(world, keeping_nothing, NAMES))[1] for _ in range(2)]
    assert always[0] == always[1]
    assert always[0][0] in first[0]


async def test_nothing_is_given_again_once_anybody_has_written(world, processes) -> None:
    one, other, _ = processes
    await orders.products(one, "A")
    for ask in (one, other):
        await ask(NAMES)
    await orders.products(one, "A", name="New")
    # The process that wrote knows that it need not ask; another one asks first.
    for ask, count in ((one, 1), (other, 2)):
        data, statements = await sent(world, ask, NAMES)
        assert (data["products"]["nodes"][0]["name"], len(statements)) == ("New", count)
        assert await sent(world, ask, NAMES) == (data, [STATE_READ])


async def test_what_is_committed_while_it_is_read_is_known_or_asked_for_again(
    world, processes, monkeypatch
) -> None:
    one, other, _ = processes
    await orders.products(other, "A")
    await one(NAMES)
    await orders.products(other, "B")
    texts, names = Reads.texts, iter(["between", "after"])

    async def meanwhile(reads: Reads, statement: str, values: Any) -> Any:
        found = await texts(reads, statement, values)
        if (name := next(names, None)) is not None:
            monkeypatch.setattr(Reads, "texts", texts)
            await orders.products(other, "A", name=name)
            monkeypatch.setattr(Reads, "texts", meanwhile)
        return found

    monkeypatch.setattr(Reads, "texts", meanwhile)
    data = await one(NAMES)
    monkeypatch.setattr(Reads, "texts", texts)
    # The state was asked for, then "between" was committed, then all was read, then "after".
    assert {it["name"] for it in data["products"]["nodes"]} == {"between", "B"}
    assert {it["name"] for it in (await one(NAMES))["products"]["nodes"]} == {"after", "B"}
    assert (await sent(world, one, NAMES))[1] == [STATE_READ]


async def test_what_a_report_leaves_as_it_is_is_read_anew(world, processes) -> None:
    one, other, _ = processes
    number = (await tracking.sent(world)).numbers[0]
    seen = []
    for place in ("Bonn", "Mainz", "Ulm"):
        await one(TRACK, input={"source": "X", "events": [_report(number, place)]})
        seen.append([await it(PLACES, number=number) for it in (one, other)])
        world.clock.advance(minutes=1)
    places = [{it["place"] for it in found["parcel"]["events"]["nodes"]} for found, _ in seen]
    assert [len(it) for it in places] == [1, 2, 3]
    assert all(mine == theirs for mine, theirs in seen)


def _report(number: str, place: str) -> dict[str, str]:
    at = "2026-03-02T08:00:00Z"
    return {"trackingNumber": number, "status": "IN_TRANSIT", "occurredAt": at, "place": place}


async def test_what_time_alone_changes_is_never_given_again(world, processes) -> None:
    one, _, _ = processes
    await orders.order(world, one, window=orders.WINDOW)
    query = "{ orders(first: 10) { nodes { number isLate } } }"
    for days, is_late in ((0, False), (0, False), (20, True)):
        world.clock.advance(days=days)
        data, statements = await sent(world, one, query)
        assert [it["isLate"] for it in data["orders"]["nodes"]] == [is_late]
        assert len(statements) == 1
        assert STATE_READ not in statements


async def test_nobody_is_given_what_another_one_was_told(world, processes) -> None:
    one, _, _ = processes
    companies = [await parties.company(world, number=it, name=it) for it in ("K1", "K2")]
    for company in companies:
        await orders.order(world, one, partyId=to_global("Party", company))
    tokens = [await world.key(Actor.BUYER, it) for it in companies]
    tokens.append(await world.key(Actor.STAFF))
    for count in (1, 1):
        read = [await sent(world, one.by(it), ORDERS) for it in tokens]
        names = [{it["party"]["name"] for it in data["orders"]["nodes"]} for data, _ in read]
        assert names == [{"K1"}, {"K2"}, {"K1", "K2"}]
        assert [len(statements) for _, statements in read] == [count] * 3
    # Each asked again was given its own; another key of one company shares it.
    assert (await sent(world, one.by(await world.key(Actor.BUYER, companies[0])), ORDERS))[1] == [
        STATE_READ
    ]
    assert (await sent(world, one.by(await world.key(Actor.STAFF)), ORDERS))[1] != [STATE_READ]
    other = await make.world(world.database, world.clock)
    assert await one.by(other.token)(ORDERS) == {"orders": {"nodes": []}}


async def test_what_is_kept_is_refused_as_what_is_read(world, processes) -> None:
    one, _, _ = processes
    company = await parties.company(world)
    await orders.order(world, one, partyId=to_global("Party", company))
    token = await world.key(Actor.BUYER, company)
    await one.by(token)(ORDERS)
    narrow = await world.key(Actor.BUYER, company, scopes=[Scope.CONTRACTS_READ])
    short = await world.key(Actor.BUYER, company, limits={"page": 5})
    poor = await world.key(Actor.BUYER, company, limits={"cost": 1})
    codes = []
    for each in (narrow, short, poor):
        found = await one.by(each).answer(ORDERS)
        codes.append((found.get("data"), found["errors"][0]["extensions"]["code"]))
    assert codes == [
        (None, "FORBIDDEN"),
        (None, "GRAPHQL_VALIDATION_FAILED"),
        (None, "MAX_COST_EXCEEDED"),
    ]


async def test_what_is_given_again_costs_what_it_did(world, processes) -> None:
    one, _, _ = processes
    await orders.order(world, one)
    costs = [(await one.answer(ORDERS))["extensions"]["cost"] for _ in range(2)]
    assert costs[0]["actualQueryCost"] == costs[1]["actualQueryCost"] > 1


async def test_texts_that_code_makes_are_made_for_who_asks(world, processes) -> None:
    one, _, _ = processes
    made = await orders.order(world, one)
    query = "query ($id: ID!) { order(id: $id) { events(first: 5) { nodes { message } } } }"
    messages = [
        await one.with_headers({"Accept-Language": language})(query, id=made["id"])
        for language in ("en", "de", "en")
    ]
    assert messages[0] == messages[2] != messages[1]


async def test_each_name_of_a_field_is_an_answer_of_its_own(processes) -> None:
    one, _, _ = processes
    await orders.products(one, "A")
    for name in ("these", "those"):
        query = f"{{ {name}: products(first: 10) {{ nodes {{ sku }} }} }}"
        assert await one(query) == {name: {"nodes": [{"sku": "A"}]}}
