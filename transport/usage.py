"""When keys were used last: noted in memory by each request, written beside them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import or_, update

from kit.database import Database
from kit.viewer import Viewer
from models.keys import ApiKey

EVERY = timedelta(minutes=1)
"""How often the last use of a key is written at most, by all processes together."""
_log = logging.getLogger("abruf")


class Usage:
    """The last uses that are not written yet: (merchant, key) -> when."""

    def __init__(self, database: Database) -> None:
        """Take where they are written."""
        self._database = database
        self._used: dict[tuple[UUID, UUID], datetime] = {}

    def note(self, viewer: Viewer, now: datetime) -> None:
        """Remember that a key was used."""
        self._used[viewer.merchant_id, viewer.key_id] = now

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
        merchants = {merchant for merchant, _ in used}
        for merchant in merchants:
            of_merchant = {key: when for (owner, key), when in used.items() if owner == merchant}
            try:
                await self._write(merchant, of_merchant)
            except Exception:  # noqa: BLE001 -- whatever it is, it must not end what writes the next.
                _log.warning("The last use of keys could not be written", exc_info=True)

    async def _write(self, merchant_id: UUID, used: Mapping[UUID, datetime]) -> None:
        async with self._database.writing(merchant_id) as session:
            for key_id, when in sorted(used.items()):
                long_ago = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= when - EVERY)
                own = (ApiKey.merchant_id == merchant_id, ApiKey.id == key_id)
                written = update(ApiKey).where(*own, long_ago).values(last_used_at=when)
                await session.execute(written.execution_options(synchronize_session=False))
