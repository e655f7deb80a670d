"""`abruf restore`: a backup read into an empty database, and compared with what was counted."""

import argparse
import asyncio
import json
import sys
from pathlib import Path

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import migrations
from kit import embedded
from kit.config import Config, from_environment
from kit.db.database import Database
from kit.db.role import app_role, role_to_become
from operating.backups.backup import manifest
from operating.backups.counts import TableCount, counts, differing
from operating.backups.programs import run_client
from operating.reached import reached_database
from operating.words import file

_ROOM = """
SELECT current_setting('server_version_num')::int / 10000 AS major,
    EXISTS (SELECT FROM pg_class WHERE relnamespace = 'public'::regnamespace) AS taken
"""


def add_words(parser: argparse.ArgumentParser) -> None:
    """Declare what is read."""
    parser.description = (
        "Read a backup into the database, which must be empty, as its owner: all at once or not at"
        " all. Then what each table holds is compared with FILE.json, as the owner and as the"
        " server's role, each behind its wall, and the schema is brought to the newest revision."
    )
    parser.add_argument("file", type=file, metavar="FILE", help="what `abruf backup` has written")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    """SystemExit: the database is not empty, or does not hold afterwards what was counted."""
    config, known = from_environment(), json.loads(manifest(arguments.file).read_text())
    expected = {name: TableCount(**it) for name, it in known["tables"].items()}
    with reached_database() as server:
        asyncio.run(_read(server.owner_url, arguments.file))
        role = app_role(server.owner_url, server.app_url)
        migrations.upgrade(server.owner_url, role, to=known["revision"])
        asyncio.run(_compared(Database(server.owner_url, statement_s=0), expected))
        asyncio.run(_compared(asyncio.run(_as_app(config, server)), expected))
        migrations.upgrade(server.owner_url, role)
    rows = sum(it.rows for it in expected.values())
    sys.stdout.write(f"Read {rows} rows of {known['at']}; all is as it was counted.\n")


async def _read(url: str, path: Path) -> None:
    engine = create_async_engine(url, poolclass=NullPool)
    async with engine.connect() as connection:
        room = (await connection.execute(text(_ROOM))).one()
    await engine.dispose()
    if room.taken:
        sys.exit("There is something in the database already: a backup is read into an empty one.")
    # What lies beyond the schema are rights that only a superuser gives.
    words = [
        "--schema=public",
        "--single-transaction",
        "--no-owner",
        f"--dbname={make_url(url).database}",
    ]
    run_client("pg_restore", room.major, [*words, str(path)], make_url(url))


async def _as_app(config: Config, server: embedded.Server) -> Database:
    """Return the database as servers reach it."""
    role = None if config.pooler else await role_to_become(server.owner_url, server.app_url)
    return Database(server.app_url, role=role, pooler=config.pooler, statement_s=0)


async def _compared(database: Database, expected: dict[str, TableCount]) -> None:
    """SystemExit: there is something else than what was counted."""
    async with database.keyless.connect() as connection:
        found = await counts(connection, walled=True)
    await database.close()
    if lines := list(differing(expected, found)):
        sys.exit("\n".join(["What was read is not what was counted:", *lines]))
