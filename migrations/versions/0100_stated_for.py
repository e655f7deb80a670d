"""Orders know what their taxes were stated for; lines of contracts, what of them went over.

Of orders that are there and whose taxes are not known, the journal tells whether anything but a
cancellation may be why; of lines of contracts, what went over. Of their minimum that is what is
missing and was not recorded as missing.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from migrations import walls

revision = "0100"
down_revision = "0098"
branch_labels = None
depends_on = None

ORDERS, LINES = "orders", "contract_lines"
COUNTERS = ("called_off", "released", "shipped", "delivered", "returned", "received")
CARRIED = ("carried_over", "carried_least")
HELD = "nullif(current_setting('app.merchant'), '')::uuid"
OTHERS = f"""
UPDATE orders SET taxed_without = NULL
WHERE merchant_id = {HELD} AND taxes <> '[]' AND coalesce(taxed, 0) = 0 AND (
    EXISTS (
        SELECT FROM journal entry
        WHERE entry.merchant_id = {HELD} AND entry.aggregate_id = orders.id
            AND entry.type IN ('order.updated', 'order.amounts_stated')
    ) OR EXISTS (
        SELECT FROM order_lines line
        WHERE line.merchant_id = {HELD} AND line.order_id = orders.id
            AND line.replaced_product_id IS NOT NULL
    ))
"""
LESS = f"""
UPDATE orders SET taxed_without = less.amounts
FROM (
    SELECT order_id, jsonb_object_agg(id, trim_scale(cancelled)::text) AS amounts
    FROM order_lines
    WHERE merchant_id = {HELD} AND cancelled > 0 AND NOT costs_whole GROUP BY order_id
) less
WHERE orders.merchant_id = {HELD} AND orders.id = less.order_id AND orders.taxed > 0
"""
OVER = f"""
WITH told AS (
    SELECT over.key::uuid AS id, sum(over.value::numeric) AS amount
    FROM journal entry, jsonb_each_text(entry.payload -> 'lines') over
    WHERE entry.merchant_id = {HELD} AND entry.type = 'contract.carried_over' GROUP BY 1
)
UPDATE contract_lines line SET carried_over = told.amount, carried_least = least(
    told.amount,
    greatest(0, ceil(
        coalesce(line.min_quantity, 0) * (1 - line.under_tolerance_percent / 100)
        * power(10::numeric, line.scale)
    ) / power(10::numeric, line.scale) - line.called_off - coalesce((
        SELECT quantity FROM shortfalls
        WHERE shortfalls.merchant_id = {HELD} AND shortfalls.contract_line_id = line.id
    ), 0))
)
FROM told WHERE line.merchant_id = {HELD} AND line.id = told.id
"""


def _not_negative(*counters: str) -> None:
    name = op.f("ck_contract_lines_counters_not_negative")
    op.drop_constraint(name, LINES)
    op.create_check_constraint(name, LINES, f"least({', '.join(counters)}) >= 0")


def upgrade() -> None:
    """Apply."""
    op.add_column(ORDERS, sa.Column("taxed_without", JSONB(), server_default="{}"))
    for name in CARRIED:
        zero = sa.Column(name, sa.Numeric(18, 6), server_default="0", nullable=False)
        op.add_column(LINES, zero)
    walls.for_each_merchant(OTHERS)
    walls.for_each_merchant(LESS)
    walls.for_each_merchant(OVER)
    _not_negative(*COUNTERS, *CARRIED)


def downgrade() -> None:
    """Undo."""
    _not_negative(*COUNTERS)
    for name in CARRIED:
        op.drop_column(LINES, name)
    op.drop_column(ORDERS, "taxed_without")
