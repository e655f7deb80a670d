"""`/graphql` over HTTP: a token becomes a viewer, a request becomes one context."""

import json
import re
from collections.abc import Sequence
from typing import Any

import orjson
from cross_web import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from kit import trace
from kit.bounds import Bounds
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
from transport.bodies import again, body_of
from transport.hang_up import HungUp, until_hung_up
from transport.refusals import JSON, Refusal
from transport.turns import Turns
from web.page import GraphiQL, is_for_a_browser

GRAPHQL_JSON = "application/graphql-response+json"
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
    """`/graphql`: the page for a browser, answers for a client with a token."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        terms: Terms,
        bounds: Bounds,
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
        self.bounds, self.turns = bounds, Turns(bounds.at_once, bounds.waiting)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; a client that hangs up is not answered."""
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
        headers = request.headers
        token = bearer(headers.get("authorization"))
        viewer = await self.authentication.viewer(token, headers.get(ORDER_TOKEN))
        if viewer is None:
            message = "Send a valid token: `Authorization: Bearer abruf_...`."
            challenge = {"WWW-Authenticate": "Bearer"}
            raise Refusal(401, message, ErrorCode.UNAUTHENTICATED, challenge)
        if answer_type(request.headers.get("accept", "")) is None:
            raise Refusal(406, f"Accept {JSON} or {GRAPHQL_JSON}.")
        told = trace.CURRENT.get()
        told.merchant_id, told.key_id = viewer.merchant_id, viewer.key_id
        async with self.turns.turn(viewer):
            body = await body_of(request, self.bounds)
            async with until_hung_up(request.receive):
                whole = Request(request.scope, again(body, request.receive))
                whole.state.viewer = viewer
                return await self._answer(whole)

    async def _answer(self, request: Request) -> Response:
        try:
            return await self.run(request)
        except HTTPException as error:
            wrong_kind = isinstance(error.__cause__, InvalidOperationTypeError)
            if wrong_kind and request.method == "GET":
                raise Refusal(405, error.reason, headers={"Allow": "POST"}) from None
            raise Refusal(error.status_code, error.reason) from None

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
            told = {"requestId": trace.CURRENT.get().request_id}
            response_data["extensions"] = {**response_data.get("extensions", {}), **told}
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
