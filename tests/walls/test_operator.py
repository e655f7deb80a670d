"""An operator's day on a PostgreSQL 15 of Debian: schema, doctor, backup, loss, restore."""

import asyncio

import pytest

from tests.kit.programs import ask_each
from tests.operating.called import calling

ROLES = [
    "CREATE ROLE day_owner LOGIN",
    "CREATE ROLE day_app LOGIN",
    "CREATE ROLE day_backup LOGIN BYPASSRLS",
    "GRANT pg_read_all_data TO day_backup",
    "CREATE DATABASE day OWNER day_owner",
]
LOST = ["DROP DATABASE day WITH (FORCE)", "CREATE DATABASE day OWNER day_owner"]


@pytest.fixture
def admin(postgresql_15):
    """Make roles and an empty database; gives the superuser's address."""
    url = f"postgresql+asyncpg://postgres@{postgresql_15}/postgres"
    ask_each(url, ROLES)
    return url


async def test_what_is_lost_is_there_again_from_a_backup(
    admin, postgresql_15, monkeypatch, capsys, tmp_path
):
    call = calling(monkeypatch, capsys)
    url = f"postgresql://{{}}@{postgresql_15}/day"
    day = {"ABRUF_DATABASE_URL": url.format("day_app"), "ABRUF_OWNER_URL": url.format("day_owner")}
    assert (await call("migrate", **day))[0] == 0
    assert (await call("merchant", "create", "--slug", "acme", "--name", "Acme"))[0] == 0
    made = ("--merchant", "acme", "--actor", "STAFF", "--name", "Anna")
    assert (await call("key", "create", *made))[0] == 0
    findings = (await call("doctor"))[1]
    # This one does not wait for its disk; nothing else is wrong with it.
    assert (findings.count("FAILED"), "fsync is off" in findings) == (1, True)
    file = tmp_path / "day.dump"
    bound = await call("backup", str(file))
    assert "binds the role day_owner" in bound[2]
    reads = {"ABRUF_BACKUP_URL": url.format("day_backup")}
    assert (await call("backup", str(file), **reads))[2] == ""
    keys = await call("key", "list")
    await asyncio.to_thread(ask_each, admin, LOST)
    code, output, failed = await call("restore", str(file))
    assert (code, failed) == (0, "")
    assert output.endswith("all is as it was counted.\n")
    assert await call("key", "list") == keys
    assert (await call("doctor"))[1] == findings
