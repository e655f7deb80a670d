"""Entries of the journal know the span of the request that wrote them."""

import sqlalchemy as sa
from alembic import op

revision = "0079"
down_revision = "0078"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("journal", sa.Column("written_by", sa.Text(), nullable=True))


def downgrade() -> None:
    """Undo."""
    op.drop_column("journal", "written_by")
