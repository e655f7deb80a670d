"""`/portal/graphql`: who is signed in runs the operations of our own pages, and nothing else."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketClose

from kit.db.lost import Unavailable
from kit.limits import Limits
from kit.standards.languages import preferred
from models.access.viewers import Viewer
from resolvers.running.context import Context
from resolvers.running.lanes import Lanes
from schema.graphql.errors import ErrorCode
from transport.endpoint import Endpoint
from transport.http.addresses import address_of
from transport.http.refusals import Refusal, not_now
from transport.identity.sessions import Sessions
from transport.live.presence import Caller
from transport.live.sockets import FORBIDDEN, Sockets
from transport.portal.browsers import check_own_page, is_own_socket, session_token

HEADER = "abruf-portal"
"""A header that no form can send, and no page of another site without being asked first."""


class PortalEndpoint:
    """As `/graphql`, with which it shares turns and bounds, for cookies in place of tokens."""

    def __init__(self, endpoint: Endpoint, sessions: Sessions) -> None:
        """Take what answers, and who is signed in."""
        self._endpoint, self._sessions = endpoint, sessions
        self.places, self.lanes = endpoint.places, endpoint.lanes
        self.bodies, self.answers = endpoint.bodies, endpoint.answers
        # Origins whose pages may ask at /graphql, with tokens of their own, may not here.
        self._sockets = Sockets(self, ())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one operation, or a socket of a page of our own."""
        if scope["type"] != "websocket":
            await self._endpoint.answer(Request(scope, receive), self._caller_of, send)
        elif is_own_socket(Headers(scope=scope)):
            await self._sockets(scope, receive, send)
        else:
            await WebSocketClose(FORBIDDEN)(scope, receive, send)

    async def _caller_of(self, request: Request) -> Caller:
        """Return who uses its session. Refusal: nobody does, or a page of another site asks."""
        if request.method != "POST":
            raise Refusal(405, "Send operations by POST.", headers={"Allow": "POST"})
        check_own_page(request.headers)
        if HEADER not in request.headers:
            raise Refusal(403, f"Send the header `{HEADER}: 1`.", ErrorCode.FORBIDDEN)
        address = address_of(request)
        caller = await self._caller(request.headers, address, self._sessions.used_by)
        if caller is None:
            raise Refusal(401, "Nobody is signed in.", ErrorCode.UNAUTHENTICATED)
        return caller

    async def identified(
        self, headers: Mapping[str, str], payload: Mapping[str, Any], address: str | None
    ) -> Caller | None:
        """Return who opens a socket, by the cookie of its handshake: none of a session's uses.

        Refusal: not now. payload: a message's, by which nobody is known.
        """
        del payload
        return await self._caller(headers, address, self._sessions.seen_by)

    async def _caller(
        self,
        headers: Mapping[str, str],
        address: str | None,
        find: Callable[[str, str | None], Awaitable[Viewer | None]],
    ) -> Caller | None:
        """Return who is signed in, None for nobody. Refusal: too many wrong cookies, or not now."""
        token = session_token(headers, address)
        if token is None:
            return None
        try:
            async with asyncio.timeout(self._endpoint.serving.terms.limits.deadline):
                if self._sessions.remembers(token):
                    viewer = await find(token, address)
                else:
                    # Unknown ones are looked up a few at a time.
                    async with self._endpoint.guesses.looking_up(address):
                        viewer = await find(token, address)
        except (Unavailable, TimeoutError) as error:
            raise not_now(error) from error
        if viewer is None:
            await self._endpoint.guesses.wrong(address)
            return None
        likes, check_s = preferred(headers.get("accept-language")), self._endpoint.check_s
        return Caller(self._sessions, (token, None), viewer, address, check_s, likes)

    def limits(self, caller: Caller) -> Limits:
        """Return the limits of who is signed in."""
        return self._endpoint.limits(caller)

    def context(self, caller: Caller, idempotency_key: str | None, lanes: Lanes | None) -> Context:
        """Make the context of one operation of a socket."""
        return self._endpoint.context(caller, idempotency_key, lanes)
