"""Moved deliveries: when somebody gave one another window, which no plan takes back."""

from alembic import op
import sqlalchemy as sa

revision = "0072"
down_revision = "0071"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply; of what has not left the journal tells it."""
    op.add_column("deliveries", sa.Column("moved_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        """
        UPDATE deliveries SET moved_at = moved.at
        FROM (
            SELECT merchant_id, aggregate_id, max(recorded_at) AS at FROM journal
            WHERE type = 'delivery.rescheduled' GROUP BY merchant_id, aggregate_id
        ) AS moved
        WHERE moved.merchant_id = deliveries.merchant_id AND moved.aggregate_id = deliveries.id
        AND deliveries.state = 'PLANNED'
        """
    )


def downgrade() -> None:
    """Undo."""
    op.drop_column("deliveries", "moved_at")
