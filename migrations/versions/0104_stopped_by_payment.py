"""What owes goods is found by whose rule stops it and what is known of its payment."""

import sqlalchemy as sa
from alembic import op

revision = "0104"
down_revision = "0103"
branch_labels = None
depends_on = None

ORDERS, PARTIES, RULED = "orders", "parties", "ix_parties_ruled_id"
INDEXES = {
    f"ix_orders_owing_{of}_payment_state_id": ["merchant_id", of, "payment_state", "id"]
    for of in ("channel_id", "party_id")
}


def upgrade() -> None:
    """Apply."""
    for name, columns in INDEXES.items():
        op.create_index(name, ORDERS, columns, postgresql_where=sa.text("is_owing"))
    own = sa.text("release_when IS NOT NULL")
    op.create_index(RULED, PARTIES, ["merchant_id", "id"], postgresql_where=own)


def downgrade() -> None:
    """Undo."""
    for name in INDEXES:
        op.drop_index(name, ORDERS)
    op.drop_index(RULED, PARTIES)
