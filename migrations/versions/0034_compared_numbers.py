"""Tracking numbers as they are compared, in a column: behind the wall only that finds by an index."""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None

COMPARED = (
    "translate(number, 'abcdefghijklmnopqrstuvwxyz '::text, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'::text)"
)


def upgrade() -> None:
    """Apply."""
    op.drop_index("ix_tracking_numbers_compared", "tracking_numbers")
    column = sa.Column(
        "number_compared", sa.Text(), sa.Computed(COMPARED, persisted=True), nullable=False
    )
    op.add_column("tracking_numbers", column)
    op.create_index(
        "ix_tracking_numbers_number_compared",
        "tracking_numbers",
        ["merchant_id", "number_compared"],
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_tracking_numbers_number_compared", "tracking_numbers")
    op.drop_column("tracking_numbers", "number_compared")
    op.create_index(
        "ix_tracking_numbers_compared", "tracking_numbers", ["merchant_id", sa.text(COMPARED)]
    )
