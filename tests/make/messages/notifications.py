"""Notifications: told, and handed over to a mail server of the test's own."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.smtp import SMTP
from sqlalchemy import select

from commands.messages.notifications.sending import due
from kit.ids import from_global, new_id, to_global
from kit.outgoing.mails import MailRoute
from kit.standards.languages import Spoken
from models.fulfilment.deliveries.tables import DeliveryLine
from models.messages.notifications import (
    Notification,
    NotificationKind,
    NotificationReason,
    NotificationState,
)
from tests.make import World
from tests.make.feed import rows
from workers.messages.notifications import NOTE_NOTIFICATIONS, sending
from workers.running.followers import Followers
from workers.running.spans import SentSpans

PUBLIC_URL = "https://api.example.com"
"""Where links of mails lead."""


async def refused(world: World, delivery: dict[str, Any]) -> str:
    """Write a notification of a delivery that a mail server has refused; gives its global id."""
    _, key = from_global(delivery["id"])
    lines = select(DeliveryLine.order_id).where(
        DeliveryLine.merchant_id == world.merchant_id, DeliveryLine.delivery_id == key
    )
    async with world.database.writing(world.merchant_id) as session:
        row = Notification(
            merchant_id=world.merchant_id,
            id=new_id(),
            kind=NotificationKind.DELIVERY_PLANNED,
            address="anna@example.com",
            language=Spoken.EN,
            time_zone="Europe/Berlin",
            order_id=await session.scalar(lines.limit(1)),
            delivery_id=key,
            entry_id=new_id(),
            mail_id=new_id(),
            is_daily=False,
            state=NotificationState.FAILED,
            reason=NotificationReason.REFUSED,
            code=550,
            created_at=world.clock(),
        )
        session.add(row)
        await session.flush()
        return to_global("Notification", row.id)


async def noted(world: World) -> list[Notification]:
    """Let the follower be told of everything, and return what it has noted, oldest first."""
    followers = Followers(NOTE_NOTIFICATIONS)
    name = NOTE_NOTIFICATIONS.name
    while await followers.tell(world.database, world.merchant_id, name, world.clock()):
        pass
    assert followers.counted.keys() <= {(name, "TOLD")}
    return await rows(world, Notification)


class Server:
    """A mail server. answers: what it says to the next mails' data; 250 afterwards.

    "break": it closes the connection in the middle of them; "break after": when it has taken them;
    "silence": it says nothing. to_recipients: the same for who they are to. slow_s: seconds that it
    takes for each mail.
    """

    def __init__(self) -> None:
        self.answers, self.to_recipients = list[str](), list[str]()
        self.taken, self.tries = list[EmailMessage](), 0
        self.ended, self.slow_s = asyncio.Event(), 0.0

    async def handle_RCPT(self, _server, _session, envelope, address, _options) -> str:  # noqa: N802
        answer = self.to_recipients.pop(0) if self.to_recipients else "250 OK"
        if answer.startswith("2"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, _session, envelope) -> str:  # noqa: N802
        self.tries += 1
        await asyncio.sleep(self.slow_s)
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer == "silence":
            await self.ended.wait()
        if answer in {"break", "silence"}:
            server.transport.abort()
            return "451 gone"
        if answer.startswith("2") or answer == "break after":
            self.taken.append(message_from_bytes(envelope.content, policy=default))
        if answer == "break after":
            answer = "250 OK"
            asyncio.get_running_loop().call_soon(server.transport.close)
        return answer


@asynccontextmanager
async def serving(longest_s: float = 10) -> AsyncIterator[tuple[Server, MailRoute]]:
    """Serve mail meanwhile, over a route whose tries end after so many seconds."""
    handler, loop = Server(), asyncio.get_running_loop()
    listening = await loop.create_server(
        lambda: SMTP(handler, hostname="mail.example", loop=loop), "127.0.0.1", 0
    )
    port = listening.sockets[0].getsockname()[1]
    try:
        yield handler, MailRoute("127.0.0.1", port, "shop@example.com", longest_s=longest_s)
    finally:
        handler.ended.set()
        listening.close()


async def sent(
    world: World,
    route: MailRoute,
    seconds: float = 0,
    counted: Counter[str] | None = None,
    spans: SentSpans | None = None,
) -> Sequence[Notification]:
    """Hand over what is due after a while; gives all notifications."""
    world.clock.advance(seconds=seconds)
    chore = sending(route, PUBLIC_URL, counted, spans)
    reads = world.database.reading(None)
    found = await reads.rows(due(), {"now": world.clock()})
    await reads.close()
    for each in found:
        if each.merchant_id == world.merchant_id:
            await chore.step(world.database, each.merchant_id, each.subject, world.clock())
    return await rows(world, Notification)
