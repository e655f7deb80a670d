"""Migrations of the schema, by Alembic: `upgrade` brings a database to the newest revision."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory


def configured(url: str) -> Config:
    """Return Alembic's configuration for a database address."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.attributes["url"] = url
    return config


def upgrade(url: str) -> None:
    """Bring the database to the newest revision; two at once are made one after the other."""
    command.upgrade(configured(url), "head")


def newest() -> str | None:
    """Return the newest revision that this program knows."""
    return ScriptDirectory(str(Path(__file__).parent)).get_current_head()
