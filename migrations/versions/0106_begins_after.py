"""Interchanges know after which one numbers begin again with them, of what comes from now on.

Only transmissions of one day are compared by it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0106"
down_revision = "0105"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("interchanges", sa.Column("begins_after", sa.Text(), nullable=True))
    op.create_index(
        "ix_interchanges_begun_partner_id_prepared",
        "interchanges",
        ["merchant_id", "partner_id", "prepared"],
        postgresql_where=sa.text("begins_after IS NOT NULL"),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_interchanges_begun_partner_id_prepared", table_name="interchanges")
    op.drop_column("interchanges", "begins_after")
