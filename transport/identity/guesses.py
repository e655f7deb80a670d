"""Wrong tokens: after some from one address, the next ones wait, and the right ones do not."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address

from kit.clock import Clock
from kit.limits import Bounds
from kit.loop.recent import Recent
from schema.graphql.errors import ErrorCode
from transport.connections.room import neighbourhood
from transport.http.refusals import Refusal

_ADDRESSES = 10_000
"""That are remembered; who has been forgotten begins anew."""
LOOKED_UP_AT_ONCE = 4
"""Unknown tokens that are looked up at a time, of all addresses."""
WAITING = 20
"""Of one address that has sent too many wrong ones; further ones are not even looked up."""


@dataclass
class _Seen:
    """What came from an address.

    wrong: as of `at`, forgiven one after the other since then. inside: tokens that wait.
    slowed: refusals that are on their slow way.
    """

    at: datetime
    wrong: float = 0
    door: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(1))
    inside: int = 0
    slowed: int = 0


class Guesses:
    """Who sends wrong tokens is answered slowly; who sends a right one is served beside them."""

    def __init__(self, bounds: Bounds, clock: Clock) -> None:
        """Take the bounds, and when it is."""
        self._bounds, self._clock = bounds, clock
        self._seen: Recent[_Seen] = Recent(_ADDRESSES)
        self._all = asyncio.Semaphore(LOOKED_UP_AT_ONCE)

    @asynccontextmanager
    async def looking_up(self, address: str | None) -> AsyncIterator[None]:
        """Wait for one's turn to look up a token that is not known. Refusal: too many wait.

        Many right ones may come at once, as when the server has just started: only what was found
        wrong counts against an address.
        """
        seen = self._of(address)
        async with self._all:
            if self._wrong(seen) < self._bounds.guesses:
                yield
                return
        if seen.inside >= WAITING:
            raise await self._slowly(seen)
        seen.inside += 1
        try:
            async with seen.door, self._all:
                yield
        finally:
            seen.inside -= 1

    async def wrong(self, address: str | None) -> None:
        """Note a wrong token. Refusal: there were too many from this address."""
        seen = self._of(address)
        seen.wrong, seen.at = self._wrong(seen) + 1, self._clock()
        if seen.wrong > self._bounds.guesses:
            raise await self._slowly(seen)

    def _of(self, address: str | None) -> _Seen:
        name = neighbourhood(ip_address(address)) if address else ""
        return self._seen.get(name) or self._seen.keep(name, _Seen(self._clock()))

    def _wrong(self, seen: _Seen) -> float:
        """Return how many are not forgiven yet; never so many that it would take long."""
        passed = (self._clock() - seen.at).total_seconds()
        left = seen.wrong - passed / max(self._bounds.guess_seconds, 1)
        return min(max(left, 0), 2 * self._bounds.guesses)

    async def _slowly(self, seen: _Seen) -> Refusal:
        """Return the refusal after a while; who fills the connections of an address has no more."""
        if seen.slowed < self._bounds.of_address:
            seen.slowed += 1
            try:
                await asyncio.sleep(self._bounds.guess_seconds)
            finally:
                seen.slowed -= 1
        message = "Too many wrong tokens from this address; come again with a right one."
        seconds = max(self._bounds.guess_seconds, 1)
        return Refusal(429, message, ErrorCode.THROTTLED, retry_after=seconds)
