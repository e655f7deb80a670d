"""Sessions of the portal are listed and ended: one's own by anybody, all by who manages keys."""

import pytest

from kit.ids import to_global
from models.access.tokens import session_parts
from models.access.viewers import Actor, CompanyRole, Scope
from tests import make
from tests.make.access import sessions
from tests.make.master import parties
from transport.identity.holders import FRESH

LISTED = "query Listed { sessions(first: 9) { nodes { id name endedAt contact { code } } } }"
REVOKE = """
mutation Revoke($input: SessionRevokeInput!) {
  sessionRevoke(input: $input) { session { id endedAt } userErrors { code field } }
}
"""
MINE = "query Mine { viewer { session { id usedAt endsAt } } }"
JOURNAL = "query Told { journal(first: 9) { nodes { type actorName } } }"


def key(token: str) -> str:
    """Return the global id of a token's session."""
    _, session_id, _ = session_parts(token) or ()
    return to_global("PortalSession", session_id)


@pytest.fixture
async def by_page(world: make.World, client):
    """Let who is signed in run an operation."""

    async def ask(token: str, text: str, **variables: object):
        name = await sessions.page_document(world, text)
        answer = await sessions.ask(client, token, name, variables=variables)
        return answer.json() if answer.status_code == 200 else answer.status_code

    return ask


async def test_staff_sees_all_and_others_those_of_their_company(world, ask, by_page) -> None:
    weber = await parties.company(world, number="WEBER")
    other = await parties.company(world, number="OTHER")
    mine, theirs = [await sessions.begin(world, Actor.BUYER, it) for it in (weber, other)]
    staff = await sessions.begin(world, Actor.STAFF)
    seen = (await by_page(mine, LISTED))["data"]["sessions"]["nodes"]
    assert [it["id"] for it in seen] == [key(mine)]
    every = (await ask(LISTED))["sessions"]["nodes"]
    assert [it["id"] for it in every] == [key(staff), key(theirs), key(mine)]
    assert (await by_page(mine, MINE))["data"]["viewer"]["session"]["id"] == key(mine)
    assert (await ask(MINE))["viewer"] == {"session": None}


async def test_who_is_signed_in_ends_its_own_sessions_and_nobody_elses(
    world, by_page, clock
) -> None:
    weber = await parties.company(world, number="WEBER")
    other = await parties.company(world, number="OTHER")
    here = await sessions.begin(world, Actor.BUYER, weber, role=CompanyRole.VIEWER)
    there = await sessions.begin(world, Actor.BUYER, weber, role=CompanyRole.VIEWER)
    colleague = await sessions.begin(world, Actor.BUYER, weber, subject="somebody else")
    stranger = await sessions.begin(world, Actor.BUYER, other)

    async def revoked(token: str) -> list[tuple[str, ...]]:
        answer = await by_page(here, REVOKE, input={"portalSessionId": key(token)})
        errors = answer["data"]["sessionRevoke"]["userErrors"]
        return [(it["code"], *it["field"]) for it in errors]

    assert await revoked(colleague) == [("NOT_ALLOWED", "input", "portalSessionId")]
    assert await revoked(stranger) == [("NOT_FOUND", "input", "portalSessionId")]
    assert await revoked(there) == []
    clock.advance(seconds=FRESH.total_seconds())
    assert await by_page(there, MINE) == 401
    assert await by_page(here, MINE) != 401


@pytest.mark.harmless("sessionRevoke", "It ends what lets somebody act, and no row of trade.")
async def test_staff_that_manages_keys_ends_everybodys_sessions_once(
    world, ask, by_page, clock
) -> None:
    weber = await parties.company(world, number="WEBER")
    token = await sessions.begin(world, Actor.BUYER, weber)
    assert await by_page(token, MINE) != 401
    reader = ask.by(await world.key(Actor.STAFF, scopes=[Scope.MASTER_DATA_READ]))
    refused = (await reader(REVOKE, input={"portalSessionId": key(token)}))["sessionRevoke"]
    assert refused["userErrors"] == [{"code": "NOT_ALLOWED", "field": ["input", "portalSessionId"]}]
    first = (await ask(REVOKE, input={"portalSessionId": key(token)}))["sessionRevoke"]
    clock.advance(seconds=FRESH.total_seconds())
    again = (await ask(REVOKE, input={"portalSessionId": key(token)}))["sessionRevoke"]
    assert first["session"]["endedAt"] is not None
    assert again == first
    assert await by_page(token, MINE) == 401
    types = [it["type"] for it in (await ask(JOURNAL))["journal"]["nodes"]]
    assert types.count("portal_session.began") == 1
    assert types.count("portal_session.ended") == 1
