"""Bytes that are held for companies and keys: bodies that wait, answers that are not taken."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from uuid import UUID


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

    def of(self, name: UUID) -> int:
        """Return how many bytes are held for one."""
        return self._held[name]

    def is_full(self, name: UUID) -> bool:
        """Tell whether one has its share: its own bound, and among many an equal part of all."""
        own = self._held[name]
        if own >= self._own:
            return True
        return bool(own) and self.total >= self._every and own >= self._every // len(self._held)

    @contextmanager
    def holding(self, name: UUID, size: int = 0) -> Iterator[Callable[[int], None]]:
        """Hold bytes meanwhile, and give what holds more."""
        held = 0

        def hold(more: int) -> None:
            nonlocal held
            held += more
            self._held[name] += more

        hold(size)
        try:
            yield hold
        finally:
            self._held[name] -= held
            if not self._held[name]:
                del self._held[name]
