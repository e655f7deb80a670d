"""Mails that wait go when their merchant's settings say now, whatever they said before."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from commands.messages.notifications import timing
from commands.messages.notifications.addressed import merchant_of, quiet_of
from commands.writing.rows import WrittenRow, write_rows
from commands.writing.transaction import Writing
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
