"""Answers, which a client takes piece by piece and which are counted until it has."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.http import process_result
from strawberry.types import ExecutionResult

from schema.graphql.errors import RETRY_S, UNHEARD, ErrorCode
from transport.http.accepted import GRAPHQL_JSON

PIECE = 64 * 1024
"""Bytes that are written at once; the next ones wait until the client has taken most of them."""

_STATUS = {ErrorCode.FORBIDDEN: 403, ErrorCode.TIMEOUT: 504}
"""Statuses of what was not executed, where it is not 400."""


class Answer(Response):
    """Sends its body in pieces."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send; it is done when the client has taken all but the last pieces.

        These are copies: a view of it would keep all of the body with the connection.
        """
        del scope, receive
        start = {"type": "http.response.start", "status": self.status_code}
        await send({**start, "headers": self.raw_headers})
        body = memoryview(self.body)
        for begin in range(0, len(body) or 1, PIECE):
            end = begin + PIECE
            piece = {"body": bytes(body[begin:end]), "more_body": end < len(body)}
            await send({"type": "http.response.body", **piece})


def answer_of(result: ExecutionResult, kind: str, *, wrote: bool = False) -> Answer:
    """Answer by GraphQL over HTTP: without `data`, and 400, where nothing was executed.

    403 where a scope is missing, 429 where the key has spent its points, 504 where the deadline
    ended it; 503 where the database could not be asked, unless something was answered or written,
    so that whoever repeats the whole repeats nothing that was done. kind: media type.

    Clients of the older media type take every well-formed answer for a failure unless it is 200, as
    the specification says.
    """
    body: Any = process_result(result)
    errors, status, headers = body.get("errors", ()), 200, None
    if errors:
        codes = {error["extensions"]["code"]: error["extensions"] for error in errors}
        if body["data"] is None and not any("path" in error for error in errors):
            del body["data"]
            if ErrorCode.THROTTLED in codes:
                headers = {"Retry-After": str(codes[ErrorCode.THROTTLED]["retryAfter"])}
                status = 429
            elif kind == GRAPHQL_JSON:
                status = next((_STATUS[code] for code in codes if code in _STATUS), 400)
        if ErrorCode.UNAVAILABLE in codes and not wrote and not _answers(body):
            status, headers = 503, {"Retry-After": str(RETRY_S)}
    return Answer(orjson.dumps(body), status, headers, kind)


def unheard(result: ExecutionResult) -> dict[str, Any]:
    """Return what is told of a mutation whose payload finds no room: that it was written."""
    return {"data": None, "errors": [UNHEARD.formatted], "extensions": result.extensions}


def let_go(result: ExecutionResult) -> None:
    """Keep nothing of a result that is encoded: an event of megabytes would stay in memory.

    Strawberry copies results, and the copies stay in cycles until these are looked for: so what
    they all refer to is emptied.
    """
    if isinstance(result.data, dict):
        result.data.clear()
    result.data = None


def _answers(body: Mapping[str, Any]) -> bool:
    """Tell whether an answer holds anything but errors."""
    return any(it is not None for it in (body.get("data") or {}).values())
