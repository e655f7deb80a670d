"""Notifications: noted after events, handed over as mails when their time has come."""

from datetime import datetime
from functools import partial
from uuid import UUID

from commands.messages.notifications.ending import tell_ends
from commands.messages.notifications.kinds import TELLING
from commands.messages.notifications.note import note
from commands.messages.notifications.sending import Sending, due
from commands.writing.running.run import Author, run_unasked
from kit.db.database import Database
from kit.outgoing.mails import MailRoute, hand_over
from models.access.dues import DueKind
from models.access.viewers import by_itself
from workers.running.chores import Chore
from workers.running.dues import WhenDue
from workers.running.followers import Follower

NOTE_NOTIFICATIONS = Follower("notifications", note, wants=TELLING)
TELL_ENDS = WhenDue(DueKind.TELL_ENDS, tell_ends)


def sending(route: MailRoute) -> Chore:
    """Return the chore that hands mails over."""
    return Chore("send mails", due(), partial(_send, route))


async def _send(
    route: MailRoute, database: Database, merchant_id: UUID, mail_id: UUID, now: datetime
) -> bool:
    """Try one mail; whoever comes first has it for its lease."""
    sending, author = Sending(route, mail_id), Author(by_itself(merchant_id), now)
    claimed = await run_unasked(database, author, sending.claim)
    if claimed is not None:
        handed = await hand_over(route, claimed.mail)
        await run_unasked(database, author, partial(sending.note, claimed, handed, now))
    return False
