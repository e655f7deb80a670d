"""How Alembic reaches the database: a transaction for each step, one program at a time."""

import asyncio
from typing import Literal

from alembic import context
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationInfo
from alembic.script import Script
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

import migrations
from migrations import Step, walls
from models.base.tables import Base, OneOf

_LOCK = 4_217_031


def _rendered(kind: str, item: object, _context: object) -> str | Literal[False]:
    """Write our own column types as what they are in the database."""
    return "sa.Text()" if kind == "type" and isinstance(item, OneOf) else False


def _walled(_context: object, _revision: object, scripts: list[MigrationScript]) -> None:
    for script in scripts:
        walls.write(script)


def _made(*, step: MigrationInfo, **_more: object) -> None:
    """Tell of one step; a downgrade is none of ours."""
    if step.is_upgrade and isinstance(step.up_revision, Script):
        context.config.attributes["made"](Step(step.up_revision.revision, step.up_revision.doc))


def _run(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_lock(:key)"), {"key": _LOCK})
    lock_wait = f"{migrations.LOCK_WAIT.total_seconds() * 1000:.0f}"
    connection.execute(
        text("SELECT set_config('lock_timeout', :lock_wait, false)"), {"lock_wait": lock_wait}
    )
    connection.commit()
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_item=_rendered,
        process_revision_directives=_walled,
        on_version_apply=_made,  # type: ignore[arg-type] # It is called with names.
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()
    walls.grant(connection, context.config.attributes["app_role"])
    connection.commit()


async def _connect() -> None:
    engine = create_async_engine(context.config.attributes["url"], poolclass=NullPool)
    async with engine.connect() as connection:
        await connection.run_sync(_run)
    await engine.dispose()


asyncio.run(_connect())
