"""Rows for tests: one function a table, valid by default, only what a test is about is named."""

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
        response = await self.client.post(
            "/graphql",
            json={"query": query, "variables": variables},
            headers={"Authorization": f"Bearer {self.token}", **self.headers},
        )
        return response.json()

    async def __call__(self, query: str, **variables: Any) -> dict[str, Any]:
        answer = await self.answer(query, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]


def refusals(payload: dict[str, Any]) -> list[dict[str, Any]]:
    """Return what a bulk verb refuses: of single items, then of the whole call."""
    of_items = [each for it in payload["results"] or () for each in it["userErrors"]]
    return [*of_items, *payload["userErrors"]]


def reasons(errors: Iterable[dict[str, Any]], below: int = 1) -> list[tuple[str, str]]:
    """Return (code, path) of user errors. below: so much of each path is left out, as `input`."""
    return [(it["code"], ".".join(it["field"][below:])) for it in errors]
