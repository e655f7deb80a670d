"""Lanes: what a merchant, and in it a company or key, runs at once, so that others find turns.

There are as many turns as database connections, so that who has a turn finds a connection.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
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
    running: int = 0


@dataclass
class _Queue:
    """Who waits in a lane. inside: what is of its merchant, and of it."""

    inside: Sequence[_Inside]
    slots: deque[asyncio.Future[None]] = field(default_factory=deque)

    @property
    def due(self) -> list[tuple[int, int]]:
        """Return what is less the sooner it is the lane's turn: of its merchant, then of itself."""
        return [(it.running, it.since) for it in self.inside]


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
        self._waiting: dict[Lane, _Queue] = {}
        self._moments, self._came = count(), 0

    @property
    def lanes(self) -> int:
        """How many merchants, companies and keys are inside."""
        return len(self._inside)

    @property
    def waiting(self) -> int:
        """How many wait for their turn."""
        return sum(len(it.slots) for it in self._waiting.values())

    @property
    def came(self) -> int | None:
        """Return how many have come by now, None while somebody is inside."""
        return None if self._inside else self._came

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
                self._move(lane, 1)
            else:
                await self._queued(lane)
            try:
                yield
            finally:
                self._end(lane)

    @contextmanager
    def _entered(self, lane: Lane) -> Iterator[None]:
        self._came += 1
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
        queue = self._waiting.setdefault(lane, _Queue([self._inside[it] for it in levels(lane)]))
        queue.slots.append(slot)
        try:
            await slot
        except asyncio.CancelledError:
            if not slot.cancelled():
                self._end(lane)
            elif slot in queue.slots:
                self._leave(lane, slot)
            raise

    def _leave(self, lane: Lane, slot: asyncio.Future[None]) -> None:
        self._waiting[lane].slots.remove(slot)
        if not self._waiting[lane].slots:
            del self._waiting[lane]

    def _end(self, lane: Lane) -> None:
        """Give a turn back, and on to who may have one now."""
        self._move(lane, -1)
        while (due := self._next()) is not None:
            slot = self._waiting[due].slots[0]
            self._leave(due, slot)
            if not slot.cancelled():
                self._move(due, 1)
                slot.set_result(None)

    def _move(self, lane: Lane, turns: int) -> None:
        """Let a lane that had a turn wait behind those that had none meanwhile."""
        self._running.add(lane, turns)
        for level in levels(lane):
            inside = self._inside[level]
            inside.running += turns
            inside.since = next(self._moments)

    def _next(self) -> Lane | None:
        """Return whose turn it is, None where nobody who waits may have one."""
        if not self._waiting or self._running.are_given:
            return None
        in_turn = sorted(self._waiting, key=lambda it: self._waiting[it].due)
        return next((it for it in in_turn if self._running.may_have_more(it)), None)
