"""What is done beside requests: keys' last uses are written, expired rows go."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, update

from commands.writing.expired import clear
from kit.clock import Clock
from kit.db.database import Database
from models.access.keys import ApiKey
from models.access.viewers import Viewer

EVERY = timedelta(minutes=1)
"""How often the last use of a key is written at most, by all processes together."""
_log = logging.getLogger("abruf")


class Usage:
    """Who was here since the last writing: merchant -> key -> when it was used last."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Take where they are written, and when it is."""
        self._database, self._clock = database, clock
        self._used: dict[UUID, dict[UUID, datetime]] = {}

    def note(self, viewer: Viewer, now: datetime) -> None:
        """Remember that a key was used; users of identity providers have none."""
        keys = self._used.setdefault(viewer.merchant_id, {})
        if viewer.subject is None:
            keys[viewer.key_id] = now

    @asynccontextmanager
    async def written(self, every: timedelta = EVERY) -> AsyncIterator[None]:
        """Write now and then meanwhile, and a last time at the end."""
        task = asyncio.create_task(self._now_and_then(every))
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
            await self.write()

    async def _now_and_then(self, every: timedelta) -> None:
        while True:
            await asyncio.sleep(every.total_seconds())
            await self.write()

    async def write(self) -> None:
        """Write what was noted. What cannot be written is lost: it is not worth a request."""
        used, self._used = self._used, {}
        for merchant, keys in used.items():
            try:
                await self._write(merchant, keys)
            except Exception:  # noqa: BLE001 -- whatever it is, it must not end what writes the next.
                _log.warning("The last use of keys could not be written", exc_info=True)

    async def _write(self, merchant_id: UUID, used: Mapping[UUID, datetime]) -> None:
        async with self._database.writing(merchant_id) as session:
            for key_id, when in sorted(used.items()):
                long_ago = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= when - EVERY)
                own = (ApiKey.merchant_id == merchant_id, ApiKey.id == key_id)
                written = update(ApiKey).where(*own, long_ago).values(last_used_at=when)
                await session.execute(written.execution_options(synchronize_session=False))
            await clear(session, merchant_id, self._clock())
