"""GraphQL over HTTP: media types, statuses, and what is refused before anything runs."""

import socket
from collections.abc import Callable

import httpx
import pytest

from kit.database import Database
from server import application
from tests import make
from transport.endpoint import GRAPHQL_JSON, LARGEST_BODY

TYPENAME = '{"query": "{ __typename }"}'
BODIES = ["", "{", "null", "5", '"x"', "true", "[]", "[null]", "{}", '{"query": 5}']
BODIES += [f"[{TYPENAME}]", '{"query": "{ __typename }", "variables": [1]}', "[" * 100_000]


@pytest.fixture
def post(client: httpx.AsyncClient, world: make.World) -> Callable[..., httpx.Response]:
    """Send a body as staff."""

    def send(content: str | bytes, **headers: str) -> httpx.Response:
        own = {"Authorization": f"Bearer {world.token}", "Content-Type": "application/json"}
        return client.post("/graphql", content=content, headers=own | headers)

    return send


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


@pytest.mark.parametrize("body", BODIES, ids=lambda body: body[:30])
async def test_a_body_that_is_no_request_is_told_so_in_json(post, body: str) -> None:
    answer = await post(body)
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT"}


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded"])
async def test_a_form_of_another_site_is_refused(post, kind: str) -> None:
    answer = await post(TYPENAME, **{"Content-Type": kind})
    assert answer.status_code == 400
    assert "data" not in answer.json()


async def test_bytes_that_are_no_text_are_refused(post) -> None:
    answer = await post(b'{"query": "{ __typename \xff }"}')
    assert answer.status_code == 400


async def test_a_body_that_is_too_large_is_refused(post) -> None:
    answer = await post(f'{{"query": "{"#" * LARGEST_BODY}"}}')
    assert answer.status_code == 413


async def test_of_several_operations_one_must_be_named(post) -> None:
    two = '{"query": "query A { __typename } query B { __typename }"'
    unnamed = await post(f"{two}}}", Accept=GRAPHQL_JSON)
    assert unnamed.status_code == 400
    assert "operationName" in unnamed.json()["errors"][0]["message"]
    named = await post(f'{two}, "operationName": "B"}}', Accept=GRAPHQL_JSON)
    assert named.json()["data"] == {"__typename": "Query"}


async def test_a_mutation_by_get_is_refused(client, world) -> None:
    answer = await client.get(
        "/graphql",
        params={"query": "mutation { __typename }"},
        headers={"Authorization": f"Bearer {world.token}"},
    )
    assert answer.status_code == 400


async def test_another_method_is_told_which_ones_there_are(client) -> None:
    answer = await client.put("/graphql")
    assert answer.status_code == 405
    assert {"GET", "POST"} <= set(answer.headers["allow"].split(", "))


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
    transport = httpx.ASGITransport(application(database))
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
