"""`/portal/graphql`: who is signed in runs the operations of our own pages, and nothing else."""

import asyncio

from starlette.requests import Request
from starlette.types import Receive, Scope, Send

from kit.standards.languages import preferred
from models.access.viewers import Viewer
from schema.graphql.errors import ErrorCode
from transport.endpoint import Endpoint
from transport.http.addresses import address_of
from transport.http.refusals import Refusal
from transport.identity.sessions import Sessions
from transport.live.presence import Caller
from transport.portal.browsers import check_own_page, session_token

HEADER = "abruf-portal"
"""A header that no form can send, and no page of another site without being asked first."""


class PortalEndpoint:
    """As `/graphql`, with which it shares turns and bounds, for cookies in place of tokens."""

    def __init__(self, endpoint: Endpoint, sessions: Sessions) -> None:
        """Take what answers, and who is signed in."""
        self._endpoint, self._sessions = endpoint, sessions

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one operation."""
        await self._endpoint.answer(Request(scope, receive), self._caller_of, send)

    async def _caller_of(self, request: Request) -> Caller:
        """Return who is signed in. Refusal: nobody, or another site's page asks."""
        if request.method != "POST":
            raise Refusal(405, "Send operations by POST.", headers={"Allow": "POST"})
        check_own_page(request.headers)
        if HEADER not in request.headers:
            raise Refusal(403, f"Send the header `{HEADER}: 1`.", ErrorCode.FORBIDDEN)
        address, token = address_of(request), session_token(request)
        viewer = None if token is None else await self._viewer(token, address)
        if token is None or viewer is None:
            raise Refusal(401, "Nobody is signed in.", ErrorCode.UNAUTHENTICATED)
        likes = preferred(request.headers.get("accept-language"))
        check_s = self._endpoint.check_s
        return Caller(self._sessions, (token, None), viewer, address, check_s, likes)

    async def _viewer(self, token: str, address: str | None) -> Viewer | None:
        """Return who is signed in by a token; unknown ones are looked up a few at a time."""
        guesses = self._endpoint.guesses
        async with asyncio.timeout(self._endpoint.serving.terms.limits.deadline):
            if self._sessions.remembers(token):
                return await self._sessions.used_by(token, address)
            async with guesses.looking_up(address):
                viewer = await self._sessions.used_by(token, address)
        if viewer is None:
            await guesses.wrong(address)
        return viewer
