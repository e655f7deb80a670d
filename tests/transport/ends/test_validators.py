"""Who asks by GET for what it knows is told so: ETag and If-None-Match (RFC 9110)."""

from collections.abc import AsyncIterator, Callable, Coroutine
from dataclasses import replace
from typing import Any

import httpx
import pytest

from kit.ids import to_global
from kit.limits import DEFAULT_BOUNDS
from models.access.viewers import Actor
from server import application
from tests import make
from tests.make.master import parties
from tests.make.trade import orders
from transport.http.accepted import GRAPHQL_JSON
from transport.http.refusals import JSON
from transport.serving import Serving

QUERY = "{ orders(first: 10) { nodes { number party { name } } } }"
Get = Callable[..., Coroutine[Any, Any, httpx.Response]]


@pytest.fixture
def get(client: httpx.AsyncClient, world: make.World) -> Get:
    """Ask by GET as staff, or another token."""

    async def send(query: str = QUERY, token: str = world.token, **headers: str) -> httpx.Response:
        own = {"Authorization": f"Bearer {token}"}
        own |= {name.replace("_", "-"): it for name, it in headers.items()}
        return await client.get("/graphql", params={"query": query}, headers=own)

    return send


async def test_who_knows_the_answer_gets_nothing_else(get: Get, ask, world) -> None:
    await orders.order(world, ask)
    whole = await get()
    tag = whole.headers["etag"]
    for known in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        answer = await get(if_none_match=known)
        assert (answer.status_code, answer.content) == (304, b"")
        for name in ("etag", "cache-control", "vary"):
            assert answer.headers[name] == whole.headers[name]
        assert "content-type" not in answer.headers
        assert answer.headers["x-request-id"]
    for unknown in ('"other"', "", tag.replace('"', ""), 'W/"'):
        assert (await get(if_none_match=unknown)).json()["data"] == whole.json()["data"]


async def test_only_its_client_keeps_an_answer_and_asks_before_it_uses_it(get: Get) -> None:
    answer = await get()
    assert answer.headers["cache-control"] == "private, no-cache"
    named = {it.strip().lower() for it in answer.headers["vary"].split(",")}
    assert named >= {"authorization", "abruf-order-token", "accept", "accept-language"}


async def test_what_has_changed_is_told_and_what_has_not_is_not(get: Get, ask, world) -> None:
    await orders.order(world, ask)
    tag = (await get()).headers["etag"]
    # The journal goes on, and nothing of the answer changes.
    await orders.products(ask, "Z")
    assert (await get(if_none_match=tag)).status_code == 304
    await orders.order(world, ask)
    answer = await get(if_none_match=tag)
    assert answer.status_code == 200
    assert len(answer.json()["data"]["orders"]["nodes"]) == 2
    assert answer.headers["etag"] != tag


async def test_a_validator_opens_nothing(get: Get, ask, world) -> None:
    company, other = [await parties.company(world, number=it) for it in ("K1", "K2")]
    await orders.order(world, ask, partyId=to_global("Party", company))
    tag = (await get(token=await world.key(Actor.BUYER, company))).headers["etag"]
    answer = await get(token=await world.key(Actor.BUYER, other), if_none_match=tag)
    assert answer.json()["data"] == {"orders": {"nodes": []}}
    for known in (tag, "*"):
        assert (await get(token="abruf_unknown", if_none_match=known)).status_code == 401
        narrow = await world.key(Actor.BUYER, company, scopes=[])
        assert (await get(token=narrow, if_none_match=known)).json()["errors"]


async def test_each_form_of_an_answer_has_its_own(get: Get) -> None:
    tags = {(await get(accept=it)).headers["etag"] for it in (JSON, GRAPHQL_JSON)}
    assert len(tags) == 2


@pytest.mark.parametrize("query", ["{ nothing }", "{ orders(first: 1000) { nodes { id } } }"])
async def test_what_went_wrong_is_not_kept(get: Get, query: str) -> None:
    answer = await get(query, if_none_match="*")
    assert answer.json()["errors"]
    assert "etag" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


async def test_what_is_posted_is_no_representation(client: httpx.AsyncClient, world) -> None:
    headers = {"Authorization": f"Bearer {world.token}", "If-None-Match": "*"}
    answer = await client.post("/graphql", json={"query": QUERY}, headers=headers)
    assert answer.status_code == 200
    assert "etag" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"


@pytest.fixture
async def keeping_nothing(world: make.World) -> AsyncIterator[httpx.AsyncClient]:
    bounds = replace(DEFAULT_BOUNDS, kept_answers=0)
    app = application(Serving(world.database, clock=world.clock, bounds=bounds))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://abruf") as client:
        yield client


async def test_whoever_wants_no_answer_kept_lets_clients_keep_none(keeping_nothing, world) -> None:
    headers = {"Authorization": f"Bearer {world.token}", "If-None-Match": "*"}
    answer = await keeping_nothing.get("/graphql", params={"query": QUERY}, headers=headers)
    assert answer.status_code == 200
    assert "etag" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
