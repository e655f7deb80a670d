"""What is written out for somebody holds no secret, of whatever kind."""

import base64
import re

import pytest
from sqlalchemy import LargeBinary, select

from kit.db.tenant import set_merchant
from models.base.tables import Base, secret_columns

TABLES = Base.metadata.sorted_tables
HARMLESS = {"idempotency_keys.fingerprint", "interchange_contents.content"}
"""Bytes that prove nothing: what an input was like, and files of partners."""
SUSPECT = re.compile("secret|token|passw|private|credential|signing|sha256|hash")
"""What columns are called in which a secret may stand."""
CHECKSUMS = {"interchanges.sha256"}


def test_whatever_may_be_a_secret_is_declared_as_one_or_as_none():
    declared = {f"{table.name}.{it}" for table in TABLES for it in secret_columns(table)}
    suspect = {
        f"{table.name}.{column.name}"
        for table in TABLES
        for column in table.c
        if isinstance(column.type, LargeBinary) or SUSPECT.search(column.name)
    }
    assert suspect == declared | HARMLESS | CHECKSUMS


@pytest.mark.prepared("everything")
async def test_a_merchant_is_written_out_for_its_owner_alone_and_with_no_secret_of_any_kind(
    world, database, call, slug, tmp_path
):
    tmp_path.chmod(0o755)
    urls = {"ABRUF_DATABASE_URL": database.engine.url, "ABRUF_OWNER_URL": database.owner.engine.url}
    named = {name: it.render_as_string(hide_password=False) for name, it in urls.items()}
    words = ("merchant", "export", "--slug", slug, str(tmp_path))
    code, _, failed = await call(*words, **named)
    assert (code, failed) == (0, "")
    files = {it.stem: it for it in tmp_path.iterdir()}
    assert {it.stat().st_mode & 0o777 for it in files.values()} == {0o600}
    assert tmp_path.stat().st_mode & 0o777 == 0o700
    written = "\n".join(it.read_text() for it in files.values())
    async with database.owner.writing(world.merchant_id) as session:
        await set_merchant(session, world.merchant_id)
        for table in TABLES:
            for name in secret_columns(table):
                own = select(table.c[name]).where(table.c.merchant_id == world.merchant_id)
                values = (await session.scalars(own)).all()
                # One of each kind is there, or this would show nothing.
                assert values, table.name
                forms = {f for it in values for f in (it.hex(), base64.b64encode(it).decode())}
                assert [it for it in forms if it in written] == []
                assert f'"{name}"' not in files[table.name].read_text()
