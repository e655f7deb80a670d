"""What the application changes without an entry of the journal: triggers of tests note it.

Answers that are kept are given again as long as the merchant is in the same state. So what viewers
may read changes with an entry, or the counter of entries is renewed (`Writing.unrecorded`), or the
table or column is declared `UNRECORDED`, and what reads it is read anew each time.
"""

from collections.abc import AsyncIterator, Sequence

import pytest
from sqlalchemy import Table

from kit.db.role import APP_ROLE
from kit.db.statements import UNRECORDED
from models.base.tables import Base
from tests import make

_TABLES = [table for table in Base.metadata.sorted_tables if "merchant_id" in table.c]


def _watched(table: Table) -> str:
    """Write what notes changes of a table's rows: at the end of what the application does."""
    declared = ", ".join(f"'{it.name}'" for it in table.c if it.info == UNRECORDED)
    changes = "UPDATE OR DELETE" if table.name == "journal" else "INSERT OR UPDATE OR DELETE"
    return f"""
CREATE CONSTRAINT TRIGGER note_unrecorded AFTER {changes} ON {table.name}
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (current_user = '{APP_ROLE}')
EXECUTE FUNCTION noted.note_unrecorded({declared})
"""


NOTES: Sequence[str] = [
    "CREATE SCHEMA noted",
    "CREATE TABLE noted.unrecorded (what text, name text, columns text[])",
    """
CREATE FUNCTION noted.note_recorded() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('noted.recorded', NEW.merchant_id::text, true);
    RETURN NULL;
END $$
""",
    """
CREATE TRIGGER note_recorded AFTER INSERT ON journal FOR EACH ROW
EXECUTE FUNCTION noted.note_recorded()
""",
    """
CREATE TRIGGER note_renewed AFTER INSERT OR UPDATE OF id ON merchant_counters FOR EACH ROW
WHEN (NEW.name = 'JOURNAL') EXECUTE FUNCTION noted.note_recorded()
""",
    """
CREATE FUNCTION noted.note_unrecorded() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    was jsonb := coalesce(to_jsonb(OLD) - coalesce(TG_ARGV, '{}'), '{}');
    became jsonb := coalesce(to_jsonb(NEW) - coalesce(TG_ARGV, '{}'), '{}');
BEGIN
    IF was = became OR current_setting('noted.recorded', true)
        = coalesce(became ->> 'merchant_id', was ->> 'merchant_id') THEN
        RETURN NULL;
    END IF;
    INSERT INTO noted.unrecorded SELECT TG_OP, TG_TABLE_NAME, array_agg(key ORDER BY key)
    FROM jsonb_each(was || became) WHERE was -> key IS DISTINCT FROM became -> key;
    RETURN NULL;
END $$
""",
    *(_watched(it) for it in _TABLES if it.info != UNRECORDED),
]
"""What the owner adds to a database."""
_ARE_THERE = "SELECT 1 FROM pg_namespace WHERE nspname = 'noted'"


@pytest.fixture
async def all_recorded(database: make.Walled) -> AsyncIterator[None]:
    """Fail where the application has changed what viewers see, and no entry and counter tell it."""
    owner = database.owner.engine
    async with owner.begin() as connection:
        if not (await connection.exec_driver_sql(_ARE_THERE)).all():
            for each in NOTES:
                await connection.exec_driver_sql(each)
    yield
    async with owner.begin() as connection:
        rows = (await connection.exec_driver_sql("SELECT DISTINCT * FROM noted.unrecorded")).all()
        await connection.exec_driver_sql("DROP SCHEMA noted CASCADE")
    assert rows == []
