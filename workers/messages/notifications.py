"""Notifications: noted after events, handed over as mails when their time has come."""

import logging
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from time import time_ns
from typing import NamedTuple
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
from workers.running.spans import SentSpans

_log = logging.getLogger("abruf")
NOTE_NOTIFICATIONS = Follower("notifications", note, wants=TELLING)
TELL_ENDS = WhenDue(DueKind.TELL_ENDS, tell_ends)


def sending(
    route: MailRoute,
    public_url: str,
    counted: Counter[str] | None = None,
    spans: SentSpans | None = None,
) -> Chore:
    """Return the chore that hands mails over.

    public_url: where their links lead. counted: outcome -> attempts, those of `Fate` or UNWRITTEN.
    spans: records each of them.
    """
    counts = Counter[str]() if counted is None else counted

    def of(mail_id: UUID) -> Sending:
        return Sending(route, public_url, mail_id)

    return Chore("send mails", due(), partial(_send, of, _Outcomes(counts, spans or SentSpans())))


class _Outcomes(NamedTuple):
    """What became of attempts: counted, and recorded."""

    counted: Counter[str]
    spans: SentSpans

    def note(self, outcome: str, began_ns: int, written_by: Iterable[str] = ()) -> None:
        """Note one that has just ended."""
        self.counted[outcome] += 1
        self.spans.record("send mail", began_ns, written_by, outcome)


async def _send(
    of: Callable[[UUID], Sending],
    outcomes: _Outcomes,
    database: Database,
    merchant_id: UUID,
    mail_id: UUID,
    now: datetime,
) -> bool:
    """Try one mail; whoever comes first has it for its lease.

    One that cannot be written is tried again later, as one that could not be handed over.
    """
    sending, author = of(mail_id), Author(by_itself(merchant_id), now)
    began = time_ns()
    try:
        claimed = await run_unasked(database, author, sending.claim)
    except (Unavailable, OutcomeUnknown):
        raise
    except Exception:  # noqa: BLE001 -- whatever it is, others are sent.
        _log.warning("A mail cannot be written: %s", mail_id, exc_info=True)
        outcomes.note(NotificationReason.UNWRITTEN.value, began)
        await run_unasked(database, author, sending.put_off)
        return False
    if claimed is not None:
        written_by = await outcomes.spans.written_by(database, merchant_id, claimed.entry_ids)
        handed = await hand_over(sending.route, claimed.mail)
        outcomes.note(handed.fate.value, began, written_by.values())
        await run_unasked(database, author, partial(sending.note, claimed, handed, now))
    return False
