"""Bytes of messages that are under way in a process: bounded, and shared between merchants."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

OF_ONE, OF_ALL = 16 * 1024 * 1024, 48 * 1024 * 1024
"""Bytes of one merchant's messages, and of all; an endpoint may be slow with each for seconds."""


class Holding:
    """What messages that are under way hold.

    of_one, of_all: bytes. Before a message is written it counts as the longest there may be; a
    merchant that holds nothing may always have one.
    """

    def __init__(self, of_one: int = OF_ONE, of_all: int = OF_ALL) -> None:
        """Hold nothing yet."""
        self._of_one, self._of_all = of_one, of_all
        self._held, self._less = Counter[UUID](), asyncio.Event()

    def room(self, merchant_id: UUID, longest: int) -> int:
        """Return how many messages of at most so many bytes a merchant may have more."""
        own = self._held[merchant_id]
        left = min(self._of_one - own, self._of_all - self._held.total())
        return max(left // longest, 0 if own else 1)

    async def ready(self, merchant_id: UUID, longest: int) -> None:
        """Wait until a merchant may have one more."""
        while not self.room(merchant_id, longest):
            self._less.clear()
            await self._less.wait()

    def take(self, merchant_id: UUID, size: int) -> None:
        """Hold so many bytes."""
        self._held[merchant_id] += size

    def give(self, merchant_id: UUID, size: int) -> None:
        """Hold so many bytes no more."""
        self._held[merchant_id] -= size
        if not self._held[merchant_id]:
            del self._held[merchant_id]
        self._less.set()

    @contextmanager
    def reserved(self, merchant_id: UUID, size: int) -> Iterator[None]:
        """Hold so many bytes meanwhile."""
        self.take(merchant_id, size)
        try:
            yield
        finally:
            self.give(merchant_id, size)
