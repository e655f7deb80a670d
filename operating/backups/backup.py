"""`abruf backup`: the whole database in a file of PostgreSQL's own, beside which its counts lie."""

import argparse
import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path

from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from kit.clock import now
from kit.embedded.home import write_file
from kit.telemetry.version import VERSION
from operating.backups.counts import PASSING, counts
from operating.backups.programs import run_client
from operating.reached import reached_database

_WHO = """
SELECT current_user, rolsuper OR rolbypassrls AS passes,
    current_setting('server_version_num')::int / 10000 AS major
FROM pg_roles WHERE rolname = current_user
"""
_BOUND = """\
Row-level security binds the role {role}: it would write an empty backup. Name another one in
ABRUF_BACKUP_URL, which an administrator makes once, by
    CREATE ROLE abruf_backup LOGIN BYPASSRLS PASSWORD '...'; GRANT pg_read_all_data TO abruf_backup;
"""


def add_words(parser: argparse.ArgumentParser) -> None:
    """Declare where it is written."""
    parser.description = (
        "Write the database to FILE (pg_dump's custom format), and what each table holds to"
        " FILE.json, both of one instant, while servers go on. Who reads is the role of"
        " ABRUF_BACKUP_URL; the embedded PostgreSQL brings one."
    )
    parser.add_argument("file", type=_absent, metavar="FILE", help="where to; it is not there yet")
    parser.set_defaults(run=_run)


def manifest(file: Path) -> Path:
    """Return where the counts of a backup lie."""
    return file.with_name(f"{file.name}.json")


def _absent(name: str) -> Path:
    """Return a path at which nothing is."""
    if Path(name).exists():
        message = f"{name} is there already"
        raise argparse.ArgumentTypeError(message)
    return Path(name)


def _run(arguments: argparse.Namespace) -> None:
    with reached_database() as server:
        rows = asyncio.run(_written(server.backup_url or server.owner_url, arguments.file))
    sys.stdout.write(f"Wrote {rows} rows to {arguments.file}.\n")


async def _written(url: str, file: Path) -> int:
    """Write both files of one snapshot; returns the number of rows. SystemExit: a bound role."""
    engine = create_async_engine(url, poolclass=NullPool, isolation_level="REPEATABLE READ")
    try:
        async with engine.connect() as connection:
            who = (await connection.execute(text(_WHO))).one()
            if not who.passes:
                sys.exit(_BOUND.format(role=who.current_user))
            snapshot = await connection.scalar(text("SELECT pg_export_snapshot()"))
            part = file.with_name(f"{file.name}.part")
            part.touch(mode=0o600)
            words = ["--format=custom", f"--snapshot={snapshot}", f"--file={part}"]
            words += [f"--exclude-table-data=public.{it}" for it in PASSING]
            run_client("pg_dump", who.major, words, make_url(url))
            revision = await connection.scalar(text("SELECT version_num FROM alembic_version"))
            found = await counts(connection, walled=False)
    finally:
        await engine.dispose()
    known = {"version": VERSION, "revision": revision, "at": now().isoformat()}
    tables = {name: asdict(it) for name, it in found.items()}
    write_file(manifest(file), json.dumps({**known, "tables": tables}, indent=2) + "\n")
    part.replace(file)
    return sum(it.rows for it in found.values())
