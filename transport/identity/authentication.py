"""From tokens to the viewer, before anything of a request's body is read."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from kit.clock import Clock
from kit.db.database import Database
from kit.loop.recent import Recent
from loaders.access.keys import holder_of, token_secret
from models.access.tokens import order_of
from models.access.viewers import Actor, Viewer
from transport.identity.holders import (
    FRESH,
    Remembered,
    TokenHolders,
    remembered_bytes,
)
from transport.identity.issuers import Issuer
from transport.identity.oidc import Issuers
from workers.access.keys import Uses

ORDER_TOKEN = "abruf-order-token"  # noqa: S105 -- the name of a header.
"""The header in which a storefront sends the access token of an order."""
SECRETS = 2 * 1024 * 1024
"""Bytes of secrets that are remembered."""
_SCHEME = "bearer"
_DOTS_OF_A_JWT = 2


def bearer(header: str | None) -> str | None:
    """Return the token of an `Authorization` header, None where there is none."""
    scheme, _, token = (header or "").partition(" ")
    return token if scheme.lower() == _SCHEME else None


class Authentication:
    """Who holds a token."""

    def __init__(
        self, database: Database, clock: Clock, uses: Uses, issuers: Sequence[Issuer] = ()
    ) -> None:
        """Take where keys are read, and when it is.

        uses: where their uses are noted. issuers: whose tokens are taken beside our own.
        """
        self._database, self._clock = database, clock
        self.issuers = Issuers(issuers, database, clock)
        self._holders = TokenHolders(self._read, clock)
        self._secrets: Recent[Remembered[bytes]] = Recent(SECRETS)
        self._uses = uses

    def remembers(self, token: str) -> bool:
        """Tell whether a token was good lately, or is read already: it costs nothing new."""
        return self._holders.remembers(token)

    async def viewer(
        self, token: str, order_token: str | None = None, fresh: timedelta = FRESH
    ) -> Viewer | None:
        """Return who holds the token, None for an unknown, expired or revoked one.

        order_token: lets a storefront see one order; a wrong one shows nothing. fresh: how old
        what is known may be.
        """
        viewer = await self._holders.of(token, fresh)
        now = self._clock()
        if viewer is None or viewer.has_ended(now):
            return None
        self._uses.note(viewer, now)
        if viewer.actor is Actor.STOREFRONT and viewer.subject is None and order_token is not None:
            secret = await self._secret(viewer.merchant_id)
            return replace(viewer, holding=order_of(order_token, secret))
        return viewer

    async def _read(self, token: str) -> Viewer | None:
        if token.count(".") == _DOTS_OF_A_JWT:
            return await self.issuers.viewer(token)
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
        known = Remembered(secret, now)
        self._secrets.keep(merchant_id, known, remembered_bytes(merchant_id, known))
        return secret
