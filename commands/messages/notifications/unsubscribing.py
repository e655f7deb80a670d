"""Unsubscribing by a link: who has it needs no key, and wants nothing of its kinds any more."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import select

from commands.messages.notifications.manage import Subscriber, state_wishes
from commands.writing.transaction import Writing
from models.access.keys import MerchantSecret
from models.access.tokens import content_of, sealed
from models.messages.notifications import Notification, NotificationKind, NotificationTiming

PURPOSE = "unsubscribe"
PATH = "/unsubscribe/"
_ID_BYTES = 16


class Unsubscription(NamedTuple):
    """What a link unsubscribes: the reader of a notification, of kinds that its mail told."""

    merchant_id: UUID
    notification_id: UUID
    kinds: tuple[NotificationKind, ...]

    def token(self, secret: bytes) -> str:
        """Return it signed. secret: of the merchant."""
        ids = self.merchant_id.bytes + self.notification_id.bytes
        return sealed(secret, PURPOSE, ids + ",".join(self.kinds).encode())


def wanted_by(token: str) -> Unsubscription | None:
    """Return what a token says, whoever has made it; None for what has not its form."""
    content = content_of(token)
    if content is None or len(content) < 2 * _ID_BYTES:
        return None
    merchant, notification = content[:_ID_BYTES], content[_ID_BYTES : 2 * _ID_BYTES]
    named = {*content[2 * _ID_BYTES :].decode("ascii", "replace").split(",")}
    kinds = tuple(it for it in NotificationKind if it.value in named)
    return Unsubscription(UUID(bytes=merchant), UUID(bytes=notification), kinds)


async def link(
    writing: Writing, public_url: str, notification_id: UUID, kinds: Iterable[NotificationKind]
) -> str:
    """Return where the reader of a notification unsubscribes from kinds by one click."""
    own = writing.viewer.merchant_id
    of = MerchantSecret
    secret = await writing.session.execute(select(of.token_secret).where(of.merchant_id == own))
    wanted = Unsubscription(own, notification_id, tuple(dict.fromkeys(kinds)))
    return f"{public_url}{PATH}{wanted.token(secret.scalar_one())}"


async def unsubscribe(wanted: Unsubscription, writing: Writing) -> None:
    """Let the reader be told nothing of the kinds any more; again, it does nothing.

    A reader who was forgotten is told nothing anyway.
    """
    (row,) = await writing.among(Notification, "id", [wanted.notification_id]) or (None,)
    if row is not None and (row.contact_id or row.address):
        subscriber = Subscriber(row.contact_id, None if row.contact_id else row.address)
        wishes = dict.fromkeys(wanted.kinds, NotificationTiming.NEVER)
        await state_wishes(writing, subscriber, wishes)
