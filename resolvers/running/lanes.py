"""Lanes: what one company or key runs at once, so that others find turns, and connections, left.

There are as many turns as database connections, so that who has a turn finds a connection.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from kit.limits import Bounds
from models.access.viewers import Viewer


@dataclass
class _Lane:
    """One company's or key's. asking: who waits, the first one first."""

    running: int = 0
    asking: deque[asyncio.Future[None]] = field(default_factory=deque)


class Lanes:
    """Gives turns: to a lane in the order in which they were asked for, among lanes fairly.

    A lane runs at most its own bound, and begins only while it runs less than is free for others:
    one alone takes half of all turns, two take a third each, so that another one finds a turn until
    there are as many lanes as turns. Where it does not, the next turn that ends is its own: turns
    go to the lane that runs the fewest. Memory is that of what is inside.
    """

    def __init__(self, bounds: Bounds) -> None:
        """Take how many turns there are, for one lane and in all, and how many may wait."""
        self._bounds, self._free = bounds, bounds.turns
        self._lanes: dict[UUID, _Lane] = {}
        self._waiting: dict[UUID, _Lane] = {}
        """Lanes in which somebody waits; after each turn a lane goes to the end."""

    @property
    def lanes(self) -> int:
        """How many companies and keys are inside."""
        return len(self._lanes)

    def is_full(self, viewer: Viewer) -> bool:
        """Tell whether as many of a viewer's lane run and wait as may."""
        lane = self._lanes.get(lane_of(viewer)) or _Lane()
        return lane.running + len(lane.asking) >= self._bounds.at_once + self._bounds.waiting

    @asynccontextmanager
    async def turn(self, viewer: Viewer) -> AsyncIterator[None]:
        """Wait for a turn. All keys of one company, channel, location or carrier share a lane."""
        name = lane_of(viewer)
        lane = self._lanes.setdefault(name, _Lane())
        try:
            if not lane.asking and self._may_begin(lane):
                self._begin(lane)
            else:
                await self._asked(name, lane)
            try:
                yield
            finally:
                self._end(lane)
        finally:
            if not lane.running and not lane.asking:
                self._lanes.pop(name, None)

    def _may_begin(self, lane: _Lane) -> bool:
        return lane.running < min(self._bounds.at_once, self._free)

    def _begin(self, lane: _Lane) -> None:
        lane.running += 1
        self._free -= 1

    async def _asked(self, name: UUID, lane: _Lane) -> None:
        """Wait until the turn is given."""
        given = asyncio.get_running_loop().create_future()
        lane.asking.append(given)
        self._waiting[name] = lane
        try:
            await given
        except asyncio.CancelledError:
            if not given.cancelled():
                self._end(lane)
            elif given in lane.asking:
                lane.asking.remove(given)
                if not lane.asking:
                    del self._waiting[name]
            raise

    def _end(self, lane: _Lane) -> None:
        """Give a turn back, and on to who may have one now."""
        lane.running -= 1
        self._free += 1
        while self._waiting:
            name = min(self._waiting, key=lambda it: self._waiting[it].running)
            fewest = self._waiting[name]
            if not self._may_begin(fewest):
                return
            del self._waiting[name]
            given = fewest.asking.popleft()
            if not given.cancelled():
                self._begin(fewest)
                given.set_result(None)
            if fewest.asking:
                self._waiting[name] = fewest


def lane_of(viewer: Viewer) -> UUID:
    """Return whose turns a viewer takes: those of its company, channel, location or carrier."""
    return viewer.bound_to or viewer.key_id
