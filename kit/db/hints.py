"""Hints between the processes of one database that there is something new to read.

A hint says only whose news it is. One that is lost costs whoever waits a poll, nothing else, so
that hints need no transaction, no retry and no queue.
"""

import asyncio
import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncEngine

from kit.db.lost import Reach, Unavailable

CHANNEL = "abruf_journal"
_QUIET_S = 0.05
"""Seconds between two notifications: PostgreSQL lets commits with one wait for each other."""
_AGAIN_S = 3.0
"""Seconds until a lost listener connects again."""
_TELL = "SELECT pg_notify($1, it) FROM unnest($2::text[]) AS it"
_log = logging.getLogger("abruf")

Wake = Callable[[], None]
WakeAll = Callable[[UUID | None], None]
"""Is told the subject; None: hints may have been lost."""


class Hints:
    """Wakes who waits for news of a subject: in this process at once, in the others soon."""

    def __init__(self, engine: AsyncEngine, reach: Reach, *, direct: bool) -> None:
        """Take the connections. direct: without a pooler, through which nobody can listen."""
        self._engine, self._reach, self._direct = engine, reach, direct
        self._own = secrets.token_hex(8)
        self._wakes: dict[UUID, set[Wake]] = {}
        self._of_all = set[WakeAll]()
        self._rung: set[UUID] = set()
        self._telling: asyncio.Task[None] | None = None
        self._listening: asyncio.Task[None] | None = None

    @property
    def is_listening(self) -> bool:
        """Tell whether the process hears the others: all that can be seen of it from outside."""
        return self._listening is not None

    def ring(self, subject: UUID) -> None:
        """Say that there is news, after the commit; never fails and never waits."""
        self._wake(subject)
        if self._direct:
            self._rung.add(subject)
            if self._telling is None or self._telling.done():
                self._telling = asyncio.create_task(self._tell())

    @contextmanager
    def heard(self, subject: UUID, wake: Wake) -> Iterator[None]:
        """Call `wake` at every hint on the subject; the process listens while anybody waits."""
        self._wakes.setdefault(subject, set()).add(wake)
        self._begin()
        try:
            yield
        finally:
            self._wakes[subject].discard(wake)
            if not self._wakes[subject]:
                del self._wakes[subject]
            self._end()

    @contextmanager
    def all_heard(self, wake: WakeAll) -> Iterator[None]:
        """Call `wake` at every hint, whatever its subject; the process listens meanwhile."""
        self._of_all.add(wake)
        self._begin()
        try:
            yield
        finally:
            self._of_all.discard(wake)
            self._end()

    def _begin(self) -> None:
        if self._direct and self._listening is None:
            self._listening = asyncio.create_task(self._listen())

    def _end(self) -> None:
        if not self._wakes and not self._of_all and self._listening is not None:
            self._listening.cancel()
            self._listening = None

    async def close(self) -> None:
        """End what is under way."""
        tasks = [it for it in (self._telling, self._listening) if it is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _wake(self, subject: UUID) -> None:
        for wake in self._wakes.get(subject, ()):
            wake()
        for wake_all in self._of_all:
            wake_all(subject)

    async def _tell(self) -> None:
        """Notify the other processes, one statement for all that rang meanwhile."""
        while self._rung:
            payloads = [f"{self._own} {subject}" for subject in self._rung]
            self._rung.clear()
            with self._harmless("A hint was lost"):
                async with self._engine.connect() as connection:
                    driver = (await connection.get_raw_connection()).driver_connection
                    await driver.execute(_TELL, CHANNEL, payloads)  # type: ignore[union-attr]
            await asyncio.sleep(_QUIET_S)

    async def _listen(self) -> None:
        """Hold a connection that hears the other processes, and take another when it is lost."""
        while True:
            with self._harmless("Hints are not heard"):
                await self._listen_once()
            await asyncio.sleep(_AGAIN_S)

    @contextmanager
    def _harmless(self, text: str) -> Iterator[None]:
        """Go on whatever fails: who waits polls meanwhile."""
        try:
            with self._reach.watched():
                yield
        except Unavailable:
            pass
        except Exception:  # noqa: BLE001
            _log.warning(text, exc_info=True)

    async def _listen_once(self) -> None:
        lost = asyncio.Event()
        async with self._engine.connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            driver.add_termination_listener(lambda _: lost.set())
            try:
                await driver.add_listener(CHANNEL, self._notified)
                for wake in {it for wakes in self._wakes.values() for it in wakes}:
                    wake()
                for wake_all in self._of_all:
                    wake_all(None)
                await lost.wait()
            finally:
                # The pool must not give a connection that listens to anybody else.
                await connection.invalidate()

    def _notified(self, _connection: Any, _pid: int, _channel: str, payload: str) -> None:
        process, _, subject = payload.partition(" ")
        if process != self._own:
            self._wake(UUID(subject))
