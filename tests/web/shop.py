"""A server of two orders behind a token, just large enough for a person to use GraphiQL on it."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path

import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from web.page import GraphiQL, is_for_a_browser

OPERATIONS = Path(__file__).parent / "operations"
BEARER = "shop-token-0123456789"


@strawberry.enum
class Status(Enum):
    """Where an order stands."""

    OPEN = "OPEN"
    SHIPPED = "SHIPPED"


@strawberry.type
class Order:
    """One order."""

    number: str
    status: Status


ORDERS = [Order(number="A-1", status=Status.SHIPPED), Order(number="A-2", status=Status.OPEN)]


@strawberry.type
class Query:
    """What the shop answers."""

    @strawberry.field
    def order(self, number: str) -> Order | None:
        """Return the order of that number."""
        return next((order for order in ORDERS if order.number == number), None)

    @strawberry.field
    def orders(self, status: Status) -> list[Order]:
        """Return the orders of one status."""
        return [order for order in ORDERS if order.status is status]


def shop(graphiql: GraphiQL) -> Starlette:
    """Return the application: GraphiQL for browsers, answers for clients with the token."""
    schema = strawberry.Schema(Query)

    async def graphql(request: Request) -> Response:
        if is_for_a_browser(request):
            return graphiql.page(request)
        if request.headers.get("authorization") != f"Bearer {BEARER}":
            return JSONResponse({"errors": [{"message": "No valid token."}]}, status_code=401)
        asked = await request.json()
        result = await schema.execute(asked["query"], asked.get("variables"))
        errors = [error.formatted for error in result.errors or []]
        return JSONResponse({"errors": errors} if errors else {"data": result.data})

    return Starlette(routes=[Route("/graphql", graphql, methods=["GET", "POST"]), *graphiql.routes])


@contextmanager
def serving(app: Starlette) -> Iterator[str]:
    """Serve the application on a free port of this machine and give its origin."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(app, log_level="warning", lifespan="off", ws="none")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
