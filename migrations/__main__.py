"""Writes the next migration from what the models say: `python -m migrations "what it does"`."""

import sys
import tempfile
from pathlib import Path

from alembic import command

import migrations
from kit import embedded


def main(message: str) -> None:
    """Compare the models with a database at the newest revision and write the difference."""
    if not message:
        sys.exit('Say what the migration does: make migration m="..."')
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded.running(Path(folder), durable=False) as server,
    ):
        migrations.upgrade(server.owner_url)
        configured = migrations.configured(server.owner_url)
        command.revision(configured, message, autogenerate=True, rev_id=migrations.following())


if __name__ == "__main__":
    main(*sys.argv[1:])
