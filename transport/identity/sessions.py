"""From a browser's cookie to who is signed in to the portal."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import TypeVar
from uuid import UUID

from commands.access import sessions
from commands.writing.running.run import Author, run_unasked
from commands.writing.transaction import Writing
from kit.clock import Clock
from kit.db.database import Database
from loaders.access.sessions import HeldSession, held_by, session_of
from models.access.sessions import USED_EVERY, PortalSession
from models.access.viewers import Viewer, by_itself
from transport.identity.holders import FRESH, TokenHolders

Made = TypeVar("Made")


class Sessions:
    """Who is signed in; they begin, are used, and end here."""

    def __init__(self, database: Database, clock: Clock) -> None:
        """Take where sessions are, and when it is."""
        self._database, self._clock = database, clock
        self._holders: TokenHolders[HeldSession] = TokenHolders(self._read, clock)

    def remembers(self, token: str) -> bool:
        """Tell whether a token was good lately: to ask for it costs nothing new."""
        return self._holders.remembers(token)

    async def viewer(
        self, token: str, order_token: str | None = None, fresh: timedelta = FRESH
    ) -> Viewer | None:
        """Return who is signed in, None for nobody; to look is no use of the session.

        order_token: means nothing to people. fresh: how old what is known may be.
        """
        del order_token
        held = await self._holders.of(token, fresh)
        return None if held is None or held.has_ended(self._clock()) else held.viewer

    async def seen_by(self, token: str, address: str | None) -> Viewer | None:
        """Return who is signed in, as `used_by` does, without any use."""
        del address
        return await self.viewer(token)

    async def used_by(self, token: str, address: str | None) -> Viewer | None:
        """Return who uses a session now, so that it is not idle; None for nobody."""
        held = await self._holders.of(token)
        if held is None or held.has_ended(self._clock()):
            return None
        if self._clock() - held.used_at >= USED_EVERY:
            await self._write(sessions.use, held.viewer, address)
            self._holders.forget(token)
        return held.viewer

    async def begin(
        self, viewer: Viewer, address: str | None, provider_sid: UUID | None = None
    ) -> str:
        """Sign somebody in; returns the token for its cookie. provider_sid: as it is kept."""

        async def begin(viewer: Viewer, writing: Writing) -> str:
            return await sessions.begin(viewer, provider_sid, writing)

        return await self._write(begin, viewer, address)

    async def end_of(
        self, key_id: UUID | None, provider_sid: UUID | None, address: str | None
    ) -> None:
        """Sign a person out everywhere, or where one of its sessions at a provider let it in."""
        found = await held_by(self._database, key_id, provider_sid)
        for merchant_id, ids in found.items():

            async def end(_viewer: Viewer, writing: Writing, ids: Sequence[UUID] = ids) -> None:
                await sessions.end_those(writing, PortalSession.id.in_(ids))

            await self._write(end, by_itself(merchant_id), address)

    async def end(self, token: str, address: str | None) -> None:
        """Sign out; a token that is nobody's is left alone."""
        held = await self._holders.of(token, timedelta(0))
        if held is not None:
            await self._write(sessions.end, held.viewer, address)
            self._holders.forget(token)

    async def _write(
        self,
        step: Callable[[Viewer, Writing], Awaitable[Made]],
        viewer: Viewer,
        address: str | None,
    ) -> Made:
        author = Author(viewer, self._clock(), address=address)
        return await run_unasked(self._database, author, partial(step, viewer))

    async def _read(self, token: str) -> HeldSession | None:
        return await session_of(token, self._database)
