"""How partners write schedules: codes that mean something else, backlog, transit, their zone."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

TABLE = "partner_profiles"


def upgrade() -> None:
    """Apply."""
    op.add_column(
        TABLE,
        sa.Column("schedule_codes", postgresql.JSONB(), server_default="[]", nullable=False),
    )
    for name in ("first_firm_is_backlog", "is_net_of_transit"):
        op.add_column(TABLE, sa.Column(name, sa.Boolean(), server_default="false", nullable=False))
    op.add_column(TABLE, sa.Column("time_zone", sa.Text()))


def downgrade() -> None:
    """Undo."""
    for name in ("schedule_codes", "first_firm_is_backlog", "is_net_of_transit", "time_zone"):
        op.drop_column(TABLE, name)
