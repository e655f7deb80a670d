"""`/graphql`: a token becomes a viewer, a request or an operation of a socket one context."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from kit.db.lost import Unavailable
from kit.limits import Limits
from kit.loop.apart import Crowded
from kit.standards.languages import preferred
from kit.telemetry import trace
from models.access.viewers import Viewer
from resolvers.running.buckets import Bill, buckets_of
from resolvers.running.context import Call, Context
from resolvers.running.lanes import Lanes
from resolvers.running.process import Process
from resolvers.running.shares import lane_of
from schema.graphql.errors import ClientError, ErrorCode
from schema.graphql.extensions.buckets import ENTRY, charged, costs
from schema.schema import schema
from transport.connections.room import know
from transport.http.accepted import GRAPHQL_JSON, accepted
from transport.http.addresses import address_of
from transport.http.answers import Answer, answer_of, let_go, unheard
from transport.http.bodies import body_of, no_room
from transport.http.hang_up import HungUp, until_hung_up
from transport.http.holdings import Holdings, Share
from transport.http.refusals import JSON, Refusal, not_now
from transport.http.requests import OperationRequest, holds_much, inside_of_long, operation_of
from transport.http.validators import validated
from transport.identity.authentication import ORDER_TOKEN, Authentication, bearer
from transport.identity.guesses import Guesses
from transport.live.presence import CHECK_S, Caller, Places
from transport.live.sockets import Sockets
from transport.live.streams import EventStream
from transport.serving import Serving
from web.page import GraphiQL, is_for_a_browser

_RETRY_S = 5
"""Seconds after which a client that has too many connections may try again."""
_MAY = {
    "GET": {OperationType.QUERY, OperationType.SUBSCRIPTION},
    "POST": {OperationType.QUERY, OperationType.MUTATION, OperationType.SUBSCRIPTION},
}
"""What each method may run; subscriptions only as streams."""


class Endpoint:
    """The page for a browser, answers for a client with a token, sockets and streams."""

    check_s = CHECK_S

    def __init__(self, serving: Serving, graphiql: GraphiQL) -> None:
        """Take what contexts are made of, and the page."""
        self.serving, self.graphiql = serving, graphiql
        database, bounds = serving.database, serving.bounds
        self.authentication = Authentication(database, serving.clock, serving.uses, serving.issuers)
        self.process = Process(database, serving.buckets, bounds.kept_answers)
        self.places = Places()
        self.guesses = Guesses(bounds, serving.clock)
        self.lanes = Lanes(bounds)
        self.bodies = Holdings(bounds.bodies, bounds.all_bodies)
        self.answers = Holdings(bounds.answers, bounds.all_answers)
        self.sockets = Sockets(self, serving.origins)

    @property
    def waiting(self) -> int:
        """Return the bytes that wait to be read or to be taken."""
        return self.bodies.total + self.answers.total

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; a client that hangs up is not answered. Sockets do all that by themselves."""
        if scope["type"] == "websocket":
            await self.sockets(scope, receive, send)
            return
        request = Request(scope, receive)
        if is_for_a_browser(request):
            await self.graphiql.page(request)(scope, receive, send)
        else:
            await self.answer(request, self._caller_of, send)

    async def answer(
        self, request: Request, identify: Callable[[Request], Awaitable[Caller]], send: Send
    ) -> None:
        """Answer one operation over HTTP.

        identify: returns who asks, before anything of the body is read. Refusal: nobody known.
        """
        with ExitStack() as held:
            try:
                response = await self._served(request, await identify(request), held)
            except (Refusal, Unavailable, TimeoutError) as error:
                response = _refused(error, request)
            except HungUp:
                return
            await response(request.scope, request.receive, send)

    async def _served(self, request: Request, caller: Caller, held: ExitStack) -> Response:
        """Answer before the client hangs up, and end with it.

        held: what is held until the answer is taken.
        """
        may = _MAY.get(request.method)
        if may is None:
            reason = "GraphQL only supports GET and POST requests."
            raise Refusal(405, reason, headers={"Allow": "GET, POST"})
        takes = accepted(request.headers.get("accept", ""))
        if takes.json is None and not takes.only_streams:
            raise Refusal(406, f"Accept {JSON} or {GRAPHQL_JSON}.")
        viewer, known = caller.viewer, trace.CURRENT.get()
        known.merchant_id, known.key_id = viewer.merchant_id, viewer.key_id
        know(request.scope)
        key = _key_of(request)
        async with self._operation(request, caller) as (operation, alone):
            if takes.only_streams:
                await alone.aclose()
                return await self._streamed(caller, key, operation, may)
            context = self.context(caller, key, None, alone)
            result = await _executed(context, operation, request.method)
            answer = self._answer(request, takes.json or JSON, context, result)
            let_go(result)
            share = self.answers.share(viewer)
            answer = _that_fits(share, answer, context, result)
            # At once: another one may arrive as soon as anybody waits.
            held.enter_context(share.holding(len(answer.body)))
        return answer

    def _answer(
        self, request: Request, kind: str, context: Context, result: ExecutionResult
    ) -> Answer:
        answer = answer_of(result, kind, wrote=context.has_written)
        if request.method == "GET" and self.serving.bounds.kept_answers:
            return validated(answer, result, request.headers.get("if-none-match"))
        return answer

    @asynccontextmanager
    async def _operation(
        self, request: Request, caller: Caller
    ) -> AsyncIterator[tuple[OperationRequest, AsyncExitStack]]:
        """Read what is asked, then wait for a turn: who does not end a body keeps nobody's.

        A body waits as it came, for what it says is many times as large. Of those with thousands of
        objects what one says is held at a time, until that is given up or the operation ends.
        TimeoutError: it has waited for as long as it may take to answer. HungUp: who asked is gone.
        """
        limits = self.limits(caller)
        async with AsyncExitStack() as slot:
            with self.bodies.share(caller.viewer).holding() as hold:
                body = await body_of(request, self.serving.bounds, limits.body, hold)
                if self.lanes.is_full(caller.viewer):
                    message = "Too many requests at once; wait for answers before you ask more."
                    raise Refusal(429, message, ErrorCode.THROTTLED, retry_after=1)
                alone = AsyncExitStack()
                # Also while it waits: who is gone when its turn comes asks nothing any more.
                await slot.enter_async_context(until_hung_up(request.receive))
                async with asyncio.timeout(limits.deadline):
                    await slot.enter_async_context(self.lanes.slot(caller.viewer))
                    await slot.enter_async_context(alone)
                    if inside := inside_of_long(body):
                        await self._check_points(caller)
                        await alone.enter_async_context(self._alone(caller))
                        # One of them in a round of the event loop: each is read as a whole.
                        await self.process.slices.room(lane_of(caller.viewer), inside)
                operation = operation_of(request, body)
                if inside and not holds_much(operation):
                    await alone.aclose()
                del body
            yield operation, alone

    async def _check_points(self, caller: Caller) -> None:
        """Refusal: a key has no points, so that what it sends need not even be read."""
        serving = self.serving
        buckets = buckets_of(caller.viewer, self.limits(caller), serving.terms.limits)
        bill = Bill(self.process.bucket_shares, buckets, serving.clock)
        try:
            await charged(bill, ENTRY)
        except ClientError as spent:
            seconds = (spent.extensions or {})["retryAfter"]
            refusal = Refusal(429, spent.message, ErrorCode.THROTTLED, retry_after=seconds)
            refusal.beside = costs(bill)
            raise refusal from spent
        bill.settle(0)

    @asynccontextmanager
    async def _alone(self, caller: Caller) -> AsyncIterator[None]:
        """Hold what a long body says, the only one to do so. Refusal: too long it was not."""
        async with AsyncExitStack() as slot:
            alone = self.process.long_bodies.alone(lane_of(caller.viewer))
            try:
                await slot.enter_async_context(alone)
            except Crowded as crowded:
                text, seconds = str(crowded), crowded.seconds
                raise Refusal(429, text, ErrorCode.THROTTLED, retry_after=seconds) from crowded
            yield

    async def _caller_of(self, request: Request) -> Caller:
        caller = await self.identified(request.headers, {}, address_of(request))
        if caller is None:
            message = "Send a valid token: `Authorization: Bearer abruf_...`."
            challenge = {"WWW-Authenticate": "Bearer"}
            raise Refusal(401, message, ErrorCode.UNAUTHENTICATED, challenge)
        return caller

    async def identified(
        self, headers: Mapping[str, str], payload: Mapping[str, Any], address: str | None
    ) -> Caller | None:
        """Return who holds the token, None for nobody known.

        Refusal: too many wrong tokens, no database, or not in time.

        payload: of a socket's `connection_init`, whose tokens and language go before the
        handshake's.
        """
        sent = {key.lower(): it for key, it in payload.items() if isinstance(it, str)}
        token = sent.get("token") or bearer(
            sent.get("authorization") or headers.get("authorization")
        )
        order_token = sent.get(ORDER_TOKEN) or headers.get(ORDER_TOKEN)
        if token is None:
            return None
        try:
            async with asyncio.timeout(self.serving.terms.limits.deadline):
                viewer = await self._viewer(token, order_token, address)
        except (Unavailable, TimeoutError) as error:
            raise not_now(error) from error
        if viewer is None:
            await self.guesses.wrong(address)
            return None
        tokens = (token, order_token)
        likes = preferred(sent.get("accept-language") or headers.get("accept-language"))
        return Caller(self.authentication, tokens, viewer, address, self.check_s, likes)

    async def _viewer(
        self, token: str, order_token: str | None, address: str | None
    ) -> Viewer | None:
        """Return who holds the token; unknown ones are looked up a few at a time."""
        if self.authentication.remembers(token):
            return await self.authentication.viewer(token, order_token)
        async with self.guesses.looking_up(address):
            return await self.authentication.viewer(token, order_token)

    def limits(self, caller: Caller) -> Limits:
        """Return the limits of a key."""
        return self.serving.terms.limits.own(caller.viewer.limits)

    def context(
        self,
        caller: Caller,
        idempotency_key: str | None,
        lanes: Lanes | None,
        held: AsyncExitStack | None = None,
    ) -> Context:
        """Make the context of one operation.

        lanes: of one that outlasts its request's turn. held: what only long input needs.
        """
        serving = self.serving
        return Context(
            caller.viewer,
            serving.database,
            serving.clock,
            terms=serving.terms,
            call=Call(
                idempotency_key,
                caller.address,
                lanes,
                caller.language,
                held or AsyncExitStack(),
            ),
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
            raise Refusal(429, message, ErrorCode.THROTTLED, retry_after=_RETRY_S)
        context = self.context(caller, key, self.lanes)
        results = await schema.stream(
            operation.query,
            variable_values=operation.variables,
            context_value=context,
            operation_name=operation.operation_name,
            allowed_operation_types=may,
            operation_extensions=operation.extensions,
        )
        return EventStream(
            results,
            context,
            caller,
            self.serving.draining,
            self.places.taken(key_id),
            self.answers.share(caller.viewer),
        )


def _refused(error: Refusal | Unavailable | TimeoutError, request: Request) -> Response:
    """Answer, and let go what was held where it was refused.

    Exceptions refer to frames that refer to them: an answer of megabytes would wait there for the
    collector of cycles.
    """
    error.__traceback__ = error.__cause__ = error.__context__ = None
    refusal = error if isinstance(error, Refusal) else not_now(error)
    kind = accepted(request.headers.get("accept", "")).json
    return refusal.answer(kind or JSON)


def _that_fits(share: Share, answer: Answer, context: Context, result: ExecutionResult) -> Answer:
    """Return an answer for which there is room. Refusal: there is none, and nothing was written."""
    if share.takes(len(answer.body)):
        return answer
    if not context.has_written:
        raise no_room()
    return Answer(orjson.dumps(unheard(result)), 200, None, answer.media_type)


def _key_of(request: Request) -> str | None:
    """Return the header `Idempotency-Key`. Refusal: there are several, of which one would count."""
    keys = request.headers.getlist("idempotency-key")
    if len(keys) > 1:
        raise Refusal(400, "Send one header Idempotency-Key.")
    return keys[0] if keys else None


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
        refusal = Refusal(400, "No GraphQL query found in the request.")
    except CannotGetOperationTypeError as error:
        refusal = Refusal(400, error.as_http_error_reason())
    except InvalidOperationTypeError as error:
        reason = error.as_http_error_reason(method)
        refusal = Refusal(405, reason, headers={"Allow": "POST"})
    else:
        return result
    refusal.beside = costs(context.bill)
    raise refusal
