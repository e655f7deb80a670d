"""Orders tell their discount, charges and taxes; what was ordered before has none."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

AMOUNT = sa.Numeric(18, 6)
SUMS = {"orders": ("charged",), "order_lines": ("discount_amount", "order_discount")}
CHECKS = {
    "orders": {
        "discount_stated_once": "num_nonnulls(discount_percent, discount_amount) <= 1",
        "discount_percent_range": "discount_percent BETWEEN 0 AND 100",
        "amounts_not_negative": "least(discount_amount, charged, taxed) >= 0",
    },
    "order_lines": {"discounts_not_negative": "least(discount_amount, order_discount) >= 0"},
}


def upgrade() -> None:
    """Apply."""
    op.add_column("orders", sa.Column("discount_percent", sa.Numeric(9, 6)))
    for name in ("discount_amount", "taxed"):
        op.add_column("orders", sa.Column(name, AMOUNT))
    for name in ("charges", "taxes"):
        listed = JSONB()
        op.add_column("orders", sa.Column(name, listed, server_default="[]", nullable=False))
    for table, names in SUMS.items():
        for name in names:
            column = sa.Column(name, AMOUNT, server_default="0", nullable=False)
            op.add_column(table, column)
    for table, rules in CHECKS.items():
        for name, rule in rules.items():
            op.create_check_constraint(op.f(f"ck_{table}_{name}"), table, rule)


def downgrade() -> None:
    """Undo. What discounts, charges and taxes came to is forgotten."""
    for table, rules in CHECKS.items():
        for name in rules:
            op.drop_constraint(op.f(f"ck_{table}_{name}"), table)
    for name in ("discount_percent", "discount_amount", "taxed", "charges", "taxes"):
        op.drop_column("orders", name)
    for table, names in SUMS.items():
        for name in names:
            op.drop_column(table, name)
