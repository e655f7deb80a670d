"""Lanes: what one company or key runs at once, so that others find connections left."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from models.access.viewers import Viewer


@dataclass
class _Lane:
    free: asyncio.Semaphore
    inside: int = 0


class Lanes:
    """Gives turns in the order in which they were asked for. Memory is that of what is inside."""

    def __init__(self, at_once: int, waiting: int) -> None:
        """Take how many of one lane run at once, and how many more may wait before it is full."""
        self._at_once, self._most = at_once, at_once + waiting
        self._lanes: dict[UUID, _Lane] = {}

    @property
    def lanes(self) -> int:
        """How many companies and keys are inside."""
        return len(self._lanes)

    def is_full(self, viewer: Viewer) -> bool:
        """Tell whether as many of a viewer's lane run and wait as may."""
        lane = self._lanes.get(lane_of(viewer))
        return (lane.inside if lane else 0) >= self._most

    @asynccontextmanager
    async def turn(self, viewer: Viewer) -> AsyncIterator[None]:
        """Wait for a turn. All keys of one company, channel, location or carrier share a lane."""
        name = lane_of(viewer)
        lane = self._lanes.get(name)
        if lane is None:
            lane = self._lanes[name] = _Lane(asyncio.Semaphore(self._at_once))
        lane.inside += 1
        try:
            async with lane.free:
                yield
        finally:
            lane.inside -= 1
            if not lane.inside:
                del self._lanes[name]


def lane_of(viewer: Viewer) -> UUID:
    """Return whose turns a viewer takes: those of its company, channel, location or carrier."""
    return viewer.bound_to or viewer.key_id
