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
    number = len(list((Path(__file__).parent / "versions").glob("*.py"))) + 1
    with (
        tempfile.TemporaryDirectory() as folder,
        embedded.running(Path(folder), durable=False) as server,
    ):
        migrations.upgrade(server.owner_url)
        configured = migrations.configured(server.owner_url)
        command.revision(configured, message, autogenerate=True, rev_id=f"{number:04}")


if __name__ == "__main__":
    main(*sys.argv[1:])
