"""The last interchange that was accepted of a partner is found, however many there are."""

import sqlalchemy as sa
from alembic import op

revision = "0089"
down_revision = "0088"
branch_labels = None
depends_on = None

_NAME = "ix_interchanges_accepted_partner_id_recipient_received"


def upgrade() -> None:
    """Apply."""
    op.create_index(
        _NAME,
        "interchanges",
        ["merchant_id", "partner_id", "recipient", "received_at", "id"],
        postgresql_where=sa.text("state = 'ACCEPTED'"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index(_NAME, "interchanges")
