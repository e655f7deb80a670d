"""When something happened, as others state it: after what it follows from, and not to come."""

from datetime import datetime, timedelta

from kit.errors import Code, Path, Refused

APART = timedelta(days=1)
"""How far the clocks of others may be from ours and from each other's."""


def check_happened(when: datetime, path: Path, *, since: datetime | None, until: datetime) -> None:
    """Refused: INVALID_DATE for what happened before what it follows from, or is still to come.

    since: when that happened, by whose clock ever; None where it is not known.
    """
    if since is not None and when < since - APART:
        text = f"This is more than a day before {since.isoformat()}, which it comes after."
        raise Refused(Code.INVALID_DATE, text, path)
    if when > until:
        text = f"This is after {until.isoformat()}: tell what has happened, not what will."
        raise Refused(Code.INVALID_DATE, text, path)
