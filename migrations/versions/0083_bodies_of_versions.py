"""What a webhook is sent says for which version of the endpoint it was written."""

import sqlalchemy as sa
from alembic import op

revision = "0083"
down_revision = "0082"
branch_labels = None
depends_on = None

FORGETS = {"webhook_messages.body_version"}


def upgrade() -> None:
    """Apply."""
    op.add_column("webhook_messages", sa.Column("body_version", sa.BigInteger()))


def downgrade() -> None:
    """Undo."""
    op.drop_column("webhook_messages", "body_version")
