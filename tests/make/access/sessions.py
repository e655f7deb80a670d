"""Who is signed in to the portal."""

from typing import Any
from uuid import NAMESPACE_URL, UUID, uuid5

import httpx

from commands.access.documents import hash_of, keep_pages
from models.access.viewers import Actor, CompanyRole, Viewer, usual
from tests.make import World
from transport.identity.sessions import Sessions
from transport.portal.endpoint import HEADER

NAME = "Anna Weber"


def person(world: World, actor: Actor, bound_to: UUID | None = None, **more: Any) -> Viewer:
    """Return somebody who may sign in. more: of a viewer."""
    more = {"name": NAME, "subject": f"{world.merchant_id}#{NAME}", **more}
    if actor is Actor.BUYER:
        more = {"role": CompanyRole.BUYER, **more}
    scopes, key = usual(actor, more.get("role")), uuid5(NAMESPACE_URL, more["subject"])
    return Viewer(world.merchant_id, actor, key, scopes=scopes, bound_to=bound_to, **more)


async def begin(world: World, actor: Actor, bound_to: UUID | None = None, **more: Any) -> str:
    """Sign somebody in; returns the token for a cookie."""
    sessions = Sessions(world.database, world.clock)
    return await sessions.begin(person(world, actor, bound_to, **more), "203.0.113.7")


async def page_document(world: World, text: str) -> str:
    """Let a document be one of our pages'; returns its name."""
    async with world.database.writing(None) as session:
        await keep_pages(session, [text], world.clock())
    return hash_of(text)


async def ask(
    client: httpx.AsyncClient, token: str | None, name: str, **more: Any
) -> httpx.Response:
    """Send an operation of a page, as a browser does that has a cookie.

    more: headers; None takes one away.
    """
    headers = {HEADER: "1", "sec-fetch-site": "same-origin", **more}
    if token is not None:
        headers = {"cookie": f"__Host-abruf={token}", **headers}
    kept = {key: it for key, it in headers.items() if it is not None}
    return await client.post("/portal/graphql", json={"documentId": name}, headers=kept)
