"""Contacts may have a language of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0080"
down_revision = "0079"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("contacts", sa.Column("language", sa.Text(), nullable=True))


def downgrade() -> None:
    """Undo."""
    op.drop_column("contacts", "language")
