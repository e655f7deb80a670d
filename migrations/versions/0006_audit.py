"""The journal tells from where, under which idempotency key, and by which user."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

COLUMNS = ("actor_subject", "address", "idempotency_key")
INDEX = "ix_journal_actor_key_id_position"


def upgrade() -> None:
    """Apply."""
    for column in COLUMNS:
        op.add_column("journal", sa.Column(column, sa.Text(), nullable=True))
    op.create_index(INDEX, "journal", ["merchant_id", "actor_key_id", "position"])


def downgrade() -> None:
    """Undo."""
    op.drop_index(INDEX, table_name="journal")
    for column in COLUMNS:
        op.drop_column("journal", column)
