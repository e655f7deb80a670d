"""`/graphql`: a token becomes a viewer, a request or an operation of a socket one context."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL

from kit.clock import Clock
from kit.database import Database
from resolvers.context import Context, Terms
from resolvers.following import Following
from schema.errors import ErrorCode
from schema.schema import schema
from transport.admission import CHECK_S, Admission, Places
from transport.authentication import Authentication, bearer
from transport.draining import Draining
from transport.sockets import Handler
from transport.streams import EventStream, OnlyStreams
from web.page import GraphiQL, is_for_a_browser

LARGEST_BODY = 4 * 1024 * 1024
GRAPHQL_JSON = "application/graphql-response+json"
INIT_S = 10
"""Seconds in which a socket must send `connection_init`."""
RETRY_S = 5
"""Seconds after which a client that has too many connections may try again."""
_NO_TOKEN = "Send a valid token: `Authorization: Bearer abruf_...`."  # noqa: S105 -- a message.


def _media_type(request: Request) -> str:
    """Choose the answer's media type (GraphQL over HTTP): the new one where it is asked for."""
    return GRAPHQL_JSON if GRAPHQL_JSON in request.headers.get("accept", "") else "application/json"


def _body(code: ErrorCode, message: str) -> dict[str, Any]:
    return {"errors": [{"message": message, "extensions": {"code": code.value}}]}


def _error(request: Request, code: ErrorCode, message: str, status: int) -> Response:
    headers = {"WWW-Authenticate": "Bearer"} if code is ErrorCode.UNAUTHENTICATED else None
    return JSONResponse(_body(code, message), status, headers, _media_type(request))


class Endpoint(GraphQL[Context, None]):
    """`/graphql`: the page for a browser, answers for a client with a token."""

    graphql_transport_ws_handler_class = Handler
    check_s = CHECK_S
    stream_transport_classes_by_protocol = {GRAPHQL_SSE_PROTOCOL: OnlyStreams}  # noqa: RUF012 -- Strawberry reads this class value.

    def __init__(
        self,
        database: Database,
        clock: Clock,
        terms: Terms,
        graphiql: GraphiQL,
        draining: Draining,
        *,
        origins: Sequence[str] = (),
    ) -> None:
        """Take what contexts are made of. origins: of pages elsewhere that may open sockets."""
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL],
            connection_init_wait_timeout=timedelta(seconds=INIT_S),
            max_subscriptions_per_connection=terms.limits.subscriptions,
            allowed_origins=origins,
        )
        self.database, self.clock, self.terms, self.graphiql = database, clock, terms, graphiql
        self.authentication = Authentication(database, clock)
        self.following, self.places, self.draining = Following(database), Places(), draining

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Authenticate before anything of the body is read; sockets do so by themselves."""
        if scope["type"] == "websocket":
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, receive)
        if is_for_a_browser(request):
            await self.graphiql.page(request)(scope, receive, send)
            return
        admission = await self.admit(request.headers, {})
        if admission is None:
            response = _error(request, ErrorCode.UNAUTHENTICATED, _NO_TOKEN, 401)
        else:
            request.state.admission = admission
            response = await self._answer(request)
        await response(scope, receive, send)

    async def admit(self, headers: Mapping[str, str], given: Mapping[str, Any]) -> Admission | None:
        """Return who holds the token, None for nobody known.

        given: payload of a socket's `connection_init`, whose token goes before the handshake's.
        """
        named = {key.lower(): it for key, it in given.items() if isinstance(it, str)}
        header = named.get("authorization") or headers.get("authorization")
        token = named.get("token") or bearer(header)
        viewer = await self.authentication.viewer(token)
        if token is None or viewer is None:
            return None
        return Admission(self.authentication, token, viewer, self.check_s)

    def connections(self, admission: Admission) -> int:
        """Return how many sockets and streams the key may have open here."""
        return admission.viewer.limits.get("connections", self.terms.limits.connections)

    async def _answer(self, request: Request) -> Response:
        try:
            return await self.run(request)
        except HTTPException as error:
            return _error(request, ErrorCode.BAD_USER_INPUT, error.reason, error.status_code)

    async def get_context(self, request: Any, response: Any) -> Any:
        """Make a request's context; a socket makes one for each of its operations."""
        del response
        if isinstance(request, WebSocket):
            return None
        return self.context(request.state.admission, request.headers.get("idempotency-key"))

    def context(self, admission: Admission, idempotency_key: str | None = None) -> Context:
        """Make the context of one operation."""
        return Context(
            admission.viewer,
            self.database,
            self.clock,
            terms=self.terms,
            idempotency_key=idempotency_key,
            following=self.following,
        )

    def decode_json(self, data: str | bytes) -> object:
        """Read a JSON object; everything else is malformed."""
        value = orjson.loads(data)
        if not isinstance(value, dict):
            message = "The body must be a JSON object."
            raise json.JSONDecodeError(message, "", 0)
        return value

    def encode_json(self, data: object) -> str:
        """Write an answer; as text, for bytes would leave a socket in binary frames."""
        return orjson.dumps(data).decode()

    async def get_sub_response(self, request: Any) -> Response:
        """Carry the media type to where the answer is made."""
        response = await super().get_sub_response(request)
        response.media_type = _media_type(request)
        return response

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        """Answer by GraphQL over HTTP: without `data`, and 400, where nothing was executed.

        504 where the deadline ended it.

        Clients of the older media type take every well-formed answer for a failure unless it is
        200, as the specification says.
        """
        errors = response_data.get("errors", ())
        refused = response_data["data"] is None and not any("path" in error for error in errors)
        if refused:
            del response_data["data"]
        status = 200
        if refused and sub_response.media_type == GRAPHQL_JSON:
            codes = {error["extensions"]["code"] for error in errors}
            status = 504 if ErrorCode.TIMEOUT in codes else 400
        return Response(orjson.dumps(response_data), status, media_type=sub_response.media_type)

    async def _create_streaming_response(
        self, request: Any, result: Any, protocol: Any, sub_response: Any
    ) -> Response:
        """Stream an operation's results, as long as the key has a place for it."""
        del protocol, sub_response
        admission: Admission = request.state.admission
        key_id = admission.viewer.key_id
        if not self.places.is_free(key_id, self.connections(admission)):
            message = "This key has too many connections; close one."
            refused = _error(request, ErrorCode.THROTTLED, message, 429)
            refused.headers["Retry-After"] = str(RETRY_S)
            return refused
        expired = _body(ErrorCode.UNAUTHENTICATED, "The token has ended.")
        return EventStream(result, admission, self.draining, self.places.taken(key_id), expired)
