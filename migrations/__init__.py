"""Migrations of the schema, by Alembic: `upgrade` brings a database to the newest revision."""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError

from kit.db.role import APP_ROLE


class NewerSchemaError(Exception):
    """The database was migrated by a later version of this program."""


def configured(url: str, app_role: str = APP_ROLE) -> Config:
    """Return Alembic's configuration for the owner's address and the role that the server has."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = url
    config.attributes["app_role"] = app_role
    return config


def upgrade(url: str, app_role: str = APP_ROLE) -> None:
    """Bring the database to the newest revision; two at once are made one after the other.

    NewerSchemaError: it is at one that this program does not know.
    """
    try:
        command.upgrade(configured(url, app_role), "head")
    except CommandError as error:
        if not isinstance(error.__cause__, ResolutionError):
            raise
        message = (
            f"The database's schema (revision {error.__cause__.argument}) is newer than this"
            f" program (revision {newest()}): start a newer Abruf."
        )
        raise NewerSchemaError(message) from error


@cache
def newest() -> str | None:
    """Return the newest revision that this program knows."""
    return ScriptDirectory(str(Path(__file__).parent)).get_current_head()
