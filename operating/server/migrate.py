"""`abruf migrate`: the schema brought to what this program needs."""

import argparse
import asyncio
import sys

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import migrations
from kit import embedded
from kit.db.database import Database
from kit.db.role import app_role
from operating.reached import reached_database
from operating.words import in_a_line

_IS_EMPTY = "SELECT to_regclass('alembic_version') IS NULL"
_AT = "SELECT version_num FROM alembic_version"
_LATER = (
    "Others held a table for too long: of the next step nothing was changed. Try again, or end what"
    " holds it (pg_stat_activity tells)."
)

_WHOSE = "Is ABRUF_OWNER_URL the owner's address?"


def add_words(parser: argparse.ArgumentParser) -> None:
    """Declare whether it is only shown."""
    parser.description = (
        "Bring the schema to what this program needs, a transaction for each step, which is tried"
        f" for {migrations.PATIENCE.seconds} s while others hold what it needs. The owner's address"
        " is that of ABRUF_OWNER_URL, or of ABRUF_DATABASE_URL."
    )
    parser.add_argument(
        "--plan", action="store_true", help="say what would be done, and do nothing"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    with reached_database() as server:
        if arguments.plan:
            for each in migrations.lacking(asyncio.run(_revision(server.owner_url))):
                _tell(each)
        else:
            _upgrade(server)
        sys.stdout.write(f"The newest revision is {migrations.newest()}.\n")


async def _revision(url: str) -> str | None:
    """Return where the schema is, None where there is none."""
    database = Database(url)
    try:
        async with database.keyless.connect() as connection:
            if await connection.scalar(text(_IS_EMPTY)):
                return None
            return str(await connection.scalar(text(_AT)))
    finally:
        await database.close()


def _upgrade(server: embedded.Server) -> None:
    """SystemExit where a lock is not to be had."""
    try:
        migrations.upgrade(server.owner_url, app_role(server.owner_url, server.app_url), _tell)
    except DBAPIError as error:
        if migrations.is_held(error):
            sys.exit(_LATER)
        sys.exit(f"{in_a_line(error)}. {_WHOSE}")


def _tell(step: migrations.Step) -> None:
    sys.stdout.write(f"{step.revision}  {step.does}\n")
    sys.stdout.flush()
