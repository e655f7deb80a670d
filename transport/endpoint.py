"""`/graphql`: a token becomes a viewer, a request or an operation of a socket one context."""

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_SSE_PROTOCOL, GRAPHQL_TRANSPORT_WS_PROTOCOL

from kit import trace
from kit.limits import Limits
from resolvers.context import Call, Context
from resolvers.lanes import Lanes
from resolvers.process import Process
from schema.documents import named
from schema.errors import ErrorCode
from schema.schema import schema
from transport.addresses import address_of
from transport.admission import CHECK_S, Admission, Places
from transport.authentication import ORDER_TOKEN, Authentication, bearer
from transport.bodies import again, body_of
from transport.hang_up import HungUp, until_hung_up
from transport.refusals import JSON, Refusal
from transport.serving import Serving
from transport.sockets import Handler
from transport.streams import EventStream, OnlyStreams
from transport.turns import Turns
from web.page import GraphiQL, is_for_a_browser

GRAPHQL_JSON = "application/graphql-response+json"
INIT_S = 10
"""Seconds in which a socket must send `connection_init`."""
RETRY_S = 5
"""Seconds after which a client that has too many connections may try again."""
_STATUS = {ErrorCode.FORBIDDEN: 403, ErrorCode.TIMEOUT: 504}
"""Statuses of what was not executed, where it is not 400."""
_JSON_KINDS = {JSON, "application/*", "*/*"}
_NEVER = re.compile(r"q\s*=\s*0(\.0*)?")


def answer_type(accept: str) -> str | None:
    """Choose an answer's media type (GraphQL over HTTP): the new one where it is asked for.

    None: the client takes no JSON.
    """
    taken = set()
    for each in (accept or "*/*").lower().split(","):
        kind, *parameters = (it.strip() for it in each.split(";"))
        if not any(map(_NEVER.fullmatch, parameters)):
            taken.add(kind)
    if GRAPHQL_JSON in taken:
        return GRAPHQL_JSON
    return JSON if taken & _JSON_KINDS else None


class Endpoint(GraphQL[Context, None]):
    """The page for a browser, answers for a client with a token, sockets and streams."""

    graphql_transport_ws_handler_class = Handler
    check_s = CHECK_S
    stream_transport_classes_by_protocol = {GRAPHQL_SSE_PROTOCOL: OnlyStreams}  # noqa: RUF012 -- Strawberry reads this class value.

    def __init__(self, serving: Serving, graphiql: GraphiQL) -> None:
        """Take what contexts are made of, and the page."""
        bounds = serving.bounds
        super().__init__(
            schema,
            graphql_ide=None,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL],
            connection_init_wait_timeout=timedelta(seconds=INIT_S),
            max_subscriptions_per_connection=None,
            allowed_origins=serving.origins,
        )
        self.serving, self.graphiql = serving, graphiql
        database = serving.database
        self.authentication = Authentication(database, serving.clock, serving.issuers)
        self.process, self.places = Process(database), Places()
        self.lanes = Turns(bounds.at_once, bounds.waiting)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; a client that hangs up is not answered. Sockets do all that by themselves."""
        if scope["type"] == "websocket":
            await super().__call__(scope, receive, send)
            return
        request = Request(scope, receive)
        try:
            if is_for_a_browser(request):
                response = self.graphiql.page(request)
            else:
                response = await self._served(request)
        except Refusal as refusal:
            kind = answer_type(request.headers.get("accept", ""))
            response = refusal.answer(kind or JSON)
        except HungUp:
            return
        await response(scope, receive, send)

    async def _served(self, request: Request) -> Response:
        """Authenticate before anything of the body is read, and end with the client."""
        admission = await self.admit(request.headers, {}, address_of(request))
        if admission is None:
            message = "Send a valid token: `Authorization: Bearer abruf_...`."
            challenge = {"WWW-Authenticate": "Bearer"}
            raise Refusal(401, message, ErrorCode.UNAUTHENTICATED, challenge)
        accept = request.headers.get("accept", "")
        streams = OnlyStreams().accepts(accept)
        if answer_type(accept) is None and not streams:
            raise Refusal(406, f"Accept {JSON} or {GRAPHQL_JSON}.")
        viewer, told = admission.viewer, trace.CURRENT.get()
        told.merchant_id, told.key_id = viewer.merchant_id, viewer.key_id
        async with self.lanes.request(viewer):
            body = await body_of(request, self.serving.bounds, self.limits(admission).body)
            async with until_hung_up(request.receive):
                whole = again(request, body)
                whole.state.admission = admission
                whole.state.streams = streams
                return await self._answer(whole)

    async def admit(
        self, headers: Mapping[str, str], given: Mapping[str, Any], address: str | None
    ) -> Admission | None:
        """Return who holds the token, None for nobody known.

        given: payload of a socket's `connection_init`, whose tokens go before the handshake's.
        """
        told = {key.lower(): it for key, it in given.items() if isinstance(it, str)}
        token = told.get("token") or bearer(
            told.get("authorization") or headers.get("authorization")
        )
        order_token = told.get(ORDER_TOKEN) or headers.get(ORDER_TOKEN)
        viewer = await self.authentication.viewer(token, order_token)
        if token is None or viewer is None:
            return None
        tokens = (token, order_token)
        return Admission(self.authentication, tokens, viewer, address, self.check_s)

    def connections(self, admission: Admission) -> int:
        """Return how many sockets and streams the key may have open here."""
        return self.limits(admission).connections

    def limits(self, admission: Admission) -> Limits:
        """Return the limits of a key."""
        return self.serving.terms.limits.own(admission.viewer.limits)

    async def _answer(self, request: Request) -> Response:
        try:
            return await self.run(request)
        except HTTPException as error:
            wrong_kind = isinstance(error.__cause__, InvalidOperationTypeError)
            if wrong_kind and request.method == "GET":
                raise Refusal(405, error.reason, headers={"Allow": "POST"}) from None
            raise Refusal(error.status_code, error.reason) from None

    async def get_context(self, request: Any, response: Any) -> Any:
        """Make a request's context; a socket makes one for each of its operations."""
        del response
        if isinstance(request, WebSocket):
            return None
        state, key = request.state, request.headers.get("idempotency-key")
        return self.context(state.admission, key, self.lanes if state.streams else None)

    def context(
        self, admission: Admission, idempotency_key: str | None, lanes: Lanes | None
    ) -> Context:
        """Make the context of one operation. lanes: of one that outlasts its request's turn."""
        serving = self.serving
        return Context(
            admission.viewer,
            serving.database,
            serving.clock,
            terms=serving.terms,
            call=Call(idempotency_key, admission.address, lanes),
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

    def encode_json(self, data: object) -> str:
        """Write a socket's message; as text, for bytes would leave it in binary frames."""
        return orjson.dumps(data).decode()

    async def get_sub_response(self, request: Any) -> Response:
        """Carry the media type to where the answer is made."""
        response = await super().get_sub_response(request)
        response.media_type = answer_type(request.headers.get("accept", ""))
        return response

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        """Answer by GraphQL over HTTP: without `data`, and 400, where nothing was executed.

        403 where a scope is missing, 429 where the key has spent its points, 504 where the deadline
        ended it.

        Clients of the older media type take every well-formed answer for a failure unless it is
        200, as the specification says.
        """
        errors = response_data.get("errors", ())
        if errors:
            own = {"requestId": trace.CURRENT.get().request_id}
            response_data["extensions"] = {**response_data.get("extensions", {}), **own}
        refused = response_data["data"] is None and not any("path" in error for error in errors)
        if refused:
            del response_data["data"]
        status, told = 200, {error["extensions"]["code"]: error["extensions"] for error in errors}
        if refused and ErrorCode.THROTTLED in told:
            sub_response.headers["Retry-After"] = str(told[ErrorCode.THROTTLED]["retryAfter"])
            status = 429
        elif refused and sub_response.media_type == GRAPHQL_JSON:
            status = next((_STATUS[code] for code in told if code in _STATUS), 400)
        body, headers = orjson.dumps(response_data), sub_response.headers
        return Response(body, status, headers, sub_response.media_type)

    async def _create_streaming_response(
        self, request: Any, result: Any, protocol: Any, sub_response: Any
    ) -> Response:
        """Stream an operation's results, as long as the key has a place for it."""
        del protocol, sub_response
        admission: Admission = request.state.admission
        key_id = admission.viewer.key_id
        if not self.places.is_free(key_id, self.connections(admission)):
            message = "This key has too many connections; close one."
            headers = {"Retry-After": str(RETRY_S)}
            raise Refusal(429, message, ErrorCode.THROTTLED, headers)
        return EventStream(result, admission, self.serving.draining, self.places.taken(key_id))
