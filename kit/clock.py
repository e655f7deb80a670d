"""What time it is, by our clock, and what others may say that it was by theirs.

Nothing else asks what time it is; tests pass a clock of their own.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from kit.errors import Code, Path, Refused

Clock = Callable[[], datetime]
CLOCKS_APART = timedelta(days=1)
"""How far the clocks of others may be from ours and from each other's."""


def now() -> datetime:
    """Return the present instant, zoned in UTC."""
    return datetime.now(UTC)


def check_happened(
    when: datetime, path: Path, now: datetime, since: datetime | None = None
) -> None:
    """Check an instant that somebody states, as far apart as clocks may be.

    since: what it follows from, by whose clock ever; None where that is not known. Refused:
    INVALID_DATE for what happened before that, or is still to come.
    """
    if since is not None and when < since - CLOCKS_APART:
        text = f"This cannot have happened before {since.isoformat(timespec='seconds')}."
        raise Refused(Code.INVALID_DATE, text, path)
    if when > now + CLOCKS_APART:
        text = f"This is still to come: it is {now.isoformat(timespec='seconds')} here."
        raise Refused(Code.INVALID_DATE, text, path)
