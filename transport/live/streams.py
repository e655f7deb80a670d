"""Server-sent events: the distinct connections mode of GraphQL over SSE."""

import asyncio
from collections.abc import AsyncGenerator, Iterable, Iterator
from contextlib import AbstractContextManager, aclosing
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.http import process_result

from resolvers.running.context import Context
from schema.graphql.errors import ErrorCode
from transport.draining import Draining
from transport.http.answers import PIECE, let_go, unheard
from transport.http.holdings import UNREAD, Share
from transport.live.presence import Caller

PING_S = 15.0
"""Seconds between two comments, which keep proxies from closing a silent stream."""
_HEADERS = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
_MEDIA_TYPE = "text/event-stream"
_COMPLETE = b"event: complete\ndata:\n\n"
_PING = b":\n\n"
_RETRY = b"retry: 1000\n\n"


_NEXT, _END = b"event: next\ndata: ", b"\n\n"


def _pieces(text: bytes) -> Iterator[bytes | memoryview]:
    """Give an event that says a text, without a second copy of what is long."""
    view = memoryview(text)
    for begin in range(0, len(view), PIECE):
        piece, is_last = view[begin : begin + PIECE], begin + PIECE >= len(view)
        ends = (_NEXT if not begin else b"", _END if is_last else b"")
        yield b"".join((ends[0], piece, ends[1])) if any(ends) else piece


def _error(code: ErrorCode, message: str) -> bytes:
    """Return the last events of a stream that is ended."""
    error = {"message": message, "extensions": {"code": code.value}}
    return b"".join((*_pieces(orjson.dumps({"errors": [error]})), _COMPLETE))


_EXPIRED = _error(ErrorCode.UNAUTHENTICATED, "The token has ended.")
_UNREAD = _error(ErrorCode.THROTTLED, UNREAD)


class _Writer:
    """Writes one event after the other, in pieces: the connection holds no second copy of one."""

    def __init__(self, send: Send) -> None:
        """Take where to; nothing is written yet."""
        self._send, self._lock, self._is_cut = send, asyncio.Lock(), False

    async def write(self, pieces: Iterable[bytes | memoryview]) -> None:
        """Write an event, and wait until the client has taken most of it."""
        async with self._lock:
            for piece in pieces:
                await self._body(piece)
                self._is_cut = True
            self._is_cut = False
            await self._body(b"")

    async def end(self, last: bytes) -> None:
        """Write the last events, unless one is cut: clients throw that away and connect again."""
        await self._body(b"" if self._is_cut else last, more=False)

    async def _body(self, body: bytes | memoryview, *, more: bool = True) -> None:
        await self._send({"type": "http.response.body", "body": body, "more_body": more})


class EventStream(Response):
    """The results of one operation as they come.

    It ends with `complete`; without it when the server stops, so that a client connects again;
    with an error when the token has ended. A client that hangs up ends the operation.
    """

    media_type = _MEDIA_TYPE
    ping_s = PING_S

    def __init__(
        self,
        results: AsyncGenerator[Any, None],
        context: Context,
        caller: Caller,
        draining: Draining,
        place: AbstractContextManager[None],
        share: Share,
    ) -> None:
        """Take the results, what ends them, and the key's place for them.

        share: of what clients have not taken yet.
        """
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._results, self._context = results, context
        self._caller, self._draining = caller, draining
        self._place, self._share = place, share

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send until the first of its ends."""
        del scope
        start = {"type": "http.response.start", "status": 200, "headers": self.raw_headers}
        await send(start)

        writer = _Writer(send)
        ends = (
            self._sent(writer),
            self._expired(),
            self._stopped(),
            self._pinged(writer),
            _hung_up(receive),
        )
        with self._place:
            tasks = [asyncio.ensure_future(end) for end in ends]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
            await writer.end(b"".join(task.result() for task in done))

    async def _sent(self, writer: "_Writer") -> bytes:
        async with aclosing(self._results) as results:
            async for result in results:
                text = orjson.dumps(process_result(result))
                let_go(result)
                if not self._share.takes(len(text)):
                    if not self._context.has_written:
                        return _UNREAD
                    text = orjson.dumps(unheard(result))
                with self._share.holding(len(text)):
                    if not await self._caller.holds():
                        return _EXPIRED
                    await writer.write(_pieces(text))
                del text
        return _COMPLETE

    async def _expired(self) -> bytes:
        await self._caller.ended()
        return _EXPIRED

    async def _pinged(self, writer: "_Writer") -> bytes:
        while True:
            await asyncio.sleep(self.ping_s)
            await writer.write([_PING])

    async def _stopped(self) -> bytes:
        await self._draining.begun()
        return _RETRY


async def _hung_up(receive: Receive) -> bytes:
    while (await receive())["type"] != "http.disconnect":
        pass
    return b""
