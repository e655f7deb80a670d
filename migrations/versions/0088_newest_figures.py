"""Periods of accounts know as of when their customer told its newest figure.

Of those that are there nobody knows it: they learn it with the next figure.
"""

import sqlalchemy as sa
from alembic import op

revision = "0088"
down_revision = "0087"
branch_labels = None
depends_on = None

PERIODS = "account_periods"


def upgrade() -> None:
    """Apply."""
    op.add_column(PERIODS, sa.Column("stated_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    """Undo."""
    op.drop_column(PERIODS, "stated_at")
