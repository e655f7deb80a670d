"""Filled tables come up from every released revision, through each one above it.

The demo's rows go down revision by revision, and a copy is kept of each. From every copy they come
up one revision, where all tables must be those of the copy above; from the oldest one they come up
all the way; `--every-way` tries each one's. What comes back otherwise than it was is what the lower
revision could not hold: columns that it did not have, and those that a migration declares as
`FORGETS = {"table.column"}` where its way down rewrites them.
"""

import asyncio
import json
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from alembic import command
from alembic.script import ScriptDirectory

import migrations
from examples import demo
from kit.db.database import Database
from tests.conftest import NOW
from tests.kit.programs import ask, ask_each
from tests.make import Clock
from tests.prepared import Once
from tests.simulation.invariants import BROKEN

SCRIPTS = ScriptDirectory.from_config(migrations.configured(""))
REVISIONS = [it.revision for it in SCRIPTS.walk_revisions() if not it.is_head][::-1]
HEAD = str(SCRIPTS.get_current_head())
ABOVE = dict(pairwise([*REVISIONS, HEAD]))
FORGETS = {it.revision: getattr(it.module, "FORGETS", set()) for it in SCRIPTS.walk_revisions()}
TABLES = """
SELECT relname::text FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
"""
COLUMNS = """
SELECT table_name::text, column_name::text FROM information_schema.columns
WHERE table_schema = 'public' AND table_name <> 'alembic_version'
"""
LEAST = 3
"""Rows that the demo's largest tables have at the very least, so that something is compared."""


@pytest.fixture(scope="module")
def filled(new_database: Callable[..., str], migrated: str, once: Once[str]) -> str:
    """Give a database of the newest revision with the demo in it, one for all workers."""

    def made() -> str:
        url = new_database("filled", migrated)
        asyncio.run(_load_demo(url))
        return url

    return once("filled", made)


async def _load_demo(url: str) -> None:
    database = Database(url)
    await demo.load(database, Clock(NOW))
    await database.close()


def _held(url: str) -> str:
    """Return the address as which all rows of the demo's merchant are seen."""
    ((merchant,),) = ask(url, "SELECT id FROM merchants")
    return f"{url}?app.merchant={merchant}"


def _rows(url: str, tables: set[str], without: set[tuple[str, str]]) -> dict[str, list[Any]]:
    """Return table -> its rows, without some columns (table, column); arrays are sets."""
    ordered, statements = sorted(tables), []
    for table in ordered:
        left_out = "".join(f" - '{column}'" for of, column in sorted(without) if of == table)
        statements.append(f"SELECT (to_jsonb(it){left_out})::text FROM {table} it ORDER BY 1")
    found = {}
    for table, texts in zip(ordered, ask_each(_held(url), statements), strict=True):
        read = [json.loads(str(row)) for (row,) in texts]
        found[table] = sorted(read, key=lambda it: str(it["id"]))
        for row in read:
            row.update(
                {name: sorted(it, key=str) for name, it in row.items() if isinstance(it, list)}
            )
    return found


def _broken(url: str) -> list[tuple[object, ...]]:
    """Return the invariants of the domain that do not hold."""
    ((merchant,),) = ask(url, "SELECT id FROM merchants")
    return ask(_held(url), BROKEN.replace(":merchant", f"'{merchant}'"))


def _forgets(low: str, high: str) -> set[tuple[str, ...]]:
    """Return (table, column) of what the migrations from one revision to another declare."""
    between = [it.revision for it in SCRIPTS.iterate_revisions(high, low)]
    return {tuple(column.split(".")) for it in between for column in FORGETS[it]}


@pytest.fixture(scope="module")
def copies(
    filled: str, new_database: Callable[..., str], once: Once[dict[str, str]]
) -> dict[str, str]:
    """Give revision -> a database of that revision, the demo's rows in it brought down."""

    def made() -> dict[str, str]:
        kept = {HEAD: filled}
        for revision in REVISIONS[::-1]:
            kept[revision] = new_database(f"at_{revision}", kept[ABOVE[revision]])
            command.downgrade(migrations.configured(kept[revision]), revision)
        return kept

    return once("copies", made)


def _comes_up(url: str, low: str, high: str, expected: str) -> None:
    """Bring a database up, and compare all that it has with one that is there."""
    old, held = {str(it) for (it,) in ask(url, TABLES)}, set(ask(url, COLUMNS))
    counts = {table: len(rows) for table, rows in _rows(url, old, set()).items()}
    assert max(counts.values()) > LEAST
    command.upgrade(migrations.configured(url), high)
    tables, columns = set(ask(expected, TABLES)), set(ask(expected, COLUMNS))
    assert (set(ask(url, TABLES)), set(ask(url, COLUMNS))) == (tables, columns)
    forgotten = {(str(table), str(it)) for table, it in columns - held} | _forgets(low, high)
    after = _rows(url, old, forgotten)
    assert {table: len(rows) for table, rows in after.items()} == counts
    assert after == _rows(expected, old, forgotten)


@pytest.mark.parametrize("revision", REVISIONS)
def test_filled_tables_come_up_from_every_released_revision(
    request, copies: dict[str, str], new_database: Callable[..., str], revision: str
) -> None:
    every_way = request.config.getoption("--every-way")
    url = new_database(f"from_{revision}", copies[revision])
    high = HEAD if every_way else ABOVE[revision]
    _comes_up(url, revision, high, copies[high])
    if high == HEAD:
        command.check(migrations.configured(url))
        assert _broken(url) == []


def test_filled_tables_come_up_all_the_way_from_the_first_revision(
    copies: dict[str, str], new_database: Callable[..., str]
) -> None:
    url = new_database("all_the_way", copies[REVISIONS[0]])
    _comes_up(url, REVISIONS[0], HEAD, copies[HEAD])
    command.check(migrations.configured(url))
    assert _broken(url) == []


def test_every_revision_is_tried() -> None:
    assert [it.revision for it in SCRIPTS.walk_revisions()][1:] == REVISIONS[::-1]


LOSE = """
WITH gone AS (
    UPDATE delivery_lines part SET lost = part.shipped FROM deliveries it
    WHERE it.id = part.delivery_id AND it.state = 'DISPATCHED' RETURNING part.*
)
UPDATE order_lines line SET lost = line.lost + of_line.lost
FROM (SELECT order_line_id, sum(lost) AS lost FROM gone GROUP BY 1) of_line
WHERE of_line.order_line_id = line.id RETURNING line.id
"""
OWED = "SELECT DISTINCT order_line_id FROM delivery_lines WHERE owed_again = lost AND lost > 0"


def test_what_was_lost_before_is_owed_again_and_the_journal_says_so(
    filled: str, new_database: Callable[..., str]
) -> None:
    url = new_database("lost_before", filled)
    configured = migrations.configured(url)
    command.downgrade(configured, "0025")
    lost = set(ask(_held(url), LOSE))
    assert lost
    command.upgrade(configured, "head")
    assert lost <= set(ask(_held(url), OWED))
    # Nobody has reported what this test has lost: nothing but that may not agree.
    found = {str(sentence) for sentence, *_ in _broken(url)}
    assert {sentence for sentence in found if "lost" not in sentence} == set()
