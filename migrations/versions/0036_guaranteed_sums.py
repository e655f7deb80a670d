"""What was called off before a guaranteed line is added up from the index alone."""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

NAME = "ix_order_lines_contract_line_id_wanted_on_called_off_on_id"[:54]
COLUMNS = ["merchant_id", "contract_line_id", "wanted_on", "called_off_on", "id"]


def upgrade() -> None:
    """Apply."""
    _index_anew(["ordered", "cancelled"])


def downgrade() -> None:
    """Undo."""
    _index_anew([])


def _index_anew(beside: list[str]) -> None:
    op.drop_index(NAME, "order_lines")
    op.create_index(
        NAME,
        "order_lines",
        COLUMNS,
        postgresql_include=beside,
        postgresql_where=sa.text("guarantee_id IS NOT NULL"),
    )
