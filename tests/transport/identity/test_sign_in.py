"""The page on which people sign in, the demo's people, and signing out."""

import re
from collections.abc import AsyncIterator, Mapping
from urllib.parse import quote

import httpx
import pytest

from kit.db.database import Database
from models.access.viewers import Actor, Viewer
from server import application
from tests import make
from tests.make.access import sessions
from transport.portal.login import LOGIN
from transport.serving import Serving

HERE = "http://127.0.0.1:8000"
OWN = {"sec-fetch-site": "same-origin"}
WHO = "query Who { viewer { name } }"


@pytest.fixture
async def browser(world: make.World) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on this machine, and a server that has a demo."""

    async def people(_database: Database) -> Mapping[str, Viewer]:
        return {
            "staff": sessions.person(world, Actor.STAFF, name="<b>Miriam"),
            "viewer": sessions.person(world, Actor.STAFF, name="Jens", subject="jens"),
        }

    serving = Serving(world.database, clock=world.clock, people=people)
    transport = httpx.ASGITransport(application(serving))
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
        yield client


async def _signed_in(client: httpx.AsyncClient, person: str = "staff") -> httpx.Response:
    return await client.post(f"{LOGIN}/demo", data={"person": person}, headers=OWN)


async def _who(world: make.World, client: httpx.AsyncClient) -> str | None:
    name = await sessions.page_document(world, WHO)
    answer = (await sessions.ask(client, None, name)).json()
    return (answer.get("data") or {}).get("viewer", {}).get("name")


async def test_a_button_of_the_demo_begins_a_session(world, browser) -> None:
    page = await browser.get(LOGIN, headers={"accept-language": "de"})
    assert "&lt;b&gt;Miriam" in page.text
    assert '<html lang="de">' in page.text
    answer = await _signed_in(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/operations")
    kept = answer.headers["set-cookie"]
    assert re.fullmatch(r"abruf=session_\w+; Path=/; HttpOnly; SameSite=Strict", kept)
    assert await _who(world, browser) == "<b>Miriam"


async def test_who_signs_in_comes_to_the_page_that_was_wanted(browser) -> None:
    for page in ("/operations/orders?late=true&sort=NEWEST", "/operations"):
        shown = await browser.get(LOGIN, params={"to": page})
        assert "HttpOnly; SameSite=Lax; Max-Age=600" in shown.headers["set-cookie"]
        assert (await _signed_in(browser)).headers["location"] == page
    # It is wanted once, and not any more by who asks for the page of sign-in alone.
    assert (await _signed_in(browser)).headers["location"] == "/operations"
    await browser.get(LOGIN, params={"to": "/operations/orders"})
    assert "Max-Age=0" in (await browser.get(LOGIN)).headers["set-cookie"]
    assert (await _signed_in(browser)).headers["location"] == "/operations"


@pytest.mark.parametrize(
    "page",
    [
        "https://evil.example/operations",
        "//evil.example/operations",
        "/\\evil.example",
        "/operations//evil.example",
        "/operations/../portal/login",
        "/operations/%0d%0aset-cookie:x",
        "/operations/orders#x",
        "/operations\r\nlocation: x",
        "/portal/orders",
        "/portal/logout",
        "/operationsx",
        "/graphql",
        "/operations/" + "x" * 1_000,
        "javascript:alert(1)",
    ],
)
async def test_nobody_is_led_anywhere_else(browser, page: str) -> None:
    await browser.get(LOGIN, params={"to": page})
    own = (await _signed_in(browser)).headers["location"]
    kept = await browser.post(
        f"{LOGIN}/demo",
        data={"person": "staff"},
        headers={**OWN, "cookie": f"abruf-page={quote(page, safe='')}"},
    )
    assert (own, kept.headers["location"]) == ("/operations", "/operations")


async def test_each_sign_in_is_a_new_session_and_ends_the_one_before(world, browser) -> None:
    first = (await _signed_in(browser)).cookies["abruf"]
    second = (await _signed_in(browser, "viewer")).cookies["abruf"]
    assert first != second
    assert await _who(world, browser) == "Jens"
    browser.cookies.set("abruf", first, domain="127.0.0.1")
    assert await _who(world, browser) is None


async def test_who_signs_out_is_signed_out(world, browser) -> None:
    token = (await _signed_in(browser)).cookies["abruf"]
    answer = await browser.post("/portal/logout", headers=OWN)
    assert (answer.status_code, answer.headers["location"]) == (303, LOGIN)
    assert answer.headers["set-cookie"].startswith("abruf=; ")
    assert "Max-Age=0" in answer.headers["set-cookie"]
    browser.cookies.set("abruf", token, domain="127.0.0.1")
    assert await _who(world, browser) is None


@pytest.mark.parametrize("path", ["/portal/login/demo", "/portal/logout"])
async def test_no_other_page_signs_anybody_in_or_out(world, browser, path: str) -> None:
    await _signed_in(browser)
    for headers in ({}, {"sec-fetch-site": "cross-site"}, {"origin": "https://evil.example"}):
        answer = await browser.post(path, data={"person": "viewer"}, headers=headers)
        assert (answer.status_code, "set-cookie" in answer.headers) == (403, False)
    assert await _who(world, browser) == "<b>Miriam"


@pytest.mark.parametrize("form", [{}, {"person": "nobody"}, {"person": ""}, {"staff": "person"}])
async def test_who_is_not_in_the_demo_is_nobody(browser, form: dict[str, str]) -> None:
    answer = await browser.post(f"{LOGIN}/demo", data=form, headers=OWN)
    assert answer.status_code in {404, 415}
    assert "set-cookie" not in answer.headers


async def test_a_server_without_demo_has_no_such_way_in(client) -> None:
    answer = await client.post(f"{LOGIN}/demo", data={"person": "staff"}, headers=OWN)
    assert (answer.status_code, "set-cookie" in answer.headers) == (405, False)
    assert "<form" not in (await client.get(LOGIN)).text


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("abruf.example", "127.0.0.1"),
        ("127.0.0.1.evil.example", "127.0.0.1"),
        ("localhost", "203.0.113.7"),
    ],
)
async def test_from_elsewhere_nobody_is_let_in_without_proof(
    browser, host: str, address: str
) -> None:
    app = browser._transport.app  # noqa: SLF001 -- the same server, reached otherwise.
    transport = httpx.ASGITransport(app, client=(address, 4711))
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{host}") as client:
        answer = await _signed_in(client)
        page = await client.get(LOGIN)
    assert (answer.status_code, "set-cookie" in answer.headers) == (404, False)
    assert "<form" not in page.text


async def test_away_from_this_machine_the_cookie_is_bound_to_its_host(world, browser) -> None:
    app = browser._transport.app  # noqa: SLF001 -- as above.
    token = await sessions.begin(world, Actor.STAFF)
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app), base_url="https://a.example"
    ) as client:
        headers = {**OWN, "cookie": f"__Host-abruf={token}"}
        kept = (await client.post("/portal/logout", headers=headers)).headers["set-cookie"]
    assert kept == "__Host-abruf=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0"


async def test_the_page_loads_nothing_and_its_forms_lead_nowhere_else(browser) -> None:
    policy = (await browser.get(LOGIN)).headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "form-action 'self'; frame-ancestors 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(
    "name", ["Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP"]
)
async def test_whom_a_proxy_on_this_machine_asks_for_is_elsewhere(browser, name: str) -> None:
    headers = {**OWN, name: "203.0.113.7"}
    assert "<form" not in (await browser.get(LOGIN, headers=headers)).text
    answer = await browser.post(f"{LOGIN}/demo", data={"person": "staff"}, headers=headers)
    assert (answer.status_code, "set-cookie" in answer.headers) == (404, False)
