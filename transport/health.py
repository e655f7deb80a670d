"""Whether the process lives, and whether it can answer."""

import asyncio

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

import migrations
from kit.db.database import BehindPoolerError, Database
from transport.draining import Draining

READY_S = 5
"""Seconds in which the database must answer."""


class Health:
    """`/livez` without dependencies; `/readyz` with the database and its migrations."""

    def __init__(self, database: Database, draining: Draining) -> None:
        """Take the database that must answer, and whether the server is about to stop."""
        self._database, self._draining = database, draining
        self.routes: list[BaseRoute] = [
            Route("/livez", self.livez),
            Route("/readyz", self.readyz),
        ]

    async def livez(self, _request: Request) -> Response:
        """Answer: nothing more is asked."""
        return JSONResponse({"status": "alive"})

    async def readyz(self, _request: Request) -> Response:
        """Answer 200 where requests can be served, 503 where not."""
        ready = not self._draining.is_announced and migrations.suffices(
            await revision_of(self._database)
        )
        status = ("ready", 200) if ready else ("not ready", 503)
        return JSONResponse({"status": status[0]}, status[1])


async def revision_of(database: Database) -> str | None:
    """Return the migration at which a database is, None when it does not tell."""
    reads = database.reading(None)
    try:
        async with asyncio.timeout(READY_S):
            rows = await reads.rows(text("SELECT version_num FROM alembic_version"))
    except (OSError, SQLAlchemyError, BehindPoolerError):
        return None
    finally:
        await reads.end()
    return next((row.version_num for row in rows), None)
