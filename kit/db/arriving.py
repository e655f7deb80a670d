"""Long answers of PostgreSQL arrive one at a time: all that has arrived of one is held.

The others wait in PostgreSQL, which has made them and is not read meanwhile.
"""

import asyncio
from typing import Any
from uuid import UUID

LONG = 256_000
"""Bytes that an operation has read after which it needs room, until it has given the connection
back: its answer is counted by then."""
AT_A_TIME = 1
"""How many have room at a time."""
WAIT_S = 3.0
"""Seconds that one waits at most: rows that come one by one would keep the others as long as theirs
are read."""


class Passage:
    """Who has room, and who waits for some: merchants in turn, of each who came first."""

    def __init__(self) -> None:
        """Give none yet."""
        self._had: set[Reception] = set()
        self._waiting: dict[Reception, UUID] = {}
        self._last: UUID | None = None

    @property
    def waiting(self) -> int:
        """Return how many wait."""
        return len(self._waiting)

    def enter(self, one: "Reception", of: UUID) -> bool:
        """Take room where there is some, or wait. of: whose it is."""
        if one not in self._had:
            self._waiting[one] = of
            self._give()
        return one in self._had

    def tire(self, one: "Reception") -> None:
        """Let one go on that has waited for too long."""
        if self._waiting.pop(one, None) is not None:
            self._had.add(one)
            one.go_on()

    def leave(self, one: "Reception") -> None:
        """Give it to the next."""
        self._had.discard(one)
        self._waiting.pop(one, None)
        self._give()

    def _give(self) -> None:
        while self._waiting and len(self._had) < AT_A_TIME:
            others = (it for it, of in self._waiting.items() if of != self._last)
            one = next(others, None) or next(iter(self._waiting))
            self._last = self._waiting.pop(one)
            self._had.add(one)
            one.go_on()


OF_ALL = Passage()
"""What the connections of a process share."""


class Reception(asyncio.Protocol):
    """Counts what comes over one connection, before the driver does anything with it."""

    def __init__(self, protocol: Any, transport: Any) -> None:
        """Take to whom all is passed on."""
        self._protocol, self._transport = protocol, transport
        self._receive = protocol.data_received
        self._of: UUID | None = None
        self._came = 0
        self._tires: asyncio.TimerHandle | None = None
        transport.set_protocol(self)

    def begin(self, of: UUID | None) -> None:
        """Count from now on. of: for whom it reads, None where others may wait for it."""
        self._of, self._came = of, 0

    def end(self) -> None:
        """Count no more, and leave room for others."""
        self._of = None
        if self._came > LONG:
            OF_ALL.leave(self)
            self.go_on()

    def data_received(self, data: bytes) -> None:
        """Pass on what has come; read no more where there is no room."""
        self._receive(data)
        self._came += len(data)
        if self._came <= LONG or self._of is None or self._transport.is_closing():
            return
        if not OF_ALL.enter(self, self._of):
            self._transport.pause_reading()
            loop = asyncio.get_running_loop()
            self._tires = self._tires or loop.call_later(WAIT_S, OF_ALL.tire, self)

    def go_on(self) -> None:
        """Read on where that had to wait."""
        if self._tires is not None:
            self._tires.cancel()
            self._tires = None
            if not self._transport.is_closing():
                self._transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        """Pass it on."""
        self.end()
        self._protocol.connection_lost(exc)

    def eof_received(self) -> bool | None:
        """Pass it on."""
        ends: bool | None = self._protocol.eof_received()
        return ends

    def pause_writing(self) -> None:
        """Pass it on."""
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on."""
        self._protocol.resume_writing()
