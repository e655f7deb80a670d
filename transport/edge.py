"""The outermost layer: every request gets its id, every answer its headers, no fault gets out."""

import asyncio
import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kit.telemetry import trace
from kit.telemetry.metrics import Telemetry
from transport.draining import Draining
from transport.http.refusals import Refusal, fault, stopped

_log = logging.getLogger("abruf")

DEFAULT_HEADERS: tuple[tuple[bytes, bytes], ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cache-control", b"no-store"),
)
"""Headers of every answer that does not bring its own, as GraphiQL's page and files do."""
LOADS_NOTHING = (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'")
"""What JSON may load if a browser shows it."""


class Outermost:
    """Wraps the application; plain ASGI, since every request pays for it."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry, draining: Draining) -> None:
        """Take what is wrapped, whom operations are told, and what says that the server stops."""
        self._app, self._telemetry, self._draining = app, telemetry, draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request or one socket."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        request = trace.arriving(scope["headers"])
        request.telemetry = self._telemetry
        token = trace.CURRENT.set(request)
        answer = _Answer(request.request_id, send)
        try:
            # What failed is gone by now, and what it held: a client may take its time.
            if (refusal := await self._failed(scope, receive, answer)) is not None:
                await refusal.answer()(scope, receive, answer)
        finally:
            trace.CURRENT.reset(token)

    async def _failed(self, scope: Scope, receive: Receive, answer: "_Answer") -> Refusal | None:
        """Let the application answer; return what is told where it has told nothing."""
        try:
            await self._app(scope, receive, answer)
        except Exception:
            if answer.started or scope["type"] != "http":
                raise
            _log.exception("Internal fault")
            return fault()
        except asyncio.CancelledError:
            if not self._draining.has_begun:
                raise
            # The server stops, and waits no longer for who is slow.
            return None if answer.started or scope["type"] != "http" else stopped()
        return None


class _Answer:
    """Sends an answer, with the headers that all answers have."""

    def __init__(self, request_id: str, send: Send) -> None:
        """Take the id that the client is told."""
        self._own = (b"x-request-id", request_id.encode())
        self._send = send
        self.started = False

    async def __call__(self, message: Message) -> None:
        """Pass on what is sent."""
        if message["type"] == "http.response.start":
            self.started = True
            headers = list(message.get("headers", ()))
            names = dict(headers)
            headers += [it for it in DEFAULT_HEADERS if it[0] not in names]
            if b"json" in names.get(b"content-type", b""):
                headers.append(LOADS_NOTHING)
            message = {**message, "headers": [*headers, self._own]}
        await self._send(message)
