"""What `make migration` writes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

import migrations
from models.base.tables import Base
from tests.kit.programs import ask

WALLED = "SELECT relrowsecurity AND relforcerowsecurity FROM pg_class WHERE relname = 'shelves'"
POLICIES = "SELECT polname::text FROM pg_policy WHERE polrelid = 'shelves'::regclass"


@pytest.fixture
def shelves() -> Iterator[None]:
    """Let the models have two more tables while a test runs, one of them of merchants."""
    ids = [sa.Column("merchant_id", sa.Uuid(), primary_key=True), sa.Column("id", sa.Uuid())]
    made = [sa.Table("shelves", Base.metadata, *ids)]
    made.append(sa.Table("planets", Base.metadata, sa.Column("id", sa.Uuid(), primary_key=True)))
    yield
    for table in made:
        Base.metadata.remove(table)


def written(configured: Config, folder: Path) -> str:
    """Write a revision as `make migration` does, but into a folder; return its text."""
    configured.set_main_option("version_locations", f"{OWN} {folder}")
    configured.set_main_option("path_separator", "space")
    command.revision(
        configured, "shelves", autogenerate=True, rev_id="9999", version_path=str(folder)
    )
    (file,) = folder.glob("*.py")
    return file.read_text()


OWN = Path(migrations.__file__).parent / "versions"


@pytest.mark.usefixtures("shelves")
def test_a_new_table_of_merchants_gets_its_wall(
    new_database: Callable[[str], str], tmp_path: Path
) -> None:
    url = new_database("written")
    migrations.upgrade(url)
    configured = migrations.configured(url)
    text = written(configured, tmp_path)
    assert "from migrations import walls\n" in text
    assert text.count("walls.build(") == 1
    assert text.index("op.create_table(") < text.index('walls.build("shelves")')
    command.upgrade(configured, "9999")
    assert ask(url, WALLED) == [(True,)]
    assert ask(url, POLICIES) == [("merchant",)]
    assert ScriptDirectory.from_config(configured).get_current_head() == "9999"


def test_the_next_revision_has_the_next_number() -> None:
    numbers = [file.name[:4] for file in OWN.glob("*.py")]
    assert int(migrations.following()) == int(max(numbers)) + 1
