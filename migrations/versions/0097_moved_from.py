"""Lines of deliveries know for which window they were planned before somebody moved them.

Of those that have not left and answer a schedule it is the window for which they were called off,
where somebody has moved them, or sent them once more.
"""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0097"
down_revision = "0096"
branch_labels = None
depends_on = None

LINES = "delivery_lines"
_NAMES = "moved_from_earliest", "moved_from_latest"
_MOVED = """
UPDATE delivery_lines part
SET moved_from_earliest = line.window_earliest, moved_from_latest = line.window_latest
FROM deliveries delivery, order_lines line
WHERE part.merchant_id = nullif(current_setting('app.merchant'), '')::uuid
    AND delivery.merchant_id = part.merchant_id AND delivery.id = part.delivery_id
    AND line.merchant_id = part.merchant_id AND line.id = part.order_line_id
    AND delivery.state IN ('PLANNED', 'RELEASED', 'PICKING', 'PACKED')
    AND line.schedule_line_id IS NOT NULL AND line.window_earliest IS NOT NULL
    AND (delivery.reships_id IS NOT NULL OR EXISTS (
        SELECT FROM journal entry
        WHERE entry.merchant_id = delivery.merchant_id AND entry.aggregate_id = delivery.id
            AND entry.type = 'delivery.rescheduled'
    ))
"""


def upgrade() -> None:
    """Apply."""
    for name in _NAMES:
        op.add_column(LINES, sa.Column(name, sa.DateTime(timezone=True)))
    walls.for_each_merchant(_MOVED)
    op.create_check_constraint(
        op.f("ck_delivery_lines_moved_from_whole"),
        LINES,
        "num_nulls(moved_from_earliest, moved_from_latest) IN (0, 2)",
    )


def downgrade() -> None:
    """Undo."""
    op.drop_constraint(op.f("ck_delivery_lines_moved_from_whole"), LINES)
    for name in _NAMES:
        op.drop_column(LINES, name)
