"""What a contract line agrees on beside its target keeps the packaging in which it was counted."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

PREFIXES = ("min_", "max_", "lot_", "min_per_call_off_", "max_per_call_off_")


def upgrade() -> None:
    """Apply; what is there was counted in the product's unit."""
    for prefix in PREFIXES:
        key, content = f"{prefix}packaging_id", f"{prefix}packaging_content"
        op.add_column("contract_lines", sa.Column(key, sa.Uuid()))
        op.add_column("contract_lines", sa.Column(content, sa.Numeric(18, 6)))
        op.create_check_constraint(
            op.f(f"ck_contract_lines_{prefix}packaging_whole"),
            "contract_lines",
            f"num_nulls({key}, {content}) IN (0, 2)",
        )
        op.create_index(
            f"ix_contract_lines_{key}",
            "contract_lines",
            ["merchant_id", key],
            postgresql_where=sa.text(f"{key} IS NOT NULL"),
        )
        op.create_foreign_key(
            op.f(f"fk_contract_lines_{key}"),
            "contract_lines",
            "packagings",
            ["merchant_id", key, content],
            ["merchant_id", "id", "content"],
            ondelete="RESTRICT",
        )


def downgrade() -> None:
    """Undo; what was counted in packagings stays a quantity in the product's unit."""
    for prefix in PREFIXES:
        for name in ("packaging_content", "packaging_id"):
            op.drop_column("contract_lines", f"{prefix}{name}")
