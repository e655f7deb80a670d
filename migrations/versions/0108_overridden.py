"""Windows that are promised or offered know whether the reason of their order was said for them.

Of those that are there it counts as before: any that the order has.
"""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0108"
down_revision = "0107"
branch_labels = None
depends_on = None

ORDERS, LINES = "orders", "order_lines"
COLUMNS = ((ORDERS, "confirmed"), (LINES, "confirmed"), (LINES, "offered"))
HELD = "nullif(current_setting('app.merchant'), '')::uuid"
OF_ORDERS = f"""
UPDATE orders SET confirmed_overridden = true
WHERE merchant_id = {HELD} AND window_override IS NOT NULL AND confirmed_latest IS NOT NULL
"""
OF_LINES = f"""
UPDATE order_lines line SET confirmed_overridden = line.confirmed_latest IS NOT NULL,
    offered_overridden = line.offered_latest IS NOT NULL
FROM orders WHERE line.merchant_id = {HELD} AND orders.merchant_id = {HELD}
    AND orders.id = line.order_id AND orders.window_override IS NOT NULL
    AND num_nonnulls(line.confirmed_latest, line.offered_latest) > 0
"""


def upgrade() -> None:
    """Apply."""
    for table, which in COLUMNS:
        added: sa.Column[bool] = sa.Column(
            f"{which}_overridden", sa.Boolean(), server_default="false", nullable=False
        )
        op.add_column(table, added)
    walls.for_each_merchant(OF_ORDERS)
    walls.for_each_merchant(OF_LINES)


def downgrade() -> None:
    """Undo."""
    for table, which in COLUMNS:
        op.drop_column(table, f"{which}_overridden")
