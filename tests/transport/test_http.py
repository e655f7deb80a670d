"""GraphQL over HTTP: media types, statuses, and what is refused before anything runs."""

import gzip
import socket
from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from kit.db.database import Database
from kit.limits import DEFAULT_LIMITS
from server import application
from tests import make
from transport.http import requests
from transport.http.accepted import GRAPHQL_JSON
from transport.serving import Serving

TYPENAME = '{"query": "{ __typename }"}'
BODIES: list[str | bytes] = ["", "{", "null", "5", '"x"', "true", "[]", "[null]", "{}"]
BODIES += [f"[{TYPENAME}]", "[" * 100_000, f"\ufeff{TYPENAME}", TYPENAME.encode("utf-16")]
BODIES += ['{"query": 5}', '{"query": {}}', '{"query": null}', '{"query": ""}']
BODIES += ['{"query": "{ __typename }", "query": 7}', '{"query": "{ \\ud800 }"}']
BODIES += [b'{"query": "{ __typename \xff }"}']
BODIES += [f'{TYPENAME[:-1]}, "variables": {it}}}' for it in ("[1]", '"x"', "NaN")]
BODIES += [f'{TYPENAME[:-1]}, "operationName": {it}}}' for it in ("5", "[]", '"Nope"')]
BODIES += [f'{TYPENAME[:-1]}, "extensions": {it}}}' for it in ("7", "[]")]
BODIES += [f'{TYPENAME[:-1]}, "variables": {{"a": {"[" * 100_000}{"]" * 100_000}}}}}']
BODIES += [f'{TYPENAME[:-1]}, "variables": {{"a": {"9" * 50_000}}}}}']


@pytest.fixture
def post(client: httpx.AsyncClient, world: make.World) -> Callable[..., httpx.Response]:
    """Send a body as staff."""

    def send(content: str | bytes, **headers: str) -> httpx.Response:
        own = {"Authorization": f"Bearer {world.token}", "Content-Type": "application/json"}
        return client.post("/graphql", content=content, headers=own | headers)

    return send


@pytest.fixture
def get(client: httpx.AsyncClient, world: make.World) -> Callable[..., httpx.Response]:
    """Ask by GET as staff."""

    def send(query: str, accept: str, **parameters: str) -> httpx.Response:
        own = {"Authorization": f"Bearer {world.token}", "Accept": accept}
        return client.get("/graphql", params={"query": query, **parameters}, headers=own)

    return send


def assert_refused(answer: httpx.Response, status: int) -> None:
    """Expect the status with an error that has a code and names the request."""
    assert answer.status_code == status
    body = answer.json()
    assert [it["extensions"] for it in body["errors"]] == [{"code": "BAD_USER_INPUT"}]
    assert body["extensions"]["requestId"] == answer.headers["x-request-id"]
    assert "data" not in body


@pytest.mark.parametrize("accept", ["application/json", "*/*", GRAPHQL_JSON])
async def test_the_answer_has_the_media_type_that_the_client_asks_for(post, accept: str) -> None:
    answer = await post(TYPENAME, Accept=accept)
    expected = GRAPHQL_JSON if accept == GRAPHQL_JSON else "application/json"
    assert answer.headers["content-type"] == expected
    assert (answer.status_code, answer.json()["data"]) == (200, {"__typename": "Query"})


@pytest.mark.parametrize("query", ["{", "{ nothing }", "query ($a: Int!) { __typename }"])
async def test_what_cannot_be_executed_is_400_without_data(post, query: str) -> None:
    body = f'{{"query": "{query}"}}'
    new, old = await post(body, Accept=GRAPHQL_JSON), await post(body, Accept="application/json")
    assert (new.status_code, old.status_code) == (400, 200)
    assert "data" not in new.json() | old.json()
    assert new.json()["errors"] == old.json()["errors"] != []


@pytest.mark.parametrize("body", BODIES, ids=lambda body: ascii(body[:50]))
async def test_a_body_that_is_no_request_is_told_so_in_json(post, body: str | bytes) -> None:
    answer = await post(body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize("kind", ["application/json; charset=utf-8", "Application/JSON"])
async def test_what_is_null_is_as_if_left_out(post, kind: str) -> None:
    absent = '"variables": null, "operationName": null, "extensions": null}'
    answer = await post(f"{TYPENAME[:-1]}, {absent}", **{"Content-Type": kind})
    assert (answer.status_code, answer.json()["data"]) == (200, {"__typename": "Query"})


@pytest.mark.parametrize(
    "kind",
    ["", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=b"],
)
async def test_a_form_of_another_site_is_refused(post, kind: str) -> None:
    answer = await post(TYPENAME, **{"Content-Type": kind})
    assert_refused(answer, 415)


async def test_a_compressed_body_is_refused(post) -> None:
    body = gzip.compress(TYPENAME.encode())
    assert_refused(await post(body, **{"Content-Encoding": "gzip"}), 415)


async def test_a_body_that_is_too_large_is_refused(post) -> None:
    assert_refused(await post(f'{{"query": "{"#" * DEFAULT_LIMITS.body}"}}'), 413)


async def test_a_body_of_more_lists_and_objects_than_may_be_asked_is_not_read(
    post, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []
    monkeypatch.setattr(requests, "json_object", lambda text: read.append(len(text)) or {})
    many = '"query": "{ __typename }", "variables": {"a": [' + "[]," * 40_000 + "0]}"
    assert_refused(await post(f"{{{many}}}"), 400)
    assert read == []
    await post(TYPENAME)
    assert len(read) == 1


async def test_a_body_of_unknown_length_that_is_too_large_is_refused(post) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(11):
            yield b" " * (DEFAULT_LIMITS.body // 10)

    assert_refused(await post(chunks()), 413)


@pytest.mark.parametrize("accept", ["image/png", "application/json;q=0", "text/plain, text/css"])
async def test_a_client_that_takes_no_json_is_told_in_json(post, accept: str) -> None:
    assert_refused(await post(TYPENAME, Accept=accept), 406)


async def test_of_several_operations_one_must_be_named(post) -> None:
    two = '{"query": "query A { __typename } query B { __typename }"'
    unnamed = await post(f"{two}}}", Accept=GRAPHQL_JSON)
    assert unnamed.status_code == 400
    assert "operationName" in unnamed.json()["errors"][0]["message"]
    named = await post(f'{two}, "operationName": "B"}}', Accept=GRAPHQL_JSON)
    assert named.json()["data"] == {"__typename": "Query"}


@pytest.mark.parametrize("accept", ["application/json", GRAPHQL_JSON])
async def test_a_get_only_reads(get, accept: str) -> None:
    read = await get("{ __typename }", accept)
    assert (read.status_code, read.json()["data"]) == (200, {"__typename": "Query"})
    refused = await get("mutation { __typename }", accept)
    assert_refused(refused, 405)
    assert refused.headers["allow"] == "POST"


@pytest.mark.parametrize("fields", ["{", "[1]", "5", '"x"'])
async def test_variables_of_a_get_that_are_no_object_are_refused(get, fields: str) -> None:
    for name in ("variables", "extensions"):
        assert_refused(await get("{ __typename }", "*/*", **{name: fields}), 400)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "OPTIONS", "QUERY"])
async def test_another_method_is_told_which_ones_there_are(client, method: str) -> None:
    answer = await client.request(method, "/graphql")
    assert_refused(answer, 405)
    assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))


async def test_another_path_is_answered_in_json(client) -> None:
    assert_refused(await client.get("/nothing"), 404)


@pytest.mark.parametrize(
    "token",
    ["", "Bearer", "Bearer x", "Basic abc", f"Bearer abruf_{'0' * 32}_{'0' * 64}", "Bearer ä"],
)
async def test_without_a_valid_token_nothing_is_read(client, token: str) -> None:
    headers = {"Authorization": token.encode()}
    answer = await client.post("/graphql", content="{", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"
    assert answer.json()["errors"][0]["extensions"] == {"code": "UNAUTHENTICATED"}


async def test_it_is_alive_and_ready_on_a_migrated_database(client) -> None:
    assert (await client.get("/livez")).status_code == 200
    assert (await client.get("/readyz")).json() == {"status": "ready"}


async def readiness(url: str) -> int:
    """Return the status of /readyz over a database."""
    database = Database(url)
    transport = httpx.ASGITransport(application(Serving(database)))
    async with httpx.AsyncClient(transport=transport, base_url="http://abruf") as client:
        assert (await client.get("/livez")).status_code == 200
        status = (await client.get("/readyz")).status_code
    await database.close()
    return status


async def test_it_is_not_ready_without_a_database(database_url: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    assert await readiness(f"postgresql+asyncpg://abruf@127.0.0.1:{port}/abruf") == 503
    assert await readiness(f"{database_url}_missing") == 503


async def test_it_is_not_ready_before_the_newest_migration(unmigrated_url: str) -> None:
    assert await readiness(unmigrated_url) == 503


@pytest.fixture(scope="session")
def unmigrated_url(new_database: Callable[[str], str]) -> str:
    return new_database("unmigrated")
