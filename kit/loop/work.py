"""What one answer has grown to, counted while it grows and ended where it is too large."""

import asyncio
from collections import deque
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

from kit.limits import Limits
from kit.loop.effort import Effort

Item = TypeVar("Item")
SLICE = 100
"""Objects that an answer may grow by before others have their turn on the event loop."""


TOGETHER = 500
"""Keys that one statement reads together: who waits for them goes on in one round of the loop."""


def slices_of(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    """Yield items by slices, the last one as long as it is."""
    for start in range(0, len(items), SLICE):
        yield items[start : start + SLICE]


class Grown(StrEnum):
    """What there may be too much of."""

    BYTES = "bytes"
    OBJECTS = "objects"


class TooLarge(Exception):
    """The answer has more of something than the limit: nothing of it is sent."""

    def __init__(self, of: Grown, most: int) -> None:
        """Take what there is too much of, and the limit."""
        super().__init__(f"The answer has more than {most:,} {of}.")
        self.of, self.most = of, most


class Slices:
    """What answers may grow by in one round of the event loop: a slice, all of them together.

    Where there is no more room they wait for the next round, and take turns in it. count: rounds
    that have gone by with something in them.
    """

    def __init__(self) -> None:
        """Start with an empty round."""
        self.count = self._grown = 0
        self._waiting: dict[Hashable, deque[tuple[asyncio.Future[None], int]]] = {}
        self._is_going = False

    def has_room(self, objects: int) -> bool:
        """Take the room of objects in this round of the event loop, where there is so much."""
        if self._waiting or not self._fits(objects):
            return False
        self._grown += objects
        self._go_on()
        return True

    def _fits(self, objects: int) -> bool:
        """Tell whether a round has room: for more than a slice, if they have it for themselves."""
        return not self._grown or self._grown + objects <= SLICE

    async def room(self, of: Hashable, objects: int) -> None:
        """Wait until the event loop has gone round and there is room. of: whose objects they are.

        What is of one waits in the order of asking.
        """
        slot = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(of, deque()).append((slot, objects))
        self._go_on()
        await slot

    def _go_on(self) -> None:
        if not self._is_going:
            self._is_going = True
            asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        self._is_going, self._grown = False, 0
        self.count += 1
        while self._waiting:
            of, queue = next(iter(self._waiting.items()))
            slot, objects = queue[0]
            if not self._fits(objects):
                break
            queue.popleft()
            del self._waiting[of]
            if queue:
                self._waiting[of] = queue
            if not slot.done():
                self._grown += objects
                slot.set_result(None)
        if self._waiting or self._grown:
            self._go_on()


class Work:
    """What one answer has grown to, whoever makes it. slices: in which it grows, beside others.

    weights: key -> as how many objects its value counts. computed: objects that all those came to.
    effort: that making it took.
    """

    def __init__(self, limits: Limits, slices: Slices) -> None:
        """Start with nothing."""
        self._limits, self.slices, self.effort = limits, slices, Effort()
        self.objects = self.bytes = self.computed = 0
        self.weights: Mapping[str, int] = {}
        self.ended: TooLarge | None = None

    @property
    def paid(self) -> int:
        """Return how many objects are paid for: of an answer that has ended, the most of one."""
        return (self.objects if self.ended is None else self._limits.nodes) + self.computed

    def add(self, objects: int, size: int, keys: Iterable[str] = ()) -> None:
        """Count what is put into the answer. TooLarge: it has become more than its limits.

        keys: of an object.
        """
        self.objects += objects
        self.bytes += size
        if self.weights:
            self.computed += sum(self.weights.get(key, 0) for key in keys)
        if self.objects > self._limits.nodes:
            raise self.end(Grown.OBJECTS)
        if self.bytes > self._limits.answer:
            raise self.end(Grown.BYTES)

    def texts(self, texts: Sequence[bytes | None]) -> None:
        """Count texts that a statement has written, in UTF-8."""
        for text in filter(None, texts):
            # A string may hold the same characters, and rarely does.
            self.computed += sum(
                each * text.count(f'"{key}":'.encode()) for key, each in self.weights.items()
            )
            self.add(text.count(b'{"'), len(text))

    def end(self, of: Grown) -> TooLarge:
        """Return why the answer ends, always the first reason."""
        most = self._limits.nodes if of is Grown.OBJECTS else self._limits.answer
        self.ended = self.ended or TooLarge(of, most)
        return self.ended
