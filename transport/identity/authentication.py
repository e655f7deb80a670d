"""From tokens to the viewer, before anything of a request's body is read."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from kit.clock import Clock
from kit.db.database import Database
from kit.recent import Recent
from loaders.access.keys import Holder, holder_of
from models.access.tokens import order_of
from models.access.viewers import Actor, Viewer
from transport.identity.issuers import Issuer
from transport.identity.oidc import Issuers
from workers.access.keys import Uses

ORDER_TOKEN = "abruf-order-token"  # noqa: S105 -- the name of a header.
"""The header in which a storefront sends the access token of an order."""
FRESH = timedelta(seconds=5)
"""How long a key is believed to be what it was when it was read: a revocation counts after it."""
_SCHEME = "bearer"
_DOTS_OF_A_JWT = 2
_LARGEST = 10_000
"""Keys that are remembered; one that was forgotten costs one statement."""


def bearer(header: str | None) -> str | None:
    """Return the token of an `Authorization` header, None where there is none."""
    scheme, _, token = (header or "").partition(" ")
    return token if scheme.lower() == _SCHEME else None


def _name(token: str) -> bytes:
    """Return under what a token is remembered: its hash, for memory is read by others, too."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()


def _noticed(reading: asyncio.Task[Holder | None]) -> None:
    """Take the error that everybody who waited for it was told, if anybody still did."""
    if not reading.cancelled():
        reading.exception()


@dataclass(frozen=True)
class _Known:
    """A holder as it was read. read_at: before the statement was sent."""

    holder: Holder
    read_at: datetime


class Authentication:
    """Who holds a token."""

    def __init__(
        self, database: Database, clock: Clock, uses: Uses, issuers: Sequence[Issuer] = ()
    ) -> None:
        """Take where keys are read, and when it is.

        uses: where their uses are noted. issuers: whose tokens are taken beside our own.
        """
        self._database, self._clock = database, clock
        self._issuers = Issuers(issuers, database, clock)
        self._known: Recent[_Known] = Recent(_LARGEST)
        self._reading: dict[bytes, asyncio.Task[Holder | None]] = {}
        self._uses = uses

    def remembers(self, token: str) -> bool:
        """Tell whether a token was good lately, or is read already: it costs nothing new."""
        name = _name(token)
        return name in self._reading or self._known.get(name) is not None

    async def viewer(
        self, token: str | None, order_token: str | None = None, fresh: timedelta = FRESH
    ) -> Viewer | None:
        """Return who holds the token, None for an unknown, expired or revoked one.

        order_token: lets a storefront see one order; a wrong one shows nothing. fresh: how old
        what is known may be.
        """
        holder = None if token is None else await self._holder(token, fresh)
        now = self._clock()
        if holder is None or holder.viewer.has_ended(now):
            return None
        viewer, secret = holder.viewer, holder.token_secret
        self._uses.note(viewer, now)
        if viewer.actor is Actor.STOREFRONT and order_token is not None and secret is not None:
            return replace(viewer, holding=order_of(order_token, secret))
        return viewer

    async def _holder(self, token: str, fresh: timedelta) -> Holder | None:
        """Return who holds a token, from memory while it is fresh. Who is unknown is not kept.

        Whoever asks for the same token meanwhile waits for one reading, which goes on when the
        request that began it ends.
        """
        name = _name(token)
        known = self._known.get(name)
        if known is not None and timedelta(0) <= self._clock() - known.read_at < fresh:
            return known.holder
        reading = self._reading.get(name)
        if reading is None:
            reading = self._reading[name] = asyncio.create_task(self._read_anew(name, token))
            reading.add_done_callback(_noticed)
        return await asyncio.shield(reading)

    async def _read_anew(self, name: bytes, token: str) -> Holder | None:
        now = self._clock()
        try:
            holder = await self._read(token)
        finally:
            del self._reading[name]
        if holder is not None:
            self._known.keep(name, _Known(holder, now))
        return holder

    async def _read(self, token: str) -> Holder | None:
        if token.count(".") == _DOTS_OF_A_JWT:
            viewer = await self._issuers.viewer(token)
            return None if viewer is None else Holder(viewer)
        reads = self._database.reading(None)
        try:
            return await holder_of(token, reads)
        finally:
            await reads.close()
