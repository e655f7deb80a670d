"""A pool that rather gives a connection that holds the wanted merchant already.

Only a preference: whoever takes a connection still makes sure whose it is.
"""

import asyncio
from collections.abc import Iterable
from contextvars import ContextVar
from functools import cached_property
from typing import Any
from uuid import UUID

from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.util.queue import AsyncAdaptedQueue

HELD_MERCHANT = "merchant"
"""Where a pooled connection notes the merchant that its session setting names."""
WANTED_MERCHANT: ContextVar[UUID | None] = ContextVar("wanted", default=None)
"""Whose connection is about to be taken."""


class _Idle(asyncio.Queue[Any]):
    """Idle connections, the one that has been idle for the longest first."""

    _queue: Any
    _getters: Any

    @property
    def getters(self) -> Iterable[asyncio.Future[None]]:
        """Who waits for one."""
        return self._getters  # type: ignore[no-any-return]

    def _get(self) -> Any:
        """Take the newest one of the wanted merchant, else the oldest."""
        wanted, idle = WANTED_MERCHANT.get(), self._queue
        chosen = next(
            (it for it in reversed(idle) if it.info.get(HELD_MERCHANT) == wanted), idle[0]
        )
        idle.remove(chosen)
        return chosen


class _IdleQueue(AsyncAdaptedQueue[Any]):
    """What SQLAlchemy's pool keeps idle connections in."""

    @cached_property
    def _queue(self) -> _Idle:
        return _Idle(self.maxsize)

    @property
    def waiting(self) -> int:
        """How many wait."""
        return sum(not it.done() for it in self._queue.getters)


class HoldingPool(AsyncAdaptedQueuePool):
    """SQLAlchemy's pool with a preference."""

    _queue_class = _IdleQueue

    def waiting(self) -> int:
        """Return how many wait for a connection."""
        idle: Any = self._pool
        return idle.waiting  # type: ignore[no-any-return]
