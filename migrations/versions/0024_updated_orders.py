"""Lines may be taken out of an order: nothing of them is ordered then."""

from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

TABLE = "order_lines"


def upgrade() -> None:
    """Let a line have nothing ordered."""
    op.drop_constraint(op.f("ck_order_lines_ordered_positive"), TABLE)
    op.create_check_constraint(op.f("ck_order_lines_ordered_not_negative"), TABLE, "ordered >= 0")


def downgrade() -> None:
    """Keep one of what was taken out, cancelled: no line had nothing."""
    op.execute("UPDATE order_lines SET ordered = 1, cancelled = 1 WHERE ordered = 0")
    op.drop_constraint(op.f("ck_order_lines_ordered_not_negative"), TABLE)
    op.create_check_constraint(op.f("ck_order_lines_ordered_positive"), TABLE, "ordered > 0")
