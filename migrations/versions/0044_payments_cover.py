"""A payment that is there in full, without an amount, covers what its order costs, and no more.

Of what was reported before, that is what the order costs now; where nobody knows that, it goes on
to stand for all of it.
"""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0044"
down_revision = "0043"
branch_labels = None
depends_on = None

OWN = "UPDATE payments SET covers = amount WHERE amount IS NOT NULL"
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
SELECT order_id, unit_price, ordered - cancelled AS wanted, discount_percent,
    (ordered - cancelled) / nullif(ordered, 0) AS part, discount_amount, order_discount,
    {DIGITS} AS digits
FROM order_lines
"""
COSTS = f"""
SELECT order_id, max(digits) AS digits, sum(
    CASE WHEN wanted = 0 THEN 0 ELSE wanted * unit_price * (100 - discount_percent) * 0.01 END
    - round(discount_amount * coalesce(part, 0), digits)
    - round(order_discount * coalesce(part, 0), digits)
) AS net
FROM ({LINES}) AS each_line GROUP BY order_id
HAVING count(unit_price) FILTER (WHERE wanted <> 0) = count(*) FILTER (WHERE wanted <> 0)
"""
WHOLE = f"""
UPDATE payments SET covers = round(net + charged + coalesce(taxed, 0), digits)
FROM orders JOIN ({COSTS}) AS costs ON costs.order_id = orders.id
WHERE orders.id = payments.order_id AND amount IS NULL AND payments.state IN ('AUTHORISED', 'PAID')
"""


def upgrade() -> None:
    """Apply."""
    op.add_column("payments", sa.Column("covers", sa.Numeric(18, 6)))
    for change in (OWN, WHOLE):
        walls.for_each_merchant(change)
    op.create_check_constraint(
        op.f("ck_payments_covers_its_amount"), "payments", "covers = amount OR amount IS NULL"
    )


def downgrade() -> None:
    """Undo."""
    op.drop_constraint(op.f("ck_payments_covers_its_amount"), "payments")
    op.drop_column("payments", "covers")
