"""The scope READ becomes one for each kind of what is read."""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

FORGETS = {"api_keys.scopes"}
"""READ stands for all scopes of reading: a key that had some of them has none or all then."""

READS = (
    "'CONTRACTS_READ', 'DELIVERIES_READ', 'JOURNAL_READ', 'MASTER_DATA_READ', 'ORDERS_READ'"
)


def upgrade() -> None:
    """Apply."""
    op.execute(
        f"UPDATE api_keys SET scopes = array_remove(scopes, 'READ') || ARRAY[{READS}]"
        " WHERE 'READ' = ANY(scopes)"
    )


def downgrade() -> None:
    """Undo; a key that reads only something may read nothing then."""
    op.execute(
        "UPDATE api_keys SET scopes = ARRAY("
        f"SELECT it FROM unnest(scopes) it WHERE it NOT IN ({READS})) || "
        f"CASE WHEN scopes @> ARRAY[{READS}] THEN ARRAY['READ'] ELSE ARRAY[]::text[] END"
    )
