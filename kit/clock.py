"""The one place that asks what time it is; tests pass a clock of their own."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def now() -> datetime:
    """Return the present instant, zoned in UTC."""
    return datetime.now(UTC)
