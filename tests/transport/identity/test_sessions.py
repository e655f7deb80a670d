"""Sessions of the portal: a cookie becomes a viewer at one path, for our own operations only."""

import asyncio
from datetime import timedelta
from uuid import UUID

import httpx
import pytest
from sqlalchemy import func, select

from commands.access.documents import hash_of
from models.access.dues import DueKind
from models.access.sessions import IDLE, LONGEST_SESSION, USED_EVERY, PortalSession
from models.access.viewers import Actor, CompanyRole
from tests import make
from tests.make.access import sessions
from tests.make.master import parties
from tests.make.running import do_due
from transport.identity.holders import FRESH
from workers.access.sessions import FORGET_SESSIONS

WHO = "query Who { viewer { name actor role party { number } contact { code } expiresAt } }"
MINE = "query Mine { merchantSettings { id } }"


async def _status(client: httpx.AsyncClient, token: str | None, name: str, **more: object) -> int:
    return (await sessions.ask(client, token, name, **more)).status_code


async def _kept(world: make.World) -> int:
    async with world.database.owner.writing(world.merchant_id) as session:
        own = PortalSession.merchant_id == world.merchant_id
        return await session.scalar(select(func.count()).select_from(PortalSession).where(own)) or 0


@pytest.fixture
async def company(world: make.World) -> UUID:
    return await parties.company(world, number="WEBER")


@pytest.fixture
async def who(world: make.World) -> str:
    """Give the name of an operation of a page."""
    return await sessions.page_document(world, WHO)


async def test_a_cookie_says_who_is_signed_in(world, client, company, who) -> None:
    token = await sessions.begin(world, Actor.BUYER, company, role=CompanyRole.APPROVER)
    answer = (await sessions.ask(client, token, who)).json()
    assert answer["data"]["viewer"] == {
        "name": sessions.NAME,
        "actor": "BUYER",
        "role": "APPROVER",
        "party": {"number": "WEBER"},
        "contact": None,
        "expiresAt": (world.clock() + LONGEST_SESSION).isoformat(),
    }


async def test_only_operations_of_our_pages_run(world, client, ask, who) -> None:
    token = await sessions.begin(world, Actor.STAFF)
    await make.do(ask, "documentsRegister", documents=[{"text": MINE}])
    unknown = (await sessions.ask(client, token, hash_of(MINE))).json()
    assert unknown["errors"][0]["extensions"] == {"code": "PERSISTED_QUERY_NOT_FOUND"}
    headers = {"cookie": f"__Host-abruf={token}", "abruf-portal": "1"}
    headers["sec-fetch-site"] = "same-origin"
    for body in ({"query": WHO}, {"query": WHO, "documentId": who}):
        answer = await client.post("/portal/graphql", json=body, headers=headers)
        assert answer.json()["errors"][0]["extensions"] == {"code": "DOCUMENT_NOT_REGISTERED"}


async def test_no_key_runs_operations_of_our_pages_by_their_names(world, client, who) -> None:
    headers = {"authorization": f"Bearer {world.token}"}
    answer = await client.post("/graphql", json={"documentId": who}, headers=headers)
    assert answer.json()["errors"][0]["extensions"] == {"code": "PERSISTED_QUERY_NOT_FOUND"}


async def test_a_cookie_opens_nothing_else_and_a_key_opens_no_portal(world, client, who) -> None:
    token = await sessions.begin(world, Actor.STAFF)
    cookies = {"cookie": f"__Host-abruf={token}; abruf={token}"}
    assert (await client.post("/graphql", json={"query": WHO}, headers=cookies)).status_code == 401
    bearer = {"authorization": f"Bearer {token}"}
    assert (await client.post("/graphql", json={"query": WHO}, headers=bearer)).status_code == 401
    key = {"authorization": f"Bearer {world.token}"}
    assert await _status(client, None, who, **key) == 401
    assert await _status(client, world.token, who) == 401


@pytest.mark.parametrize(
    "spelled", ["{}0", "{} ", "session_{}", "SESSION", "", "é", '"{}"'], ids=ascii
)
async def test_a_session_has_one_spelling(world, client, who, spelled: str) -> None:
    token = await sessions.begin(world, Actor.STAFF)
    wrong = spelled.format(token) if spelled != "SESSION" else token.upper()
    assert wrong.strip() == token or await _status(client, wrong.encode(), who) == 401


async def test_the_secret_counts_and_the_merchant(world, client, who) -> None:
    token = await sessions.begin(world, Actor.STAFF)
    other = await make.world(world.database, world.clock)
    _, merchant, session, secret = token.split("_")
    forged = [f"session_{merchant}_{session}_{'0' * 64}"]
    forged.append(f"session_{other.merchant_id.hex}_{session}_{secret}")
    assert [await _status(client, it, who) for it in [*forged, token]] == [401, 401, 200]


async def test_an_idle_session_ends(world, client, clock, who) -> None:
    token = await sessions.begin(world, Actor.STAFF)
    clock.advance(seconds=IDLE.total_seconds() - 1)
    assert await _status(client, token, who) == 200
    clock.advance(seconds=IDLE.total_seconds() - 1)
    assert await _status(client, token, who) == 200
    clock.advance(seconds=IDLE.total_seconds())
    assert await _status(client, token, who) == 401


async def test_no_session_outlasts_its_day_however_much_it_is_used(
    world, client, clock, who
) -> None:
    token = await sessions.begin(world, Actor.STAFF)
    half = IDLE.total_seconds() / 2
    used = LONGEST_SESSION // timedelta(seconds=half) - 1
    for _ in range(used):
        clock.advance(seconds=half)
        assert await _status(client, token, who) == 200
    clock.advance(seconds=half)
    assert await _status(client, token, who) == 401


async def test_a_use_is_written_at_most_once_a_minute(world, client, clock, who) -> None:
    token = await sessions.begin(world, Actor.STAFF)

    async def used_at() -> object:
        async with world.database.owner.writing(world.merchant_id) as session:
            own = PortalSession.merchant_id == world.merchant_id
            return await session.scalar(select(PortalSession.used_at).where(own))

    begun = await used_at()
    clock.advance(seconds=USED_EVERY.total_seconds() - 1)
    assert await _status(client, token, who) == 200
    assert await used_at() == begun
    clock.advance(seconds=1)
    await asyncio.gather(*(_status(client, token, who) for _ in range(3)))
    assert await used_at() == clock()


async def test_a_session_that_is_ended_elsewhere_ends_here_within_five_seconds(
    world, client, clock, who
) -> None:
    token = await sessions.begin(world, Actor.STAFF)
    assert await _status(client, token, who) == 200
    await sessions.Sessions(world.database, clock).end(token, None)
    clock.advance(seconds=FRESH.total_seconds())
    assert await _status(client, token, who) == 401


async def test_what_has_ended_is_forgotten(world, clock, database) -> None:
    await sessions.begin(world, Actor.STAFF)
    clock.advance(hours=12, minutes=59)
    await do_due(database, clock, FORGET_SESSIONS)
    assert (await _kept(world), FORGET_SESSIONS.kind) == (1, DueKind.FORGET_SESSIONS)
    clock.advance(minutes=2)
    await do_due(database, clock, FORGET_SESSIONS)
    assert await _kept(world) == 0


FOREIGN = [
    {"sec-fetch-site": "cross-site"},
    {"sec-fetch-site": "same-site"},
    {"sec-fetch-site": "none"},
    {"sec-fetch-site": "cross-site", "origin": "http://abruf"},
    {"sec-fetch-site": None},
    {"sec-fetch-site": None, "origin": "null"},
    {"sec-fetch-site": None, "origin": "https://evil.example"},
    {"sec-fetch-site": None, "origin": "http://abruf.evil.example"},
    {"sec-fetch-site": None, "origin": "http://abruf:81"},
    {"abruf-portal": None},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
async def test_no_page_of_another_place_asks_in_somebodys_name(
    world, client, who, headers: dict[str, str | None]
) -> None:
    token = await sessions.begin(world, Actor.STAFF)
    answer = await sessions.ask(client, token, who, **headers)
    assert answer.status_code == 403
    assert answer.json()["errors"][0]["extensions"] == {"code": "FORBIDDEN"}


async def test_a_browser_that_says_only_its_origin_is_answered(world, client, who) -> None:
    token = await sessions.begin(world, Actor.STAFF)
    headers = {"sec-fetch-site": None, "origin": "http://abruf"}
    assert await _status(client, token, who, **headers) == 200


async def test_nothing_is_asked_by_get_or_by_a_form(world, client, who) -> None:
    token = await sessions.begin(world, Actor.STAFF)
    headers = {"cookie": f"__Host-abruf={token}", "abruf-portal": "1"}
    headers["sec-fetch-site"] = "same-origin"
    got = await client.get("/portal/graphql", params={"documentId": who}, headers=headers)
    assert (got.status_code, got.headers["allow"]) == (405, "POST")
    form = await client.post("/portal/graphql", data={"documentId": who}, headers=headers)
    assert form.status_code == 415
