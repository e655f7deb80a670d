"""The schema is brought to what the program needs; the doctor finds what is wrong."""

import asyncio
import json
import re
from datetime import timedelta

import asyncpg
import pytest

import migrations
from tests.kit.programs import ask, ask_each

NEWER = ["UPDATE alembic_version SET version_num = '9999'"]
WRONG = [
    "ALTER TABLE orders NO FORCE ROW LEVEL SECURITY",
    "DROP POLICY merchant ON parcels",
    "DROP INDEX ix_api_keys_merchant_id",
    "UPDATE alembic_version SET version_num = '0001'",
]


@pytest.fixture
def fresh(new_database, as_app):
    """Name an empty database as the environment of a server does."""
    url = new_database("fresh")
    return {"ABRUF_DATABASE_URL": as_app(url), "ABRUF_OWNER_URL": url}


@pytest.fixture
def ill(migrated, new_database, as_app):
    """Name a database in which much is wrong."""
    url = new_database("ill", migrated)
    ask_each(url, WRONG)
    return {"ABRUF_DATABASE_URL": as_app(url), "ABRUF_OWNER_URL": url, "ABRUF_POOL_SIZE": "500"}


async def test_a_plan_changes_nothing_then_each_step_has_a_line_and_a_newer_schema_is_refused(
    fresh, call
):
    newest, owner = migrations.newest(), fresh["ABRUF_OWNER_URL"]
    code, plan, _ = await call("migrate", "--plan", **fresh)
    assert code == 0
    assert plan.startswith("0001  ")
    assert await asyncio.to_thread(ask, owner, "SELECT to_regclass('alembic_version')") == [(None,)]
    assert await call("migrate") == (0, plan, "")
    assert await call("migrate", "--plan") == (0, f"The newest revision is {newest}.\n", "")
    await asyncio.to_thread(ask_each, owner, NEWER)
    for words in (["migrate"], ["migrate", "--plan"]):
        code, output, failed = await call(*words)
        assert (code, output) == (1, "")
        assert failed == (
            f"The database's schema (revision 9999) is newer than this program (revision {newest}):"
            " start a newer Abruf.\n"
        )


async def test_who_holds_a_table_is_told_and_nothing_is_changed(fresh, call, monkeypatch):
    owner = fresh["ABRUF_OWNER_URL"]
    holder = await asyncpg.connect(owner.replace("+asyncpg", ""))
    await holder.execute("CREATE TABLE alembic_version (version_num varchar(32) PRIMARY KEY)")
    monkeypatch.setattr("migrations.PATIENCE", timedelta())
    monkeypatch.setattr("migrations.LOCK_WAIT", timedelta(milliseconds=50))
    async with holder.transaction():
        await holder.execute("LOCK TABLE alembic_version")
        code, output, failed = await call("migrate", **fresh)
    await holder.close()
    assert (code, output) == (1, "")
    assert failed.startswith("Others held a table")
    assert await asyncio.to_thread(ask, owner, "SELECT to_regclass('orders')") == [(None,)]


async def test_the_doctor_writes_and_reads_for_a_merchant_and_leaves_nothing(
    world, addresses, call
):
    code, output, _ = await call("doctor", **addresses)
    # The server of the tests does not wait for its disk, which no server of others should do.
    assert re.findall(r"(?m)^(?!OK)(\w+) +settings +(.*)$", output.partition("\n")[2]) == [
        ("FAILED", "fsync is off, full_page_writes is off")
    ]
    assert code == 1
    assert re.search(r"(?m)^OK +environment +", output)
    assert re.search(r"(?m)^OK +write +written, read, taken back$", output)
    counted = "SELECT set_merchant($m$%s$m$), (SELECT count(*) FROM idempotency_keys)"
    ((_, left),) = await asyncio.to_thread(
        ask, addresses["ABRUF_OWNER_URL"], counted % world.merchant_id
    )
    assert left == 0


async def test_the_doctor_finds_open_walls_missing_indexes_an_old_schema_and_few_connections(
    ill, call
):
    code, output, _ = await call("doctor", "--json", ABRUF_POLER="none", **ill)
    found = {it["check"]: (it["state"], it["detail"]) for it in json.loads(output)}
    assert code == 1
    assert found["environment"] == ("warning", "no setting is called ABRUF_POLER")
    assert found["walls"] == ("failed", "open: orders, parcels")
    assert found["indexes"][1].startswith("missing or invalid: ix_api_keys_merchant_id")
    assert found["schema"][1].startswith("revision 0001, this program needs")
    assert found["connections"][0] == "failed"
    assert found["clock"][0] == "ok"


async def test_the_doctor_tells_a_role_that_no_wall_binds_and_another_clock(
    world, addresses, call, monkeypatch
):
    monkeypatch.setattr("operating.server.doctor.now", world.clock)
    mine = addresses["ABRUF_OWNER_URL"]
    # Two addresses that differ: the server would not become another role.
    owning = {"ABRUF_DATABASE_URL": mine, "ABRUF_OWNER_URL": f"{mine}?sslmode=disable"}
    code, output, _ = await call("doctor", "--json", **owning)
    found = {it["check"]: (it["state"], it["detail"]) for it in json.loads(output)}
    assert code == 1
    assert "owns the tables" in found["role"][1]
    assert found["clock"][0] == "failed"


async def test_the_doctor_tells_an_empty_database_and_a_newer_schema_in_a_line_each(fresh, call):
    code, output, _ = await call("doctor", "--json", **fresh)
    found = {it["check"]: (it["state"], it["detail"]) for it in json.loads(output)}
    assert code == 1
    assert found["schema"] == ("failed", "there is none yet: abruf migrate")
    assert found["walls"] == ("failed", "there is no table with a wall")
    assert found["write"] == ("failed", "there is nothing yet to write to")
    assert re.fullmatch(r"missing or invalid: (\w+, ){4}\w+ and \d+ others", found["indexes"][1])
    assert "sqlalchemy" not in output
    await call("migrate")
    await asyncio.to_thread(ask_each, fresh["ABRUF_OWNER_URL"], NEWER)
    _, output, _ = await call("doctor", "--json")
    found = {it["check"]: it["detail"] for it in json.loads(output)}
    assert found["schema"].endswith("start a newer Abruf.")


async def test_who_may_not_migrate_is_told_in_a_line(fresh, call):
    app = fresh["ABRUF_DATABASE_URL"]
    code, output, failed = await call("migrate", ABRUF_DATABASE_URL=app, ABRUF_OWNER_URL=app)
    assert (code, output, failed.count("\n")) == (1, "", 1)
    assert "permission denied" in failed
    assert failed.endswith("Is ABRUF_OWNER_URL the owner's address?\n")
