"""Tracking numbers know whether their parcel is voided: those that count are found without them."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0075"
down_revision = "0073"
branch_labels = None
depends_on = None

VOIDED = """
UPDATE tracking_numbers number SET is_voided = true FROM parcels parcel
WHERE number.merchant_id = nullif(current_setting('app.merchant'), '')::uuid
    AND parcel.merchant_id = number.merchant_id AND parcel.id = number.parcel_id
    AND parcel.status = 'VOIDED'
"""
BEFORE = "ix_tracking_numbers_number_compared"
NOW = "ix_tracking_numbers_number_compared_is_voided_added_at"


def upgrade() -> None:
    """Apply."""
    column: sa.Column[bool] = sa.Column("is_voided", sa.Boolean(), server_default="false", nullable=False)
    op.add_column("tracking_numbers", column)
    walls.for_each_merchant(VOIDED)
    op.drop_index(BEFORE, "tracking_numbers")
    op.create_index(
        NOW, "tracking_numbers", ["merchant_id", "number_compared", "is_voided", "added_at"]
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index(NOW, "tracking_numbers")
    op.drop_column("tracking_numbers", "is_voided")
    op.create_index(BEFORE, "tracking_numbers", ["merchant_id", "number_compared"])
