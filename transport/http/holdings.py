"""Bytes that are held for companies and keys: bodies that wait, answers that are not taken."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from models.access.viewers import Viewer
from resolvers.running.lanes import lane_of

SMALL = 64 * 1024
"""Bytes of an answer that is sent whatever else waits: it goes into the system's own buffers."""

UNREAD = "Too much waits to be sent or to be read; take answers before you ask more."
"""What is told where a share is full."""


class Holdings:
    """How much is held for whom: only so much for one, and a fair share of all."""

    def __init__(self, own: int, every: int) -> None:
        """Take the bytes for one, and for all of them."""
        self._own, self._every = own, every
        self._held = Counter[UUID]()

    @property
    def total(self) -> int:
        """Return how many bytes are held."""
        return self._held.total()

    def of(self, viewer: Viewer) -> "Share":
        """Return the share of a viewer's company or key."""
        return Share(self, lane_of(viewer))

    def held(self, name: UUID) -> int:
        """Return how many bytes are held for one."""
        return self._held[name]

    def hold(self, name: UUID, size: int) -> None:
        """Hold more bytes, or fewer."""
        self._held[name] += size
        if not self._held[name]:
            del self._held[name]

    def is_full(self, name: UUID) -> bool:
        """Tell whether one has its share.

        That is its own bound; where all are beyond theirs, an equal part; and nothing more for
        anybody at twice of that.
        """
        own, total = self._held[name], self.total
        if own >= self._own or total >= 2 * self._every:
            return True
        return total >= self._every and own >= self._every // len(self._held)


@dataclass(frozen=True)
class Share:
    """What may be held for one company or key."""

    holdings: Holdings
    name: UUID

    @property
    def is_full(self) -> bool:
        """Tell whether nothing more may be held."""
        return self.holdings.is_full(self.name)

    def takes(self, size: int) -> bool:
        """Tell whether an answer may be sent."""
        return size <= SMALL or not self.is_full

    @contextmanager
    def holding(self, size: int = 0) -> Iterator[Callable[[int], bool]]:
        """Hold bytes meanwhile; give what holds more and tells whether there is room for others."""
        held = 0

        def hold(more: int) -> bool:
            nonlocal held
            held += more
            self.holdings.hold(self.name, more)
            return not self.is_full

        hold(size)
        try:
            yield hold
        finally:
            self.holdings.hold(self.name, -held)
