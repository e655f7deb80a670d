"""Pictures of mails: links to them for staff, and what one shows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Uuid, bindparam, select

from commands.messages.notifications.addressed import MERCHANT_IN_MAILS
from commands.messages.notifications.mails.letters import Letter
from commands.messages.notifications.mails.pictures import LASTS, SHOWN_AT, PictureLink
from commands.messages.notifications.sending import is_true
from commands.messages.notifications.standing import PresentState, leading, sender_of
from kit.db.reads import Reads
from kit.errors import Code, Refused
from kit.ids import from_global
from loaders.messages.notifications import sealed_by
from models.base.records import columns
from models.messages.notifications import Notification, NotificationState
from resolvers.messages.notifications.preview import SHOWN, about
from resolvers.running.context import Context

_ABOUT = ("order_id", "contract_id", "webhook_id")
_OWN = Notification.merchant_id == bindparam("merchant", type_=Uuid())
_ONE = select(*columns(Notification)).where(_OWN, Notification.id == bindparam("id", type_=Uuid()))
_OF_MAIL = select(*columns(Notification)).where(
    _OWN, Notification.mail_id == bindparam("mail", type_=Uuid())
)


class MailPicture(NamedTuple):
    """Where a mail is shown. path: at the server that is asked. ends_at: when it is no more."""

    path: str
    ends_at: datetime


async def picture(context: Context, global_id: str) -> MailPicture | None:
    """Return where the mail of a notification is shown for some minutes.

    None where there is no such notification, its reader was forgotten, or a scope of what it tells
    is missing. Refused: INVALID_ID for the id of something else.
    """
    own = context.viewer.merchant_id
    values = {"merchant": own, "id": _key(global_id)}
    row = next(iter(await context.reads.rows(_ONE, values)), None)
    if row is None or row.address is None:
        return None
    if not context.viewer.scopes >= SHOWN[about(row.kind)]:
        return None
    sealing = await sealed_by(context.reads, own, row.id)
    link = PictureLink(own, row.id, (context.now + LASTS).replace(microsecond=0))
    return MailPicture(SHOWN_AT + link.token(sealing.token_secret), link.ends_at)


async def letter_of(reads: Reads, link: PictureLink, now: datetime) -> Letter | None:
    """Return what the mail of a notification says, of how things stand now.

    As it would be sent, or would have been, but for its reader's way to unsubscribe. None where
    the notification is gone, or its reader was forgotten.
    """
    own = {"merchant": link.merchant_id}
    row = next(iter(await reads.rows(_ONE, {**own, "id": link.notification_id})), None)
    if row is None or row.address is None:
        return None
    found = await reads.rows(_OF_MAIL, {**own, "mail": row.mail_id})
    together = leading([it for it in found if it.state is row.state])
    standing = PresentState(reads.rows, link.merchant_id)
    await standing.of(*({getattr(it, key) for it in together} - {None} for key in _ABOUT))
    (merchant,) = await reads.rows(MERCHANT_IN_MAILS, own)
    rows = _current(together, standing, now) if row.state is NotificationState.PENDING else together
    return standing.letter(rows, row.language, sender_of(merchant))


def _current(rows: Sequence[Any], standing: PresentState, now: datetime) -> Sequence[Any]:
    """Return what of a mail that waits is still true; all of it where nothing is."""
    return [it for it in rows if is_true(it, standing, rows, now)] or rows


def _key(global_id: str) -> UUID:
    try:
        type_name, key = from_global(global_id)
    except ValueError:
        type_name, key = "", UUID(int=0)
    if type_name != "Notification":
        raise Refused(Code.INVALID_ID, "It takes the ID of a notification.", ("id",))
    return key
