"""Periods of accounts know what their customer had beyond all that was issued, before its figure.

What was told with a note before that stays as it was reconciled.
"""

import sqlalchemy as sa
from alembic import op

revision = "0068"
down_revision = "0071"
branch_labels = None
depends_on = None

PERIODS = "account_periods"
FIGURES = "opening, opening_received, received, reconciled_received"


def _check(columns: str) -> None:
    name = op.f(f"ck_{PERIODS}_counters_not_negative")
    op.drop_constraint(name, PERIODS)
    op.create_check_constraint(name, PERIODS, f"least({columns}) >= 0")


def upgrade() -> None:
    """Apply."""
    surplus = sa.Column("surplus", sa.Numeric(18, 6), server_default="0", nullable=False)
    op.add_column(PERIODS, surplus)
    _check(f"{FIGURES}, {surplus.name}")


def downgrade() -> None:
    """Undo."""
    _check(FIGURES)
    op.drop_column(PERIODS, "surplus")
