"""What a connection is told where no request reaches the application: JSON as elsewhere."""

from http import HTTPStatus

from starlette.responses import Response

from kit.telemetry import trace
from kit.telemetry.metrics import Telemetry
from schema.graphql.errors import ErrorCode
from transport.edge import DEFAULT_HEADERS, LOADS_NOTHING
from transport.http.refusals import Refusal

_SOON = 1
"""Seconds after which a client may come again."""
NOT_HTTP = Refusal(400, "This is no request of HTTP.")
LATE_REQUEST = Refusal(408, "The request did not arrive in time.")
LONG_ADDRESS = Refusal(414, "The address of the request is too long; use POST.")
LONG_HEAD = Refusal(431, "The headers of the request are too long or too many.")
NO_HOST = Refusal(400, "A request of HTTP/1.1 names its host.")
UNKNOWN_CODING = Refusal(501, "A body comes plain or in pieces (chunked), in no other coding.")
SMALL_PIECES = Refusal(
    413, "Too much lies between the pieces of the body; send larger ones, or its length."
)
MANY_AT_ONCE = Refusal(
    429, "Too many requests follow each other unanswered.", ErrorCode.THROTTLED, retry_after=_SOON
)
FULL = Refusal(503, "Too many connections; come again.", ErrorCode.THROTTLED, retry_after=_SOON)
FOREIGN_SITE = Refusal(403, "Pages of this site may not open a socket.", ErrorCode.FORBIDDEN)
NOT_NOW = Refusal(
    503, "No socket can be opened now; come again.", ErrorCode.THROTTLED, retry_after=_SOON
)
NO_HANDSHAKE = "This is no handshake of a WebSocket."


def answered(refusal: Refusal, telemetry: Telemetry | None) -> Response:
    """Return the answer, which ends its connection; it has an id that its log line shows too."""
    request = trace.arriving(())
    request.telemetry = telemetry
    token = trace.CURRENT.set(request)
    try:
        answer = refusal.answer()
    finally:
        trace.CURRENT.reset(token)
    own = (b"x-request-id", request.request_id.encode())
    answer.raw_headers += [*DEFAULT_HEADERS, LOADS_NOTHING, own, (b"connection", b"close")]
    return answer


def written(refusal: Refusal, telemetry: Telemetry | None) -> bytes:
    """Return the whole answer as HTTP sends it."""
    answer = answered(refusal, telemetry)
    line = f"HTTP/1.1 {refusal.status} {HTTPStatus(refusal.status).phrase}\r\n".encode()
    headers = b"".join(b"%s: %s\r\n" % it for it in answer.raw_headers)
    return line + headers + b"\r\n" + bytes(answer.body)
