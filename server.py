"""The roof: the ASGI application over a database."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route, WebSocketRoute

from kit.clock import Clock, now
from kit.db.database import Database
from kit.limits import DEFAULT_BOUNDS, Bounds
from kit.telemetry.metrics import Telemetry
from resolvers.running.buckets import Buckets, DatabaseBuckets
from resolvers.running.context import Terms
from transport.draining import Draining
from transport.edge import Outermost
from transport.endpoint import Endpoint
from transport.health import Health
from transport.http.cross_origin import shared_with
from transport.http.refusals import refused
from transport.identity.issuers import Issuer
from transport.serving import Serving
from transport.telemetry import telemetry_of
from web.page import GraphiQL
from workers.access.buckets import FORGET_BUCKETS
from workers.access.keys import FORGET_ANSWERS, Uses
from workers.fulfilment.deliveries import LAPSE_ORDERS
from workers.messages.readers import READ_MESSAGES
from workers.running.rounds import Rounds
from workers.trade.responses import EXPIRE_AMENDMENTS

OPERATIONS = Path(__file__).parent / "examples" / "operations"
BACKGROUND = (
    FORGET_ANSWERS,
    FORGET_BUCKETS,
    EXPIRE_AMENDMENTS,
    LAPSE_ORDERS,
    READ_MESSAGES,
)
"""What is done beside requests, whatever they are."""


def application(  # noqa: PLR0913 -- what the house is made of.
    database: Database,
    *,
    clock: Clock = now,
    terms: Terms = Terms(),  # noqa: B008 -- frozen
    bounds: Bounds = DEFAULT_BOUNDS,
    origins: Sequence[str] = (),
    telemetry: Telemetry | None = None,
    operations: Path = OPERATIONS,
    issuers: Sequence[Issuer] = (),
    draining: Draining | None = None,
    buckets: Buckets | None = None,
) -> Starlette:
    """Return the ASGI application over a database; it closes what it was given.

    operations: folder of the examples that GraphiQL shows in its tabs. issuers: identity providers
    whose tokens are taken beside API keys. origins: sites whose pages may ask. telemetry: what it
    tells those who run it, its own unless given. draining: begun by who stops the server. buckets:
    where those of the keys are, in the database unless given.
    """
    draining, buckets = draining or Draining(), buckets or DatabaseBuckets(database)
    uses = Uses()

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with Rounds(database, clock).running(*BACKGROUND, uses.writing()):
            yield
        await buckets.close()
        await database.close()

    telemetry = telemetry or telemetry_of(database)
    graphiql = GraphiQL(operations)
    serving = Serving(database, clock, terms, issuers, bounds, origins, draining, buckets, uses)
    endpoint = Endpoint(serving, graphiql)
    routes: list[BaseRoute] = [
        Route("/graphql", endpoint, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", endpoint),
        *Health(database, draining).routes,
        *graphiql.routes,
    ]
    return Starlette(
        routes=routes,
        middleware=[Middleware(Outermost, telemetry=telemetry), *shared_with(origins)],
        exception_handlers={HTTPException: refused},
        lifespan=lifespan,
    )
