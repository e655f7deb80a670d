"""What a socket's bytes are read as: a handshake, then only so many frames."""

from http import HTTPStatus

from websockets.datastructures import Headers
from websockets.exceptions import ProtocolError
from websockets.frames import CloseCode, Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import OPEN
from websockets.server import ServerProtocol

from kit.telemetry.metrics import Telemetry
from transport.connections.refusals import FOREIGN_SITE, NO_HANDSHAKE, NOT_NOW, answered
from transport.http.refusals import Refusal

FRAMES = 1_000
"""Frames, beside whole messages, that a client may send at once."""
MORE = 100
"""Of them that it may send again each second."""
STRANGE = 20
"""As many of them a whole message counts of who has not shown a good token yet."""

_MESSAGES = {Opcode.TEXT, Opcode.BINARY}
_HANDSHAKES = {403: FOREIGN_SITE, 500: NOT_NOW}
"""uvicorn's own words for what is refused and for what fails, also because the server stops."""


class Frames(ServerProtocol):
    """Refuses in the form that all refusals have, and reads no flood of frames.

    Whole messages of a client that is known are bounded by whoever takes them. Nobody takes pings,
    pongs, pieces of messages, and what comes before a socket opens or after it was told to close:
    these are counted, and what a stranger says, who needs one message to be none.
    """

    telemetry: Telemetry | None = None
    is_known = False
    counted = 0

    def reject(self, status: HTTPStatus | int, text: str) -> Response:
        """Return the refusal. text: the library's own, which quotes the client."""
        del text
        refusal = _HANDSHAKES.get(status) or Refusal(status, NO_HANDSHAKE)
        answer, status = answered(refusal, self.telemetry), HTTPStatus(refusal.status)
        headers = Headers((name.decode(), value.decode()) for name, value in answer.raw_headers)
        return Response(status, status.phrase, headers, bytes(answer.body))

    def recv_frame(self, frame: Frame) -> None:
        """Take a frame; with one too many, fail: the rest of what has come is not read."""
        is_whole = frame.opcode in _MESSAGES and frame.fin and self.state is OPEN
        if not self.is_known:
            self.counted += STRANGE if is_whole else 1
        elif not is_whole:
            self.counted += 1
        if self.counted <= FRAMES:
            super().recv_frame(frame)
        else:
            self.fail(CloseCode.POLICY_VIOLATION, "Too many frames at once.")
            self.parser_exc = ProtocolError("too many frames")

    def know(self) -> None:
        """Begin anew with a client that has shown a good token."""
        self.is_known, self.counted = True, 0

    def look(self) -> None:
        """Let some more come, each second."""
        self.counted = max(0, self.counted - MORE)
