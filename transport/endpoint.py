"""`/graphql` over HTTP: a token becomes a viewer, a request becomes one context."""

import json
from collections.abc import Sequence
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from kit.clock import Clock
from kit.database import Database
from kit.issuers import Issuer
from resolvers.context import Call, Context, Terms
from resolvers.process import Process
from schema.documents import named
from schema.errors import ErrorCode
from schema.schema import schema
from transport.addresses import address_of
from transport.authentication import ORDER_TOKEN, Authentication, bearer
from web.page import GraphiQL, is_for_a_browser

LARGEST_BODY = 4 * 1024 * 1024
GRAPHQL_JSON = "application/graphql-response+json"
_STATUS = {ErrorCode.FORBIDDEN: 403, ErrorCode.TIMEOUT: 504}
"""Statuses of what was not executed, where it is not 400."""


def _media_type(request: Request) -> str:
    """Choose the answer's media type (GraphQL over HTTP): the new one where it is asked for."""
    return GRAPHQL_JSON if GRAPHQL_JSON in request.headers.get("accept", "") else "application/json"


def _error(request: Request, code: ErrorCode, message: str, status: int) -> Response:
    body = {"errors": [{"message": message, "extensions": {"code": code.value}}]}
    headers = {"WWW-Authenticate": "Bearer"} if code is ErrorCode.UNAUTHENTICATED else None
    return JSONResponse(body, status, headers, _media_type(request))


class Endpoint(GraphQL[Context, None]):
    """`/graphql`: the page for a browser, answers for a client with a token."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        terms: Terms,
        graphiql: GraphiQL,
        issuers: Sequence[Issuer] = (),
    ) -> None:
        """Take what contexts are made of, and whose tokens are taken beside our own."""
        super().__init__(
            schema, graphql_ide=None, subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL]
        )
        self.database, self.clock, self.terms, self.graphiql = database, clock, terms, graphiql
        self.authentication = Authentication(database, clock, issuers)
        self.process = Process(database)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Authenticate before anything of the body is read."""
        request = Request(scope, receive)
        if is_for_a_browser(request):
            await self.graphiql.page(request)(scope, receive, send)
            return
        headers = request.headers
        token = bearer(headers.get("authorization"))
        viewer = await self.authentication.viewer(token, headers.get(ORDER_TOKEN))
        if viewer is None:
            message = "Send a valid token: `Authorization: Bearer abruf_...`."
            response = _error(request, ErrorCode.UNAUTHENTICATED, message, 401)
        else:
            request.state.viewer = viewer
            response = await self._answer(request)
        await response(scope, receive, send)

    async def _answer(self, request: Request) -> Response:
        try:
            return await self.run(request)
        except HTTPException as error:
            return _error(request, ErrorCode.BAD_USER_INPUT, error.reason, error.status_code)

    async def get_context(self, request: Any, response: Any) -> Context:
        """Make the operation's context."""
        del response
        return Context(
            request.state.viewer,
            self.database,
            self.clock,
            terms=self.terms,
            call=Call(request.headers.get("idempotency-key"), address_of(request)),
            process=self.process,
        )

    def should_render_graphql_ide(self, request: Any) -> bool:
        """Never: the page has been served already, and a GET may name its document."""
        del request
        return False

    async def parse_http_body(self, request: Any) -> Any:
        """Read the request; one without text may name its document in several ways."""
        data: Any = await super().parse_http_body(request)
        if not data.query:
            is_get = request.method == "GET"
            sent = request.query_params if is_get else self.parse_json(await request.get_body())
            data.extensions = named(sent, data.extensions)
        return data

    def decode_json(self, data: str | bytes) -> object:
        """Read a JSON object; everything else is malformed."""
        value = orjson.loads(data)
        if not isinstance(value, dict):
            message = "The body must be a JSON object."
            raise json.JSONDecodeError(message, "", 0)
        return value

    def encode_json(self, data: object) -> bytes:
        """Write an answer."""
        return orjson.dumps(data)

    async def get_sub_response(self, request: Any) -> Response:
        """Carry the media type to where the answer is made."""
        response = await super().get_sub_response(request)
        response.media_type = _media_type(request)
        return response

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        """Answer by GraphQL over HTTP: without `data`, and 400, where nothing was executed.

        403 where a scope is missing, 429 where the key has spent its points, 504 where the deadline
        ended it.

        Clients of the older media type take every well-formed answer for a failure unless it is
        200, as the specification says.
        """
        errors = response_data.get("errors", ())
        refused = response_data["data"] is None and not any("path" in error for error in errors)
        if refused:
            del response_data["data"]
        status, told = 200, {error["extensions"]["code"]: error["extensions"] for error in errors}
        if refused and ErrorCode.THROTTLED in told:
            sub_response.headers["Retry-After"] = str(told[ErrorCode.THROTTLED]["retryAfter"])
            status = 429
        elif refused and sub_response.media_type == GRAPHQL_JSON:
            status = next((_STATUS[code] for code in told if code in _STATUS), 400)
        body, headers = self.encode_json(response_data), sub_response.headers
        return Response(body, status, headers, sub_response.media_type)
