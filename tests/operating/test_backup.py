"""A backup is whole, or says why not; what is read from it is compared table by table."""

import asyncio
import json

import pytest

from operating.backups.counts import TableCount, differing
from tests.kit.programs import ask


@pytest.fixture
def loaded(server, world, database_url, addresses):
    """Name a database that holds a merchant, and who may read all of it."""
    del world
    own = database_url.rpartition("/")[2]
    backup = f"{server.backup_url.rpartition('/')[0]}/{own}"
    return {**addresses, "ABRUF_BACKUP_URL": backup}


@pytest.fixture
def fresh(new_database, as_app):
    """Name empty databases."""

    def made(purpose):
        url = new_database(purpose)
        return {"ABRUF_DATABASE_URL": as_app(url), "ABRUF_OWNER_URL": url}

    return made


async def test_what_is_read_from_a_backup_is_what_was_written_also_behind_the_walls(
    loaded, fresh, tmp_path, call, world
):
    file = tmp_path / "abruf.dump"
    code, output, failed = await call("backup", str(file), **loaded)
    assert not failed, failed
    written = json.loads((tmp_path / "abruf.dump.json").read_text())
    rows = sum(it["rows"] for it in written["tables"].values())
    assert written["tables"]["api_keys"]["rows"] == 1
    assert output == f"Wrote {rows} rows to {file}.\n"
    assert file.stat().st_mode & 0o777 == 0o600
    away = await asyncio.to_thread(fresh, "restored")
    code, output, failed = await call("restore", str(file), **away)
    assert not failed, failed
    assert output.startswith(f"Read {rows} rows of ")
    held = f"SELECT set_merchant('{world.merchant_id}'), (SELECT count(*) FROM merchant_secrets)"
    ((_, secrets),) = await asyncio.to_thread(ask, away["ABRUF_DATABASE_URL"], held)
    assert secrets == 1
    code, output, failed = await call("restore", str(file))
    assert (code, output) == (1, "")
    assert failed.startswith("There is something in the database already")


async def test_a_bound_role_writes_no_empty_backup(loaded, tmp_path, call):
    """`pg_dump --enable-row-security` would, with exit code 0."""
    bound = {**loaded, "ABRUF_BACKUP_URL": loaded["ABRUF_OWNER_URL"]}
    code, output, failed = await call("backup", str(tmp_path / "empty.dump"), **bound)
    assert (code, output) == (1, "")
    assert "CREATE ROLE abruf_backup LOGIN BYPASSRLS" in failed
    assert list(tmp_path.iterdir()) == []


async def test_what_was_not_read_is_told_by_its_table(loaded, fresh, tmp_path, call):
    file = tmp_path / "abruf.dump"
    assert (await call("backup", str(file), **loaded))[0] == 0
    manifest = tmp_path / "abruf.dump.json"
    known = json.loads(manifest.read_text())
    known["tables"]["api_keys"]["rows"] += 1
    known["tables"]["merchants"]["checksum"] += 1
    manifest.write_text(json.dumps(known))
    code, _, failed = await call(
        "restore", str(file), **await asyncio.to_thread(fresh, "incomplete")
    )
    assert code == 1
    assert failed.splitlines()[1:] == ["api_keys: 1 rows of 2", "merchants: other contents"]


def test_a_table_that_is_missing_or_new_differs():
    there = {"orders": TableCount(1, 5)}
    assert list(differing(there, there)) == []
    assert list(differing(there, {})) == ["orders: 0 rows of 1"]
    assert list(differing({}, there)) == ["orders: 1 rows of 0"]
