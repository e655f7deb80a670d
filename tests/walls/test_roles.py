"""The server works as a role that the second wall binds, also where one address is all there is."""

import asyncio

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

import migrations
from kit.config import from_environment
from kit.db.database import Database
from kit.db.role import UnboundError, app_role, prove_bound, role_to_become
from tests.kit.programs import ask
from tests.run.abruf import Abruf

WHO = text("SELECT session_user || ' as ' || current_user")
ADVISED = ["CREATE ROLE abruf_app NOLOGIN", "GRANT abruf_app TO plain"]
FIELDS = [
    "CREATE ROLE auditors",
    "GRANT UPDATE ON journal TO auditors",
    "GRANT auditors TO abruf_app",
]
DROP_OWNED = """
DO $$ BEGIN
    IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'abruf_app') THEN
        DROP OWNED BY abruf_app;
    END IF;
END $$
"""


async def _server(owner_url: str, app_url: str) -> Database:
    """Migrate as the owner and return the database as the server reaches it."""
    await asyncio.to_thread(migrations.upgrade, owner_url, app_role(owner_url, app_url))
    return Database(app_url, role=await role_to_become(owner_url, app_url))


async def _started(owner_url: str, app_url: str) -> str:
    """Return who the server is when it starts. UnboundError when it does not."""
    database = await _server(owner_url, app_url)
    try:
        await prove_bound(database)
        async with database.engine.connect() as connection:
            return await connection.scalar(WHO)
    finally:
        await database.close()


@pytest.fixture(scope="session")
def fifteen(postgresql_15):
    """Make a database for each kind of owner; gives the address for a user and a database."""

    def address(user: str, database: str) -> str:
        return f"postgresql+asyncpg://{user}@{postgresql_15}/{database}"

    admin = address("postgres", "postgres")
    for role in ("maker LOGIN CREATEROLE", "plain LOGIN", "passing LOGIN BYPASSRLS", "shop LOGIN"):
        ask(admin, f"CREATE ROLE {role}")
    for owner in ("maker", "plain", "passing", "postgres"):
        ask(admin, f"CREATE DATABASE of_{owner} OWNER {owner}")
    return address


@pytest.fixture
def without_role(fifteen):
    """Take the application's role away afterwards, so that the next test begins without it."""
    yield
    for owner in ("maker", "plain", "passing", "postgres"):
        ask(fifteen("postgres", f"of_{owner}"), DROP_OWNED)
    ask(fifteen("postgres", "postgres"), "DROP ROLE IF EXISTS abruf_app")


@pytest.mark.usefixtures("without_role")
class TestOneAddress:
    async def test_an_owner_that_may_make_roles_becomes_one_that_owns_nothing(self, fifteen):
        url = fifteen("maker", "of_maker")
        for _ in range(2):
            assert await _started(url, url) == "maker as abruf_app"

    async def test_an_owner_becomes_the_role_that_an_administrator_made(self, fifteen):
        url, admin = fifteen("plain", "of_plain"), fifteen("postgres", "of_plain")
        with pytest.raises(UnboundError, match="plain owns the tables"):
            await _started(url, url)
        for advised in ADVISED:
            await asyncio.to_thread(ask, admin, advised)
        assert await _started(url, url) == "plain as abruf_app"

    async def test_a_superuser_becomes_one_that_owns_nothing(self, fifteen):
        url = fifteen("postgres", "of_postgres")
        assert await _started(url, url) == "postgres as abruf_app"

    async def test_one_that_passes_every_wall_is_refused(self, fifteen):
        url = fifteen("passing", "of_passing")
        with pytest.raises(UnboundError, match="passing bypasses row-level"):
            await _started(url, url)

    async def test_one_that_was_given_more_than_it_needs_is_refused(self, fifteen):
        url, admin = fifteen("maker", "of_maker"), fifteen("postgres", "of_maker")
        assert await _started(url, url) == "maker as abruf_app"
        for fields in FIELDS:
            await asyncio.to_thread(ask, admin, fields)
        with pytest.raises(UnboundError, match="abruf_app may rewrite the journal"):
            await _started(url, url)
        for taken in ("DROP OWNED BY auditors", "DROP ROLE auditors"):
            await asyncio.to_thread(ask, admin, taken)

    async def test_it_may_not_remove_merchants_or_keys(self, fifteen):
        url = fifteen("maker", "of_maker")
        database = await _server(url, url)
        for table in ("merchants", "api_keys", "alembic_version"):
            with pytest.raises(DBAPIError, match="permission denied"):
                async with database.writing(None) as session:
                    await session.execute(text(f"DELETE FROM {table}"))
        await database.close()

    def test_the_server_says_why_it_does_not_start_and_starts_when_allowed(self, fifteen, tmp_path):
        url = fifteen("passing", "of_passing").replace("+asyncpg", "")
        refused = Abruf(tmp_path, ABRUF_DATABASE_URL=url)
        output, _ = refused.process.communicate(timeout=60)
        assert refused.process.returncode == 1
        assert "CREATE ROLE abruf_app NOLOGIN" in output
        assert "Traceback" not in output
        allowed = Abruf(tmp_path, ABRUF_DATABASE_URL=url, ABRUF_ALLOW_OWNER="1", ABRUF_DEMO="1")
        try:
            allowed.wait_until_ready()
            assert allowed.ask("{ viewer { actor } }") == {"viewer": {"actor": "STAFF"}}
        finally:
            allowed.kill()


async def test_with_two_addresses_the_servers_role_gets_its_rights_from_the_owner(fifteen):
    owner, shop = fifteen("plain", "of_plain"), fifteen("shop", "of_plain")
    assert await _started(owner, shop) == "shop as shop"
    database = Database(shop)
    async with database.writing(None) as session:
        assert await session.scalar(text("SELECT count(*) FROM orders")) == 0
    await database.close()


@pytest.mark.parametrize(
    ("environment", "why"),
    [
        ({"ABRUF_POOLER": "session"}, "ABRUF_POOLER must be one of none, transaction"),
        ({"ABRUF_POOLER": "transaction"}, "needs ABRUF_OWNER_URL"),
        ({"ABRUF_ALLOW_OWNER": "yes"}, "ABRUF_ALLOW_OWNER must be one of 0, 1"),
    ],
)
def test_a_wrong_setting_is_told(environment, why):
    with pytest.raises(SystemExit, match=why):
        from_environment(environment)
