"""`/mails/...`: links for staff that show one mail, for some minutes."""

import asyncio
from functools import partial

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from commands.messages.notifications.mails.letters import Letter
from commands.messages.notifications.mails.pictures import (
    SEALED_FOR,
    SHOWN_AT,
    PictureLink,
    picture_of,
)
from commands.messages.notifications.mails.wording import write_mail, write_picture
from kit.clock import Clock
from kit.db.database import Database
from kit.db.lost import Unavailable
from kit.loop.apart import Crowded
from resolvers.messages.notifications.pictures import letter_of
from resolvers.running.context import Context
from resolvers.running.process import Process
from schema.graphql.errors import ErrorCode
from transport.http.mails.links import SealedLinks
from transport.http.refusals import Refusal, not_now

_HEADERS = {
    # A mail brings its styles with it; whatever else it names is loaded by nobody.
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'none'; sandbox",
}


class MailPictures:
    """A page that shows a mail as it would be sent, as HTML and as text."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        links: SealedLinks,
        longest_s: float,
        process: Process,
    ) -> None:
        """Take where mails are, when it is, and who knows whose links are genuine.

        longest_s: seconds that an answer may take. process: in which one mail is written at a time.
        """
        self._database, self._clock, self._links = database, clock, links
        self._longest_s, self._process = longest_s, process
        self.routes: list[BaseRoute] = [Route(f"{SHOWN_AT}{{token}}", self.answer, methods=["GET"])]

    async def answer(self, request: Request) -> Response:
        """Show the mail. 404 for what nobody has made, 410 for a link that has ended."""
        try:
            async with asyncio.timeout(self._longest_s):
                page = await self._page(await self._genuine(request))
        except Refusal as refusal:
            return refusal.answer()
        except Crowded as crowded:
            text, seconds = str(crowded), crowded.seconds
            return Refusal(429, text, ErrorCode.THROTTLED, retry_after=seconds).answer()
        except (Unavailable, TimeoutError) as error:
            return not_now(error).answer()
        return HTMLResponse(page, headers=_HEADERS)

    async def _genuine(self, request: Request) -> PictureLink:
        link = picture_of(request.path_params["token"])
        await self._links.genuine(request, SEALED_FOR, link and link[:2])
        assert link is not None  # noqa: S101 -- none would not be genuine.
        if link.ends_at <= self._clock():
            raise Refusal(410, "This link has ended: ask for another one.")
        return link

    async def _page(self, link: PictureLink) -> str:
        """Write the page. Refusal: there is no such mail any more."""
        payer = (link.merchant_id,)
        async with self._process.letter(payer):
            reads = self._database.reading(link.merchant_id)
            try:
                letter = await letter_of(reads, link, self._clock())
            finally:
                await reads.close()
            if letter is None:
                raise Refusal(404, "There is no such mail any more.")
            # A long order's takes a fifth of a second.
            return await Context.apart.made(payer, partial(_written, letter))


def _written(letter: Letter) -> str:
    return write_picture(letter.language, write_mail(letter))
