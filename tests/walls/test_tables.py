"""Row-level security, table by table, and each of the two walls without the other."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError

from examples import demo
from examples.demo import operations
from kit.db.tenant import set_merchant
from resolvers.running.context import Terms
from schema.graphql.nodes import NODES
from server import application
from tests import make
from tests.conftest import PATIENT
from tests.guard import FOUND_TABLES, TENANT_TABLES, unwalled
from tests.make.sweeps.foreign import Found, answers_of, found, listing, reads
from transport.serving import Serving

REFUSED = "42501"
"""The state of a row that a policy does not let in, and of what the role may not do at all."""
UNCHANGED = {"journal", "merchant_secrets"}
"""Tables of which the application changes and removes no row, not even a merchant's own."""
pytestmark = pytest.mark.prepared("everything")


@pytest.fixture
async def stranger(database, clock):
    """Give another merchant beside the one that has a row in every table."""
    return await make.world(database, clock)


@contextmanager
def first_wall_down(database: make.Walled) -> Iterator[None]:
    """Make the merchant's condition of every statement true."""

    def let_through(_c: Any, _cursor: Any, sql: str, parameters: Any, *_others: Any) -> Any:
        return unwalled(sql), parameters

    engine = database.engine.sync_engine
    event.listen(engine, "before_cursor_execute", let_through, retval=True)
    try:
        yield
    finally:
        event.remove(engine, "before_cursor_execute", let_through)


async def _take_second_wall_down(database: make.Walled) -> None:
    """End row-level security on every table."""
    async with database.owner.engine.begin() as connection:
        for table in TENANT_TABLES:
            await connection.exec_driver_sql(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")


async def changed(database: make.Walled, merchant_id: Any, sql: str, **values: Any) -> int:
    """Return how many rows a statement of the application reads or changes; it is undone."""
    async with database.engine.connect() as connection:
        await set_merchant(connection, merchant_id)
        return len((await connection.execute(text(sql), values)).all())


async def outcome(database: make.Walled, merchant_id: Any, sql: str, **values: Any) -> int | str:
    """Return how many rows a statement reads or changes, or the state with which it is refused."""
    try:
        return await changed(database, merchant_id, sql, **values)
    except DBAPIError as error:
        return error.orig.sqlstate


@pytest.fixture
def plain(database):
    """Give the database without the guard of statements, which the first wall belongs to."""
    return make.Walled(database.url, database.owner.url)


async def test_no_table_shows_or_takes_a_row_of_another_merchant(world, stranger, plain):
    theirs, mine = world.merchant_id, stranger.merchant_id
    found = {}
    for table in TENANT_TABLES:
        read = f"SELECT 1 FROM {table} WHERE merchant_id = '{theirs}'"
        touch = f"UPDATE {table} SET id = id RETURNING 1"
        remove = f"DELETE FROM {table} RETURNING 1"
        bring = f"INSERT INTO {table} (merchant_id, id) VALUES (:merchant, gen_random_uuid())"
        give = f"UPDATE {table} SET merchant_id = :merchant RETURNING 1"
        found[table] = [
            *[await outcome(plain, viewer, read) for viewer in (mine, None)],
            *[await outcome(plain, it, sql) for it in (mine, None) for sql in (touch, remove)],
            *[await outcome(plain, viewer, bring, merchant=theirs) for viewer in (mine, None)],
            await outcome(plain, theirs, give, merchant=mine),
            await changed(plain, theirs, read) > 0,
        ]
    await plain.close()
    for table, of_table in found.items():
        untouched = [REFUSED if table in UNCHANGED else 0] * 4
        is_found = of_table.pop(1) > 0
        assert is_found is (table in FOUND_TABLES), table
        assert of_table == [0, *untouched, *[REFUSED] * 3, True], table


async def _answers(of: Found, stranger: make.World, folder: Path) -> list[Any]:
    """Return what a stranger is answered: to keys of rows, to the examples; lists that show one."""
    terms = Terms(limits=PATIENT)
    app = application(Serving(stranger.database, clock=stranger.clock, terms=terms))
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://abruf") as client:
        ask = make.Ask(client, stranger.token)
        one_of_each = {name: its[:1] for name, its in of.items()}
        return [
            [await answers_of(ask, document, key=key) for document, key, _ in reads(one_of_each)],
            [await answers_of(ask, text, **values) for text, values in _examples(folder)],
            await listing(ask, of),
        ]


def _examples(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give the example operations and their variables."""
    for path in sorted(folder.glob("*.graphql")):
        fields = path.parent / "variables" / f"{path.stem}.json"
        yield path.read_text("utf-8"), json.loads(fields.read_text()) if fields.exists() else {}


@pytest.fixture
async def ask_all(world, stranger, tmp_path):
    """Give the answers to the stranger, when called; the examples are of the demo."""
    token = (await demo.load(world.database.owner, world.clock))["staff"]
    await operations.write(world.database, token, tmp_path / "ops", world.clock)
    of = await found(world)

    async def answers() -> list[Any]:
        return await _answers(of, stranger, tmp_path / "ops")

    return answers


async def test_each_wall_holds_without_the_other(database, ask_all):
    both = await ask_all()
    assert {str(list(it["data"].values())) for it in both[0]} == {"[None]", "[[None]]"}
    assert len(both[0]) > 2 * len(NODES)
    assert both[2] == []
    with first_wall_down(database):
        assert await ask_all() == both
    await _take_second_wall_down(database)
    assert await ask_all() == both
    with first_wall_down(database):
        neither = await ask_all()
    assert neither[0] != both[0], "without both walls the test must see the other's rows"
    assert neither[2] != []
