"""From tokens to the viewer, before anything of a request's body is read."""

import asyncio
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Generic, TypeVar
from uuid import UUID

from kit.clock import Clock
from kit.db.database import Database
from kit.loop.recent import Recent
from loaders.access.keys import holder_of, token_secret
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


def _noticed(reading: asyncio.Task[Viewer | None]) -> None:
    """Take the error that everybody who waited for it was told, if anybody still did."""
    if not reading.cancelled():
        reading.exception()


Value = TypeVar("Value")


@dataclass(frozen=True)
class _Known(Generic[Value]):
    """A value as it was read. read_at: before the statement was sent."""

    value: Value
    read_at: datetime

    def is_fresh(self, now: datetime, fresh: timedelta) -> bool:
        """Tell whether it may still be believed; a clock that was set back trusts nothing."""
        return timedelta(0) <= now - self.read_at < fresh


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
        self._known: Recent[_Known[Viewer]] = Recent(_LARGEST)
        self._secrets: Recent[_Known[bytes]] = Recent(_LARGEST)
        self._reading: dict[bytes, asyncio.Task[Viewer | None]] = {}
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
        viewer = None if token is None else await self._holder(token, fresh)
        now = self._clock()
        if viewer is None or viewer.has_ended(now):
            return None
        self._uses.note(viewer, now)
        if viewer.actor is Actor.STOREFRONT and viewer.subject is None and order_token is not None:
            secret = await self._secret(viewer.merchant_id)
            return replace(viewer, holding=order_of(order_token, secret))
        return viewer

    async def _holder(self, token: str, fresh: timedelta) -> Viewer | None:
        """Return who holds a token, from memory while it is fresh. Who is unknown is not kept.

        Whoever asks for the same token meanwhile waits for one reading, which goes on when the
        request that began it ends.
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

    async def _read_anew(self, name: bytes, token: str) -> Viewer | None:
        now = self._clock()
        try:
            holder = await self._read(token)
        finally:
            del self._reading[name]
        if holder is not None:
            self._known.keep(name, _Known(holder, now))
        return holder

    async def _read(self, token: str) -> Viewer | None:
        if token.count(".") == _DOTS_OF_A_JWT:
            return await self._issuers.viewer(token)
        reads = self._database.reading(None)
        try:
            return await holder_of(token, reads)
        finally:
            await reads.close()

    async def _secret(self, merchant_id: UUID) -> bytes:
        """Return what signs the tokens of a merchant's orders, from memory while it is fresh."""
        known, now = self._secrets.get(merchant_id), self._clock()
        if known is not None and known.is_fresh(now, FRESH):
            return known.value
        reads = self._database.reading(merchant_id)
        try:
            secret = await token_secret(reads, merchant_id)
        finally:
            await reads.close()
        self._secrets.keep(merchant_id, _Known(secret, now))
        return secret
