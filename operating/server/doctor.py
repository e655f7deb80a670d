"""`abruf doctor`: whether the database, the role and the settings are what a server needs."""

import argparse
import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

import migrations
from kit.clock import now
from kit.config import Config, from_environment
from kit.db.database import BehindPoolerError, Database
from kit.db.role import UnboundError, prove_bound, role_to_become
from kit.db.tenant import set_merchant
from kit.ids import new_id
from models.access.keys import IdempotencyKey
from models.base.tables import Base
from operating.reached import reached_database
from operating.words import in_a_line, table

OLDEST = 15
"""The major version of PostgreSQL that is promised."""
_CLOCK_S = 2.0
"""Seconds that our clock and PostgreSQL's may differ."""
_VERSION = "SELECT current_setting('server_version'), current_setting('server_version_num')"
_NAMED = 5
"""Indexes that are named of those that are missing."""
_IS_EMPTY = "SELECT to_regclass('alembic_version') IS NULL"
_REVISION = "SELECT version_num FROM alembic_version"
_UNWALLED = """
SELECT relname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attname = 'merchant_id'
    AND NOT (relrowsecurity AND relforcerowsecurity
        AND EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid AND polname = 'merchant'))
"""
_WALLED = """
SELECT count(DISTINCT polrelid) FROM pg_policy JOIN pg_class ON pg_class.oid = polrelid
WHERE relnamespace = 'public'::regnamespace AND polname = 'merchant'
"""
_INDEXES = """
SELECT relname, indisvalid FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid
WHERE relnamespace = 'public'::regnamespace
"""
_SETTINGS = """
SELECT name, setting FROM pg_settings
WHERE name IN ('fsync', 'full_page_writes', 'server_encoding', 'default_transaction_read_only')
"""
_WANTED = {
    "fsync": "on",
    "full_page_writes": "on",
    "server_encoding": "UTF8",
    "default_transaction_read_only": "off",
}
_ROOM = """
SELECT current_setting('max_connections')::int
    - current_setting('superuser_reserved_connections')::int
"""


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"


@dataclass(frozen=True)
class CheckResult:
    """What a check found. check: its name."""

    check: str
    state: State
    detail: str


Check = Callable[[Database, Config], Awaitable[tuple[State, str]]]


def add_words(parser: argparse.ArgumentParser) -> None:
    """Declare how it answers."""
    parser.description = (
        "Look at the database as the server would reach it, and say what is wrong. Nothing stays"
        " changed. Exit code 1 where something failed."
    )
    parser.add_argument("--json", action="store_true", help="one JSON array")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace) -> None:
    config = from_environment()
    with reached_database() as server:
        findings = asyncio.run(_found(config, server.owner_url, server.app_url))
    if arguments.json:
        sys.stdout.write(f"{json.dumps([asdict(it) for it in findings])}\n")
    else:
        rows = [[it.state.upper(), it.check, it.detail] for it in findings]
        sys.stdout.write(table(["", "CHECK", "FOUND"], rows))
    if any(it.state is State.FAILED for it in findings):
        sys.exit(1)


async def _found(config: Config, owner_url: str, app_url: str) -> list[CheckResult]:
    role = None if config.pooler else await role_to_become(owner_url, app_url)
    database = Database(app_url, pool_size=1, role=role, pooler=config.pooler)
    try:
        return [await _made(name, check, database, config) for name, check in CHECKS.items()]
    finally:
        await database.close()


async def _made(name: str, check: Check, database: Database, config: Config) -> CheckResult:
    """Make one check; one that cannot be made has failed."""
    try:
        state, detail = await check(database, config)
    except (UnboundError, BehindPoolerError, SQLAlchemyError, OSError) as error:
        state, detail = State.FAILED, in_a_line(error)
    return CheckResult(name, state, detail)


async def _rows(database: Database, statement: str) -> list[Any]:
    """Ask as the server's role, without a merchant."""
    async with database.keyless.connect() as connection:
        return list((await connection.execute(text(statement))).all())


def _checked(wrong: str, right: str) -> tuple[State, str]:
    return (State.FAILED, wrong) if wrong else (State.OK, right)


async def _version(database: Database, _config: Config) -> tuple[State, str]:
    ((shown, number),) = await _rows(database, _VERSION)
    is_old = int(number) < OLDEST * 10_000
    return _checked(f"{shown}, older than {OLDEST}" if is_old else "", f"PostgreSQL {shown}")


async def _schema(database: Database, _config: Config) -> tuple[State, str]:
    ((is_empty,),) = await _rows(database, _IS_EMPTY)
    if is_empty:
        return State.FAILED, "there is none yet: abruf migrate"
    ((revision,),) = await _rows(database, _REVISION)
    try:
        missing = migrations.lacking(revision)
    except migrations.NewerSchemaError as error:
        return State.FAILED, str(error)
    wrong = f"revision {revision}, this program needs {migrations.newest()}: abruf migrate"
    return _checked(wrong if missing else "", f"revision {revision}")


async def _role(database: Database, config: Config) -> tuple[State, str]:
    ((user,),) = await _rows(database, "SELECT current_user")
    if config.allow_owner:
        return State.WARNING, f"{user}; ABRUF_ALLOW_OWNER=1 takes any role"
    await prove_bound(database)
    return State.OK, f"{user} is bound by row-level security and rewrites no journal"


async def _walls(database: Database, _config: Config) -> tuple[State, str]:
    open_ = ", ".join(sorted(row.relname for row in await _rows(database, _UNWALLED)))
    ((walled,),) = await _rows(database, _WALLED)
    wrong = f"open: {open_}" if open_ else "" if walled else "there is no table with a wall"
    return _checked(wrong, f"{walled} tables show one merchant's rows each")


async def _indexes(database: Database, _config: Config) -> tuple[State, str]:
    there = {row.relname: row.indisvalid for row in await _rows(database, _INDEXES)}
    wanted = {str(it.name) for each in Base.metadata.tables.values() for it in each.indexes}
    lacking = sorted(it for it in wanted if not there.get(it))
    invalid = sorted(it for it, is_valid in there.items() if not is_valid)
    wrong = list(dict.fromkeys([*lacking, *invalid]))
    named = ", ".join(wrong[:_NAMED])
    others = f" and {len(wrong) - _NAMED} others" if len(wrong) > _NAMED else ""
    return _checked(
        named and f"missing or invalid: {named}{others}", f"{len(there)} are there and valid"
    )


async def _clock(database: Database, _config: Config) -> tuple[State, str]:
    before = now()
    ((theirs,),) = await _rows(database, "SELECT clock_timestamp()")
    after = now()
    apart = max(timedelta(0), before - theirs, theirs - after).total_seconds()
    wrong = f"PostgreSQL's is {apart:.1f} s off ours" if apart > _CLOCK_S else ""
    return _checked(wrong, f"PostgreSQL's and ours agree within {_CLOCK_S:.0f} s")


async def _settings(database: Database, _config: Config) -> tuple[State, str]:
    found = {row.name: row.setting for row in await _rows(database, _SETTINGS)}
    off = [f"{name} is {it}" for name, it in sorted(found.items()) if it != _WANTED[name]]
    return _checked(", ".join(off), "fsync, full_page_writes, UTF8, writable")


async def _environment(_database: Database, config: Config) -> tuple[State, str]:
    if config.unknown:
        return State.WARNING, f"no setting is called {', '.join(config.unknown)}"
    return State.OK, "each name like ours is one of a setting"


async def _connections(database: Database, config: Config) -> tuple[State, str]:
    each = 2 * (config.pool_size + 1)
    if config.pooler:
        return State.OK, f"{each} of a process go to the pooler"
    ((room,),) = await _rows(database, _ROOM)
    fit = room // each
    detail = f"{each} of a process, {room} in all: {fit} processes fit"
    return (State.OK if fit > 1 else State.WARNING if fit else State.FAILED), detail


async def _write(database: Database, _config: Config) -> tuple[State, str]:
    """Write a row of the first merchant as the server does, read it, and take it back."""
    ((is_empty,),) = await _rows(database, _IS_EMPTY)
    if is_empty:
        return State.FAILED, "there is nothing yet to write to"
    first = await _rows(database, "SELECT id FROM merchants ORDER BY id LIMIT 1")
    if not first:
        return State.WARNING, "there is no merchant yet for whom to write"
    merchant_id, row_id = first[0].id, new_id()
    row = IdempotencyKey(
        merchant_id=merchant_id,
        id=row_id,
        api_key_id=row_id,
        key="doctor",
        fingerprint=b"",
        expires_at=now(),
    )
    async with AsyncSession(database.engine) as session:
        await set_merchant(session, merchant_id)
        session.add(row)
        await session.flush()
        is_own = (IdempotencyKey.merchant_id == merchant_id, IdempotencyKey.id == row_id)
        found = await session.scalar(select(IdempotencyKey.key).where(*is_own))
        await session.rollback()
    return _checked("" if found else "what was written is not read", "written, read, taken back")


CHECKS: dict[str, Check] = {
    "version": _version,
    "schema": _schema,
    "role": _role,
    "walls": _walls,
    "indexes": _indexes,
    "clock": _clock,
    "settings": _settings,
    "environment": _environment,
    "connections": _connections,
    "write": _write,
}
