"""An order that is imported as closed costs what was ordered, until deliveries of it are recorded.

What was imported before costs what recorded deliveries have told, as it did.
"""

import sqlalchemy as sa
from alembic import op

revision = "0053"
down_revision = "0052"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "order_lines",
        sa.Column("costs_whole", sa.Boolean(), server_default="false", nullable=False),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_column("order_lines", "costs_whole")
