"""Keys: their last uses are written, answers under idempotency keys are forgotten."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from time import monotonic
from uuid import UUID

from commands.access.keys import answers, uses
from kit.db.database import Database
from kit.db.lost import Unavailable
from models.access.dues import DueKind
from models.access.viewers import Viewer
from workers.running.dues import WhenDue

FORGET_ANSWERS = WhenDue(DueKind.FORGET_ANSWERS, answers.forget)
_log = logging.getLogger("abruf")


class Uses:
    """When keys were used since that was last written: merchant -> key -> when.

    Whoever authenticates notes it. What cannot be written is lost: it is not worth a request.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._noted: dict[UUID, dict[UUID, datetime]] = {}
        self._written_at = monotonic()

    def note(self, viewer: Viewer, now: datetime) -> None:
        """Remember that a key was used; users of identity providers have none."""
        if viewer.subject is None:
            self._noted.setdefault(viewer.merchant_id, {})[viewer.key_id] = now

    def age(self) -> float:
        """Return how many seconds ago what was noted was written, or there was nothing to write."""
        return monotonic() - self._written_at

    async def write(self, database: Database) -> None:
        """Write what was noted, merchant by merchant; what fails is logged."""
        noted, self._noted = self._noted, {}
        for merchant_id, used in noted.items():
            try:
                async with database.writing(merchant_id) as session:
                    await uses.write(session, merchant_id, used)
            except Unavailable:
                return
            except Exception:  # noqa: BLE001 -- whatever it is, others are written.
                _log.warning("Could not write uses of keys: %s", merchant_id, exc_info=True)
        self._written_at = monotonic()

    @asynccontextmanager
    async def written(
        self, database: Database, grace: timedelta, every: timedelta = uses.EVERY
    ) -> AsyncIterator[None]:
        """Write what is noted now and then meanwhile, and at the end, which is cut after grace."""
        ended = asyncio.Event()
        writing = asyncio.create_task(self._write_on(database, ended, every))
        try:
            yield
        finally:
            ended.set()
            _, late = await asyncio.wait([writing], timeout=grace.total_seconds())
            for task in late:
                _log.warning("Could not write uses of keys to the end: the process ends")
                task.cancel()
            await asyncio.gather(writing, return_exceptions=bool(late))

    async def _write_on(self, database: Database, ended: asyncio.Event, every: timedelta) -> None:
        while not ended.is_set():
            with suppress(TimeoutError):
                async with asyncio.timeout(every.total_seconds()):
                    await ended.wait()
            await self.write(database)
