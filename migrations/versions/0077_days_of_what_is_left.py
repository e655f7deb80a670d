"""Schedule lines know the day that is wanted, and the days of what is left of buckets.

Releases know what is forecast without a day.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.sql.elements import conv

from migrations import walls

revision = "0077"
down_revision = "0076"
branch_labels = None
depends_on = None

LINES, RELEASES = "schedule_lines", "releases"
SIGN = conv("ck_releases_counters_not_negative")
FIGURES = "cumulative_received, production_go_ahead, material_go_ahead"
BEFORE, NOW = (f"least({it}) >= 0" for it in (FIGURES, f"{FIGURES}, rest_of_forecast"))
REST = ("rest_ships_on", "rest_arrives_on")
WANTED = f"""
UPDATE {LINES} SET arrives_on = wanted_on
WHERE merchant_id = nullif(current_setting('app.merchant'), '')::uuid AND wanted_on IS NOT NULL
"""


def upgrade() -> None:
    """Apply: lines that are there stand by the calendars of then, and arrive when they are wanted."""
    op.add_column(LINES, sa.Column("wanted_on", sa.Date()))
    for name in REST:
        op.add_column(LINES, sa.Column(name, sa.ARRAY(sa.Date())))
    op.add_column(RELEASES, sa.Column("rest_of_forecast", sa.Numeric(18, 6)))
    op.drop_constraint(SIGN, RELEASES)
    op.create_check_constraint(SIGN, RELEASES, NOW)


def downgrade() -> None:
    """Undo: horizons look at the day of arrival again."""
    op.drop_constraint(SIGN, RELEASES)
    op.drop_column(RELEASES, "rest_of_forecast")
    op.create_check_constraint(SIGN, RELEASES, BEFORE)
    walls.for_each_merchant(WANTED)
    for name in (*REST, "wanted_on"):
        op.drop_column(LINES, name)
