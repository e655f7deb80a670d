"""An attempt says which version of its endpoint was sent it."""

import sqlalchemy as sa
from alembic import op

revision = "0116"
down_revision = "0115"
branch_labels = None
depends_on = None

FORGETS = {"webhook_attempts.version"}


def upgrade() -> None:
    """Apply."""
    op.add_column("webhook_attempts", sa.Column("version", sa.BigInteger()))


def downgrade() -> None:
    """Undo."""
    op.drop_column("webhook_attempts", "version")
