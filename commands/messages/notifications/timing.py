"""When mails are sent: after what happens together has gathered, and not by night."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

GATHER = timedelta(minutes=2)
"""How long what happens to an order is gathered where the merchant says nothing else."""
TOO_OLD = timedelta(days=1)
"""What happened longer ago is told nobody: it was recorded late, or before there were mails."""
SENT_WITHIN = timedelta(days=5)
"""How long a mail waits for somebody to send it: later nobody wants to be told."""
_OF_THE_DAY = time(8)
"""When the mail of the day is sent, by the reader's clock."""
PAUSES: Sequence[timedelta] = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    *(timedelta(hours=it) for it in (1, 4, 8, 12, 24, 24)),
)
"""After each try in vain, until the next one: three days in all (RFC 5321 wants four or five at
most of a server that relays; ours relays for us)."""


def pause_after(attempts: int) -> timedelta | None:
    """Return how long to wait after so many tries in vain, None where it was the last one."""
    return PAUSES[attempts - 1] if attempts <= len(PAUSES) else None


def daytime(at: datetime, zone: str, quiet: tuple[str, str] | None) -> datetime:
    """Return the first instant from one on that is not quiet. quiet: from, until, as "HH:MM"."""
    if quiet is None:
        return at
    first, last = (time.fromisoformat(it) for it in quiet)
    local = at.astimezone(ZoneInfo(zone))
    clock = local.time()
    is_quiet = first <= clock < last if first <= last else clock >= first or clock < last
    return _next(local, last).astimezone(at.tzinfo) if is_quiet else at


def of_the_day(at: datetime, zone: str) -> datetime:
    """Return when the next mail of the day is sent."""
    return _next(at.astimezone(ZoneInfo(zone)), _OF_THE_DAY).astimezone(at.tzinfo)


def _next(local: datetime, clock: time) -> datetime:
    """Return when a clock shows a time next."""
    today = local.replace(hour=clock.hour, minute=clock.minute, second=0, microsecond=0)
    return today if today > local else today + timedelta(days=1)
