"""What commands stand on: their database, and who operates as the journal knows it."""

import argparse
import asyncio
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from uuid import NAMESPACE_OID, UUID, uuid5

from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

import migrations
from commands.writing import journal
from commands.writing.running.dues import write_dues
from commands.writing.running.run import Author
from commands.writing.transaction import Writing
from kit import embedded
from kit.clock import now
from kit.config import from_environment
from kit.db.database import Database
from kit.db.role import app_role
from kit.db.sessions import Session
from kit.embedded.home import EmbeddedPostgresError
from kit.errors import Path, Refused
from models.access.viewers import Actor, Viewer
from operating.words import in_a_line

_KEEP = timedelta(0)
"""Answers are kept for nobody: no command here has an idempotency key."""
Run = Callable[[argparse.Namespace], None]


@contextmanager
def reached_database() -> Iterator[embedded.Server]:
    """Give the addresses of the database; SystemExit carries the reason of what goes wrong."""
    try:
        with embedded.addresses(from_environment()) as server:
            yield server
    except Refused as refused:
        sys.exit("\n".join(f"{_named(it.path)}: {it.message}" for it in refused.problems))
    except migrations.NewerSchemaError as error:
        sys.exit(str(error))
    except EmbeddedPostgresError as error:
        sys.exit(f"PostgreSQL does not start: {error}")
    except (OSError, SQLAlchemyError, CommandError) as error:
        sys.exit(f"The database cannot be used: {in_a_line(error)}")


def _named(path: Path) -> str:
    """Name what is wrong: an option as it is spelled, or a place in a file."""
    return ".".join(map(str, path)) if len(path) > 1 else str(path[0]).replace("_", "-")


def on_database(command: Callable[[Database, argparse.Namespace], Awaitable[str]]) -> Run:
    """Let a command run as the owner, on the newest schema; what it returns is printed."""

    def run(arguments: argparse.Namespace) -> None:
        with reached_database() as server:
            migrations.upgrade(server.owner_url, app_role(server.owner_url, server.app_url))
            sys.stdout.write(asyncio.run(_output(server.owner_url, arguments)))

    async def _output(url: str, arguments: argparse.Namespace) -> str:
        database = Database(url)
        try:
            return await command(database, arguments)
        finally:
            await database.close()

    return run


def in_session(command: Callable[[Session, argparse.Namespace], Awaitable[str]]) -> Run:
    """Let a command run in one transaction."""

    async def within(database: Database, arguments: argparse.Namespace) -> str:
        async with database.writing(None) as session:
            return await command(session, arguments)

    return on_database(within)


def author(merchant_id: UUID) -> Author:
    """Return as whom commands run that have transactions of their own."""
    return Author(_operator(merchant_id), now(), _KEEP)


@asynccontextmanager
async def recording(session: Session, merchant_id: UUID) -> AsyncIterator[Writing]:
    """Give what an operator records with; the journal tells as which user of the system."""
    writing = Writing(session, _operator(merchant_id), now())
    yield writing
    await write_dues(writing)
    await journal.append(writing)


def _operator(merchant_id: UUID) -> Viewer:
    """Return who operates, as the journal knows it."""
    who = f"uid {os.getuid()}"
    key_id = uuid5(NAMESPACE_OID, who)
    return Viewer(merchant_id, Actor.STAFF, key_id, "Operator", subject=who)
