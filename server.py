"""The roof: the ASGI application. A token becomes a viewer, a request becomes one context."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import orjson
from cross_web import HTTPException
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

import migrations
from kit.clock import Clock, now
from kit.database import BehindPoolerError, Database
from kit.viewer import Viewer
from loaders.keys import viewer_of
from resolvers.context import Context, Terms
from schema.errors import ErrorCode
from schema.schema import schema
from web.page import GraphiQL, is_for_a_browser

LARGEST_BODY = 4 * 1024 * 1024
OPERATIONS = Path(__file__).parent / "examples" / "operations"
GRAPHQL_JSON = "application/graphql-response+json"
READY_S = 5
"""Seconds in which the database must answer."""


def _media_type(request: Request) -> str:
    """Choose the answer's media type (GraphQL over HTTP): the new one where it is asked for."""
    return GRAPHQL_JSON if GRAPHQL_JSON in request.headers.get("accept", "") else "application/json"


def _error(request: Request, code: ErrorCode, message: str, status: int) -> Response:
    body = {"errors": [{"message": message, "extensions": {"code": code.value}}]}
    headers = {"WWW-Authenticate": "Bearer"} if code is ErrorCode.UNAUTHENTICATED else None
    return JSONResponse(body, status, headers, _media_type(request))


class Endpoint(GraphQL[Context, None]):
    """`/graphql`: the page for a browser, answers for a client with a token."""

    def __init__(self, database: Database, clock: Clock, terms: Terms, graphiql: GraphiQL) -> None:
        """Take what contexts are made of."""
        super().__init__(
            schema, graphql_ide=None, subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL]
        )
        self.database, self.clock, self.terms, self.graphiql = database, clock, terms, graphiql

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Authenticate before anything of the body is read."""
        request = Request(scope, receive)
        if is_for_a_browser(request):
            await self.graphiql.page(request)(scope, receive, send)
            return
        viewer = await self._viewer(request)
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

    async def _viewer(self, request: Request) -> Viewer | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        reads = self.database.reading(None)
        try:
            return await viewer_of(token.strip(), reads, self.clock())
        finally:
            await reads.close()

    async def get_context(self, request: Any, response: Any) -> Context:
        """Make the operation's context."""
        del response
        return Context(
            request.state.viewer,
            self.database,
            self.clock,
            terms=self.terms,
            idempotency_key=request.headers.get("idempotency-key"),
        )

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
        return Response(self.encode_json(response_data), status, media_type=sub_response.media_type)


async def _livez(_request: Request) -> Response:
    return JSONResponse({"status": "alive"})


async def _revision(database: Database) -> str | None:
    """Return the migration at which the database is, None when it does not tell."""
    try:
        async with asyncio.timeout(READY_S), database.keyless.connect() as connection:
            found = await connection.execute(text("SELECT version_num FROM alembic_version"))
            return found.scalar_one_or_none()
    except (OSError, SQLAlchemyError, BehindPoolerError):
        return None


def application(
    database: Database,
    *,
    clock: Clock = now,
    terms: Terms = Terms(),  # noqa: B008 -- frozen
    operations: Path = OPERATIONS,
) -> Starlette:
    """Return the ASGI application over a database; it closes the database when it ends.

    operations: folder of the examples that GraphiQL shows in its tabs.
    plans: whether relations become one statement (execution/README.md).
    """
    newest = migrations.newest()

    async def readyz(_request: Request) -> Response:
        ready = await _revision(database) == newest
        status = ("ready", 200) if ready else ("not ready", 503)
        return JSONResponse({"status": status[0]}, status[1])

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await database.close()

    graphiql = GraphiQL(operations)
    endpoint = Endpoint(database, clock, terms, graphiql)
    routes: list[BaseRoute] = [
        Route("/graphql", endpoint, methods=["GET", "POST"], max_body_size=LARGEST_BODY),
        Route("/livez", _livez),
        Route("/readyz", readyz),
        *graphiql.routes,
    ]
    return Starlette(routes=routes, lifespan=lifespan)
