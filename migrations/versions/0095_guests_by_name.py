"""Orders of guests are found by the guest's name, from its first or its last word on."""

import sqlalchemy as sa
from alembic import op

revision = "0095"
down_revision = "0094"
branch_labels = None
depends_on = None

# At once, so that the table is written anew once.
ADD = r"""
ALTER TABLE orders
ADD COLUMN guest_name_folded text COLLATE "C"
    GENERATED ALWAYS AS (folded(guest ->> 'name')) STORED,
ADD COLUMN guest_surname_folded text COLLATE "C"
    GENERATED ALWAYS AS (
        folded(regexp_replace(guest ->> 'name', '^(.*\S)\s+(\S+)$', '\2 \1'))
    ) STORED
"""
NAMES = ("guest_name_folded", "guest_surname_folded")


def upgrade() -> None:
    """Apply."""
    op.execute(ADD)
    for name in NAMES:
        op.create_index(
            f"ix_orders_{name}_id",
            "orders",
            ["merchant_id", name, "id"],
            postgresql_where=sa.text(f"{name} IS NOT NULL"),
        )


def downgrade() -> None:
    """Undo."""
    for name in NAMES:
        op.drop_column("orders", name)
