"""A release knows what it took the place of, so that it can be taken back.

What is in force already does not know, and is taken back by the next one only.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0055"
down_revision = "0054"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("releases", sa.Column("replaced", JSONB(), nullable=True))


def downgrade() -> None:
    """Undo."""
    op.drop_column("releases", "replaced")
