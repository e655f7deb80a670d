"""`/unsubscribe/...`: links of mails, by which their readers want no more like them (RFC 8058)."""

import asyncio
import base64
import hashlib
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from commands.messages.notifications.mails.wording import PAGE_STYLE, write_page
from commands.messages.notifications.unsubscribing import (
    PATH,
    PURPOSE,
    Unsubscription,
    unsubscribe,
    wanted_by,
)
from commands.writing.running.run import Author, run_unasked
from kit.clock import Clock
from kit.db.database import Database
from kit.db.lost import Unavailable
from kit.standards.languages import Spoken
from models.access.viewers import by_itself
from transport.http.addresses import address_of
from transport.http.mails.links import SealedLinks
from transport.http.refusals import Refusal, not_now

_HASH = base64.b64encode(hashlib.sha256(PAGE_STYLE.encode()).digest()).decode()
_HEADERS = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_HASH}';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
}


class Unsubscribing:
    """A page with a button for who follows a link, and what the button or a mail program posts.

    Nothing is done by GET: programs that look for malice follow links, too.
    """

    def __init__(
        self, database: Database, clock: Clock, links: SealedLinks, longest_s: float
    ) -> None:
        """Take where readers are, when it is, and who knows whose links are genuine.

        longest_s: seconds that an answer may take.
        """
        self._database, self._clock, self._links = database, clock, links
        self._longest_s = longest_s
        self.routes: list[BaseRoute] = [
            Route(f"{PATH}{{token}}", self.answer, methods=["GET", "POST"])
        ]

    async def answer(self, request: Request) -> Response:
        """Show the page, or unsubscribe; again, it is done. 404 for what nobody was sent."""
        try:
            async with asyncio.timeout(self._longest_s):
                known = await self._answered(request)
        except Refusal as refusal:
            return refusal.answer()
        except (Unavailable, TimeoutError) as error:
            return not_now(error).answer()
        language = Spoken(known.language or Spoken.EN)
        page = write_page(language, known.name, is_done=request.method == "POST")
        return HTMLResponse(page, headers=_HEADERS)

    async def _answered(self, request: Request) -> Any:
        """Do it where it is posted; return who has sent the link. Refusal: nobody has."""
        wanted, known = await self._genuine(request)
        if request.method == "POST":
            author = Author(
                by_itself(wanted.merchant_id), self._clock(), address=address_of(request)
            )
            await run_unasked(self._database, author, partial(unsubscribe, wanted))
        return known

    async def _genuine(self, request: Request) -> tuple[Unsubscription, Any]:
        """Return what a link says, and who has sent it. Refusal: nobody has."""
        wanted = wanted_by(request.path_params["token"])
        known = await self._links.genuine(request, PURPOSE, wanted and wanted[:2])
        assert wanted is not None  # noqa: S101 -- none would not be genuine.
        return wanted, known
