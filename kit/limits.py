"""What one operation may ask, a key over time, a request at the edge: an operator's numbers.

And what one answer has grown to, counted while it grows and ended where it is too large.
"""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

LARGEST_PAGE = 250


@dataclass(frozen=True)
class Limits:
    """Bounds of one operation; docs/decisions/0010-linear-limits.md gives the reasons.

    source: characters of the document. tokens: lexical tokens of it. operations, directives: in
    the document. repeats, spreads: of fields beside equal ones, and of fragments, as they are
    written. depth, root_fields, aliases: with every fragment put in its place.
    cost: points. nodes, answer: objects and bytes of the answer,
    as announced and as counted while it grows. deadline: seconds from the first byte parsed to
    the answer. statement: seconds for one SQL statement, waiting for locks included.
    body: bytes of a request. page: rows of a page, and ids in a list. items: of an input's lists.
    lines: that one mutation touches: entries of all lists in its input, and what it reads to change
    it: lines of orders and deliveries, contents and events of parcels.
    connections: sockets and streams of one key in a process. subscriptions: operations at a time
    on one socket.

    bucket, restore: points that a key may spend at once, and that it gets back each second
    (docs/decisions/0017-cost-bucket.md).
    """

    source: int = 20 * 1024
    tokens: int = 2_000
    operations: int = 10
    directives: int = 20
    depth: int = 15
    root_fields: int = 25
    aliases: int = 30
    repeats: int = 30
    spreads: int = 30
    cost: int = 1_000
    nodes: int = 50_000
    answer: int = 5_000_000
    deadline: int = 10
    statement: int = 8
    body: int = 1_000_000
    page: int = LARGEST_PAGE
    items: int = 250
    lines: int = 20_000
    connections: int = 200
    subscriptions: int = 20
    bucket: int = 20_000
    restore: int = 1_000

    def own(self, numbers: Mapping[str, int]) -> "Limits":
        """Return the limits of a key that has numbers of its own."""
        return replace(self, **numbers) if numbers else self


DEFAULT_LIMITS = Limits()
ENTRIES = 1_000
"""Of one list or object in the variables: more than any input takes. More are not even read."""


def crowded(values: Mapping[str, Any]) -> int:
    """Return how many entries a list or object in the variables has beyond `ENTRIES`, else 0."""
    ahead: list[Any] = [values]
    while ahead:
        it = ahead.pop()
        if len(it) > ENTRIES:
            return len(it)
        inside = it.values() if isinstance(it, dict) else it
        ahead += [each for each in inside if isinstance(each, list | dict)]
    return 0


@dataclass(frozen=True)
class Bounds:
    """Bounds of the edge; docs/decisions/0020-http-edge.md and 0029-edge-bounds.md say why.

    turns: requests that run at a time, each with one database connection at most. at_once: of them
    of one company or key. waiting: further ones of it that wait for their turn.

    connections: open at once. of_address: of them from one IP address, trusted proxies aside.
    head_bytes, headers: of a request line with its headers. head_seconds: in which they must
    arrive. idle_seconds: that a connection may be silent between two requests.
    body_seconds: in which a body must arrive. bodies, all_bodies: bytes of bodies that are not
    finished or wait for their turn, of one company or key and in all.
    write_seconds: that a client may take nothing of what is written for it. write_rate: bytes a
    second that it must take of what is long. answers, all_answers: bytes of answers that clients
    have not taken yet, of one company or key and in all.
    guesses: wrong tokens that an address may send before it is slowed down. guess_seconds: that
    the answer to each takes from then on, and after which one is forgiven.
    """

    turns: int = 10
    at_once: int = 5
    waiting: int = 100
    connections: int = 1_000
    of_address: int = 250
    head_bytes: int = 32 * 1024
    headers: int = 100
    head_seconds: int = 10
    idle_seconds: int = 5
    body_seconds: int = 10
    bodies: int = 8 * 1024 * 1024
    all_bodies: int = 32 * 1024 * 1024
    write_seconds: int = 10
    write_rate: int = 64 * 1024
    answers: int = 16 * 1024 * 1024
    all_answers: int = 48 * 1024 * 1024
    guesses: int = 30
    guess_seconds: int = 1


DEFAULT_BOUNDS = Bounds()

SLICE = 100
"""Objects that an answer may grow by before others have their turn on the event loop."""


TOGETHER = 500
"""Keys that one statement reads together: who waits for them goes on in one round of the loop."""


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


class Work:
    """What one answer has grown to, whoever makes it. slices: it has left the loop to others."""

    def __init__(self, limits: Limits) -> None:
        """Start with nothing."""
        self._limits = limits
        self.objects = self.bytes = self.slices = 0
        self.ended: TooLarge | None = None
        self._waiting: deque[tuple[asyncio.Future[None], int]] = deque()
        self._grown, self._is_going = 0, False

    @property
    def paid(self) -> int:
        """Return how many objects are paid for: of an answer that has ended, the most of one."""
        return self.objects if self.ended is None else self._limits.nodes

    def add(self, objects: int, size: int) -> None:
        """Count what is put into the answer. TooLarge: it has become more than its limits."""
        self.objects += objects
        self.bytes += size
        if self.objects > self._limits.nodes:
            raise self.end(Grown.OBJECTS)
        if self.bytes > self._limits.answer:
            raise self.end(Grown.BYTES)

    def texts(self, texts: Sequence[str | None]) -> None:
        """Count texts that a statement has written."""
        for text in filter(None, texts):
            # A string may hold the same two characters, and rarely does.
            self.add(text.count('{"'), len(text))

    def end(self, of: Grown) -> TooLarge:
        """Return why the answer ends, always the first reason."""
        most = self._limits.nodes if of is Grown.OBJECTS else self._limits.answer
        self.ended = self.ended or TooLarge(of, most)
        return self.ended

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

    async def room(self, objects: int) -> None:
        """Wait until the event loop has gone round, in the order of asking, a slice each time."""
        slot = asyncio.get_running_loop().create_future()
        self._waiting.append((slot, objects))
        self._go_on()
        await slot

    def _go_on(self) -> None:
        if not self._is_going:
            self._is_going = True
            asyncio.get_running_loop().call_soon(self._next)

    def _next(self) -> None:
        self._is_going, self._grown = False, 0
        self.slices += 1
        while self._waiting and self._fits(self._waiting[0][1]):
            slot, objects = self._waiting.popleft()
            if not slot.done():
                self._grown += objects
                slot.set_result(None)
        if self._waiting or self._grown:
            self._go_on()
