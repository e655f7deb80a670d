"""Requests that are refused before GraphQL: a status, and JSON in the form of GraphQL's errors."""

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from kit.db.lost import Unavailable
from kit.telemetry import trace
from schema.graphql.errors import AWAY, FAULT, RETRY_S, ErrorCode, cut

JSON = "application/json"
_WAITED = "It was not the turn of this in time; nothing of it was done: try again."

_STOPS = (
    "Abruf stops here, and this was not answered before that. What reads may be sent again; whether"
    " a mutation was done is not known: look before you repeat it; with an idempotencyKey it may"
    " always be repeated."
)


class Refusal(Exception):
    """The request is not an operation, or not now."""

    def __init__(
        self,
        status: int,
        message: str,
        code: ErrorCode = ErrorCode.BAD_USER_INPUT,
        headers: Mapping[str, str] | None = None,
        *,
        retry_after: int | None = None,
    ) -> None:
        """Take what the client is told. retry_after: seconds, told as a header and in the body."""
        super().__init__(message)
        self.status, self.message, self.code = status, cut(message), code
        self.headers = dict(headers or {})
        self.beside: dict[str, Any] = {}
        self.extensions: dict[str, Any] = {"code": code.value}
        if retry_after is not None:
            self.headers["Retry-After"] = str(retry_after)
            self.extensions["retryAfter"] = retry_after

    def answer(self, media_type: str = JSON) -> Response:
        """Return the answer; it names the request, as its log lines do."""
        current = trace.CURRENT.get()
        if current.telemetry:
            current.telemetry.refused(self.status, self.code.value)
        request_id = current.request_id
        extensions = self.extensions
        if self.code is ErrorCode.INTERNAL_SERVER_ERROR:
            extensions = extensions | {"reference": request_id}
        body = {
            "errors": [{"message": self.message, "extensions": extensions}],
            "extensions": {**self.beside, "requestId": request_id},
        }
        return Response(orjson.dumps(body), self.status, self.headers, media_type)


def fault() -> Refusal:
    """Return what a client is told of a fault of ours: nothing but where to find it in the log."""
    return Refusal(500, FAULT, ErrorCode.INTERNAL_SERVER_ERROR)


def stopped() -> Refusal:
    """Return what a client is told whose request has run for longer than a server that stops."""
    return Refusal(503, _STOPS, ErrorCode.OUTCOME_UNKNOWN, retry_after=RETRY_S)


def not_now(error: Unavailable | TimeoutError) -> Refusal:
    """Return what a client is told of whom nothing was begun: there is no database, or no time."""
    if isinstance(error, Unavailable):
        return Refusal(503, AWAY, ErrorCode.UNAVAILABLE, retry_after=RETRY_S)
    return Refusal(504, _WAITED, ErrorCode.TIMEOUT, retry_after=RETRY_S)


async def refused(_request: Request, error: Exception) -> Response:
    """Answer Starlette's own refusals (no such path, not this method) in the same form."""
    assert isinstance(error, HTTPException)  # noqa: S101 -- what it is registered for.
    return Refusal(error.status_code, f"{error.detail}.", headers=error.headers).answer()
