"""What amendments offer and contracts guarantee keeps the packaging in which it was counted."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

COUNTING = (("order_lines", "offered_"), ("guarantees", ""))


def upgrade() -> None:
    """Apply; what is there was counted in the product's unit."""
    for table, prefix in COUNTING:
        key, content = f"{prefix}packaging_id", f"{prefix}packaging_content"
        op.add_column(table, sa.Column(key, sa.Uuid()))
        op.add_column(table, sa.Column(content, sa.Numeric(18, 6)))
        whole = f"num_nulls({key}, {content}) IN (0, 2)"
        op.create_check_constraint(op.f(f"ck_{table}_{prefix}packaging_whole"), table, whole)
        op.create_index(
            f"ix_{table}_{key}",
            table,
            ["merchant_id", key],
            postgresql_where=sa.text(f"{key} IS NOT NULL"),
        )
        op.create_foreign_key(
            op.f(f"fk_{table}_{key}"),
            table,
            "packagings",
            ["merchant_id", key, content],
            ["merchant_id", "id", "content"],
            ondelete="RESTRICT",
        )


def downgrade() -> None:
    """Undo; what was counted in packagings stays a quantity in the product's unit."""
    for table, prefix in COUNTING:
        for name in ("packaging_content", "packaging_id"):
            op.drop_column(table, f"{prefix}{name}")
