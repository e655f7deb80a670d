"""Migrations of the schema, by Alembic: `upgrade` brings a database to the newest revision."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from time import monotonic

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError

from kit.db.role import APP_ROLE

PATIENCE = timedelta(seconds=30)
"""How long a step is tried again while others hold what it needs."""
LOCK_WAIT = timedelta(seconds=2)
"""How long one try waits for a lock: meanwhile whoever comes later waits behind it."""
_LOCK_NOT_AVAILABLE, _DEADLOCK_DETECTED = "55P03", "40P01"


class NewerSchemaError(Exception):
    """The database was migrated by a later version of this program."""


@dataclass(frozen=True)
class Step:
    """One revision, and in a line what it does."""

    revision: str
    does: str


def configured(
    url: str, app_role: str = APP_ROLE, made: Callable[[Step], None] | None = None
) -> Config:
    """Return Alembic's configuration for the owner's address and the role that the server has.

    made: is called after each step, before its transaction ends.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = url
    config.attributes["app_role"] = app_role
    config.attributes["made"] = made or _untold
    return config


def _untold(_step: Step) -> None:
    """Tell nobody."""


def upgrade(
    url: str,
    app_role: str = APP_ROLE,
    made: Callable[[Step], None] | None = None,
    to: str = "head",
) -> None:
    """Bring the database to the newest revision, or another one, step by step.

    A step is done or not at all. One that meets others' locks lets them pass, and is tried again.
    Two at once are made one after the other. made: as `configured` takes it.
    NewerSchemaError: it is at one that this program does not know. DBAPIError: among others where
    a step does not get its locks in `PATIENCE`; those before it are done (`is_held`).
    """
    ends_at = monotonic() + PATIENCE.total_seconds()

    def reset(step: Step) -> None:
        nonlocal ends_at
        ends_at = monotonic() + PATIENCE.total_seconds()
        (made or _untold)(step)

    while True:
        try:
            command.upgrade(configured(url, app_role, reset), to)
        except CommandError as error:
            if not isinstance(error.__cause__, ResolutionError):
                raise
            raise _newer(str(error.__cause__.argument)) from error
        except DBAPIError as error:
            if not is_held(error) or monotonic() > ends_at:
                raise
        else:
            return


def is_held(error: DBAPIError) -> bool:
    """Tell whether it came of locks that others hold."""
    state = getattr(error.orig, "sqlstate", None)
    return state in {_LOCK_NOT_AVAILABLE, _DEADLOCK_DETECTED}


def lacking(revision: str | None) -> list[Step]:
    """Return the steps that a database at a revision lacks; None: it is empty.

    NewerSchemaError as in `upgrade`.
    """
    script = ScriptDirectory(str(Path(__file__).parent))
    try:
        steps = list(script.iterate_revisions("head", revision or "base"))
    except (CommandError, ResolutionError) as error:
        raise _newer(str(revision)) from error
    return [Step(it.revision, it.doc) for it in reversed(steps)]


def suffices(revision: str | None) -> bool:
    """Tell whether a program that runs may go on with a schema; a later one takes nothing away.

    Revisions are numbers of four digits, so that they are compared as texts.
    """
    return revision is not None and revision >= (newest() or "")


def _newer(revision: str) -> NewerSchemaError:
    return NewerSchemaError(
        f"The database's schema (revision {revision}) is newer than this program (revision"
        f" {newest()}): start a newer Abruf."
    )


@cache
def newest() -> str | None:
    """Return the newest revision that this program knows."""
    return ScriptDirectory(str(Path(__file__).parent)).get_current_head()


def following() -> str:
    """Return the number of the next revision: numbers may be missing between others."""
    return f"{int(newest() or 0) + 1:04}"
