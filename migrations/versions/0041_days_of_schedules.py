"""Schedule lines know the days on which they leave and arrive."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0041"
down_revision = "0040"
branch_labels = None
depends_on = None

LINES, DAYS = "schedule_lines", ("ships_on", "arrives_on")
FIRST = "(window_earliest AT TIME ZONE window_zone)::date"
# Calendars played no part until now: days of transit of what is there are days of any kind.
COUNT = f"""
UPDATE schedule_lines SET
    ships_on = CASE date_meaning WHEN 'ARRIVAL' THEN {FIRST} - transit_days::integer
        ELSE {FIRST} END,
    arrives_on = CASE date_meaning WHEN 'ARRIVAL' THEN {FIRST}
        ELSE {FIRST} + transit_days::integer END
WHERE merchant_id = nullif(current_setting('app.merchant'), '')::uuid
"""


def upgrade() -> None:
    """Apply."""
    for name in DAYS:
        op.add_column(LINES, sa.Column(name, sa.Date()))
    walls.for_each_merchant(COUNT)
    for name in DAYS:
        op.alter_column(LINES, name, nullable=False)


def downgrade() -> None:
    """Undo."""
    for name in DAYS:
        op.drop_column(LINES, name)
