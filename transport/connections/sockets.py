"""One socket: its handshake refused in JSON, its messages taken in time."""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from weakref import WeakMethod

from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.exceptions import InvalidState
from websockets.frames import CloseCode
from websockets.http11 import Request

from transport.connections.frames import Frames
from transport.connections.reading import Patience
from transport.connections.refusals import NO_HANDSHAKE, written
from transport.connections.room import KNOWN, UTF8
from transport.http.answers import PIECE
from transport.http.bodies import FREE
from transport.http.holdings import UNREAD
from transport.http.refusals import Refusal

if TYPE_CHECKING:
    from transport.connections.server import Settings

AHEAD = 250
"""Messages that a client may send before the first of them is answered."""

PARSED_AT_ONCE = 1_024
"""Bytes that are parsed before others have their turn."""


class Socket(WebSocketsSansIOProtocol):
    """A stranger until the application knows its token."""

    config: "Settings"
    conn: Frames

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
        self._unread = bytearray()
        self._queued, self._counted = deque[int](), 0
        self._hold: Callable[[int], bool] | None = None
        self.conn = Frames(
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
        """Parse a little of it at once: thousands of frames are in one packet."""
        waits = bool(self._unread)
        self._unread += data
        self._count()
        if waits:
            self.transport.pause_reading()
        else:
            self._take()

    def _count(self) -> None:
        """Count what waits to be parsed, to be complete or to be taken; end where it is too much.

        What is little is not counted, as of bodies: so small operations come whatever others send.
        """
        if self._hold is None:
            return
        pieces = len(self.conn.reader.buffer) + sum(map(len, self.frames))
        more = max(0, len(self._unread) + pieces + sum(self._queued) - FREE) - self._counted
        self._counted += more
        if more and not self._hold(more) and more > 0 and not self.close_sent:
            self._close(CloseCode.TRY_AGAIN_LATER, UNREAD)

    def _take(self) -> None:
        """Parse some of what has come, and the rest after others; nothing once it is closed."""
        if not self.transport.is_closing():
            data = bytes(self._unread[:PARSED_AT_ONCE])
            del self._unread[:PARSED_AT_ONCE]
            self._parse(data)
        if self.transport.is_closing():
            self._unread.clear()
        elif self._unread:
            self.transport.pause_reading()
            self.loop.call_soon(self._take)
        elif not self.read_paused:
            self.transport.resume_reading()
        self._count()

    def _parse(self, data: bytes) -> None:
        """Refuse a handshake that cannot be read; the library only falls silent."""
        try:
            super().data_received(data)
        except InvalidState:
            # It is not open yet or closed already: nobody can be told what was wrong.
            self.transport.abort()
        if not (self.frames or self.conn.reader.buffer):
            self._begun = None
        elif self._begun is None:
            self._begun = self.loop.time()
        if self.conn.handshake_exc is not None and not self.handshake_complete:
            self.handshake_complete = self.close_sent = True
            self.transport.write(written(Refusal(400, NO_HANDSHAKE), self.config.telemetry))
            self.transport.close()

    def handle_parser_exception(self) -> None:
        """Say why it ends, to who has opened it and reads."""
        if self.conn.close_sent is None or not self.writable.is_set():
            self.transport.abort()
        else:
            super().handle_parser_exception()

    async def receive(self) -> Any:
        """Give a message; what has come already is parsed before more is read."""
        message = await super().receive()
        if message["type"] == "websocket.receive":
            self._queued.popleft()
            self._count()
        if self._unread and not self.transport.is_closing():
            self.transport.pause_reading()
        return message

    def handle_connect(self, event: Request) -> None:
        """Let the application say when the client is known."""
        super().handle_connect(event)
        if not self.close_sent:
            self.scope["extensions"] |= {KNOWN: {"call": WeakMethod(self._known)}, UTF8: {}}

    def send_receive_event_to_app(self) -> None:
        """Keep only so many messages: a client may send thousands in one packet."""
        self._begun = None
        if self.queue.qsize() < AHEAD:
            size, before = sum(map(len, self.frames)), self.queue.qsize()
            super().send_receive_event_to_app()
            self._queued += [size] * (self.queue.qsize() - before)
        elif not self.close_sent:
            self._close(CloseCode.POLICY_VIOLATION, "Too many messages at once.")

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
        closes = message["type"] == "websocket.close"
        if self.close_sent:
            # The application has not read of it yet.
            if closes:
                return
            raise ClientDisconnected
        if closes and not self.writable.is_set():
            self.transport.abort()
        elif closes:
            # Also in the midst of a message.
            await super().send(message)
        else:
            async with self._sending:
                await self._send(message)
                await self.writable.wait()

    async def _send(self, message: Any) -> None:
        """Send a text in frames: the connection holds no more than two of them, each a copy."""
        if UTF8 not in message:
            await super().send(message)
            return
        text, begin, is_cut = memoryview(message[UTF8]), 0, False
        while begin < len(text):
            try:
                await self.writable.wait()
            except asyncio.CancelledError:
                if not begin:
                    raise
                # What has begun goes on to its end: no other message could follow it.
                is_cut = True
            else:
                self._send_frame(text, begin)
                begin += PIECE
        if is_cut:
            raise asyncio.CancelledError

    def _send_frame(self, text: memoryview, begin: int) -> None:
        """Send a piece of a text. ClientDisconnected: it cannot be sent any more."""
        if self.disconnected or self.close_sent or self.transport.is_closing():
            raise ClientDisconnected
        end = begin + PIECE
        send = self.conn.send_continuation if begin else self.conn.send_text
        try:
            send(bytes(text[begin:end]), fin=end >= len(text))
        except InvalidState:
            raise ClientDisconnected from None
        self.transport.write(b"".join(self.conn.data_to_send()))

    def look(self, now: float) -> None:
        """End a socket that, or of which a message, does not come in time, or that takes none."""
        self.conn.look()
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

    def cut(self) -> None:
        """End whatever it still waits for."""
        self.transport.abort()

    def _close(self, code: CloseCode, reason: str) -> None:
        if not self.writable.is_set():
            self.transport.abort()
            return
        self.queue.put_nowait({"type": "websocket.disconnect", "code": code, "reason": reason})
        self.conn.send_close(code, reason)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.transport.close()

    def _known(self, hold: Callable[[int], bool] | None) -> None:
        """Take longer messages, and as many as are handled, from who has sent a good token.

        hold: counts what it keeps of them, None once the application does not any more.
        """
        self._hold = hold
        if hold is None:
            return
        self._room.know(self)
        self.conn.know()
        self.conn.max_message_size = self.config.ws_max_size
