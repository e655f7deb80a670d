"""Notifications: noted after events, handed over as mails when their time has come."""

import logging
from collections import Counter
from collections.abc import Callable
from datetime import datetime
from functools import partial
from uuid import UUID

from commands.messages.notifications.ending import tell_ends
from commands.messages.notifications.kinds import TELLING
from commands.messages.notifications.note import note
from commands.messages.notifications.sending import Sending, due
from commands.writing.running.run import Author, run_unasked
from kit.db.database import Database
from kit.db.lost import OutcomeUnknown, Unavailable
from kit.outgoing.mails import MailRoute, hand_over
from models.access.dues import DueKind
from models.access.viewers import by_itself
from models.messages.notifications import NotificationReason
from workers.running.chores import Chore
from workers.running.dues import WhenDue
from workers.running.followers import Follower

_log = logging.getLogger("abruf")
NOTE_NOTIFICATIONS = Follower("notifications", note, wants=TELLING)
TELL_ENDS = WhenDue(DueKind.TELL_ENDS, tell_ends)


def sending(route: MailRoute, public_url: str, counted: Counter[str] | None = None) -> Chore:
    """Return the chore that hands mails over.

    public_url: where their links lead. counted: outcome -> attempts, those of `Fate` or UNWRITTEN.
    """

    def of(mail_id: UUID) -> Sending:
        return Sending(route, public_url, mail_id)

    return Chore("send mails", due(), partial(_send, of, Counter() if counted is None else counted))


async def _send(
    of: Callable[[UUID], Sending],
    counted: Counter[str],
    database: Database,
    merchant_id: UUID,
    mail_id: UUID,
    now: datetime,
) -> bool:
    """Try one mail; whoever comes first has it for its lease.

    One that cannot be written is tried again later, as one that could not be handed over.
    """
    sending, author = of(mail_id), Author(by_itself(merchant_id), now)
    try:
        claimed = await run_unasked(database, author, sending.claim)
    except (Unavailable, OutcomeUnknown):
        raise
    except Exception:  # noqa: BLE001 -- whatever it is, others are sent.
        _log.warning("A mail cannot be written: %s", mail_id, exc_info=True)
        counted[NotificationReason.UNWRITTEN.value] += 1
        await run_unasked(database, author, sending.put_off)
        return False
    if claimed is not None:
        handed = await hand_over(sending.route, claimed.mail)
        counted[handed.fate.value] += 1
        await run_unasked(database, author, partial(sending.note, claimed, handed, now))
    return False
