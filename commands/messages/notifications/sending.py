"""Sending a mail: it is claimed and written, handed over, and what became of it is noted.

Nothing is held while it is handed over. Who dies in between lets another try again after the lease,
under the same message id, by which a mail server or program knows that it has it.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import format_datetime
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Select, bindparam, delete, or_, select, update

from commands.messages.notifications import timing
from commands.messages.notifications.addressed import Wishes, merchant_of, quiet_of
from commands.messages.notifications.kinds import BESIDE, NOT_TRANSACTIONAL
from commands.messages.notifications.mails.wording import plain_text, write_mail
from commands.messages.notifications.standing import PresentState, leading, sender_of
from commands.messages.notifications.unsubscribing import link
from commands.messages.notifications.waiting import gather
from commands.writing.transaction import Writing
from kit.outgoing import mails
from kit.outgoing.headers import is_address
from kit.outgoing.mails import Fate, Handed, Mail, MailRoute
from models.messages.notifications import (
    TRUE_OF_DELIVERIES,
    TRUE_OF_ORDERS,
    Notification,
    NotificationKind,
    NotificationMail,
    NotificationReason,
    NotificationState,
    NotificationTiming,
)

LEASE = timedelta(seconds=2 * mails.MAIL_S)
"""How long a mail is whose it is who tries it: longer than a try may take."""

_ONE_CLICK = "List-Unsubscribe=One-Click"
"""What mail programs send to the address of `List-Unsubscribe` for one click (RFC 8058)."""


class Claimed(NamedTuple):
    """A mail in hand. ids: of the notifications that it tells. attempts: in vain so far.

    entry_ids: of the journal, after which it is sent.
    """

    mail: Mail
    ids: Collection[UUID]
    entry_ids: Collection[UUID]
    attempts: int
    zone: str
    quiet: tuple[str, str] | None


def due() -> Select[Any]:
    """Select (merchant_id, subject: a mail's id) of all that are to be tried. Parameter: now."""
    of: Any = NotificationMail
    now = bindparam("now", type_=DateTime(timezone=True))
    is_free = or_(of.leased_until.is_(None), of.leased_until < now)
    waits = select(of.merchant_id, of.id.label("subject")).where(of.next_at <= now, is_free)
    return waits.order_by(of.next_at).limit(1_000)


@dataclass(frozen=True)
class Sending:
    """One mail on its way over a route. public_url: where our server answers: links lead there."""

    route: MailRoute
    public_url: str
    mail_id: UUID

    async def claim(self, writing: Writing) -> Claimed | None:
        """Take a mail that is due in hand, and write it; None where there is nothing to send.

        What is not true or not wanted any more, or has waited for a sender for days, is suppressed.
        What waits beside it for the same reader is told by the same mail.
        """
        await gather(writing, self.mail_id)
        taken = await self._take(writing)
        if taken is None:
            return None
        rows = await writing.among(Notification, "mail_id", [self.mail_id], "id", lock=True)
        waiting = _with_address(it for it in rows if it.state is NotificationState.PENDING)
        standing = PresentState(partial(_read, writing), writing.viewer.merchant_id)
        about = ("order_id", "contract_id", "webhook_id")
        await standing.of(*({getattr(it, key) for it in waiting} - {None} for key in about))
        wanted = await _timings(writing, waiting)
        is_late = taken.next_at < writing.now - timing.SENT_WITHIN
        current = list[Any]()
        for each in leading(waiting):
            if is_late or not is_true(each, standing, waiting, writing.now):
                _suppress(each, NotificationReason.OVERTAKEN)
            elif wanted[each.id] is NotificationTiming.NEVER:
                _suppress(each, NotificationReason.NOT_WANTED)
            else:
                current.append(each)
        if not current:
            await self._end(writing)
            return None
        merchant = await merchant_of(writing)
        # Who has asked for a kind, or may do without it, ends that by one click.
        ending = [it for it in current if it.kind in NOT_TRANSACTIONAL or wanted[it.id]]
        way_out = await self._way_out(writing, ending)
        mail = await self._written(writing, current, standing, merchant, way_out)
        ids, entry_ids = ({getattr(it, key) for it in current} for key in ("id", "entry_id"))
        return Claimed(
            mail, ids, entry_ids, taken.attempts, current[0].time_zone, quiet_of(merchant)
        )

    async def _take(self, writing: Writing) -> Any:
        of, now = NotificationMail, writing.now
        is_free = or_(of.leased_until.is_(None), of.leased_until < now)
        own = (of.merchant_id == writing.viewer.merchant_id, of.id == self.mail_id)
        taken = update(of).where(*own, of.next_at <= now, is_free).values(leased_until=now + LEASE)
        found = await writing.session.execute(taken.returning(of.attempts, of.next_at))
        return found.one_or_none()

    async def _way_out(self, writing: Writing, ending: Sequence[Any]) -> str | None:
        """Return where a reader unsubscribes from some of what a mail tells, if there is any."""
        if not ending:
            return None
        return await link(writing, self.public_url, ending[0].id, (it.kind for it in ending))

    async def _written(
        self,
        writing: Writing,
        current: Sequence[Any],
        standing: PresentState,
        merchant: Any,
        way_out: str | None,
    ) -> Mail:
        first = current[0]
        sender = sender_of(merchant)
        letter = standing.letter(current, first.language, sender, way_out)
        words = await writing.beside.made(write_mail, letter)
        thread = f"<{_thread(first)}@{self.route.domain}>"
        headers = {"message_id": self.message_id, "in_reply_to": thread, "references": thread}
        if sender.email and is_address(sender.email):
            headers["reply_to"] = sender.email
        if way_out:
            headers |= {"list_unsubscribe": f"<{way_out}>", "list_unsubscribe_post": _ONE_CLICK}
        return mails.message(
            (plain_text(sender.name), self.route.sender),
            first.address,
            (words.subject, words.text, words.html),
            date=format_datetime(writing.now),
            auto_submitted="auto-generated",
            **headers,
        )

    @property
    def message_id(self) -> str:
        """Return the mail's message id, the same at every try."""
        return f"<{self.mail_id}@{self.route.domain}>"

    async def note(self, claimed: Claimed, handed: Handed, now: datetime, writing: Writing) -> None:
        """Note what became of a mail that was handed over, or not."""
        attempts = claimed.attempts + 1
        pause = timing.pause_after(attempts)
        values: Mapping[str, Any] = {"code": handed.code, "message_id": self.message_id}
        if handed.fate is Fate.ACCEPTED:
            values = {**values, "state": NotificationState.SENT, "sent_at": now}
        elif handed.fate is Fate.REFUSED or pause is None:
            is_refused = handed.fate is Fate.REFUSED
            reason = NotificationReason.REFUSED if is_refused else NotificationReason.UNREACHABLE
            values = {**values, "state": NotificationState.FAILED, "reason": reason}
        await self._tell(writing, values, Notification.id.in_(claimed.ids))
        if "state" in values or pause is None:
            await self._end(writing)
        else:
            again = timing.daytime(now + pause, claimed.zone, claimed.quiet)
            await self._try_again(writing, attempts, again)

    async def put_off(self, writing: Writing) -> None:
        """Note that a mail could not be written: a try in vain, after the last of which it fails.

        Nothing where another has it in hand meanwhile.
        """
        taken = await self._take(writing)
        if taken is None:
            return
        attempts = taken.attempts + 1
        pause = timing.pause_after(attempts)
        if pause is None:
            reason = NotificationReason.UNWRITTEN
            failed = {"state": NotificationState.FAILED, "reason": reason}
            await self._tell(writing, failed, Notification.mail_id == self.mail_id)
            await self._end(writing)
        else:
            await self._try_again(writing, attempts, writing.now + pause)

    async def _tell(
        self, writing: Writing, values: Mapping[str, Any], which: ColumnElement[bool]
    ) -> None:
        """Write what became of notifications that wait, which are not told otherwise meanwhile."""
        of = Notification
        pending = of.state == NotificationState.PENDING
        own = (of.merchant_id == writing.viewer.merchant_id, which, pending)
        await writing.session.execute(update(of).where(*own).values(values))

    async def _try_again(self, writing: Writing, attempts: int, at: datetime) -> None:
        of = NotificationMail
        own = (of.merchant_id == writing.viewer.merchant_id, of.id == self.mail_id)
        values = {"attempts": attempts, "next_at": at, "leased_until": None}
        await writing.session.execute(update(of).where(*own).values(values))

    async def _end(self, writing: Writing) -> None:
        of = NotificationMail
        own = (of.merchant_id == writing.viewer.merchant_id, of.id == self.mail_id)
        await writing.session.execute(delete(of).where(*own))


def _with_address(rows: Iterable[Any]) -> list[Any]:
    """Return those with an address; one that no server takes fails, if a former release wants it.

    It let such be sent again.
    """
    some = [it for it in rows if it.address]
    for each in some:
        if not is_address(each.address):
            each.state, each.reason = NotificationState.FAILED, NotificationReason.BAD_ADDRESS
    return [it for it in some if it.state is NotificationState.PENDING]


def _suppress(row: Any, reason: NotificationReason) -> None:
    row.state, row.reason = NotificationState.SUPPRESSED, reason


async def _timings(writing: Writing, rows: Sequence[Any]) -> Mapping[UUID, Any]:
    """Return notification -> when its reader wants to be told of its kind, None if unsaid.

    One of the staff is told nothing that is not subscribed any more.
    """
    contacts = {it.contact_id for it in rows if it.contact_id}
    wishes = await Wishes.of(writing, contacts, {it.address for it in rows})
    return {it.id: _timing(wishes, it) for it in rows}


def _timing(wishes: Wishes, row: Any) -> NotificationTiming | None:
    if row.is_staff:
        return wishes.staff.get((row.address, row.kind), NotificationTiming.NEVER)
    return wishes.timing(row.kind, row.address, row.contact_id)


async def _read(writing: Writing, statement: Select[Any], values: Mapping[str, Any]) -> Any:
    return (await writing.session.execute(statement, values)).all()


def _thread(row: Any) -> str:
    """Return what mails of one order have in common, by which mail programs gather them."""
    if row.webhook_id:
        return f"webhook.{row.webhook_id}"
    return f"order.{row.order_id}" if row.order_id else f"contract.{row.contract_id}"


_TRUE: Mapping[NotificationKind, Callable[[PresentState, Any, datetime], bool]] = {
    NotificationKind.ORDER_BACKORDERED: lambda of, row, _: of.is_late(row.order_id),
    NotificationKind.WEBHOOK_DISABLED: lambda of, row, _: of.is_disabled(row.webhook_id),
    NotificationKind.CONTRACT_ENDS: lambda of, row, now: of.ends_soon(row.contract_id, now),
    NotificationKind.CONTRACT_RUNS_LOW: lambda of, row, _: of.runs_low(row.contract_id),
}
"""Kind that no state makes true by itself -> whether it still is."""


def is_true(row: Any, standing: PresentState, waiting: Sequence[Any], now: datetime) -> bool:
    """Tell whether a notification still is: its order and delivery stand where it says."""
    if row.kind in _TRUE:
        return _TRUE[row.kind](standing, row, now)
    news, about = BESIDE.get(row.kind, ()), (row.order_id, row.delivery_id)
    if any(it.kind in news and (it.order_id, it.delivery_id) == about for it in waiting):
        return False
    if row.kind in TRUE_OF_ORDERS:
        return standing.orders[row.order_id].state in TRUE_OF_ORDERS[row.kind]
    if row.kind not in TRUE_OF_DELIVERIES:
        return True
    delivery = standing.deliveries.get(row.delivery_id)
    return delivery is not None and delivery.state in TRUE_OF_DELIVERIES[row.kind]
