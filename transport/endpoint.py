"""`/graphql`: a token becomes a viewer, a request or an operation of a socket one context."""

import re
from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.exceptions import MissingQueryError
from strawberry.http import process_result
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from kit.limits import Limits
from kit.telemetry import trace
from resolvers.running.context import Call, Context
from resolvers.running.lanes import Lanes
from resolvers.running.process import Process
from schema.graphql.errors import ErrorCode
from schema.schema import schema
from transport.http.addresses import address_of
from transport.http.bodies import body_of
from transport.http.hang_up import HungUp, until_hung_up
from transport.http.refusals import JSON, Refusal
from transport.http.requests import OperationRequest, operation_of
from transport.identity.authentication import ORDER_TOKEN, Authentication, bearer
from transport.live.presence import CHECK_S, Caller, Places
from transport.live.sockets import Sockets
from transport.live.streams import EventStream, takes_only_streams
from transport.serving import Serving
from web.page import GraphiQL, is_for_a_browser

GRAPHQL_JSON = "application/graphql-response+json"
RETRY_S = 5
"""Seconds after which a client that has too many connections may try again."""
_STATUS = {ErrorCode.FORBIDDEN: 403, ErrorCode.TIMEOUT: 504}
"""Statuses of what was not executed, where it is not 400."""
_MAY = {
    "GET": {OperationType.QUERY, OperationType.SUBSCRIPTION},
    "POST": {OperationType.QUERY, OperationType.MUTATION, OperationType.SUBSCRIPTION},
}
"""What each method may run; subscriptions only as streams."""
_JSON_KINDS = {JSON, "application/*", "*/*"}
_NEVER = re.compile(r"q\s*=\s*0(\.0*)?")


@lru_cache(1_024)
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


class Endpoint:
    """The page for a browser, answers for a client with a token, sockets and streams."""

    check_s = CHECK_S

    def __init__(self, serving: Serving, graphiql: GraphiQL) -> None:
        """Take what contexts are made of, and the page."""
        self.serving, self.graphiql = serving, graphiql
        database, bounds = serving.database, serving.bounds
        self.authentication = Authentication(database, serving.clock, serving.uses, serving.issuers)
        self.process, self.places = Process(database, serving.buckets), Places()
        self.lanes = Lanes(bounds.at_once, bounds.waiting)
        self.sockets = Sockets(self, serving.origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; a client that hangs up is not answered. Sockets do all that by themselves."""
        if scope["type"] == "websocket":
            await self.sockets(scope, receive, send)
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
        caller = await self.identified(request.headers, {}, address_of(request))
        if caller is None:
            message = "Send a valid token: `Authorization: Bearer abruf_...`."
            challenge = {"WWW-Authenticate": "Bearer"}
            raise Refusal(401, message, ErrorCode.UNAUTHENTICATED, challenge)
        may = _MAY.get(request.method)
        if may is None:
            reason = "GraphQL only supports GET and POST requests."
            raise Refusal(405, reason, headers={"Allow": "GET, POST"})
        accept = request.headers.get("accept", "")
        streams, kind = takes_only_streams(accept), answer_type(accept)
        if kind is None and not streams:
            raise Refusal(406, f"Accept {JSON} or {GRAPHQL_JSON}.")
        viewer, told = caller.viewer, trace.CURRENT.get()
        told.merchant_id, told.key_id = viewer.merchant_id, viewer.key_id
        if self.lanes.is_full(viewer):
            message = "Too many requests at once; wait for answers before you ask more."
            raise Refusal(429, message, ErrorCode.THROTTLED, {"Retry-After": "1"})
        async with self.lanes.turn(viewer):
            body = await body_of(request, self.serving.bounds, self.limits(caller).body)
            operation, key = operation_of(request, body), request.headers.get("idempotency-key")
            async with until_hung_up(request.receive):
                if streams:
                    return await self._streamed(caller, key, operation, may)
                context = self.context(caller, key, None)
                return answer_of(await _executed(context, operation, request.method), kind or JSON)

    async def identified(
        self, headers: Mapping[str, str], given: Mapping[str, Any], address: str | None
    ) -> Caller | None:
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
        return Caller(self.authentication, tokens, viewer, address, self.check_s)

    def limits(self, caller: Caller) -> Limits:
        """Return the limits of a key."""
        return self.serving.terms.limits.own(caller.viewer.limits)

    def context(self, caller: Caller, idempotency_key: str | None, lanes: Lanes | None) -> Context:
        """Make the context of one operation. lanes: of one that outlasts its request's turn."""
        serving = self.serving
        return Context(
            caller.viewer,
            serving.database,
            serving.clock,
            terms=serving.terms,
            call=Call(idempotency_key, caller.address, lanes),
            process=self.process,
        )

    async def _streamed(
        self,
        caller: Caller,
        key: str | None,
        operation: OperationRequest,
        may: Collection[OperationType],
    ) -> Response:
        """Stream an operation's results, as long as the key has a place for it."""
        key_id = caller.viewer.key_id
        if not self.places.is_free(key_id, self.limits(caller).connections):
            message = "This key has too many connections; close one."
            headers = {"Retry-After": str(RETRY_S)}
            raise Refusal(429, message, ErrorCode.THROTTLED, headers)
        results = await schema.stream(
            operation.query,
            variable_values=operation.variables,
            context_value=self.context(caller, key, self.lanes),
            operation_name=operation.operation_name,
            allowed_operation_types=may,
            operation_extensions=operation.extensions,
        )
        return EventStream(results, caller, self.serving.draining, self.places.taken(key_id))


async def _executed(context: Context, operation: OperationRequest, method: str) -> ExecutionResult:
    """Run one operation. Refusal: the request names none, or not one that its method may run."""
    try:
        result: ExecutionResult = await schema.execute(
            operation.query,
            variable_values=operation.variables,
            context_value=context,
            operation_name=operation.operation_name,
            allowed_operation_types=_MAY[method],
            operation_extensions=operation.extensions,
        )
    except MissingQueryError:
        raise Refusal(400, "No GraphQL query found in the request.") from None
    except CannotGetOperationTypeError as error:
        raise Refusal(400, error.as_http_error_reason()) from None
    except InvalidOperationTypeError as error:
        reason = error.as_http_error_reason(method)
        raise Refusal(405, reason, headers={"Allow": "POST"}) from None
    return result


def answer_of(result: ExecutionResult, kind: str) -> Response:
    """Answer by GraphQL over HTTP: without `data`, and 400, where nothing was executed.

    403 where a scope is missing, 429 where the key has spent its points, 504 where the deadline
    ended it. kind: media type.

    Clients of the older media type take every well-formed answer for a failure unless it is 200, as
    the specification says.
    """
    body: Any = process_result(result)
    errors, status, headers = body.get("errors", ()), 200, None
    if errors:
        told = {error["extensions"]["code"]: error["extensions"] for error in errors}
        if body["data"] is None and not any("path" in error for error in errors):
            del body["data"]
            if ErrorCode.THROTTLED in told:
                headers = {"Retry-After": str(told[ErrorCode.THROTTLED]["retryAfter"])}
                status = 429
            elif kind == GRAPHQL_JSON:
                status = next((_STATUS[code] for code in told if code in _STATUS), 400)
    return Response(orjson.dumps(body), status, headers, kind)
