"""The request that runs: the id that its answer, its log lines and its span share."""

import re
import secrets
from collections import deque
from collections.abc import Iterable
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from kit.telemetry.metrics import Telemetry

_OURS = re.compile(rb"[A-Za-z0-9_-]{8,64}")
"""A request id that a client may choose: shorter than any token, and harmless in a log."""
_W3C = re.compile(
    rb"(?!ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})"
)
"""`traceparent` of W3C Trace Context, up to what later versions append."""
_SAMPLED = 1
_BATCHES = 1_000
"""More than any operation asks; what runs outside requests has no end."""


@dataclass(slots=True)
class Trace:
    """One request, or one operation of a socket.

    trace_id, parent_id, sampled: of the client's `traceparent`. span_id: of its own span, where
    that is recorded. merchant_id, key_id: once it is
    known who asks. telemetry: to whom operations are told. cost: points that were asked for.
    plan: how the operation was answered, in words of ours.
    statements: SQL sent so far. batches: numbers of keys that dataloaders asked, the last ones.
    """

    request_id: str
    trace_id: str | None = None
    parent_id: str | None = None
    span_id: str | None = None
    sampled: bool = False
    merchant_id: UUID | None = None
    key_id: UUID | None = None
    telemetry: "Telemetry | None" = None
    cost: int | None = None
    plan: str | None = None
    statements: int = 0
    batches: deque[int] = field(default_factory=lambda: deque(maxlen=_BATCHES))

    @property
    def written_by(self) -> str | None:
        """Return its own span as a `traceparent`, None where none is recorded."""
        return f"00-{self.trace_id}-{self.span_id}-01" if self.span_id else None

    def operation(self, merchant_id: UUID, key_id: UUID) -> "Trace":
        """Return a trace for one of the request's operations, which counts by itself."""
        return Trace(
            self.request_id,
            self.trace_id,
            self.parent_id,
            None,
            self.sampled,
            merchant_id,
            key_id,
            self.telemetry,
        )


_NOBODY = Trace("")
"""Takes the counts of what runs outside any request, such as a start or a command line."""
CURRENT: ContextVar[Trace] = ContextVar("trace", default=_NOBODY)


def arriving(headers: Iterable[tuple[bytes, bytes]]) -> Trace:
    """Read a request's headers (ASGI: names in lower case); what is malformed is ignored."""
    trace = Trace("")
    for name, value in headers:
        if name == b"x-request-id" and _OURS.fullmatch(value):
            trace.request_id = value.decode()
        elif name == b"traceparent" and (found := _parent(value)):
            trace.trace_id, trace.parent_id = found[1].decode(), found[2].decode()
            trace.sampled = bool(int(found[3], 16) & _SAMPLED)
    trace.request_id = trace.request_id or trace.trace_id or secrets.token_hex(16)
    return trace


def ids_of_span(written_by: str) -> tuple[int, int] | None:
    """Return the ids of a trace and of a span in it that a `traceparent` names, None for none."""
    found = _parent(written_by.encode())
    return (int(found[1], 16), int(found[2], 16)) if found else None


def _parent(value: bytes) -> re.Match[bytes] | None:
    """Match a traceparent; only versions after 00 may be longer."""
    found = _W3C.match(value)
    tail = value[found.end() :] if found else b""
    return found if not tail or (tail[:1] == b"-" and value[:2] != b"00") else None
