"""Turns: what one company or key runs at once, so that others find connections left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from kit.viewer import Viewer
from schema.errors import ErrorCode
from transport.refusals import Refusal


@dataclass
class _Lane:
    free: asyncio.Semaphore
    inside: int = 0


class Turns:
    """Gives turns in the order of asking. Memory is that of the requests that are inside."""

    def __init__(self, at_once: int, waiting: int) -> None:
        """Take how many of one lane run at once, and how many more may wait."""
        self._at_once, self._most = at_once, at_once + waiting
        self._lanes: dict[UUID, _Lane] = {}

    @property
    def lanes(self) -> int:
        """How many companies and keys are inside."""
        return len(self._lanes)

    @asynccontextmanager
    async def turn(self, viewer: Viewer) -> AsyncIterator[None]:
        """Wait for a turn. All keys of one company, channel, location or carrier share a lane.

        Refusal: too many wait already.
        """
        name = viewer.bound_to or viewer.key_id
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = _Lane(asyncio.Semaphore(self._at_once))
        if lane.inside >= self._most:
            message = "Too many requests at once; wait for answers before you ask more."
            raise Refusal(429, message, ErrorCode.THROTTLED, {"Retry-After": "1"})
        lane.inside += 1
        try:
            async with lane.free:
                yield
        finally:
            lane.inside -= 1
            if not lane.inside:
                del self._lanes[name]
