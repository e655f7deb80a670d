"""Lanes: what one company or key runs at once, so that others find turns, and connections, left.

There are as many turns as database connections, so that who has a turn finds a connection.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from operator import attrgetter
from uuid import UUID

from kit.limits import Bounds
from models.access.viewers import Viewer


@dataclass(eq=False)
class _Lane:
    """One company's or key's. queue: who waits, the first one first."""

    running: int = 0
    queue: deque[asyncio.Future[None]] = field(default_factory=deque)


class Lanes:
    """Gives turns: to a lane in the order in which they were asked for, among lanes fairly.

    A lane runs at most its own bound, and begins only while it runs less than is free for others:
    one alone takes half of all turns, two take a third each, so that another one finds a turn until
    there are as many lanes as turns. From then on a turn that ends goes to the lane that runs the
    fewest; of several, to the one that has waited for the longest since it had one. Memory is that
    of what is inside.
    """

    def __init__(self, bounds: Bounds) -> None:
        """Take how many turns there are, for one lane and in all, and how many may wait."""
        self._bounds, self._free = bounds, bounds.turns
        self._lanes: dict[UUID, _Lane] = {}
        self._waiting: dict[_Lane, None] = {}
        """Lanes in which somebody waits, in the order of the rounds."""

    @property
    def lanes(self) -> int:
        """How many companies and keys are inside."""
        return len(self._lanes)

    def is_full(self, viewer: Viewer) -> bool:
        """Tell whether as many of a viewer's lane run and wait as may."""
        lane = self._lanes.get(lane_of(viewer)) or _Lane()
        return lane.running + len(lane.queue) >= self._bounds.at_once + self._bounds.waiting

    @asynccontextmanager
    async def turn(self, viewer: Viewer) -> AsyncIterator[None]:
        """Wait for a turn. All keys of one company, channel, location or carrier share a lane."""
        name = lane_of(viewer)
        lane = self._lanes.setdefault(name, _Lane())
        try:
            if not lane.queue and self._may_begin(lane):
                self._begin(lane)
            else:
                await self._asked(lane)
            try:
                yield
            finally:
                self._end(lane)
        finally:
            if not lane.running and not lane.queue:
                self._lanes.pop(name, None)

    def _may_begin(self, lane: _Lane) -> bool:
        return lane.running < min(self._bounds.at_once, self._free)

    def _begin(self, lane: _Lane) -> None:
        lane.running += 1
        self._free -= 1

    async def _asked(self, lane: _Lane) -> None:
        """Wait until the turn is given."""
        turn = asyncio.get_running_loop().create_future()
        lane.queue.append(turn)
        self._waiting[lane] = None
        try:
            await turn
        except asyncio.CancelledError:
            if not turn.cancelled():
                self._end(lane)
            elif turn in lane.queue:
                lane.queue.remove(turn)
                if not lane.queue:
                    del self._waiting[lane]
            raise

    def _end(self, lane: _Lane) -> None:
        """Give a turn back, and on to who may have one now."""
        lane.running -= 1
        self._free += 1
        self._to_the_end(lane)
        while self._waiting:
            fewest = min(self._waiting, key=attrgetter("running"))
            if not self._may_begin(fewest):
                return
            turn = fewest.queue.popleft()
            if not turn.cancelled():
                self._begin(fewest)
                turn.set_result(None)
            self._to_the_end(fewest)

    def _to_the_end(self, lane: _Lane) -> None:
        """Let a lane that had a turn wait behind those that had none meanwhile."""
        self._waiting.pop(lane, None)
        if lane.queue:
            self._waiting[lane] = None


def lane_of(viewer: Viewer) -> UUID:
    """Return whose turns a viewer takes: those of its company, channel, location or carrier."""
    return viewer.bound_to or viewer.key_id
