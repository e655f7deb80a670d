"""Deliveries that are recorded have a reference of their own, by which they are found again."""

import sqlalchemy as sa
from alembic import op

revision = "0040"
down_revision = "0039"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("deliveries", sa.Column("external_reference", sa.Text(), nullable=True))
    op.create_index(
        "uq_deliveries_external_reference",
        "deliveries",
        ["merchant_id", "external_reference", "channel_id"],
        unique=True,
        postgresql_where=sa.text("external_reference IS NOT NULL"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("uq_deliveries_external_reference", "deliveries")
    op.drop_column("deliveries", "external_reference")
