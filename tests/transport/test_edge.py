"""What every request and every answer has, and what one company leaves to others."""

import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from kit.config import from_environment
from kit.limits import Bounds
from kit.telemetry.metrics import Telemetry
from server import application
from tests import make
from transport.draining import Draining
from transport.edge import Outermost
from transport.serving import Serving

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PORTAL, OTHER = "https://portal.example", "https://evil.example"
PATHS = ["/graphql", "/livez", "/readyz", "/nothing", "/graphiql/operations.json", "/graphiql/no"]
HEADERS = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
}


@pytest.fixture
def open_(world: make.World) -> Callable[..., Any]:
    """Give a client of an application with other bounds, as staff."""

    @asynccontextmanager
    async def opened(**fields: Any) -> AsyncIterator[httpx.AsyncClient]:
        transport = httpx.ASGITransport(
            application(Serving(world.database, clock=world.clock, **fields)),
            raise_app_exceptions=False,
        )
        own = {"Authorization": f"Bearer {world.token}"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://abruf", headers=own
        ) as client:
            yield client

    return opened


@pytest.mark.parametrize("path", PATHS)
async def test_every_answer_has_the_headers_that_keep_browsers_careful(open_, path: str) -> None:
    async with open_() as client:
        answer = await client.get(path)
    assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])
    assert answer.headers["cache-control"] in {"no-store", "no-cache"}


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ({"X-Request-Id": "portal-4711"}, "portal-4711"),
        ({"traceparent": f"00-{TRACE}-{PARENT}-01"}, TRACE),
        ({"traceparent": f"cc-{TRACE}-{PARENT}-01-later"}, TRACE),
        ({"traceparent": f"00-{TRACE}-{PARENT}-01", "X-Request-Id": "portal-4711"}, "portal-4711"),
    ],
)
async def test_a_clients_id_names_the_request(open_, sent: dict[str, str], shown: str) -> None:
    async with open_() as client:
        answer = await client.post("/graphql", json={"query": "{"}, headers=sent)
    assert answer.headers["x-request-id"] == shown
    assert answer.json()["extensions"]["requestId"] == shown


@pytest.mark.parametrize(
    "sent",
    [
        {"X-Request-Id": "short"},
        {"X-Request-Id": "x" * 65},
        {"X-Request-Id": 'a"b,c=d e'},
        {"traceparent": f"00-{'0' * 32}-{PARENT}-01"},
        {"traceparent": f"00-{TRACE}-{'0' * 16}-01"},
        {"traceparent": f"ff-{TRACE}-{PARENT}-01"},
        {"traceparent": f"00-{TRACE}-{PARENT}-01-more"},
        {"traceparent": f"00-{TRACE.upper()}-{PARENT}-01"},
        {"traceparent": "nonsense"},
    ],
)
async def test_an_id_of_another_form_is_replaced(open_, sent: dict[str, str]) -> None:
    async with open_() as client:
        answer = await client.get("/livez", headers=sent)
    assert re.fullmatch(r"[0-9a-f]{32}", answer.headers["x-request-id"])
    assert answer.headers["x-request-id"] != TRACE


async def test_a_fault_shows_nothing_but_the_requests_id() -> None:
    async def fails(*_: object) -> None:
        message = "SELECT secret FROM somewhere"
        raise RuntimeError(message)

    transport = httpx.ASGITransport(Outermost(fails, Telemetry(), Draining()))
    async with httpx.AsyncClient(transport=transport, base_url="http://abruf") as client:
        answer = await client.get("/any")
    (error,) = answer.json()["errors"]
    reference = answer.headers["x-request-id"]
    assert answer.status_code == 500
    assert error == {
        "message": "Something went wrong on our side.",
        "extensions": {"code": "INTERNAL_SERVER_ERROR", "reference": reference},
    }


async def test_only_pages_of_listed_origins_may_ask(open_) -> None:
    ask = {"Access-Control-Request-Method": "POST"}
    ask["Access-Control-Request-Headers"] = "authorization,content-type,x-request-id,traceparent"
    async with open_(origins=(PORTAL,)) as client:
        may = await client.options("/graphql", headers={"Origin": PORTAL, **ask})
        may_not = await client.options("/graphql", headers={"Origin": OTHER, **ask})
        answers = [
            await client.post(
                "/graphql", json={"query": "{ __typename }"}, headers={"Origin": each}
            )
            for each in (PORTAL, OTHER)
        ]
        more = {**ask, "Access-Control-Request-Headers": "x-other"}
        other_header = await client.options("/graphql", headers={"Origin": PORTAL, **more})
    assert (may.status_code, may_not.status_code, other_header.status_code) == (200, 400, 400)
    allowed = "access-control-allow-origin"
    assert [it.headers.get(allowed) for it in (may, may_not, *answers)] == [
        PORTAL,
        None,
        PORTAL,
        None,
    ]
    assert "access-control-allow-credentials" not in may.headers
    assert answers[0].headers["access-control-expose-headers"] == (
        "x-request-id, retry-after, etag"
    )


async def test_without_a_list_no_other_site_may_ask(open_) -> None:
    ask = {"Origin": OTHER, "Access-Control-Request-Method": "POST"}
    async with open_() as client:
        answer = await client.options("/graphql", headers=ask)
    assert answer.status_code == 405
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("text", ["*", "portal.example", "https://a.example/", "https://*.example"])
def test_an_origin_is_exact(text: str) -> None:
    listed = from_environment({"ABRUF_ALLOWED_ORIGINS": f"{PORTAL}, http://localhost:3000"})
    assert listed.origins == (PORTAL, "http://localhost:3000")
    with pytest.raises(SystemExit, match="ABRUF_ALLOWED_ORIGINS"):
        from_environment({"ABRUF_ALLOWED_ORIGINS": text})


async def test_too_many_requests_at_once_are_told_to_come_again(open_) -> None:
    async with open_(bounds=Bounds(at_once=0, waiting=0)) as client:
        answer = await client.post("/graphql", json={"query": "{ __typename }"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
    assert answer.json()["errors"][0]["extensions"] == {"code": "THROTTLED", "retryAfter": 1}
