"""From a bearer token to the viewer, before anything of a request's body is read."""

from collections.abc import Sequence

from kit.clock import Clock
from kit.database import Database
from kit.issuers import Issuer
from kit.viewer import Viewer
from loaders.keys import viewer_of
from transport.oidc import Issuers

_SCHEME = "bearer"
_DOTS_OF_A_JWT = 2


def bearer(header: str | None) -> str | None:
    """Return the token of an `Authorization` header, None where there is none."""
    scheme, _, token = (header or "").partition(" ")
    return token.strip() if scheme.lower() == _SCHEME else None


class Authentication:
    """Who holds a token."""

    def __init__(self, database: Database, clock: Clock, issuers: Sequence[Issuer] = ()) -> None:
        """Take where keys are read, when it is, and whose tokens are taken beside our own."""
        self._database, self._clock = database, clock
        self._issuers = Issuers(issuers, database, clock)

    async def viewer(self, token: str | None) -> Viewer | None:
        """Return who holds the token, None for an unknown, expired or revoked one."""
        if token is None:
            return None
        if token.count(".") == _DOTS_OF_A_JWT:
            return await self._issuers.viewer(token)
        reads = self._database.reading(None)
        try:
            return await viewer_of(token, reads, self._clock())
        finally:
            await reads.close()
