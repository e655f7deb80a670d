"""Contracts end as they say: what is invoiced, and the contract to which what remains goes over."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

FILL = """
UPDATE shortfalls SET currency = contract_lines.currency FROM contract_lines
WHERE shortfalls.merchant_id = nullif(current_setting('app.merchant'), '')::uuid
    AND contract_lines.merchant_id = shortfalls.merchant_id
    AND contract_lines.id = shortfalls.contract_line_id
"""


def upgrade() -> None:
    """Apply."""
    op.create_index(
        "ix_orders_cancel_if_not_by",
        "orders",
        ["merchant_id", "cancel_if_not_by"],
        postgresql_where=sa.text("cancel_if_not_by IS NOT NULL"),
    )
    op.add_column("orders", sa.Column("window_override", sa.Text()))
    op.add_column("contracts", sa.Column("successor_id", sa.Uuid()))
    op.create_foreign_key(
        op.f("fk_contracts_successor_id"),
        "contracts",
        "contracts",
        ["merchant_id", "successor_id"],
        ["merchant_id", "id"],
        ondelete="RESTRICT",
    )
    op.create_index("ix_contracts_successor_id", "contracts", ["merchant_id", "successor_id"])
    op.add_column("shortfalls", sa.Column("amount", sa.Numeric(18, 6)))
    op.add_column("shortfalls", sa.Column("currency", sa.Text()))
    walls.for_each_merchant(FILL)
    op.alter_column("shortfalls", "currency", nullable=False)
    op.create_check_constraint(
        op.f("ck_shortfalls_amount_not_negative"), "shortfalls", "amount >= 0"
    )


def downgrade() -> None:
    """Undo."""
    op.drop_column("shortfalls", "currency")
    op.drop_column("shortfalls", "amount")
    op.drop_column("contracts", "successor_id")
    op.drop_column("orders", "window_override")
    op.drop_index("ix_orders_cancel_if_not_by", "orders")
