"""The form of webhooks: what it costs to send what happens to a receiver on this machine."""

import asyncio
import json
from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any
from uuid import UUID

import asyncpg
from sqlalchemy import func, select

from bench import data
from bench.data import plain
from bench.engines import serving_alone
from bench.progress import say
from bench.tell import BARE, catch_up, happen, new_merchant, reached, timed
from commands.access.followers.entries import MOST_AT_ONCE
from commands.messages.webhooks.inputs import MOST_PER_SECOND, WebhookCreate
from commands.messages.webhooks.manage import create
from commands.writing.running.run import Author, run
from kit.clock import now
from kit.db.database import Database
from kit.embedded import Server
from kit.ids import new_id
from kit.outgoing.client import Client, Connections, Rules
from models.access.viewers import Actor, Scope, Viewer
from models.messages.webhooks.tables import WebhookAttempt
from workers.messages.webhooks import TELL_WEBHOOKS
from workers.messages.webhooks.flights import Flights
from workers.messages.webhooks.sending import WebhookSender
from workers.running.followers import Followers

_NAME, _EVENTS, _TOGETHER = "bench_deliver", 3_000, 500
_AT_ONCE = 8
"""Requests of the bare loop at a time, as many as a lane sends."""


async def deliver(server: Server, events: int = _EVENTS, name: str = _NAME) -> dict[str, Any]:
    """Send a journal to one endpoint by one worker, and by a bare loop with the same client.

    events: how many. name: of its database. CPU is that of this process, microseconds an event: the
    receiver is another one, and PostgreSQL's is beside it.
    """
    receiver = serving_alone("bench.engines.receiver")
    async with data.empty(server, name) as there, receiver as (_, port), reached(there) as database:
        url, merchant = f"http://127.0.0.1:{port}/", await new_merchant(there)
        rules = Rules(frozenset({port}), (ip_network("127.0.0.0/8"),), allows_http=True)
        client = Client(rules)
        try:
            webhook = await _endpoint(database, merchant, url)
            say(f"Writing {events:,} events.")
            for at in range(0, events, _TOGETHER):
                await happen(database, merchant, min(_TOGETHER, events - at))
            async with client.connected() as asks:
                bare = await timed(events, lambda: _post(there, merchant, asks, url))
            sent = await timed(events, lambda: _send(database, merchant, webhook, client, events))
        finally:
            client.close()
    summary = {"bare": bare, "sent": sent, "ratio": round(sent["cpu"] / bare["cpu"], 2)}
    return {"events": events, "summary": summary}


async def _endpoint(database: Database, merchant: UUID, url: str) -> UUID:
    """Create an endpoint that is told of everything, as fast as one may be."""
    staff = Viewer(merchant, Actor.STAFF, new_id(), "bench", frozenset(Scope))
    terms = {"url": url, "event_types": ["*"], "per_second": MOST_PER_SECOND}
    outcome = await run(database, Author(staff, now()), create, WebhookCreate(**terms))
    key: UUID = outcome["webhook_id"]
    return key


async def _post(server: Server, merchant: UUID, asks: Connections, url: str) -> None:
    """Read the journal and post each entry, some at once."""
    connection = await asyncpg.connect(plain(server.app_url))
    places = asyncio.Semaphore(_AT_ONCE)

    async def posted(row: Mapping[str, Any]) -> None:
        async with places:
            body = json.dumps({name: str(it) for name, it in row.items()})
            await asks.post(url, body.encode(), {"content-type": "application/json"})

    try:
        await connection.execute(f"SET app.merchant = '{merchant}'")
        after, page = 0, [None]
        while page:
            page = await connection.fetch(BARE, merchant, after, MOST_AT_ONCE)
            await asyncio.gather(*map(posted, page))
            after = page[-1]["position"] if page else after
    finally:
        await connection.close()


async def _nobody(*_: object) -> Mapping[str, Any]:
    raise AssertionError


async def _send(
    database: Database, merchant: UUID, webhook: UUID, client: Client, events: int
) -> None:
    """Make messages of the journal, and send them."""
    followers, flights = Followers(TELL_WEBHOOKS), Flights(WebhookSender(client, now, _nobody))
    await catch_up(followers, database, merchant)
    while await flights.step(database, merchant, webhook, now()):
        pass
    async with database.writing(merchant) as session:
        own = WebhookAttempt.merchant_id == merchant, WebhookAttempt.status.is_not(None)
        answered = await session.scalar(select(func.count()).where(*own))
    assert (answered or 0) >= events, answered  # noqa: S101 -- the form measures what it says.
