"""Sign-in at an identity provider, against one on this machine: code, PKCE, state and nonce."""

import base64
import hashlib
import re
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest

from models.access.viewers import READS, Actor, Scope
from server import application
from tests import make
from tests.make.access import sessions
from tests.make.issuer import AUDIENCE, Provider, key
from tests.make.master import parties
from transport.identity.holders import FRESH
from transport.identity.issuers import Claims
from transport.portal.login import LOGIN
from transport.portal.providers import CALLBACK, LOGOUT
from transport.serving import Serving

KEY, OTHER_KEY = key("a"), key("b")
HERE, CLIENT, SECRET = "http://127.0.0.1:8000", "abruf-portal", "s3cr:t/"
WHO = "query Who { viewer { name actor role scopes party { number } contact { code } } }"
CODE = "a code"


@dataclass
class Person:
    """Somebody at the provider. sent: what it came there with; heard: what codes came with."""

    provider: Provider
    claims: dict[str, Any]
    key: Any = field(default_factory=lambda: KEY)
    sent: dict[str, str] = field(default_factory=dict)
    heard: list[tuple[Mapping[str, str], str | None]] = field(default_factory=list)

    def agree(self, location: str) -> dict[str, str]:
        """Sign in there; return with what one is sent back."""
        self.sent = dict(parse_qsl(urlsplit(location).query))
        return {"code": CODE, "state": self.sent["state"]}

    def exchange(self, form: Mapping[str, str], authorization: str | None) -> tuple[int, Any]:
        """Give a token for a code, as providers do: once, to who has asked for it."""
        self.heard.append((form, authorization))
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        same = form["redirect_uri"] == self.sent["redirect_uri"]
        if form["code"] != CODE or not same or challenge != self.sent["code_challenge"]:
            return 400, {"error": "invalid_grant"}
        own = {"aud": CLIENT, "nonce": self.sent["nonce"], **self.claims}
        return 200, {"id_token": self.provider.token(self.key, **own), "access_token": "x"}


@pytest.fixture
def person(world: make.World, clock: make.Clock) -> Iterator[Person]:
    with Provider(clock, KEY).serving() as provider:
        claims = {"merchant": str(world.merchant_id), "party": "WEBER", "name": "Anna"}
        anna = Person(provider, claims)
        provider.exchange = anna.exchange
        yield anna


@pytest.fixture
async def browser(
    world: make.World, person: Person, tmp_path: Path
) -> AsyncIterator[httpx.AsyncClient]:
    """A browser on this machine, and a server with two providers of which the second answers."""
    await parties.company(world, number="WEBER")
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")
    named = {"authorization_url": f"{person.provider.url}/authorize?tenant=1"}
    named |= {"token_url": f"{person.provider.url}/token", "client_id": CLIENT}
    claims = Claims(merchant="merchant", contact="contact", role="role", actor="kind")
    configured = person.provider.configured(
        claims=claims,
        actors=["BUYER", "STAFF"],
        login={"name": "Weber & <Co>", "secret_file": secret, **named},
    )
    other = {
        **configured.model_dump(),
        "issuer": "https://login.example",
        "jwks_url": "https://login.example/keys",
    }
    other["login"] = {"name": "Elsewhere", **named, "secret_file": None}
    person.claims |= {"kind": "BUYER", "role": "APPROVER"}
    issuers = (type(configured).model_validate(other), configured)
    serving = Serving(world.database, clock=world.clock, issuers=issuers)
    transport = httpx.ASGITransport(application(serving))
    async with httpx.AsyncClient(transport=transport, base_url=HERE) as client:
        yield client


async def _back(
    browser: httpx.AsyncClient, person: Person, **changed: str | None
) -> httpx.Response:
    """Go to the provider, agree, and come back. changed: what one brings otherwise."""
    location = (await browser.get(f"{LOGIN}/at/1")).headers["location"]
    brought = {**person.agree(location), **changed}
    kept = {name: it for name, it in brought.items() if it is not None}
    return await browser.get(CALLBACK, params=kept)


async def _who(world: make.World, browser: httpx.AsyncClient) -> dict[str, Any] | None:
    name = await sessions.page_document(world, WHO)
    answer = await sessions.ask(browser, None, name)
    return answer.json()["data"]["viewer"] if answer.status_code == 200 else None


async def test_somebody_signs_in_there_and_has_a_session_here(world, browser, person) -> None:
    page = await browser.get(LOGIN)
    assert 'href="/portal/login/at/1"><b>Sign in with Weber &amp; &lt;Co&gt;' in page.text
    person.claims["contact"] = "ANNA"
    answer = await _back(browser, person)
    assert (answer.status_code, answer.headers["location"]) == (303, "/portal")
    who = await _who(world, browser)
    assert who is not None
    assert Scope.ORDERS_APPROVE.value in who.pop("scopes")
    assert who == {
        "name": "Anna",
        "actor": "BUYER",
        "role": "APPROVER",
        "party": {"number": "WEBER"},
        "contact": {"code": "ANNA"},
    }


async def test_the_browser_learns_no_token_and_the_provider_what_it_needs(browser, person) -> None:
    began = await browser.get(f"{LOGIN}/at/1")
    kept = began.headers["set-cookie"]
    assert re.fullmatch(
        r"abruf-sign-in=1(\.[\w-]{43}){3}; Path=/; HttpOnly; SameSite=Lax; Max-Age=600", kept
    )
    location = began.headers["location"]
    assert location.startswith(f"{person.provider.url}/authorize?tenant=1&response_type=code&")
    answer = await browser.get(CALLBACK, params=person.agree(location))
    assert person.sent["code_challenge_method"] == "S256"
    assert person.sent["redirect_uri"] == f"{HERE}{CALLBACK}"
    assert person.sent["code_challenge"] not in kept
    ((form, authorization),) = person.heard
    assert "client_secret" not in form
    written = base64.b64decode((authorization or "").removeprefix("Basic ")).decode()
    assert written == f"{CLIENT}:s3cr%3At%2F"
    assert ".ey" not in str(answer.headers)
    ended = [it for it in answer.headers.get_list("set-cookie") if "sign-in" in it]
    assert ended == ["abruf-sign-in=; Path=/; HttpOnly; SameSite=Lax; Max-Age=0"]


async def test_what_a_token_allows_is_what_its_scopes_and_its_role_do(
    world, browser, person
) -> None:
    person.claims |= {"role": "VIEWER"}
    await _back(browser, person)
    who = await _who(world, browser)
    assert who is not None
    assert {*who["scopes"]} == {it.value for it in READS}
    person.claims |= {"role": "BUYER", "scope": "MASTER_DATA_READ KEYS_MANAGE"}
    await _back(browser, person)
    who = await _who(world, browser)
    assert who is not None
    assert who["scopes"] == ["MASTER_DATA_READ"]


WRONG: dict[str, Callable[[Person], dict[str, str | None]]] = {
    "another state": lambda _: {"state": "x" * 43},
    "no state": lambda _: {"state": None},
    "no code": lambda _: {"code": None},
    "another code": lambda _: {"code": "guessed"},
    "the provider refuses": lambda _: {"code": None, "error": "access_denied"},
    "another issuer": lambda _: {"iss": "https://login.example"},
    "a nonce of another sign-in": lambda it: it.claims.update(nonce="n") or {},
    "no nonce": lambda it: it.claims.update(nonce=None) or {},
    "a token for the API": lambda it: it.claims.update(aud=AUDIENCE) or {},
    "a token for others, too": lambda it: it.claims.update(aud=[CLIENT, "other"]) or {},
    "a token that another asked for": lambda it: it.claims.update(azp="other") or {},
    "a token of another issuer": lambda it: it.claims.update(iss="https://login.example") or {},
    "a token that has ended": lambda it: it.claims.update(exp=1) or {},
    "a key of somebody else": lambda it: setattr(it, "key", OTHER_KEY) or {},
    "another merchant": lambda it: it.claims.update(merchant="nobody") or {},
    "no such company": lambda it: it.claims.update(party="NOBODY") or {},
    "an actor that it may not name": lambda it: it.claims.update(kind="WAREHOUSE") or {},
}


@pytest.mark.parametrize("what", WRONG)
async def test_who_comes_back_with_anything_wrong_is_not_let_in(
    world, browser, person, what: str
) -> None:
    answer = await _back(browser, person, **WRONG[what](person))
    assert (answer.status_code, 'role="alert"' in answer.text) == (400, True)
    assert [it for it in answer.headers.get_list("set-cookie") if "session_" in it] == []
    assert await _who(world, browser) is None


async def test_only_the_browser_that_was_sent_comes_back(world, browser, person) -> None:
    location = (await browser.get(f"{LOGIN}/at/1")).headers["location"]
    brought = person.agree(location)
    app = browser._transport.app  # noqa: SLF001 -- the same server, for another browser.
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=HERE) as another:
        assert (await another.get(CALLBACK, params=brought)).status_code == 400
        for kept in ("1", "1.a.b.c", "9.{0}.{0}.{0}", "x.{0}.{0}.{0}", "1.{0}.{0}"):
            cookies = {"cookie": f"abruf-sign-in={kept.format('a' * 43)}"}
            answer = await another.get(CALLBACK, params=brought, headers=cookies)
            assert answer.status_code == 400
    assert person.heard == []
    assert (await browser.get(CALLBACK, params=brought)).status_code == 303
    assert (await browser.get(CALLBACK, params=brought)).status_code == 400
    assert len(person.heard) == 1
    assert await _who(world, browser) is not None


@pytest.mark.parametrize("worth", [(500, {}), (200, []), (200, {}), (200, {"id_token": 5})])
async def test_a_provider_that_gives_no_token_lets_nobody_in(browser, person, worth) -> None:
    person.provider.exchange = lambda _form, _authorization: worth
    assert (await _back(browser, person)).status_code == 400


async def test_who_leaves_for_the_provider_is_signed_out_before_it_comes_back(
    world, browser, person
) -> None:
    await _back(browser, person)
    held = browser.cookies["abruf"]
    # A browser that comes back from another site's page brings no cookie of a session.
    began = await browser.get(f"{LOGIN}/at/1")
    assert "abruf" not in browser.cookies
    browser.cookies.set("abruf", held, domain="127.0.0.1")
    assert await _who(world, browser) is None
    browser.cookies.delete("abruf")
    brought = person.agree(began.headers["location"])
    assert (await browser.get(CALLBACK, params=brought)).status_code == 303
    assert await _who(world, browser) is not None


async def test_staff_comes_to_the_pages_of_those_who_work(world, browser, person) -> None:
    person.claims |= {"kind": "STAFF", "party": None}
    answer = await _back(browser, person)
    assert (answer.status_code, answer.headers["location"]) == (303, "/operations")
    who = await _who(world, browser)
    assert who is not None
    assert (who["actor"], who["role"]) == (Actor.STAFF.value, None)


async def test_there_is_no_other_way(browser) -> None:
    assert (await browser.get(f"{LOGIN}/at/2")).status_code == 404


LOGOUT_EVENT = {"http://schemas.openid.net/event/backchannel-logout": {}}


async def _says(browser: httpx.AsyncClient, person: Person, **claims: Any) -> int:
    """Let the provider say that somebody has signed out there."""
    own = {"aud": CLIENT, "events": LOGOUT_EVENT, "jti": "1", "sub": None, **claims}
    form = {"logout_token": person.provider.token(person.key, **own)}
    return (await browser.post(LOGOUT, data=form)).status_code


@pytest.mark.parametrize("whom", [{"sub": "anna"}, {"sid": "s-1"}, {"sub": "anna", "sid": "s-1"}])
async def test_who_is_signed_out_there_is_signed_out_here(
    world, browser, person, clock, whom: dict[str, str]
) -> None:
    person.claims["sid"] = "s-1"
    await _back(browser, person)
    assert await _who(world, browser) is not None
    for other in ({"sub": "ben"}, {"sid": "s-2"}, {"sub": "anna", "sid": "s-2"}):
        assert await _says(browser, person, **other) == 200
    clock.advance(seconds=FRESH.total_seconds())
    assert await _who(world, browser) is not None
    assert await _says(browser, person, **whom) == 200
    clock.advance(seconds=FRESH.total_seconds())
    assert await _who(world, browser) is None


NO_LOGOUT: list[dict[str, Any]] = [
    {"events": None},
    {"events": {"another": {}}},
    {"events": "http://schemas.openid.net/event/backchannel-logout"},
    {"nonce": "n"},
    {"aud": AUDIENCE},
    {"sub": None},
    {"exp": 1},
    {"iss": "https://login.example"},
]


@pytest.mark.parametrize("claims", NO_LOGOUT, ids=str)
async def test_nobody_is_signed_out_by_anything_else(
    world, browser, person, clock, claims: dict[str, Any]
) -> None:
    await _back(browser, person)
    assert await _says(browser, person, **{"sub": "anna", **claims}) == 400
    person.key = OTHER_KEY
    assert await _says(browser, person, sub="anna") == 400
    clock.advance(seconds=FRESH.total_seconds())
    assert await _who(world, browser) is not None
