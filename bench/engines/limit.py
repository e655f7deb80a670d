"""The limit: bare routes, asyncpg, one hand-written statement a read: `python -m ...limit`."""

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import asyncpg
import orjson
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.engines.serving import database_url, pool_size, serve
from bench.engines.writes import place, scan
from bench.operations import READS

Answer = Callable[[Request], Awaitable[Response]]


async def _keep(_connection: Any) -> None:
    """Leave a connection as it is when it goes back to the pool."""


def application(url: str, merchant: str, connections: int) -> Starlette:
    """Return the routes: the name of each operation, its variables and the merchant as JSON.

    merchant: whose rows the connections see outside of writing transactions.
    """
    pool: Any = None

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        nonlocal pool
        settings = {"app.merchant": merchant, "timezone": "UTC"}
        async with asyncpg.create_pool(
            url, min_size=1, max_size=connections, server_settings=settings, reset=_keep
        ) as pool:
            yield

    def reading(statement: str) -> Answer:
        async def answer(request: Request) -> Response:
            body = orjson.loads(await request.body())
            values = (body["merchant"], *([body["number"]] if "number" in body else []))
            async with pool.acquire() as connection:
                text = await connection.fetchval(statement, *values)
            return Response(text, media_type="application/json")

        return answer

    def writing(write: Callable[..., Awaitable[Any]]) -> Answer:
        async def answer(request: Request) -> Response:
            body = orjson.loads(await request.body())
            async with pool.acquire() as connection, connection.transaction():
                written = await write(connection, body["merchant"], body["input"])
            return Response(orjson.dumps(written), media_type="application/json")

        return answer

    answers = {it.name: reading(str(it.limit)) for it in READS}
    answers |= {"place": writing(place), "scan": writing(scan)}
    routes = [Route(f"/{name}", answer, methods=["POST"]) for name, answer in answers.items()]
    return Starlette(routes=routes, lifespan=lifespan)


if __name__ == "__main__":
    serve(application(database_url(), os.environ["BENCH_MERCHANT"], pool_size()))
