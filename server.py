"""The roof: the ASGI application. A token becomes a viewer, a request becomes one context."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import text
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send
from strawberry.asgi import GraphQL
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from kit.clock import Clock, now
from kit.database import Database
from kit.viewer import Viewer
from loaders.keys import viewer_of
from resolvers.context import Context
from schema.errors import ErrorCode
from schema.schema import schema
from web.page import GraphiQL, is_for_a_browser

LARGEST_BODY = 4 * 1024 * 1024
OPERATIONS = Path(__file__).parent / "examples" / "operations"


def _error(code: ErrorCode, message: str, status: int) -> Response:
    body = {"errors": [{"message": message, "extensions": {"code": code.value}}]}
    headers = {"WWW-Authenticate": "Bearer"} if code is ErrorCode.UNAUTHENTICATED else None
    return JSONResponse(body, status, headers)


class Endpoint(GraphQL[Context, None]):
    """`/graphql`: the page for a browser, answers for a client with a token."""

    def __init__(
        self, database: Database, clock: Clock, keep_answers: timedelta, graphiql: GraphiQL
    ) -> None:
        """Take what contexts are made of."""
        super().__init__(
            schema, graphql_ide=None, subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL]
        )
        self.database, self.clock, self.keep_answers = database, clock, keep_answers
        self.graphiql = graphiql

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Authenticate before anything of the body is read."""
        request = Request(scope, receive)
        if is_for_a_browser(request):
            await self.graphiql.page(request)(scope, receive, send)
            return
        viewer = await self._viewer(request)
        if viewer is None:
            message = "Send a valid token: `Authorization: Bearer abruf_...`."
            refusal = _error(ErrorCode.UNAUTHENTICATED, message, 401)
            await refusal(scope, receive, send)
            return
        scope.setdefault("state", {})["viewer"] = viewer
        await super().__call__(scope, receive, send)

    async def _viewer(self, request: Request) -> Viewer | None:
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return None
        reads = self.database.reading()
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
            keep_answers=self.keep_answers,
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

    def create_response(self, response_data: Any, sub_response: Response) -> Response:
        """Answer with the media type of GraphQL over HTTP; 400 where nothing was executed."""
        response = super().create_response(response_data, sub_response)
        refused = response_data.get("data") is None and "errors" in response_data
        if refused and not any("path" in error for error in response_data["errors"]):
            response_data.pop("data", None)
            response = super().create_response(response_data, sub_response)
            response.status_code = 400
        return response


async def _livez(_request: Request) -> Response:
    return JSONResponse({"status": "alive"})


def application(
    database: Database, *, clock: Clock = now, keep_answers: timedelta = timedelta(hours=24)
) -> Starlette:
    """Return the ASGI application over a database; it closes the database when it ends."""

    async def readyz(_request: Request) -> Response:
        async with database.engine.connect() as connection:
            await connection.execute(text("SELECT 1"))
        return JSONResponse({"status": "ready"})

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await database.close()

    graphiql = GraphiQL(OPERATIONS)
    endpoint = Endpoint(database, clock, keep_answers, graphiql)
    routes: list[BaseRoute] = [
        Route("/graphql", endpoint, methods=["GET", "POST"]),
        Route("/livez", _livez),
        Route("/readyz", readyz),
        *graphiql.routes,
    ]
    return Starlette(routes=routes, lifespan=lifespan)
