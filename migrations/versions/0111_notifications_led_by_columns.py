"""What a filter of notifications asks for leads to their rows, in the order of the list."""

from alembic import op

revision = "0111"
down_revision = "0110"
branch_labels = None
depends_on = None

TABLE = "notifications"
OWN = ("contact_id", "order_id", "delivery_id", "contract_id")
"""Columns that had an index of their own."""
NEW = ("kind", "address", *OWN)


def upgrade() -> None:
    """Apply."""
    for column in NEW:
        columns = ["merchant_id", column, "created_at", "id"]
        op.create_index(f"ix_{TABLE}_{column}_created_at_id", TABLE, columns)
    for column in OWN:
        op.drop_index(f"ix_{TABLE}_{column}", TABLE)


def downgrade() -> None:
    """Undo."""
    for column in OWN:
        op.create_index(f"ix_{TABLE}_{column}", TABLE, ["merchant_id", column])
    for column in NEW:
        op.drop_index(f"ix_{TABLE}_{column}_created_at_id", TABLE)
