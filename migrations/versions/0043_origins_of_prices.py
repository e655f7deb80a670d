"""Lines of orders know whether their price was stated, or is the merchant's for their quantity.

Nobody knows it of lines that are there: their prices stay, as stated ones do.
"""

import sqlalchemy as sa
from alembic import op

revision = "0043"
down_revision = "0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "order_lines",
        sa.Column("price_stated", sa.Boolean(), server_default="true", nullable=False),
    )


def downgrade() -> None:
    """Revert."""
    op.drop_column("order_lines", "price_stated")
