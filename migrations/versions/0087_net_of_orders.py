"""Orders keep what they come to, so that an index sorts and filters by it."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0087"
down_revision = "0083"
branch_labels = None
depends_on = None

HELD = "nullif(current_setting('app.merchant'), '')::uuid"
DIGITS = """
CASE
    WHEN currency IN ('BIF', 'CLP', 'DJF', 'GNF', 'ISK', 'JPY', 'KMF', 'KRW', 'PYG', 'RWF', 'UGX',
        'UYI', 'VND', 'VUV', 'XAF', 'XOF', 'XPF') THEN 0
    WHEN currency IN ('BHD', 'IQD', 'JOD', 'KWD', 'LYD', 'OMR', 'TND') THEN 3
    WHEN currency IN ('CLF', 'UYW') THEN 4
    ELSE 2
END
"""
"""Digits of the minor units of ISO 4217, as they are when this is written."""
LINES = f"""
SELECT order_id, unit_price, discount_percent, discount_amount, order_discount, ordered,
    CASE WHEN costs_whole THEN ordered ELSE ordered - cancelled END AS wanted, {DIGITS} AS digits
FROM order_lines WHERE merchant_id = {HELD}
"""
# 48 digits decide how to round, as in models.trade.orders.amounts.
PART = f"* 1.{'0' * 48} * wanted / nullif(ordered, 0), digits)"
COSTS = f"""
SELECT order_id, max(digits) AS digits, sum(
    CASE WHEN wanted = 0 THEN 0 ELSE wanted * unit_price * (100 - discount_percent) * 0.01 END
    - round(discount_amount {PART} - round(order_discount {PART}) AS net
FROM ({LINES}) AS each_line GROUP BY order_id
HAVING count(unit_price) FILTER (WHERE wanted <> 0) = count(*) FILTER (WHERE wanted <> 0)
"""
FILL = f"""
UPDATE orders SET net = round(costs.net + charged, digits) FROM ({COSTS}) AS costs
WHERE orders.merchant_id = {HELD} AND orders.id = costs.order_id
"""
RANK = "floor(least(coalesce(net * 10000, -1), 1000000000000000000))::bigint"
RANKED = {"": [], "party_id_": ["party_id"], "currency_": ["currency"]}


def upgrade() -> None:
    """Apply."""
    op.add_column("orders", sa.Column("net", sa.Numeric()))
    walls.for_each_merchant(FILL)
    made = sa.Computed(RANK, persisted=True)
    rank: sa.Column[int] = sa.Column("net_rank", sa.BigInteger(), made, nullable=False)
    op.add_column("orders", rank)
    for name, columns in RANKED.items():
        op.create_index(
            f"ix_orders_{name}net_rank_id", "orders", ["merchant_id", *columns, "net_rank", "id"]
        )


def downgrade() -> None:
    """Undo."""
    for name in RANKED:
        op.drop_index(f"ix_orders_{name}net_rank_id", "orders")
    op.drop_column("orders", "net_rank")
    op.drop_column("orders", "net")
