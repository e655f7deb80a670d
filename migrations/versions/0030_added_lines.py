"""Lines that were added to an order that was there: no import takes them out.

Which of the lines that are there already were, nobody can tell: none of them counts as added.
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "order_lines", sa.Column("added", sa.Boolean(), server_default="false", nullable=False)
    )


def downgrade() -> None:
    """Undo."""
    op.drop_column("order_lines", "added")
