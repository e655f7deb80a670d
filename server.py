"""The roof: the ASGI application over a database."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.routing import BaseRoute, Route, WebSocketRoute

from kit.clock import Clock, now
from kit.database import Database
from resolvers.context import Terms
from transport.draining import Draining
from transport.endpoint import LARGEST_BODY, Endpoint
from transport.health import Health
from web.page import GraphiQL

OPERATIONS = Path(__file__).parent / "examples" / "operations"


def application(
    database: Database,
    *,
    clock: Clock = now,
    terms: Terms = Terms(),  # noqa: B008 -- frozen
    operations: Path = OPERATIONS,
    origins: Sequence[str] = (),
    draining: Draining | None = None,
) -> Starlette:
    """Return the ASGI application over a database; it closes the database when it ends.

    operations: folder of the examples that GraphiQL shows in its tabs. origins: of pages elsewhere
    that may open sockets. draining: begun by who stops the server.
    """
    draining = draining or Draining()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        await database.close()

    graphiql = GraphiQL(operations)
    endpoint = Endpoint(database, clock, terms, graphiql, draining, origins=origins)
    routes: list[BaseRoute] = [
        Route("/graphql", endpoint, methods=["GET", "POST"], max_body_size=LARGEST_BODY),
        WebSocketRoute("/graphql", endpoint),
        *Health(database, draining).routes,
        *graphiql.routes,
    ]
    return Starlette(routes=routes, lifespan=lifespan)
