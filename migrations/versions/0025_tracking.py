"""What carriers take back of what they reported, and numbers compared without spaces and case."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

GIVEN, COMPARED = "abcdefghijklmnopqrstuvwxyz ", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
NUMBER = sa.text(f"translate(number, '{GIVEN}'::text, '{COMPARED}'::text)")


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "tracking_events",
        sa.Column("is_error_declaration", sa.Boolean(), server_default="false", nullable=False),
    )
    op.add_column(
        "tracking_events",
        sa.Column("corrective_event_ids", ARRAY(sa.Text()), server_default="{}", nullable=False),
    )
    op.create_index("ix_tracking_numbers_compared", "tracking_numbers", ["merchant_id", NUMBER])


def downgrade() -> None:
    """Undo. What declared an error is then a report like any other."""
    op.drop_index("ix_tracking_numbers_compared", "tracking_numbers")
    op.drop_column("tracking_events", "corrective_event_ids")
    op.drop_column("tracking_events", "is_error_declaration")
