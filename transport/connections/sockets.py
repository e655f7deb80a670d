"""One socket: its handshake refused in JSON, its messages taken in time."""

import asyncio
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.datastructures import Headers
from websockets.frames import CloseCode, Frame
from websockets.http11 import Request, Response
from websockets.server import ServerProtocol

from kit.telemetry.metrics import Telemetry
from transport.connections.reading import Patience
from transport.connections.refusals import FOREIGN_SITE, NO_HANDSHAKE, NOT_NOW, answered, written
from transport.connections.room import KNOWN
from transport.http.refusals import Refusal

if TYPE_CHECKING:
    from transport.connections.server import Settings

AHEAD = 250
"""Messages that a client may send before the first of them is answered."""

FRAGMENTS = 1_000
"""Frames that a message may come in."""

_HANDSHAKES = {403: FOREIGN_SITE, 500: NOT_NOW}
"""uvicorn's own words for what is refused and for what fails, also because the server stops."""


class Handshake(ServerProtocol):
    """Refuses in the form that all refusals have."""

    telemetry: Telemetry | None = None

    def reject(self, status: HTTPStatus | int, text: str) -> Response:
        """Return the refusal. text: the library's own, which quotes the client."""
        del text
        refusal = _HANDSHAKES.get(status) or Refusal(status, NO_HANDSHAKE)
        answer, status = answered(refusal, self.telemetry), HTTPStatus(refusal.status)
        headers = Headers((name.decode(), value.decode()) for name, value in answer.raw_headers)
        return Response(status, status.phrase, headers, bytes(answer.body))


class Socket(WebSocketsSansIOProtocol):
    """A stranger until the application knows its token."""

    config: "Settings"

    def __init__(
        self,
        config: "Settings",
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        """Take what all connections share."""
        super().__init__(config, server_state, app_state, _loop)
        self._room, self._patience = config.room, Patience(config.bounds)
        self._sending = asyncio.Lock()
        self._due: float | None = None
        self._begun: float | None = None
        self.conn = Handshake(
            extensions=self.conn.available_extensions,
            max_size=min(config.bounds.head_bytes, config.ws_max_size),
            logger=logging.getLogger("uvicorn.error"),
        )
        self.conn.telemetry = config.telemetry

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Enter the room; the connection has just left it as one of HTTP."""
        super().connection_made(transport)
        self._due = self.loop.time() + self.config.bounds.head_seconds
        self._room.enter(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the room."""
        self._room.leave(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Refuse a handshake that cannot be read; the library only falls silent."""
        super().data_received(data)
        if not (self.frames or self.conn.reader.buffer):
            self._begun = None
        elif self._begun is None:
            self._begun = self.loop.time()
        if self.conn.handshake_exc is not None and not self.handshake_complete:
            self.handshake_complete = self.close_sent = True
            self.transport.write(written(Refusal(400, NO_HANDSHAKE), self.config.telemetry))
            self.transport.close()

    def handle_connect(self, event: Request) -> None:
        """Let the application say when the client is known."""
        super().handle_connect(event)
        if not self.close_sent:
            self.scope["extensions"][KNOWN] = {"call": self._known}

    def send_receive_event_to_app(self) -> None:
        """Keep only so many messages: a client may send thousands in one packet."""
        self._begun = None
        if self.queue.qsize() < AHEAD:
            super().send_receive_event_to_app()
        elif not self.close_sent:
            self._close(CloseCode.POLICY_VIOLATION, "Too many messages at once.")

    def handle_cont(self, event: Frame) -> None:
        """Keep only so many pieces of a message, however little is in them."""
        super().handle_cont(event)
        if len(self.frames) > FRAGMENTS and not self.close_sent:
            self._close(CloseCode.POLICY_VIOLATION, "A message in too many pieces.")

    def handle_ping(self) -> None:
        """Answer who reads; answers to pings would be kept without end for who does not."""
        if self.writable.is_set():
            super().handle_ping()
        else:
            self.conn.data_to_send()

    def resume_writing(self) -> None:
        """Note that the client reads."""
        self._patience.renew()
        super().resume_writing()

    async def send(self, message: Any) -> None:
        """Send one message after the other, each when the one before was taken.

        Nobody waits to close: a client that reads nothing is not told.
        """
        if message["type"] == "websocket.close" and not self.writable.is_set():
            self.transport.abort()
            return
        async with self._sending:
            await super().send(message)
            await self.writable.wait()

    def look(self, now: float) -> None:
        """End a socket that, or of which a message, does not come in time, or that takes none."""
        begins = self._due is not None and not self.handshake_complete
        is_late = begins and now > (self._due or 0)
        if self._begun is not None and not self.read_paused:
            is_late = is_late or now > self._begun + self.config.bounds.body_seconds
        if is_late or self._patience.is_over(self.transport, now):
            self.transport.abort()

    def give_way(self) -> None:
        """Leave for a newer one."""
        if self.handshake_complete and not self.close_sent:
            self._close(CloseCode.TRY_AGAIN_LATER, "Too many connections.")
        else:
            self.transport.abort()

    def _close(self, code: CloseCode, reason: str) -> None:
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()

    def _known(self) -> None:
        """Take longer messages from who has sent a good token."""
        self._room.know(self)
        self.conn.max_message_size = self.config.ws_max_size
