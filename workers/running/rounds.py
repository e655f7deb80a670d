"""Rounds: the same for each merchant, every so often, in the background of one process.

Other processes may make the same rounds at the same time: a step leaves alone what another
transaction has locked.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from commands.writing.running.run import Author, run_unasked
from commands.writing.transaction import Writing
from kit.clock import Clock
from kit.db.database import Database
from kit.db.lost import Unavailable
from kit.db.sessions import Session
from loaders.access import keys
from models.access.viewers import by_itself

_log = logging.getLogger("abruf")
_STEPS = 20
"""Of one merchant in a round, one by one in turn with others'; then those are looked for who have
something to do meanwhile."""


RoundStep = Callable[[Database, UUID, datetime], Awaitable[bool]]
"""Does something for one merchant at an instant, and tells whether there is enough left for
another step."""


@dataclass(frozen=True)
class Round:
    """What is done for each merchant, and how often.

    name: what it does, for the log. merchants: gives those for whom it is done; without it, it is
    done for all. at_end: whether a last round is made when the process ends, instead of leaving the
    one that is under way.
    """

    name: str
    every: timedelta
    step: RoundStep
    merchants: Callable[[], Iterable[UUID]] | None = None
    at_end: bool = False


def recorded(step: Callable[[Writing], Awaitable[bool]]) -> RoundStep:
    """Return a step that changes what the journal tells, in one transaction."""

    def made(database: Database, merchant_id: UUID, now: datetime) -> Awaitable[bool]:
        return run_unasked(database, Author(by_itself(merchant_id), now), step)

    return made


def unrecorded(step: Callable[[Session, UUID, datetime], Awaitable[bool]]) -> RoundStep:
    """Return a step that changes what the journal does not tell, in one transaction."""

    async def made(database: Database, merchant_id: UUID, now: datetime) -> bool:
        async with database.writing(merchant_id) as session:
            return await step(session, merchant_id, now)

    return made


class Rounds:
    """Makes rounds over the merchants of a database."""

    def __init__(
        self, database: Database, clock: Clock, grace: timedelta = timedelta(seconds=5)
    ) -> None:
        """Take where the merchants are, when it is, and how long a step may go on at the end."""
        self._database, self._clock, self._grace = database, clock, grace
        self._ending = asyncio.Event()
        self._made: dict[str, float] = {}

    def ages(self) -> Mapping[str, float]:
        """Return for each round how many seconds ago one was made whole, or they began."""
        return {name: monotonic() - at for name, at in self._made.items()}

    @asynccontextmanager
    async def running(self, *rounds: Round) -> AsyncIterator[None]:
        """Make rounds meanwhile. At the end those steps that did not begin are left.

        One that is under way goes on for the grace, and is cut then: it is one transaction, of
        which nothing was done.
        """
        tasks = [asyncio.create_task(self._repeat(it), name=it.name) for it in rounds]
        try:
            yield
        finally:
            self._ending.set()
            await self._end(tasks)

    async def _end(self, tasks: Iterable[asyncio.Task[None]]) -> None:
        done, late = await asyncio.wait(tasks, timeout=self._grace.total_seconds())
        for each in late:
            _log.warning("Could not %s to its end: the process ends", each.get_name())
            each.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        await asyncio.gather(*done)

    async def _repeat(self, round_: Round) -> None:
        is_last = is_left = False
        self._made[round_.name] = monotonic()
        while not is_last:
            if not is_left:
                with suppress(TimeoutError):
                    async with asyncio.timeout(round_.every.total_seconds()):
                        await self._ending.wait()
            is_last = self._ending.is_set()
            is_left = await self.make(round_)

    async def make(self, round_: Round) -> bool:
        """Make one round; tells whether it leaves something, since no merchant has it for long.

        What fails is logged, and does not end what comes after it.
        """
        found = await self._merchants(round_)
        if found is None:
            return False
        left = list(found)
        try:
            for _ in range(_STEPS):
                left = [it for it in left if await self._step(round_, it)]
        except Unavailable:
            _log.warning("Could not %s: no database", round_.name)
            return False
        self._made[round_.name] = monotonic()
        return bool(left)

    async def _step(self, round_: Round, merchant_id: UUID) -> bool:
        if self._is_skipped(round_):
            return False
        try:
            return await round_.step(self._database, merchant_id, self._clock())
        except Unavailable:
            raise
        except Exception:  # noqa: BLE001 -- whatever it is, the next merchant is still served.
            _log.warning("Could not %s, merchant %s", round_.name, merchant_id, exc_info=True)
            return False

    def _is_skipped(self, round_: Round) -> bool:
        return self._ending.is_set() and not round_.at_end

    async def _merchants(self, round_: Round) -> Iterable[UUID] | None:
        """Return for whom it is done, None where that cannot be known now."""
        if round_.merchants is not None:
            return round_.merchants()
        try:
            return () if self._is_skipped(round_) else await keys.merchants(self._database)
        except Unavailable:
            _log.warning("Could not %s: no database", round_.name)
            return None
        except Exception:  # noqa: BLE001 -- whatever it is, the next round may find them.
            _log.warning("Could not %s, no merchants are found", round_.name, exc_info=True)
            return None
