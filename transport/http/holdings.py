"""Bytes that are held for companies and keys: bodies that wait, answers that are not taken."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from models.access.viewers import Viewer
from resolvers.running.shares import Lane, Shares, lane_of

SMALL = 64 * 1024
"""Bytes of an answer that is sent whatever else waits: it goes into the system's own buffers."""

UNREAD = "Too much waits to be sent or to be read; take answers before you ask more."
"""What is told where a share is full."""


class Holdings(Shares):
    """How many bytes are held for whom."""

    def share(self, viewer: Viewer) -> "Share":
        """Return the share of a viewer's company or key."""
        return Share(self, lane_of(viewer))


@dataclass(frozen=True)
class Share:
    """What may be held for one company or key."""

    holdings: Holdings
    lane: Lane

    @property
    def is_full(self) -> bool:
        """Tell whether nothing more may be held."""
        return not self.holdings.may_have_more(self.lane)

    def takes(self, size: int, *, behind: int = 0) -> bool:
        """Tell whether an answer may be sent. behind: how many its connection has not sent yet."""
        return not self.is_full or (size <= SMALL and not behind)

    @contextmanager
    def holding(self, size: int = 0) -> Iterator[Callable[[int], bool]]:
        """Hold bytes meanwhile; give what holds more and tells whether there is room for others."""
        held = 0

        def hold(more: int) -> bool:
            nonlocal held
            held += more
            self.holdings.add(self.lane, more)
            return not self.is_full

        hold(size)
        try:
            yield hold
        finally:
            self.holdings.add(self.lane, -held)
