"""Lanes: what a merchant, and in it a company or key, runs at once, so that others find turns.

There are as many turns as database connections, so that who has a turn finds a connection.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from itertools import count

from kit.limits import Bounds
from models.access.viewers import Viewer
from resolvers.running.shares import Lane, Shares, lane_of, levels


@dataclass
class _Inside:
    """What runs and waits of a merchant, or of a lane in it.

    since: when it came, or had a turn begin or end last; counted, not measured.
    """

    since: int
    requests: int = 0


class Lanes:
    """Gives turns: in a lane in the order in which they were asked for, among lanes fairly.

    A lane begins while it may have more (`Shares`): alone it runs four of ten turns, two merchants
    run three each, so that another one finds a turn until there are as many as turns. Where who
    waits must wait for one to end, the turn goes to the merchant that runs the fewest, and in it to
    the lane that does; of several, to the one that has waited for the longest since it had one.
    Memory is that of what is inside.
    """

    def __init__(self, bounds: Bounds) -> None:
        """Take how many turns there are, for one lane and in all, and how many may wait."""
        self._most = bounds.at_once + bounds.waiting
        self._running = Shares(bounds.at_once, bounds.turns)
        self._inside: dict[Lane, _Inside] = {}
        self._waiting: dict[Lane, deque[asyncio.Future[None]]] = {}
        self._moments = count()

    @property
    def lanes(self) -> int:
        """How many merchants, companies and keys are inside."""
        return len(self._inside)

    def is_full(self, viewer: Viewer) -> bool:
        """Tell whether as many of a viewer's lane run and wait as may."""
        inside = self._inside.get(lane_of(viewer))
        return (inside.requests if inside else 0) >= self._most

    @asynccontextmanager
    async def slot(self, viewer: Viewer) -> AsyncIterator[None]:
        """Wait for a turn. All keys of one company, channel, location or carrier share a lane."""
        lane = lane_of(viewer)
        with self._entered(lane):
            if lane not in self._waiting and self._running.may_have_more(lane):
                self._begin(lane)
            else:
                await self._queued(lane)
            try:
                yield
            finally:
                self._end(lane)

    @contextmanager
    def _entered(self, lane: Lane) -> Iterator[None]:
        for level in levels(lane):
            inside = self._inside.setdefault(level, _Inside(next(self._moments)))
            inside.requests += 1
        try:
            yield
        finally:
            for level in levels(lane):
                self._inside[level].requests -= 1
                if not self._inside[level].requests:
                    del self._inside[level]

    async def _queued(self, lane: Lane) -> None:
        """Wait until the turn is given."""
        slot = asyncio.get_running_loop().create_future()
        queue = self._waiting.setdefault(lane, deque())
        queue.append(slot)
        try:
            await slot
        except asyncio.CancelledError:
            if not slot.cancelled():
                self._end(lane)
            elif slot in queue:
                self._leave(lane, slot)
            raise

    def _leave(self, lane: Lane, slot: asyncio.Future[None]) -> None:
        self._waiting[lane].remove(slot)
        if not self._waiting[lane]:
            del self._waiting[lane]

    def _begin(self, lane: Lane) -> None:
        self._running.add(lane, 1)
        self._moved(lane)

    def _end(self, lane: Lane) -> None:
        """Give a turn back, and on to who may have one now."""
        self._running.add(lane, -1)
        self._moved(lane)
        while ready := [it for it in self._waiting if self._running.may_have_more(it)]:
            due = min(ready, key=self._due)
            slot = self._waiting[due][0]
            self._leave(due, slot)
            if not slot.cancelled():
                self._begin(due)
                slot.set_result(None)

    def _moved(self, lane: Lane) -> None:
        """Let a lane that had a turn wait behind those that had none meanwhile."""
        for level in levels(lane):
            self._inside[level].since = next(self._moments)

    def _due(self, lane: Lane) -> list[tuple[int, int]]:
        """Return what is less the sooner it is a lane's turn: of its merchant, then of itself."""
        return [(self._running.of(it), self._inside[it].since) for it in levels(lane)]
