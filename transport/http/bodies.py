"""Request bodies: JSON of a bounded size that arrives in time."""

import asyncio

from starlette.requests import Request
from starlette.types import Receive

from kit.limits import Bounds
from transport.http.hang_up import GONE, HungUp
from transport.http.refusals import JSON, Refusal


async def body_of(request: Request, bounds: Bounds, most: int) -> bytes:
    """Read the body, of at most so many bytes, to its end.

    Refusal: not JSON, too large, too slow. HungUp: cut off.

    Forms and plain text are what a page of another site can send without being asked first by
    CORS, so a POST must say that it is JSON. Compressed bodies are refused: their size is unknown.
    """
    headers = dict(request.scope["headers"])
    kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
    if request.method == "POST" and kind != JSON.encode():
        raise Refusal(415, "Send the operation as application/json.")
    if headers.get(b"content-encoding", b"identity").lower() != b"identity":
        raise Refusal(415, "Send the body uncompressed.")
    told = headers.get(b"content-length", b"0")
    if told.isdigit() and int(told[:20]) > most:
        raise _too_large(most)
    try:
        async with asyncio.timeout(bounds.body_seconds):
            return await _read(request.receive, most)
    except TimeoutError:
        message = "The body did not arrive in time."
        raise Refusal(408, message, headers={"Connection": "close"}) from None


async def _read(receive: Receive, most: int) -> bytes:
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == GONE:
            raise HungUp
        body += message.get("body", b"")
        if len(body) > most:
            raise _too_large(most)
        if not message.get("more_body", False):
            return bytes(body)


def _too_large(most: int) -> Refusal:
    return Refusal(413, f"The body is larger than {most:,} bytes.")
