"""From tokens to the viewer, before anything of a request's body is read."""

import hashlib
from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Generic, TypeVar
from uuid import UUID

from kit.clock import Clock
from kit.db.database import Database
from kit.recent import Recent
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
    return token.strip() if scheme.lower() == _SCHEME else None


Value = TypeVar("Value")


@dataclass(frozen=True)
class _Known(Generic[Value]):
    """A value as it was read. read_at: before the statement was sent."""

    value: Value
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
        self._holders: Recent[_Known[Viewer]] = Recent(_LARGEST)
        self._secrets: Recent[_Known[bytes]] = Recent(_LARGEST)
        self._uses = uses

    async def viewer(self, token: str | None, order_token: str | None = None) -> Viewer | None:
        """Return who holds the token, None for an unknown, expired or revoked one.

        order_token: lets a storefront see one order; a wrong one shows nothing.
        """
        viewer = None if token is None else await self._holder(token)
        now = self._clock()
        if viewer is None or viewer.has_ended(now):
            return None
        self._uses.note(viewer, now)
        if viewer.actor is Actor.STOREFRONT and viewer.subject is None and order_token is not None:
            if (secret := await self._secret(viewer.merchant_id)) is not None:
                return replace(viewer, holding=order_of(order_token, secret))
        return viewer

    async def _holder(self, token: str) -> Viewer | None:
        name = hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
        return await self._remembered(self._holders, name, partial(self._read, token))

    async def _secret(self, merchant_id: UUID) -> bytes | None:
        read = partial(self._read_secret, merchant_id)
        return await self._remembered(self._secrets, merchant_id, read)

    async def _remembered(
        self,
        memory: Recent[_Known[Value]],
        name: Hashable,
        read: Callable[[], Awaitable[Value | None]],
    ) -> Value | None:
        """Read a value, or take it from memory while it is fresh. None is not kept."""
        now, known = self._clock(), memory.get(name)
        if known is not None and timedelta(0) <= now - known.read_at < FRESH:
            return known.value
        value = await read()
        if value is not None:
            memory.keep(name, _Known(value, now))
        return value

    async def _read(self, token: str) -> Viewer | None:
        if token.count(".") == _DOTS_OF_A_JWT:
            return await self._issuers.viewer(token)
        reads = self._database.reading(None)
        try:
            return await holder_of(token, reads)
        finally:
            await reads.close()

    async def _read_secret(self, merchant_id: UUID) -> bytes:
        reads = self._database.reading(merchant_id)
        try:
            return await token_secret(reads, merchant_id)
        finally:
            await reads.close()
