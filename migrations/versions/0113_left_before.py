"""Releases without what was on its way know what had left by then: an opening balance may come late.

Of those that are there it is what their line of that says. One where nothing was on its way looks
like any other, and counts as one.
"""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0113"
down_revision = "0112"
branch_labels = None
depends_on = None

TABLE, COLUMN = "releases", "left_before"
RULE = "counters_not_negative"
BEFORE = ("cumulative_received", "production_go_ahead", "material_go_ahead", "rest_of_forecast")
HELD = "nullif(current_setting('app.merchant'), '')::uuid"
KNOWN = f"""
UPDATE releases SET left_before =
    greatest(line.quantity + releases.cumulative_received - period.opening, 0)
FROM schedule_lines line, account_periods period
WHERE releases.merchant_id = {HELD} AND line.merchant_id = {HELD} AND period.merchant_id = {HELD}
AND line.release_id = releases.id AND line.code = 'IN_TRANSIT'
AND period.id = releases.period_id
"""


def _rule(*columns: str) -> None:
    name = op.f(f"ck_{TABLE}_{RULE}")
    op.drop_constraint(name, TABLE)
    op.create_check_constraint(name, TABLE, f"least({', '.join(columns)}) >= 0")


def upgrade() -> None:
    """Apply."""
    op.add_column(TABLE, sa.Column(COLUMN, sa.Numeric(18, 6), nullable=True))
    walls.for_each_merchant(KNOWN)
    _rule(*BEFORE, COLUMN)


def downgrade() -> None:
    """Undo."""
    _rule(*BEFORE)
    op.drop_column(TABLE, COLUMN)
