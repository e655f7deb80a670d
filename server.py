"""The roof: the ASGI application over a database."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Route, WebSocketRoute

from kit.loop.memory import Settled, held_bytes
from transport.edge import Outermost
from transport.endpoint import Endpoint
from transport.health import Health
from transport.http.cross_origin import shared_with
from transport.http.mails.links import SealedLinks
from transport.http.mails.pictures import MailPictures
from transport.http.mails.unsubscribing import Unsubscribing
from transport.http.refusals import refused
from transport.serving import Serving
from transport.telemetry import telemetry_of, watch
from web.page import GraphiQL
from web.welcome import DOCUMENTS, WELCOME

OPERATIONS = Path(__file__).parent / "examples" / "operations"


def application(serving: Serving, operations: Path = OPERATIONS) -> Starlette:
    """Return the ASGI application; it closes what it was given.

    operations: folder of the examples that GraphiQL shows in its tabs.
    """
    graphiql = GraphiQL(operations)
    endpoint = Endpoint(serving, graphiql)
    links, longest_s = (
        SealedLinks(serving.database, endpoint.guesses),
        serving.terms.limits.deadline,
    )
    mails = (serving.database, serving.clock, links)
    routes: list[BaseRoute] = [
        WELCOME,
        Route("/graphql", endpoint, methods=["GET", "POST"]),
        WebSocketRoute("/graphql", endpoint),
        *Health(serving.database, serving.draining).routes,
        *Unsubscribing(*mails, longest_s).routes,
        *MailPictures(*mails, longest_s, endpoint.process).routes,
        *graphiql.routes,
        *DOCUMENTS,
    ]
    telemetry = serving.telemetry or telemetry_of(serving.database)
    watch(telemetry, endpoint, serving.uses)
    outermost = Middleware(Outermost, telemetry=telemetry, draining=serving.draining)
    app = Starlette(
        routes=routes,
        middleware=[outermost, *shared_with(serving.origins)],
        exception_handlers={HTTPException: refused},
        lifespan=partial(_lifespan, serving, endpoint),
    )
    # It would lead to whatever host a request names.
    app.router.redirect_slashes = False
    return app


@asynccontextmanager
async def _lifespan(serving: Serving, endpoint: Endpoint, _app: Starlette) -> AsyncIterator[None]:
    """Write meanwhile which keys are used, and close at the end; all else workers do.

    What grows old is settled; rubbish of it is looked for while nobody comes.
    """
    settled = Settled(lambda: held_bytes() - endpoint.waiting).growing(lambda: endpoint.lanes.came)
    async with serving.uses.written(serving.database, serving.grace), settled:
        yield
    if serving.buckets is not None:
        await serving.buckets.close()
    await serving.database.close()
