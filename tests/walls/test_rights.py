"""The server's role may do what the server does, and no more: tried as that role, by SQL.

Each attack is a control, too: the owner of the tables, who is bound by no such rights, can do it.
"""

from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from kit.db.database import Database
from tests import make
from tests.kit.programs import ask
from tests.make.master import parties

DENIED = "permission denied"
REWRITING = {
    "change": "UPDATE journal SET actor_name = 'Nobody'",
    "remove": "DELETE FROM journal",
    "empty": "TRUNCATE journal",
    "lock": "LOCK TABLE journal IN ACCESS EXCLUSIVE MODE",
    "replace": "INSERT INTO journal SELECT * FROM journal ON CONFLICT (merchant_id, id)"
    " DO UPDATE SET actor_name = 'Nobody'",
}
KEEPING = {
    "temporary table": "CREATE TEMPORARY TABLE kept (it text)",
    "table": "CREATE TABLE public.kept (it text)",
    "schema": "CREATE SCHEMA kept",
    "large object": "SELECT lo_create(0)",
    "old large object": "SELECT lo_creat(-1)",
    "filled large object": "SELECT lo_from_bytea(0, 'x')",
}
SECRETS = "SELECT merchant_id, token_secret FROM merchant_secrets"
SIGNING = {
    "change": "UPDATE merchant_secrets SET token_secret = sha256('known')",
    "remove": "DELETE FROM merchant_secrets",
    "make": "INSERT INTO merchant_secrets VALUES (:merchant, :merchant, sha256('known'))",
}


@pytest.fixture
async def as_server(database_url, as_app) -> AsyncIterator[Database]:
    """Give the tests' database as the server's role reaches it, without the guard of the tests."""
    database = Database(as_app(database_url))
    yield database
    await database.close()


@pytest.fixture
async def written(world, as_server) -> list[tuple[str, int]]:
    """Have something in the journal; gives its entries."""
    await parties.company(world)
    return await _entries(as_server, world)


async def _denied(database: Database, merchant_id: UUID, sql: str) -> None:
    with pytest.raises(DBAPIError, match=DENIED):
        async with database.writing(merchant_id) as session:
            await session.execute(text(sql), {"merchant": merchant_id} if ":m" in sql else {})


async def _entries(database: Database, world: make.World) -> list[tuple[str, int]]:
    async with database.writing(world.merchant_id) as session:
        rows = await session.execute(text("SELECT actor_name, position FROM journal ORDER BY 2"))
        return [tuple(row) for row in rows]


@pytest.mark.parametrize("how", REWRITING)
async def test_the_journal_is_read_and_added_to_and_nothing_else(world, as_server, written, how):
    assert written
    await _denied(as_server, world.merchant_id, REWRITING[how])
    assert await _entries(as_server, world) == written


@pytest.mark.parametrize("how", ["change", "remove"])
async def test_the_owner_could_rewrite_it(world, database, as_server, written, how):
    async with database.owner.writing(world.merchant_id) as session:
        await session.execute(text(REWRITING[how]))
    assert await _entries(as_server, world) != written


async def test_only_the_secret_of_the_merchant_that_is_held_is_read(
    world, database, as_server, clock
):
    other = await make.world(database, clock)
    seen = {}
    for held in (world.merchant_id, other.merchant_id, None):
        async with as_server.writing(held) as session:
            seen[held] = [row.merchant_id for row in await session.execute(text(SECRETS))]
    assert seen == {
        world.merchant_id: [world.merchant_id],
        other.merchant_id: [other.merchant_id],
        None: [],
    }


@pytest.mark.parametrize("how", SIGNING)
async def test_what_signs_tokens_is_only_read(world, as_server, how):
    await _denied(as_server, world.merchant_id, SIGNING[how])


async def test_no_other_table_tells_what_signs_tokens(as_server):
    columns = """
        SELECT table_name::text FROM information_schema.columns WHERE column_name = 'token_secret'
    """
    async with as_server.writing(None) as session:
        assert (await session.scalars(text(columns))).all() == ["merchant_secrets"]


@pytest.mark.parametrize("what", KEEPING)
async def test_nothing_is_kept_beside_the_tables(world, as_server, what):
    await _denied(as_server, world.merchant_id, KEEPING[what])


def test_the_owner_of_a_database_could_keep_something(database_url):
    ask(database_url, KEEPING["temporary table"])


def test_a_server_that_we_do_not_own_denies_large_objects_when_it_was_told(postgresql_15):
    """The advice of docs/SECURITY.md, on a server where everybody may make them at first."""
    admin = f"postgresql+asyncpg://postgres@{postgresql_15}/postgres"
    ask(admin, "CREATE ROLE lodger LOGIN")
    lodger = admin.replace("postgres@", "lodger@")
    ask(lodger, KEEPING["filled large object"])
    for function in ("lo_create(oid)", "lo_creat(integer)", "lo_from_bytea(oid, bytea)"):
        ask(admin, f"REVOKE EXECUTE ON FUNCTION {function} FROM PUBLIC")
    for what in ("large object", "old large object", "filled large object"):
        with pytest.raises(Exception, match=DENIED):
            ask(lodger, KEEPING[what])
