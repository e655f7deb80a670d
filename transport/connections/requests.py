"""One connection of HTTP: a bounded head that comes in time, answers that are taken in time."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from weakref import WeakMethod

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle
from uvicorn.server import ServerState

from transport.connections.reading import Patience
from transport.connections.refusals import (
    FULL,
    LATE_REQUEST,
    LONG_ADDRESS,
    LONG_HEAD,
    MANY_AT_ONCE,
    NO_HOST,
    NOT_HTTP,
    SMALL_PIECES,
    UNKNOWN_CODING,
    written,
)
from transport.connections.room import ANNOUNCED, KNOWN
from transport.http.refusals import Refusal, stopped

if TYPE_CHECKING:
    from transport.connections.server import Settings

IN_A_ROW = 10
"""Requests that a client may send before the first of them is answered."""
LINGER_S = 2
"""Seconds in which a client may read why it was refused; what it sends meanwhile is thrown away."""
_QUIET_S = 1
"""Seconds without a request after which a connection ends while the server stops."""
LONGEST_LINE = 8_000
"""Bytes of a line in a socket's handshake: what the library that reads it takes."""
FED_AT_ONCE = 2_048
"""Bytes that are parsed before others have their turn, but for a body whose length is known: in so
many are 340 pieces of a body, and what is done for each is Python."""
FRAMING = 4_096
"""Bytes that may lie between the pieces of a body, beyond an eighth of what they hold."""


class _StoppedError(Exception):
    """The parser shall not go on."""


class Requests(HttpToolsProtocol):
    """Counts what arrives before it is kept, and says in JSON what is wrong with it."""

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
        self._room, self._bounds = config.room, config.bounds
        self._patience = Patience(config.bounds)
        self._due: float | None = None
        self._unparsed = self._head = self._lines = self._left = 0
        self._unread, self._framing = bytearray(), b""
        self._has_begun, self._of_piece = False, 0
        self._reason: Refusal | None = None
        self._is_refused = self._stops = self._is_in_pieces = False
        self._answered: RequestResponseCycle | None = None

    @property
    def _is_free(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Enter the room, or be told that it is full."""
        super().connection_made(transport)
        self._due = self.loop.time() + self._bounds.head_seconds
        if not self._room.enter(self):
            self._refuse(FULL)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave the room."""
        self._room.leave(self)
        if self._answered is not None:
            # uvicorn tells the last request, which may wait behind the one that is answered.
            self._answered.disconnected = True
            self._answered.message_event.set()
        super().connection_lost(exc)
        # What waits behind the request that is answered is not begun any more; each holds this.
        self.pipeline.clear()
        self._forget()

    def _forget(self) -> None:
        """Leave nothing to the collector: the last request and its connection hold each other."""
        if self._is_free and self.transport.is_closing():
            self.cycle = None  # type: ignore[assignment]
            self._unread.clear()

    def data_received(self, data: bytes) -> None:
        """Parse some of it at once: thousands of pieces of a body are in one packet."""
        if self._is_refused:
            return
        self._unset_keepalive_if_required()
        if self._due is None and self._is_free:
            self._due = self.loop.time() + self._bounds.head_seconds
        waits = bool(self._unread)
        self._unread += data
        if waits:
            self.transport.pause_reading()
        else:
            self._take()

    def _take(self) -> None:
        """Parse some of what has come, and the rest after others; nothing once it is over."""
        size = max(FED_AT_ONCE, self._left)
        data = bytes(self._unread[:size])
        del self._unread[:size]
        if self._is_over or not self._parse(data):
            self._unread.clear()
        elif self._unread:
            self.transport.pause_reading()
            self.loop.call_soon(self._take)
        elif not self.flow.read_paused:
            self.transport.resume_reading()

    @property
    def _is_over(self) -> bool:
        return self._is_refused or self.transport.is_closing()

    def _parse(self, data: bytes) -> bool:
        """Refuse a request whose head, or what lies between pieces, has no end.

        Tell whether more of it is to be parsed.
        """
        self._unparsed += len(data)
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            if self._should_upgrade():
                self.handle_websocket_upgrade()
                return False
        except httptools.HttpParserError:
            self._refuse(self._reason or NOT_HTTP)
        else:
            self._check_unparsed()
            self._announce(data)
        if not self._is_over:
            kept = self._unparsed + len(self._unread)
            self._room.hold(self, 0 if self._is_in_body else kept)
        return not self._is_over

    def _announce(self, data: bytes) -> None:
        """Tell how long the piece of a body is that has begun in these bytes, and not ended."""
        if self._is_over or not self._is_in_pieces:
            return
        known = self._framing + data
        if self._has_begun:
            line = known[: len(known) - self._of_piece].rstrip().rpartition(b"\n")[2]
            with suppress(ValueError):
                self._announced["bytes"] = int(line.partition(b";")[0], 16)
                self.cycle.message_event.set()
        self._has_begun, self._framing = False, known[-FRAMING:]

    def _check_unparsed(self) -> None:
        most = self._bounds.head_bytes
        if self._is_in_body and self._unparsed > min(FRAMING, most):
            self._refuse(SMALL_PIECES)
        elif self._unparsed > most:
            self._refuse(LONG_HEAD)

    @property
    def _is_in_body(self) -> bool:
        return self.cycle is not None and self.cycle.more_body

    def on_message_begin(self) -> None:
        """Begin to count."""
        super().on_message_begin()
        self._head = self._lines = 0
        self._announced: dict[Any, Any] = {"bytes": 0}
        self._framing, self._is_in_pieces = b"", False
        # Weak: what a connection has sent shall not wait for the collector, nor its scope hold it.
        known: dict[Any, Any] = {"call": WeakMethod(self._known)}
        self.scope["extensions"] = {KNOWN: known, ANNOUNCED: self._announced}

    def on_url(self, url: bytes) -> None:
        """Count the address."""
        self._count(len(url), LONG_ADDRESS)
        super().on_url(url)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Count a header, or what comes after a body in pieces."""
        self._lines += 1
        self._count(len(name) + len(value), LONG_HEAD)
        super().on_header(name, value)

    def _count(self, size: int, refusal: Refusal) -> None:
        self._head += size
        if self._head > self._bounds.head_bytes or self._lines > self._bounds.headers:
            self._stop(refusal)

    def _stop(self, refusal: Refusal) -> None:
        """End the parsing: the parser tells whatever a callback raises as an error of its own."""
        self._reason = refusal
        raise _StoppedError

    def on_headers_complete(self) -> None:
        """Let the application answer."""
        if len(self.pipeline) >= IN_A_ROW:
            self._stop(MANY_AT_ONCE)
        self._left = self._length()
        self._unparsed, self._due = 0, None
        self._room.work(self)
        super().on_headers_complete()
        if self._stops and self.cycle is not None:
            self.cycle.keep_alive = False

    def on_body(self, body: bytes) -> None:
        """Count only what lies between pieces of a body; bodies are counted where they are read."""
        self._unparsed = max(0, self._unparsed - len(body) - len(body) // 8)
        self._left = max(0, self._left - len(body))
        self._of_piece += len(body)
        super().on_body(body)

    def on_chunk_header(self) -> None:
        """Note that a piece of a body begins."""
        self._has_begun, self._of_piece = True, 0

    def on_chunk_complete(self) -> None:
        """Note that it has ended: what it was said to be needs not be told."""
        self._has_begun = False

    def _length(self) -> int:
        """Return how long a body is, 0 where that is not said. Stops: it has no one meaning."""
        headers = dict(self.headers)
        if self.parser.get_http_version() == "1.1" and b"host" not in headers:
            self._stop(NO_HOST)
        codings = [value for name, value in self.headers if name == b"transfer-encoding"]
        if [it.strip().lower() for it in codings] not in ([], [b"chunked"]):
            self._stop(UNKNOWN_CODING)
        self._is_in_pieces = bool(codings)
        return int(headers.get(b"content-length", 0))

    def on_message_complete(self) -> None:
        """Begin to count anew."""
        self._unparsed = self._left = 0
        self._is_in_pieces, self._framing = False, b""
        super().on_message_complete()

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        """Know which request is answered, of several in a row."""
        self._answered = cycle
        super()._start_asgi_task(cycle, app)

    def on_response_complete(self) -> None:
        """Rest until the next request; what still comes of a refused body is thrown away."""
        self._answered = None
        super().on_response_complete()
        self._forget()
        if self._is_refused:
            self.transport.close()
            return
        if self._is_free and self._is_in_body:
            self._linger()
            return
        if self._is_free:
            self._room.idle(self)
        if self._stops:
            self._end_when_quiet()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over; the handshake is read a second time, with other bounds."""
        lines = [self.url, *(name + value for name, value in self.headers)]
        if max(map(len, lines)) > LONGEST_LINE:
            self._refuse(LONG_HEAD)
            return
        self._room.leave(self)
        super().handle_websocket_upgrade()

    def resume_writing(self) -> None:
        """Note that the client reads."""
        self._patience.renew()
        super().resume_writing()

    def look(self, now: float) -> None:
        """End a connection whose head is late or whose answer is not taken."""
        if self._due is not None and now > self._due:
            if self._is_refused or not self._unparsed:
                self.transport.abort()
            else:
                self._refuse(LATE_REQUEST)
        elif self._patience.is_over(self.transport, now):
            self.transport.abort()

    def give_way(self) -> None:
        """Leave for a newer one; who has begun to speak is told."""
        if self._unparsed and not self._is_refused:
            self._refuse(FULL)
        else:
            self.transport.abort()

    def shutdown(self) -> None:
        """End after the answer that is due; who is silent has a moment for one last request."""
        self._stops = True
        if self._is_refused:
            self.transport.abort()
        elif self._is_free:
            self._end_when_quiet()
        elif not self.cycle.response_started:
            self.cycle.keep_alive = False

    def cut(self) -> None:
        """End what waits for its client; who has been told nothing yet is still told something."""
        if self._answered is None or self._answered.response_started:
            self.transport.abort()
        elif self._answered.more_body:
            self._refuse(stopped())
            self.transport.close()

    def _end_when_quiet(self) -> None:
        self.loop.call_later(_QUIET_S, self._end_if_quiet)

    def _end_if_quiet(self) -> None:
        if self._is_free and not self._unparsed and not self.transport.is_closing():
            self.transport.close()

    def _known(self, _: object) -> None:
        self._room.know(self)

    def _refuse(self, refusal: Refusal) -> None:
        """Say why and end; while another answer is on its way, only that one can be sent."""
        self._is_refused = True
        if not self._is_in_body:
            # What of the head has come, which would be held until the client has read why.
            self.parser, self.headers = httptools.HttpRequestParser(self), []
        if not self._is_free and not self._can_end():
            self.pipeline.clear()
            return
        self.transport.write(written(refusal, self.config.telemetry))
        self._linger()

    def _can_end(self) -> bool:
        """End the request whose body is refused, if nothing of its answer is sent yet."""
        if self.pipeline or not self._is_in_body or self.cycle.response_started:
            return False
        self.cycle.disconnected = True
        self.cycle.message_event.set()
        return True

    def _linger(self) -> None:
        """Send and read nothing more.

        Closing at once would reset the connection while the client still sends, and with it what it
        is told.
        """
        self._is_refused, self._due = True, self.loop.time() + LINGER_S
        if self._room.is_crowded:
            self.transport.close()
        elif not self.transport.is_closing():
            self.transport.write_eof()
