"""Links that a merchant has sealed: whoever tries others is held back."""

from typing import Any
from uuid import UUID

from starlette.requests import Request

from kit.db.database import Database
from loaders.messages.notifications import sealed_by
from models.access.tokens import is_sealed
from transport.http.addresses import address_of
from transport.http.refusals import Refusal
from transport.identity.guesses import Guesses


class SealedLinks:
    """Tells whether a link is a merchant's own."""

    def __init__(self, database: Database, guesses: Guesses) -> None:
        """Take where secrets are, and who holds back who tries links of its own."""
        self._database, self._guesses = database, guesses

    async def genuine(self, request: Request, purpose: str, ids: tuple[UUID, UUID] | None) -> Any:
        """Return what is known of who has sealed a request's token: see `sealed_by`.

        ids: of the merchant and the notification that the token names, None where it names none.
        Refusal: nobody has sealed it for this purpose, or too many wrong ones came before.
        """
        address = address_of(request)
        if ids is not None:
            async with self._guesses.looking_up(address):
                reads = self._database.reading(ids[0])
                try:
                    known = await sealed_by(reads, *ids)
                finally:
                    await reads.close()
            token = request.path_params["token"]
            if known is not None and is_sealed(known.token_secret, purpose, token):
                return known
        await self._guesses.wrong(address)
        raise Refusal(404, "No mail has this link.")
