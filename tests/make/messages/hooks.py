"""Webhooks as tests set them up, and what works for them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import select

from commands.access.followers import positions
from commands.access.followers.entries import JournalEvent
from commands.messages.webhooks.judging import Result, RetrySchedule
from commands.messages.webhooks.lanes import Underway, claim, proceed
from commands.messages.webhooks.note import note_messages
from commands.messages.webhooks.owned import start_lanes
from commands.writing.running.run import Author, run_unasked
from commands.writing.transaction import Writing
from kit.ids import from_global, new_id
from models.access.journal import JournalEntry
from models.access.viewers import by_itself
from models.messages.webhooks.tables import FOLLOWER, WebhookMessage
from tests.make import Ask, World, reasons

URL = "https://hooks.example.com/abruf"
CREATE = """
mutation ($input: WebhookCreateInput!) {
  webhookCreate(input: $input) {
    secret webhook { id version state } userErrors { code field message }
  }
}
"""


async def created(ask: Ask, url: str = URL, **terms: Any) -> dict[str, Any]:
    """Return a new webhook with its secret."""
    terms = {"url": url, "eventTypes": ["*"], **terms}
    made = (await ask(CREATE, input=terms))["webhookCreate"]
    assert made["userErrors"] == [], made["userErrors"]
    return {**made["webhook"], "secret": made["secret"]}


async def done(ask: Ask, verb: str, what: str = "webhook { id state }", **values: Any) -> Any:
    """Do something with a webhook that is not refused."""
    takes = f"{verb[0].upper()}{verb[1:]}Input"
    request = f"{verb}(input: $input) {{ {what} userErrors {{ code field message }} }}"
    payload = (await ask(f"mutation ($input: {takes}!) {{ {request} }}", input=values))[verb]
    assert payload["userErrors"] == [], payload["userErrors"]
    return payload


async def refused(ask: Ask, verb: str = "webhookCreate", **terms: Any) -> list[tuple[str, str]]:
    """Return why something is refused."""
    takes = f"{verb[0].upper()}{verb[1:]}Input"
    request = f"{verb}(input: $input) {{ userErrors {{ code field message }} }}"
    answer = await ask(f"mutation ($input: {takes}!) {{ {request} }}", input=terms)
    return reasons(answer[verb]["userErrors"])


def key(global_id: str) -> UUID:
    return from_global(global_id)[1]


def author(world: World, now: datetime | None = None) -> Author:
    return Author(by_itself(world.merchant_id), now or world.clock())


async def entries(world: World, after: int = 0) -> list[JournalEvent]:
    """Return the journal as its followers are told it."""
    of = JournalEntry
    rows = select(*(getattr(of, name) for name in JournalEvent.__dataclass_fields__))
    rows = rows.where(of.merchant_id == world.merchant_id, of.position > after)
    async with world.database.writing(world.merchant_id) as session:
        found = (await session.execute(rows.order_by(of.position))).all()
    return [JournalEvent(*row) for row in found]


async def followed(world: World, after: int = 0) -> Sequence[JournalEvent]:
    """Let the follower see the journal after a position."""
    page = await entries(world, after)

    async def tell(writing: Writing) -> None:
        place = await positions.claim(writing, FOLLOWER)
        assert place is not None
        await note_messages(writing, page)
        await positions.move(writing, place, page[-1].position)

    await run_unasked(world.database, author(world), partial(positions.begin, name=FOLLOWER))
    await run_unasked(world.database, author(world), tell)
    return page


async def settled(world: World, webhook: UUID, status: int = 204) -> None:
    """Let what waits for an endpoint be answered, without anybody being asked."""
    schedule, process = RetrySchedule(), new_id()

    async def once(writing: Writing) -> None:
        await claim(writing, webhook, process, schedule.lease)
        sent = Underway(webhook, process, schedule, room=100)
        begun = await proceed(writing, sent)
        if begun is not None:
            answered = partial(Result, body="{}", attempted_at=writing.now, status=status)
            results = [answered(it, duration=timedelta(0)) for it in begun.messages]
            await proceed(
                writing, Underway(webhook, process, schedule, results, room=0, is_last=True)
            )

    await run_unasked(world.database, author(world), once)


async def filled(
    world: World, webhook: UUID, count: int, objects: int | None = None, **more: Any
) -> None:
    """Keep messages for an endpoint, of so many objects; each of one of its own. more: columns."""
    (entry,) = [it for it in await entries(world) if it.aggregate_id == webhook][:1]
    ids = [new_id() for _ in range(objects or count)]

    async def keep(writing: Writing) -> None:
        for place in range(count):
            message = {
                "merchant_id": world.merchant_id,
                "webhook_id": webhook,
                "id": new_id(),
                "entry_id": entry.id,
                "position": place + 1,
                "type": "order.placed",
                "aggregate": "ORDER",
                "aggregate_id": ids[place % len(ids)],
                "occurred_at": writing.now,
                "created_at": writing.now,
                "next_at": writing.now,
                "state": "PENDING",
                "attempts": 0,
                "is_replay": False,
                "is_first": place < len(ids),
            }
            writing.session.add(WebhookMessage(**{**message, **more}))
        await writing.session.flush()
        await start_lanes(writing, [webhook], writing.now)

    await run_unasked(world.database, author(world), keep)
