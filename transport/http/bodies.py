"""Request bodies: JSON of a bounded size that arrives in time."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.types import Receive

from kit.limits import Bounds
from schema.graphql.errors import ErrorCode
from transport.connections.room import ANNOUNCED
from transport.http.hang_up import GONE, HungUp
from transport.http.holdings import UNREAD
from transport.http.refusals import JSON, Refusal

FREE = 16 * 1024
"""Bytes of a body that are not counted: so small operations are read whatever others send."""
_FORM = "application/x-www-form-urlencoded"


async def body_of(
    request: Request, bounds: Bounds, most: int, hold: Callable[[int], bool]
) -> bytes:
    """Read the body, of at most so many bytes, to its end.

    hold: counts bytes beyond `FREE`, and tells whether there is room for more. Refusal: not JSON,
    too large, too slow, no room. HungUp: cut off.

    Forms and plain text are what a page of another site can send without being asked first by
    CORS, so a POST must say that it is JSON. Compressed bodies are refused: their size is unknown.
    """
    headers = dict(request.scope["headers"])
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if request.method == "POST" and kind != JSON.encode():
        raise Refusal(415, "Send the operation as application/json.")
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise Refusal(415, "Send the body uncompressed.")
    length = headers.get(b"content-length", b"0")
    if length.isdigit() and int(length[:20]) > most:
        raise _too_large(most)
    try:
        async with asyncio.timeout(bounds.body_seconds):
            return await _read(request.receive, most, hold, _announced(request))
    except TimeoutError:
        raise _too_slow() from None


async def posted_form(request: Request, bounds: Bounds) -> dict[str, str]:
    """Read a small form, as a page without scripts sends it. Refusal, HungUp: as `body_of`."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != _FORM:
        raise Refusal(415, "Send the form as a page sends it.")
    try:
        async with asyncio.timeout(bounds.body_seconds):
            body = await _read(request.receive, FREE, bool, {})
        return dict(parse_qsl(body.decode(), strict_parsing=bool(body)))
    except TimeoutError:
        raise _too_slow() from None
    except ValueError:
        raise Refusal(400, "This is no form.") from None


def _announced(request: Request) -> Mapping[str, int]:
    extensions: Mapping[str, Any] = request.scope.get("extensions") or {}
    return extensions.get(ANNOUNCED) or {}


async def _read(
    receive: Receive, most: int, hold: Callable[[int], bool], announced: Mapping[str, int]
) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == GONE:
            raise HungUp
        piece = message.get("body", b"")
        body += piece
        if max(len(body), announced.get("bytes", 0)) > most:
            raise _too_large(most)
        if len(body) > FREE and not hold(min(len(piece), len(body) - FREE)):
            raise no_room()
        if not message.get("more_body", False):
            return bytes(body)


def _too_slow() -> Refusal:
    message = "The body did not arrive in time."
    return Refusal(408, message, headers={"Connection": "close"})


def no_room() -> Refusal:
    """Return what is told where bodies or answers of a company or key fill their share."""
    return Refusal(429, UNREAD, ErrorCode.THROTTLED, retry_after=1)


def _too_large(most: int) -> Refusal:
    return Refusal(413, f"The body is larger than {most:,} bytes.")
