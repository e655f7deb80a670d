"""Lines of which something is neither cancelled nor shipped are found by an index of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0050"
down_revision = "0049"
branch_labels = None
depends_on = None

NAME, TABLE = "ix_order_lines_id", "order_lines"


def upgrade() -> None:
    """Apply."""
    owing = sa.text("ordered - cancelled - shipped > 0")
    op.create_index(NAME, TABLE, ["merchant_id", "id"], postgresql_where=owing)


def downgrade() -> None:
    """Undo."""
    op.drop_index(NAME, TABLE)
