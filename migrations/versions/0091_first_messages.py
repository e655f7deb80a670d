"""Which message of an object is the next one for an endpoint is known without asking for others."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0091"
down_revision = "0090"
branch_labels = None
depends_on = None

FORGETS = {"webhook_messages.is_first"}
_TABLE = "webhook_messages"
_OTHERS = """
UPDATE webhook_messages of SET is_first = false
WHERE merchant_id = nullif(current_setting('app.merchant'), '')::uuid AND state = 'PENDING'
    AND EXISTS (
        SELECT FROM webhook_messages before
        WHERE before.merchant_id = of.merchant_id AND before.webhook_id = of.webhook_id
            AND before.state = 'PENDING' AND before.aggregate_id = of.aggregate_id
            AND (before.position, before.id) < (of.position, of.id)
    )
"""


def upgrade() -> None:
    """Apply."""
    first: sa.Column[bool] = sa.Column(
        "is_first", sa.Boolean(), server_default="true", nullable=False
    )
    op.add_column(_TABLE, first)
    walls.for_each_merchant(_OTHERS)
    op.drop_index("ix_webhook_messages_due", _TABLE)
    op.create_index(
        "ix_webhook_messages_first",
        _TABLE,
        ["merchant_id", "webhook_id", "next_at", "position"],
        postgresql_where=sa.text("state = 'PENDING' AND is_first"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_webhook_messages_first", _TABLE)
    op.create_index(
        "ix_webhook_messages_due",
        _TABLE,
        ["merchant_id", "webhook_id", "next_at", "position"],
        postgresql_where=sa.text("state = 'PENDING'"),
    )
    op.drop_column(_TABLE, "is_first")
