"""Rows for tests: one function a table, valid by default, only what a test is about is named."""

import asyncio
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import httpx

from commands.access.keys import operate as keys
from kit.db.database import Database
from kit.ids import new_id
from kit.limits import DEFAULT_LIMITS
from models.access.viewers import Actor


class Clock:
    """A clock that a test moves."""

    def __init__(self, start: datetime) -> None:
        self.time = start

    def __call__(self) -> datetime:
        return self.time

    def advance(self, **duration: float) -> None:
        self.time += timedelta(**duration)


class Walled(Database):
    """The database as the server reaches it. owner: as operators do."""

    def __init__(
        self, app_url: str, owner_url: str, statement_s: int = DEFAULT_LIMITS.statement
    ) -> None:
        super().__init__(app_url, statement_s=statement_s)
        self.owner = Database(owner_url, statement_s=statement_s)

    async def close(self) -> None:
        await super().close()
        await self.owner.close()


@dataclass(frozen=True)
class World:
    """A merchant and its staff's token."""

    database: Walled
    clock: Clock
    merchant_id: UUID
    token: str

    async def key(self, actor: Actor, bound_to: UUID | None = None, **more: Any) -> str:
        """Return the token of a new key. more: columns of it."""
        name = actor.value.lower()
        async with self.database.owner.writing(None) as session:
            _, token = await keys.create_key(
                session, self.merchant_id, actor, name, self.clock(), bound_to, **more
            )
        return token


async def world(database: Walled, clock: Clock) -> World:
    async with database.owner.writing(None) as session:
        slug = f"m-{new_id().hex[-12:]}"
        merchant = await keys.create_merchant(session, slug, slug, clock(), "4012345")
        _, token = await keys.create_key(session, merchant.id, Actor.STAFF, "staff", clock())
    return World(database, clock, merchant.id, token)


_SCOPE = {
    "type": "http",
    "asgi": {"version": "3.0"},
    "http_version": "1.1",
    "method": "POST",
    "scheme": "http",
    "path": "/graphql",
    "raw_path": b"/graphql",
    "query_string": b"",
    "server": ("abruf", None),
    "root_path": "",
}
_HEADERS = {"host": "abruf", "accept": "*/*", "content-type": "application/json"}


async def _posted(client: httpx.AsyncClient, request: Any, headers: Mapping[str, str]) -> Any:
    """Send an operation as JSON and return the answer.

    Past the client where that leads to an application: it takes a fifth of a test's time.
    """
    transport = client._transport  # noqa: SLF001 -- it says nowhere else where it leads.
    if not isinstance(transport, httpx.ASGITransport):
        return (await client.post("/graphql", json=request, headers=headers)).json()
    body = json.dumps(request, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    fields = {**_HEADERS, "content-length": str(len(body))}
    fields |= {name.lower(): value for name, value in headers.items()}
    whole = [(name.encode(), value.encode()) for name, value in fields.items()]
    pieces, left, ended = [], [body], asyncio.Event()

    async def receive() -> dict[str, Any]:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        await ended.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            pieces.append(message.get("body", b""))
            if not message.get("more_body"):
                ended.set()

    await transport.app({**_SCOPE, "client": transport.client, "headers": whole}, receive, send)
    return json.loads(b"".join(pieces))


@dataclass(frozen=True)
class Ask:
    """Sends operations over HTTP as one viewer."""

    client: httpx.AsyncClient
    token: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def by(self, token: str) -> "Ask":
        """Return the same for another token."""
        return Ask(self.client, token)

    def with_headers(self, headers: Mapping[str, str]) -> "Ask":
        """Return the same with more headers."""
        return Ask(self.client, self.token, headers)

    async def answer(self, query: str, **variables: Any) -> dict[str, Any]:
        """Return the whole answer, errors included."""
        headers = {"Authorization": f"Bearer {self.token}", **self.headers}
        request = {"query": query, "variables": variables}
        return await _posted(self.client, request, headers)

    async def __call__(self, query: str, **variables: Any) -> dict[str, Any]:
        answer = await self.answer(query, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]


async def do(ask: Ask, verb: str, **fields: Any) -> None:
    """Send a mutation that nothing refuses, and of which nothing is asked."""
    takes = f"{verb[0].upper()}{verb[1:]}Input!"
    what = f"{verb}(input: $input) {{ userErrors {{ code field }} }}"
    payload = (await ask(f"mutation ($input: {takes}) {{ {what} }}", input=fields))[verb]
    assert payload["userErrors"] == []


def refusals(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a bulk verb refuses: of single items, then of the whole call."""
    of_items = [each for it in payload["results"] or () for each in it["userErrors"]]
    return [*of_items, *payload["userErrors"]]


def reasons(errors: Iterable[dict[str, Any]], below: int = 1) -> list[tuple[str, str]]:
    """Return (code, path) of user errors. below: so much of each path is left out, as `input`."""
    return [(it["code"], ".".join(it["field"][below:])) for it in errors]
