"""Filled tables come up from every released revision, through each one above it.

The demo's rows go down revision by revision, and a copy is kept of each. From every copy they come
up one revision, where all tables must be those of the copy above; from the oldest one they come up
all the way; `--every-way` tries each one's. What comes back otherwise than it was is what the lower
revision could not hold: columns that it did not have, and those that a migration declares as
`FORGETS = {"table.column"}` where its way down rewrites them.
"""

import asyncio
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
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
COLUMNS = """
SELECT relname::text, attname::text FROM pg_attribute JOIN pg_class it ON it.oid = attrelid
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'alembic_version'
AND attnum > 0 AND NOT attisdropped
"""
SEEN = "SELECT set_config('app.merchant', id::text, false) FROM merchants"
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


@dataclass(frozen=True)
class Copy:
    """What a database has. columns: (table, column); rows: table -> its rows as JSON."""

    url: str
    columns: frozenset[tuple[str, str]]
    rows: dict[str, list[str]]

    @classmethod
    def of(cls, url: str) -> "Copy":
        """Read it."""
        columns = frozenset((str(table), str(name)) for table, name in ask(url, COLUMNS))
        tables = sorted({table for table, _ in columns})
        statements = (f"SELECT to_jsonb(it)::text FROM {table} it" for table in tables)
        _, *found = ask_each(url, [SEEN, *statements])
        rows = {table: [str(it) for (it,) in its] for table, its in zip(tables, found, strict=True)}
        return cls(url, columns, rows)

    def counts(self) -> dict[str, int]:
        return {table: len(rows) for table, rows in self.rows.items()}

    def held(self, tables: Iterable[str], without: set[tuple[str, ...]]) -> dict[str, list[Any]]:
        """Return table -> its rows, without some columns (table, column); arrays are sets."""
        return {table: self._rows(table, without) for table in tables}

    def _rows(self, table: str, without: set[tuple[str, ...]]) -> list[Any]:
        rows = [json.loads(it) for it in self.rows[table]]
        for row in rows:
            for name, value in list(row.items()):
                if (table, name) in without:
                    del row[name]
                elif isinstance(value, list):
                    value.sort(key=str)
        return sorted(rows, key=lambda it: str(it["id"]))


def _broken(url: str) -> list[tuple[object, ...]]:
    """Return the invariants of the domain that do not hold."""
    ((merchant,),) = ask(url, "SELECT id FROM merchants")
    _, found = ask_each(url, [SEEN, BROKEN.replace(":merchant", f"'{merchant}'")])
    return found


def _forgets(low: str, high: str) -> set[tuple[str, ...]]:
    """Return (table, column) of what the migrations from one revision to another declare."""
    between = [it.revision for it in SCRIPTS.iterate_revisions(high, low)]
    return {tuple(column.split(".")) for it in between for column in FORGETS[it]}


@pytest.fixture(scope="module")
def copies(
    filled: str, new_database: Callable[..., str], once: Once[dict[str, Copy]]
) -> dict[str, Copy]:
    """Give revision -> a database of that revision, the demo's rows in it brought down."""

    def made() -> dict[str, Copy]:
        kept = {HEAD: Copy.of(filled)}
        for revision in REVISIONS[::-1]:
            url = new_database(f"at_{revision}", kept[ABOVE[revision]].url)
            command.downgrade(migrations.configured(url), revision)
            kept[revision] = Copy.of(url)
        return kept

    return once("copies", made)


def _comes_up(url: str, low: str, high: str, copies: dict[str, Copy]) -> None:
    """Bring a copy up, and compare all that it has with one that is there."""
    before, expected = copies[low], copies[high]
    assert max(before.counts().values()) > LEAST
    command.upgrade(migrations.configured(url), high)
    after = Copy.of(url)
    assert after.columns == expected.columns
    assert {table: after.counts()[table] for table in before.rows} == before.counts()
    forgotten = set(expected.columns - before.columns) | _forgets(low, high)
    held = after.held(before.rows, forgotten)
    assert held == expected.held(before.rows, forgotten)


@pytest.mark.parametrize("revision", REVISIONS)
def test_filled_tables_come_up_from_every_released_revision(
    request, copies: dict[str, Copy], new_database: Callable[..., str], revision: str
) -> None:
    every_way = request.config.getoption("--every-way")
    url = new_database(f"from_{revision}", copies[revision].url)
    high = HEAD if every_way else ABOVE[revision]
    _comes_up(url, revision, high, copies)
    if high == HEAD:
        command.check(migrations.configured(url))
        assert _broken(url) == []


def test_filled_tables_come_up_all_the_way_from_the_first_revision(
    copies: dict[str, Copy], new_database: Callable[..., str]
) -> None:
    url = new_database("all_the_way", copies[REVISIONS[0]].url)
    _comes_up(url, REVISIONS[0], HEAD, copies)
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
    _, lost = ask_each(url, [SEEN, LOSE])
    assert lost
    command.upgrade(configured, "head")
    _, owed = ask_each(url, [SEEN, OWED])
    assert set(lost) <= set(owed)
    # Nobody has reported what this test has lost: nothing but that may not agree.
    found = {str(sentence) for sentence, *_ in _broken(url)}
    assert {sentence for sentence in found if "lost" not in sentence} == set()
