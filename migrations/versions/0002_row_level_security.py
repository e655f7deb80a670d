"""Row-level security: the second wall between merchants."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TENANTS = """
SELECT table_name FROM information_schema.columns
WHERE table_schema = 'public' AND column_name = 'merchant_id' AND ordinal_position = 1
ORDER BY table_name
"""
SET_MERCHANT = """
CREATE FUNCTION set_merchant(merchant uuid) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('SET LOCAL app.merchant = %L', coalesce(merchant::text, ''));
END
$$
"""


def upgrade() -> None:
    """Apply."""
    op.execute(SET_MERCHANT)
    for table in op.get_bind().scalars(sa.text(TENANTS)).all():
        walls.build(table)


def downgrade() -> None:
    """Undo."""
    for table in op.get_bind().scalars(sa.text(TENANTS)).all():
        op.execute(f"DROP POLICY merchant ON {table}")
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
        op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
    op.execute("DROP FUNCTION set_merchant(uuid)")
