"""What may be delivered beyond a line keeps the packaging in which it was counted."""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None

KEY, CONTENT = "tolerance_packaging_id", "tolerance_packaging_content"


def upgrade() -> None:
    """Apply; what is there was counted in the product's unit."""
    op.add_column("order_lines", sa.Column(KEY, sa.Uuid()))
    op.add_column("order_lines", sa.Column(CONTENT, sa.Numeric(18, 6)))
    op.create_check_constraint(
        op.f("ck_order_lines_tolerance_packaging_whole"),
        "order_lines",
        f"num_nulls({KEY}, {CONTENT}) IN (0, 2)",
    )
    op.create_index(
        f"ix_order_lines_{KEY}",
        "order_lines",
        ["merchant_id", KEY],
        postgresql_where=sa.text(f"{KEY} IS NOT NULL"),
    )
    op.create_foreign_key(
        op.f(f"fk_order_lines_{KEY}"),
        "order_lines",
        "packagings",
        ["merchant_id", KEY, CONTENT],
        ["merchant_id", "id", "content"],
        ondelete="RESTRICT",
    )


def downgrade() -> None:
    """Undo; what was counted in packagings stays a quantity in the product's unit."""
    for name in (CONTENT, KEY):
        op.drop_column("order_lines", name)
