"""`/portal` and `/operations`: the built page, under a policy with a nonce of its own."""

import asyncio
import secrets

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Mount, Route

from commands.access.documents import keep_pages
from kit.clock import Clock
from kit.db.database import Database
from kit.db.lost import Unavailable
from transport.http.refusals import not_now
from transport.portal.built import NOT_BUILT, BuiltPortal, Portal, policy

_NONCE_BYTES = 16


class Pages:
    """The page of the newest build, whose operations are known before anybody gets it."""

    def __init__(self, database: Database, clock: Clock, portal: Portal, longest_s: float) -> None:
        """Take where operations are kept, when it is, and what is built.

        longest_s: seconds that an answer may take.
        """
        self._database, self._clock, self._longest_s = database, clock, longest_s
        self._portal, self._kept = portal, set[BuiltPortal]()
        self.routes: list[BaseRoute] = [
            Mount("/portal/assets", portal.assets),
            *(
                Route(path, self.page)
                for top in ("/portal", "/operations")
                for path in (top, f"{top}/{{path:path}}")
            ),
        ]

    async def page(self, _request: Request) -> Response:
        """Return the page, or 503 with the command to run when there is no build."""
        nonce = secrets.token_urlsafe(_NONCE_BYTES)
        headers = {"Content-Security-Policy": policy(nonce), "Referrer-Policy": "same-origin"}
        build = self._portal.build()
        if build is None:
            return HTMLResponse(NOT_BUILT, 503, headers)
        try:
            async with asyncio.timeout(self._longest_s):
                await self._keep(build)
        except (Unavailable, TimeoutError) as error:
            return not_now(error).answer()
        return HTMLResponse(build.page(nonce), headers=headers)

    async def _keep(self, build: BuiltPortal) -> None:
        """Let a build's operations be known to every process, now and after it."""
        if build not in self._kept:
            async with self._database.writing(None) as session:
                await keep_pages(session, [*build.documents().values()], self._clock())
            self._kept.add(build)
