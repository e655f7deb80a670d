"""The migrated database keeps rules 1, 2, 4 to 7 of growing past one machine, table by table.

A tenant's table must be ready to live on the shard of its merchant.
"""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import create_async_engine

from kit.db.database import Database
from models.base.tables import Base
from tests.guard import FOUND_TABLES

GLOBAL = {"merchants", "api_keys", "page_documents", "alembic_version"}
KEYS = "api_keys"
"""Found before the merchant is known, written by it."""
OF_PAGES = "page_documents"
"""The same for all merchants: a server that has new pages adds theirs, and changes none."""
LONGEST_NAME = 54
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
COLUMNS = """
SELECT table_name, column_name, udt_name, is_nullable, ordinal_position, is_identity,
    coalesce(column_default, '') AS value
FROM information_schema.columns WHERE table_schema = 'public'
"""
INDEXES = """
SELECT i.relname AS name, t.relname AS owner, x.indisunique, x.indisprimary,
    ARRAY(SELECT a.attname::text FROM unnest(x.indkey) WITH ORDINALITY k (number, place)
        JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = k.number
        WHERE k.place <= x.indnkeyatts ORDER BY k.place) AS columns
FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class t ON t.oid = x.indrelid
WHERE t.relnamespace = 'public'::regnamespace
"""
CONSTRAINTS = """
SELECT c.conname AS name, c.contype::text AS kind, t.relname AS owner, p.relname AS target,
    c.confupdtype::text AS on_update, c.confdeltype::text AS on_delete, c.condeferrable,
    ARRAY(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k (number, place)
        JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.number
        ORDER BY k.place) AS columns,
    ARRAY(SELECT a.attname::text FROM unnest(c.confkey) WITH ORDINALITY k (number, place)
        JOIN pg_attribute a ON a.attrelid = c.confrelid AND a.attnum = k.number
        ORDER BY k.place) AS targets
FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
LEFT JOIN pg_class p ON p.oid = c.confrelid
WHERE c.connamespace = 'public'::regnamespace
"""
DEFINITIONS = """
SELECT table_name || '.' || column_name,
    concat_ws(' ', data_type, numeric_precision, numeric_scale, is_nullable, column_default)
FROM information_schema.columns
WHERE table_schema = 'public' AND table_name != 'alembic_version'
UNION ALL
SELECT conrelid::regclass || '.' || conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text != 'alembic_version'
UNION ALL
SELECT indexname, indexdef FROM pg_indexes
WHERE schemaname = 'public' AND tablename != 'alembic_version'
"""
WALLED = """
SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relrowsecurity
"""
POLICIES = """
SELECT tablename, policyname, permissive, roles::text, cmd, qual, with_check FROM pg_policies
ORDER BY tablename COLLATE "C", policyname COLLATE "C"
"""
_OWN = "(merchant_id = (NULLIF(current_setting('app.merchant'::text, true), ''::text))::uuid)"
POLICY = ("merchant", "PERMISSIVE", "{public}", "ALL", _OWN, _OWN)
_NOBODY = "(NULLIF(current_setting('app.merchant'::text, true), ''::text) IS NULL)"
WITHOUT_MERCHANT = ("nobody", "PERMISSIVE", "{public}", "SELECT", _NOBODY, None)
RIGHTS = """
SELECT table_name, array_agg(privilege_type::text ORDER BY privilege_type::text) AS rights
FROM information_schema.role_table_grants
WHERE grantee = 'abruf_app' AND table_schema = 'public' GROUP BY table_name
"""
CHANGED = """
SELECT table_name, column_name FROM information_schema.column_privileges
WHERE grantee = 'abruf_app' AND table_schema = 'public' AND privilege_type = 'UPDATE'
"""
FORBIDDEN = {
    "views": "SELECT viewname FROM pg_views WHERE schemaname = 'public'",
    "materialised views": "SELECT matviewname FROM pg_matviews",
    "triggers": "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal",
    "sequences": "SELECT relname FROM pg_class WHERE relkind = 'S'",
    "enum types": "SELECT typname FROM pg_type WHERE typtype = 'e'",
    "rules": "SELECT rulename FROM pg_rules WHERE schemaname = 'public'",
}


@pytest.fixture
def rows(shared_database: Database) -> Any:
    """Run a statement on the catalogue and give its rows."""

    async def run(sql: str) -> list[Any]:
        async with shared_database.engine.connect() as connection:
            return list((await connection.execute(text(sql))).all())

    return run


async def test_the_tables_without_a_merchant_are_these_four(rows) -> None:
    tables = {table.tablename for table in await rows(TABLES)}
    keyed = {
        it.owner for it in await rows(INDEXES) if it.indisprimary and "merchant_id" in it.columns
    }
    assert tables - keyed == GLOBAL


async def test_a_tenants_table_begins_with_merchant_id_and_id_as_its_key(rows) -> None:
    columns = await rows(COLUMNS)
    first = {
        (each.table_name, each.ordinal_position): (
            each.column_name,
            each.udt_name,
            each.is_nullable,
        )
        for each in columns
    }
    tenants = {it.table_name for it in columns} - GLOBAL
    keys = {it.owner: it.columns for it in await rows(INDEXES) if it.indisprimary}
    assert [table for table in tenants if keys.get(table) != ["merchant_id", "id"]] == []
    assert {first[table, 1] for table in tenants} == {("merchant_id", "uuid", "NO")}
    assert {first[table, 2] for table in tenants} == {("id", "uuid", "NO")}


async def test_every_unique_index_of_a_tenants_table_holds_the_merchant(rows) -> None:
    indexes = [it for it in await rows(INDEXES) if it.indisunique and it.owner not in GLOBAL]
    assert [it.name for it in indexes if "merchant_id" not in it.columns] == []


async def test_a_foreign_key_stays_within_the_merchant_and_deletes_plainly(rows) -> None:
    keys = [it for it in await rows(CONSTRAINTS) if it.kind == "f"]
    ours = {(it.columns[0], len(it.columns) - len(it.targets), *it.targets[:2]) for it in keys}
    assert ours == {("merchant_id", 0, "merchant_id", "id")}
    plain = {"c", "r", "a"}  # CASCADE, RESTRICT, NO ACTION
    assert [it.name for it in keys if not {it.on_delete, it.on_update} <= plain] == []
    assert [it.name for it in keys if it.condeferrable] == []
    assert [it.name for it in keys if {it.owner, it.target} & GLOBAL] == []


async def test_every_foreign_key_has_an_index_that_begins_with_its_columns(rows) -> None:
    begins = {(it.owner, *it.columns[:2]) for it in await rows(INDEXES)}
    keys = [it for it in await rows(CONSTRAINTS) if it.kind == "f"]
    assert [it.name for it in keys if (it.owner, *it.columns[:2]) not in begins] == []


@pytest.mark.parametrize("kind", FORBIDDEN)
async def test_there_are_none_of_what_a_shard_cannot_have(rows, kind: str) -> None:
    assert await rows(FORBIDDEN[kind]) == []


async def test_no_column_counts_by_itself(rows) -> None:
    columns = await rows(COLUMNS)
    assert [it for it in columns if it.is_identity == "YES" or "nextval" in it.value] == []


async def test_names_are_short_enough_for_a_shards_number_behind_them(rows) -> None:
    names = [it.name for it in [*await rows(INDEXES), *await rows(CONSTRAINTS)]]
    assert [name for name in names if len(name) > LONGEST_NAME] == []


async def test_a_tenants_table_shows_and_takes_only_rows_of_the_merchant_that_is_set(rows) -> None:
    walled = {(it.relname, it.relrowsecurity, it.relforcerowsecurity) for it in await rows(WALLED)}
    tenants = {it.table_name for it in await rows(COLUMNS)} - GLOBAL
    advice = "the migration of a new table calls migrations.walls.build"
    walled_off = tenants | {KEYS}
    assert walled == {(table, True, True) for table in walled_off}, advice
    policies = [tuple(it) for it in await rows(POLICIES)]
    kept = [(table, *POLICY) for table in walled_off]
    found = [(table, *WITHOUT_MERCHANT) for table in (KEYS, *FOUND_TABLES)]
    assert policies == sorted([*kept, *found], key=lambda it: it[:2]), advice


async def test_what_is_found_without_its_merchant_are_ids_numbers_instants_and_names(rows) -> None:
    columns = {(it.table_name, it.column_name, it.udt_name) for it in await rows(COLUMNS)}
    found = {it for it in columns if it[0] in FOUND_TABLES}
    texts = {it[:2] for it in found if it[2] not in {"uuid", "int8", "timestamptz", "bool"}}
    names = {("merchant_counters", "name"), ("journal_followers", "name"), ("due", "kind")}
    assert texts == names


async def test_the_application_only_reads_what_is_not_behind_the_wall(rows) -> None:
    rights = {it.table_name: it.rights for it in await rows(RIGHTS)}
    tenants = {it.table_name for it in await rows(COLUMNS)} - GLOBAL
    assert rights == {
        **{table: ["DELETE", "INSERT", "SELECT", "UPDATE"] for table in tenants},
        "journal": ["INSERT", "SELECT"],
        "merchant_secrets": ["SELECT"],
        **{table: ["SELECT"] for table in GLOBAL},
        **{table: ["INSERT", "SELECT"] for table in (KEYS, OF_PAGES)},
    }
    changed = {(it.table_name, it.column_name) for it in await rows(CHANGED)}
    assert {it for it in changed if it[0] in GLOBAL} == {
        (KEYS, "last_used_at"),
        (KEYS, "revoked_at"),
    }


async def test_the_migrations_make_what_the_models_say(
    rows, new_database: Callable[[str], str]
) -> None:
    made = create_async_engine(await asyncio.to_thread(new_database, "models"))
    async with made.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
        meant = (await connection.execute(text(DEFINITIONS))).all()
    await made.dispose()
    assert set(await rows(DEFINITIONS)) ^ set(meant) == set(), "make migration m=..."
