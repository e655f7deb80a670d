"""The second wall between merchants, for migrations; every table of a merchant gets it."""

from alembic import op
from alembic.autogenerate import renderers
from alembic.autogenerate.api import AutogenContext
from alembic.operations.ops import CreateTableOp, MigrateOperation, MigrationScript
from sqlalchemy import Connection, text

_HELD = "nullif(current_setting('app.merchant', true), '')"
_OWN = f"merchant_id = {_HELD}::uuid"
_EVERYTHING = "SELECT, INSERT, UPDATE, DELETE"
_NARROW = {
    "api_keys": "SELECT, INSERT, UPDATE (last_used_at, revoked_at)",
    "journal": "SELECT, INSERT",
    "merchant_secrets": "SELECT",
}
"""Table -> what the application may do with it, where that is less than everything."""
_OF_NOBODY = {"page_documents": "SELECT, INSERT"}
"""Table of no merchant -> what the application may do with it, where that is more than reading."""
_OF_THE_DATABASE = """
SELECT quote_ident(datname) FROM pg_database
WHERE datname = current_database() AND pg_has_role(current_user, datdba, 'USAGE')
"""
_MAY_CREATE = """
SELECT rolsuper OR rolcreaterole FROM pg_roles
WHERE rolname = current_user AND NOT EXISTS (SELECT FROM pg_roles WHERE rolname = :role)
"""
_IS_THERE = "SELECT true FROM pg_roles WHERE rolname = :role"
_TABLES = """
SELECT relname, relrowsecurity FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
    AND pg_has_role(current_user, relowner, 'USAGE') ORDER BY relname
"""


def build(table: str) -> None:
    """Let a table show and take only rows of the merchant that the setting names."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY merchant ON {table} USING ({_OWN}) WITH CHECK ({_OWN})")


def write(script: MigrationScript) -> None:
    """Add to a script that is being written the wall of every new table of a merchant."""
    for upgrades in script.upgrade_ops_list:
        new = [it for it in upgrades.ops if isinstance(it, CreateTableOp)]
        walled = [it.table_name for it in new if "merchant_id" in it.to_table().c]
        upgrades.ops.extend(Wall(name) for name in walled)
        if walled:
            script.imports.add("from migrations import walls")


class Wall(MigrateOperation):
    """A call of `build` in a script."""

    def __init__(self, table: str) -> None:
        """Take the table's name."""
        self.table = table


@renderers.dispatch_for(Wall)
def _called(_context: AutogenContext, wall: Wall) -> str:
    return f'walls.build("{wall.table}")'


def show_without_merchant(table: str) -> None:
    """Let a table be read also while no merchant is held: a key is found before its merchant."""
    op.execute(f"CREATE POLICY nobody ON {table} FOR SELECT USING ({_HELD} IS NULL)")


def for_each_merchant(change: str) -> None:
    """Change the rows of every merchant: row-level security binds the owner too."""
    connection = op.get_bind()
    for merchant in connection.scalars(text("SELECT id FROM merchants")).all():
        connection.execute(text("SELECT set_merchant(:merchant)"), {"merchant": merchant})
        connection.execute(text(change))
    connection.execute(text("SELECT set_merchant(NULL)"))


def grant(connection: Connection, role: str) -> None:
    """Let the application's role write what is behind the wall, and read the rest; no more.

    The role is created where it is missing and we may, for whom we are to become. Where it can
    not be had nothing is granted; the server then says at its start what is missing.
    """
    name = connection.dialect.identifier_preparer.quote(role)
    if connection.scalar(text(_MAY_CREATE), {"role": role}):
        connection.execute(text(f"CREATE ROLE {name} NOLOGIN"))
        connection.execute(text(f"GRANT {name} TO CURRENT_USER"))
    if not connection.scalar(text(_IS_THERE), {"role": role}):
        return
    if database := connection.scalar(text(_OF_THE_DATABASE)):
        # What everybody may on a new database; who owns it keeps it. Since PostgreSQL 15 the
        # schema belongs to whoever owns the database.
        connection.execute(text(f"REVOKE CREATE, TEMPORARY ON DATABASE {database} FROM PUBLIC"))
        connection.execute(text("REVOKE CREATE ON SCHEMA public FROM PUBLIC"))
    connection.execute(text(f"GRANT USAGE ON SCHEMA public TO {name}"))
    for table, walled in connection.execute(text(_TABLES)).all():
        others, known = (_EVERYTHING, _NARROW) if walled else ("SELECT", _OF_NOBODY)
        rights = known.get(table, others)
        connection.execute(text(f"REVOKE ALL ON {table} FROM PUBLIC, {name}"))
        connection.execute(text(f"GRANT {rights} ON {table} TO {name}"))
