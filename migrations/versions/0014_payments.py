"""What is known of payments is recorded, and stops goods by the rule of a party or channel.

Orders that are there go on as before: no payment is required of them, and no rule asks for one.
"""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

FORGETS = {"api_keys.scopes"}
"""Nobody reports payments before."""
STATES = "'NOT_REQUIRED', 'AWAITED', 'AUTHORISED', 'PAID', 'PARTLY_PAID', 'FAILED'"
RULE = "release_when IN ('NOT_FAILED', 'AUTHORISED', 'PAID')"
UNSCOPED = "UPDATE api_keys SET scopes = array_remove(scopes, 'PAYMENTS_WRITE')"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "payments",
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("order_id", sa.Uuid(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(18, 6)),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(f"state IN ({STATES})", name=op.f("ck_payments_state_known")),
        sa.CheckConstraint("amount >= 0", name=op.f("ck_payments_amount_not_negative")),
        sa.ForeignKeyConstraint(
            ["merchant_id", "order_id"],
            ["orders.merchant_id", "orders.id"],
            name=op.f("fk_payments_order_id"),
            ondelete="RESTRICT",
        ),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_payments")),
        sa.UniqueConstraint(
            "merchant_id", "order_id", "reference", "occurred_at", name=op.f("uq_payments_report")
        ),
    )
    walls.build("payments")
    # The default fills the orders that are there; every new one says what is known of it.
    op.add_column(
        "orders",
        sa.Column("payment_state", sa.Text(), server_default="NOT_REQUIRED", nullable=False),
    )
    op.alter_column("orders", "payment_state", server_default=None)
    op.create_check_constraint(
        op.f("ck_orders_payment_state_known"), "orders", f"payment_state IN ({STATES})"
    )
    op.create_index(
        "ix_orders_payment_state_placed_at_id",
        "orders",
        ["merchant_id", "payment_state", "placed_at", "id"],
    )
    for table, default in {"channels": "NOT_FAILED", "parties": None}.items():
        column = sa.Column(
            "release_when", sa.Text(), server_default=default, nullable=default is None
        )
        op.add_column(table, column)
        op.create_check_constraint(op.f(f"ck_{table}_release_when_known"), table, RULE)


def downgrade() -> None:
    """Undo."""
    walls.for_each_merchant(UNSCOPED)
    for table in ("parties", "channels"):
        op.drop_constraint(op.f(f"ck_{table}_release_when_known"), table)
        op.drop_column(table, "release_when")
    op.drop_index("ix_orders_payment_state_placed_at_id", "orders")
    op.drop_constraint(op.f("ck_orders_payment_state_known"), "orders")
    op.drop_column("orders", "payment_state")
    op.drop_table("payments")
