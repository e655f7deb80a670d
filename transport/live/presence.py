"""Who stays: a socket or a stream lasts as long as its token does, and a key has only so many."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from kit.standards.languages import Spoken
from models.access.viewers import Viewer
from transport.identity.holders import FRESH

CHECK_S = 1.0
"""Seconds between two looks at a token while nothing is sent to its holder."""
FRESH_AT_A_LOOK = timedelta(seconds=3)
"""How old what is known of it may be then: so its holder is gone after five seconds at most."""


class Identity(Protocol):
    """Says who holds a token of its kind."""

    async def viewer(
        self, token: str, order_token: str | None = None, fresh: timedelta = FRESH
    ) -> Viewer | None:
        """Return who holds it now, None for nobody. fresh: how old the answer may be."""


@dataclass(frozen=True)
class Caller:
    """Who was let in by which tokens (its own, an order's), and from which address.

    language: in which it likes to be told what happens, None where it does not say.
    """

    identity: Identity
    tokens: tuple[str, str | None]
    viewer: Viewer
    address: str | None
    check_s: float
    language: Spoken | None = None

    async def holds(self, fresh: timedelta = FRESH) -> bool:
        """Tell whether the token still names exactly this viewer. fresh: how old the answer is."""
        return await self.identity.viewer(*self.tokens, fresh) == self.viewer

    async def ended(self) -> None:
        """Wait until it does not; a database that cannot tell has nothing to send either."""
        while True:
            await asyncio.sleep(self.check_s)
            try:
                if not await self.holds(FRESH_AT_A_LOOK):
                    return
            except (OSError, SQLAlchemyError):
                continue


class Places:
    """How many sockets and streams each key has open in this process."""

    def __init__(self) -> None:
        self._taken: Counter[UUID] = Counter()

    @property
    def count(self) -> int:
        """Return how many are open."""
        return self._taken.total()

    def is_free(self, key_id: UUID, most: int) -> bool:
        """Tell whether the key may open one more."""
        return self._taken[key_id] < most

    @contextmanager
    def taken(self, key_id: UUID) -> Iterator[None]:
        """Hold a place."""
        self._taken[key_id] += 1
        try:
            yield
        finally:
            self._taken[key_id] -= 1
            if not self._taken[key_id]:
                del self._taken[key_id]
