"""Where a carrier shows where a parcel is."""

import sqlalchemy as sa
from alembic import op

revision = "0049"
down_revision = "0048"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("parties", sa.Column("tracking_url", sa.Text()))
    op.create_check_constraint(
        op.f("ck_parties_tracking_url_form"), "parties", "tracking_url LIKE 'https://%{number}%'"
    )


def downgrade() -> None:
    """Undo."""
    op.drop_constraint(op.f("ck_parties_tracking_url_form"), "parties")
    op.drop_column("parties", "tracking_url")
