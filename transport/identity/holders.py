"""What is known of tokens that were good lately, so that few of them are read again."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Generic, TypeVar

from kit.clock import Clock
from kit.loop.recent import PLACE, Recent
from kit.loop.weight import weight_of

FRESH = timedelta(seconds=5)
"""How long a key is believed to be what it was when it was read: a revocation counts after it."""
LARGEST = 8 * 1024 * 1024
"""Bytes of keys that are remembered, 2,000 at least; one that is forgotten costs a statement."""
Value = TypeVar("Value")


@dataclass(frozen=True)
class Remembered(Generic[Value]):
    """A value as it was read. read_at: before the statement was sent."""

    value: Value
    read_at: datetime

    def is_fresh(self, now: datetime, fresh: timedelta) -> bool:
        """Tell whether it may still be believed; a clock that was set back trusts nothing."""
        return timedelta(0) <= now - self.read_at < fresh


class TokenHolders(Generic[Value]):
    """Who holds a token, from memory while that is fresh."""

    def __init__(self, read: Callable[[str], Awaitable[Value | None]], clock: Clock) -> None:
        """Take what reads who holds a token, and when it is."""
        self._read, self._clock = read, clock
        self._known: Recent[Remembered[Value]] = Recent(LARGEST)
        self._reading: dict[bytes, asyncio.Task[Value | None]] = {}

    def remembers(self, token: str) -> bool:
        """Tell whether a token was good lately, or is read already: it costs nothing new."""
        name = _name(token)
        return name in self._reading or self._known.get(name) is not None

    async def of(self, token: str, fresh: timedelta = FRESH) -> Value | None:
        """Return who holds a token, None for an unknown one, which is not kept.

        Whoever asks for the same token meanwhile waits for one reading, which goes on when the
        request that began it ends. fresh: how old what is known may be.
        """
        name = _name(token)
        known = self._known.get(name)
        if known is not None and known.is_fresh(self._clock(), fresh):
            return known.value
        reading = self._reading.get(name)
        if reading is None:
            reading = self._reading[name] = asyncio.create_task(self._read_anew(name, token))
            reading.add_done_callback(_noticed)
        return await asyncio.shield(reading)

    def forget(self, token: str) -> None:
        """Believe nothing of a token that was read before."""
        self._known.forget(_name(token))

    async def _read_anew(self, name: bytes, token: str) -> Value | None:
        now = self._clock()
        try:
            holder = await self._read(token)
        finally:
            del self._reading[name]
        if holder is not None:
            known = Remembered(holder, now)
            self._known.keep(name, known, remembered_bytes(name, known))
        return holder


def remembered_bytes(key: object, known: object) -> int:
    """Return what it takes to remember something of a key or its merchant."""
    return PLACE + weight_of((key, known), (Enum,))


def _name(token: str) -> bytes:
    """Return under what a token is remembered: its hash, for memory is read by others, too."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _noticed(reading: asyncio.Task[Value | None]) -> None:
    """Take the error that everybody who waited for it was told, if anybody still did."""
    if not reading.cancelled():
        reading.exception()
