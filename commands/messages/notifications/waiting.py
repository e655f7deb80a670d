"""Mails that wait: they go when the settings say now, and what waits longer becomes one of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import delete, func, or_, select, update
from sqlalchemy.orm import aliased

from commands.messages.notifications import timing
from commands.messages.notifications.addressed import merchant_of, quiet_of
from commands.writing.rows import WrittenRow, write_rows
from commands.writing.transaction import Writing
from kit.ids import new_id
from models.messages.notifications import Notification, NotificationMail, NotificationState


async def retime(writing: Writing) -> None:
    """Say anew when mails go that nobody has tried yet."""
    found = await _waiting(writing)
    if not found:
        return
    merchant, oldest = await merchant_of(writing), {it.id: it for it in reversed(found)}
    changed = list[tuple[WrittenRow, dict[str, datetime]]]()
    for row in oldest.values():
        at = first_try(row.created_at, row.time_zone, merchant, is_daily=row.is_daily)
        if at != row.next_at:
            changed.append((WrittenRow(row.id), {"next_at": at}))
    await write_rows(writing, {}, {NotificationMail: changed} if changed else {})


async def _waiting(writing: Writing) -> Any:
    """Lock mails that wait, and read their notifications, the oldest of each first."""
    of, mail, own = Notification, NotificationMail, writing.viewer.merchant_id
    rows = (
        select(mail.id, mail.next_at, of.created_at, of.is_daily, of.time_zone)
        .join(of, (of.merchant_id == own) & (of.mail_id == mail.id))
        .where(
            mail.merchant_id == own,
            mail.attempts == 0,
            mail.leased_until.is_(None),
            mail.next_at > writing.now,
            of.state == NotificationState.PENDING,
        )
        .order_by(mail.id, of.created_at, of.id)
        .with_for_update(of=mail)
    )
    return (await writing.session.execute(rows)).all()


def first_try(at: datetime, zone: str, merchant: Any, *, is_daily: bool) -> datetime:
    """Return when a mail goes that was noted at an instant."""
    minutes = merchant.gather_minutes
    gather = timing.GATHER if minutes is None else timedelta(minutes=minutes)
    begins = timing.of_the_day(at, zone) if is_daily else at + gather
    return timing.daytime(begins, zone, quiet_of(merchant))


async def gather(writing: Writing, mail_id: UUID) -> None:
    """Put what waits for one reader about one order into one mail, where there are several.

    So are those there that were tried in vain, and what has happened since. It becomes the one that
    nobody has tried, or a new one that goes at once: a message id that a mail server may have seen
    never names another text.
    """
    alike = await _alike(writing, mail_id)
    if len(alike) == 1 or mail_id not in alike:
        return
    of, mail, own = Notification, NotificationMail, writing.viewer.merchant_id
    untried = [key for key, attempts in alike.items() if not attempts]
    into = mail_id if mail_id in untried else next(iter(untried), None) or new_id()
    if into not in alike:
        one = {"merchant_id": own, "id": into, "next_at": writing.now}
        await write_rows(writing, {mail: [{**one, "attempts": min(alike.values())}]})
    others = sorted(alike.keys() - {into})
    pending = (of.merchant_id == own, of.state == NotificationState.PENDING, of.mail_id.in_(others))
    await writing.session.execute(update(of).where(*pending).values(mail_id=into))
    gone = delete(mail).where(mail.merchant_id == own, mail.id.in_(others))
    await writing.session.execute(gone)


async def _alike(writing: Writing, mail_id: UUID) -> dict[UUID, int]:
    """Lock mails that tell the same reader of the same as one: id -> tries in vain.

    Not those that somebody has in hand, or died over: what became of these is not known.
    """
    own, of, mail = aliased(Notification), Notification, NotificationMail
    merchant, pending = writing.viewer.merchant_id, NotificationState.PENDING
    about = [func.coalesce(it.order_id, it.contract_id, it.webhook_id) for it in (own, of)]
    found = (
        select(mail.id, mail.attempts)
        .join(of, (of.merchant_id == merchant) & (of.mail_id == mail.id))
        .join(own, (own.merchant_id == merchant) & (own.address == of.address))
        .where(
            own.mail_id == mail_id,
            own.state == pending,
            own.language == of.language,
            own.is_daily == of.is_daily,
            or_(own.is_daily, about[0] == about[1]),
            of.state == pending,
            mail.merchant_id == merchant,
            mail.leased_until.is_(None),
        )
        .order_by(mail.id)
        .with_for_update(of=mail)
    )
    rows: Sequence[Any] = (await writing.session.execute(found)).all()
    return {it.id: it.attempts for it in rows}
