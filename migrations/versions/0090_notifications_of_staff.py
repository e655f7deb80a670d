"""A notification says whether its reader is told of it as one of the merchant's staff."""

import sqlalchemy as sa
from alembic import op

revision = "0090"
down_revision = "0089"
branch_labels = None
depends_on = None

FORGETS = {"notifications.is_staff"}


def upgrade() -> None:
    """Apply."""
    told: sa.Column[bool] = sa.Column(
        "is_staff", sa.Boolean(), server_default="false", nullable=False
    )
    op.add_column("notifications", told)


def downgrade() -> None:
    """Undo."""
    op.drop_column("notifications", "is_staff")
