"""Channels say whether customers may cancel what no delivery has taken; none of those there does."""

import sqlalchemy as sa
from alembic import op

revision = "0051"
down_revision = "0050"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "channels",
        sa.Column("withdrawable", sa.Boolean(), server_default="false", nullable=False),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_column("channels", "withdrawable")
