"""Long answers of PostgreSQL arrive in turn: all that has arrived of one is held.

The others wait in PostgreSQL, which has made them and is not read meanwhile.
"""

import asyncio
from typing import Any
from uuid import UUID

LONG = 256_000
"""Bytes that an operation has read after which it needs room, until it has given the connection
back: its answer is counted by then."""
ROOM_OF_ALL = 2_500_000
"""Bytes of all long answers together beyond which one alone is read on: as many as those hold that
wait for it anyway, one for each turn but its own. Short of it many arrive at the same time."""
WAIT_S = 3.0
"""Seconds that one waits at most: rows that come one by one would keep the others as long as theirs
are read."""


class Passage:
    """Who is read on, and who waits: merchants in turn, of each who came first."""

    def __init__(self) -> None:
        """Let nobody wait yet."""
        self._came: dict[Reception, UUID] = {}
        self._going: dict[Reception, None] = {}
        self._tired: set[Reception] = set()
        self._last: UUID | None = None

    @property
    def waiting(self) -> int:
        """Return how many wait."""
        return len(self._came) - len(self._going) - len(self._tired)

    @property
    def is_full(self) -> bool:
        """Tell whether all have come to more than there is room; who is read brings more."""
        return sum(it.came for it in self._came) + LONG * len(self._going) > ROOM_OF_ALL

    def enter(self, one: "Reception", of: UUID) -> bool:
        """Tell whether one is read on, or waits. of: whose it is."""
        self._came.setdefault(one, of)
        if one in self._tired:
            return True
        if self.is_full and one is not next(iter(self._going), one):
            self._going.pop(one, None)
        self._give()
        return one in self._going

    def tire(self, one: "Reception") -> None:
        """Let one go on that has waited for too long."""
        self._tired.add(one)
        one.go_on()

    def leave(self, one: "Reception") -> None:
        """Give its room to the next."""
        self._came.pop(one, None)
        self._going.pop(one, None)
        self._tired.discard(one)
        self._give()

    def _give(self) -> None:
        """Let go on who has room; where there is none, one."""
        while self.waiting and (not self._going or not self.is_full):
            waiting = [it for it in self._came if it not in self._going and it not in self._tired]
            others = (it for it in waiting if self._came[it] != self._last)
            one = next(others, waiting[0])
            self._last = self._came[one]
            self._going[one] = None
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
        self.came = 0
        self._tires: asyncio.TimerHandle | None = None
        transport.set_protocol(self)

    def begin(self, of: UUID | None) -> None:
        """Count from now on. of: for whom it reads, None where others may wait for it."""
        self._of, self.came = of, 0

    def end(self) -> None:
        """Count no more, and leave room for others."""
        self._of = None
        if self.came > LONG:
            OF_ALL.leave(self)
            self.go_on()

    def data_received(self, data: bytes) -> None:
        """Pass on what has come; read no more where there is no room."""
        self._receive(data)
        self.came += len(data)
        if self.came <= LONG or self._of is None or self._transport.is_closing():
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
