"""Lines tell what the merchant has said to them, and what waits for an answer."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TABLE = "order_lines"
COLUMNS: dict[str, sa.types.TypeEngine[Any]] = {
    "response": sa.Text(),
    "response_reason": sa.Text(),
    "offered_quantity": sa.Numeric(18, 6),
    "offered_product_id": sa.Uuid(),
    "offered_earliest": sa.DateTime(timezone=True),
    "offered_latest": sa.DateTime(timezone=True),
    "offered_zone": sa.Text(),
    "answer_by": sa.DateTime(timezone=True),
    "replaced_product_id": sa.Uuid(),
}
PRODUCTS = ("offered_product_id", "replaced_product_id")
CHECKS = {
    "response_known": "response IN ('ACCEPTED', 'AMENDED', 'REJECTED')",
    "offered_positive": "offered_quantity > 0",
    "amendment_whole": "(answer_by IS NULL) = (num_nonnulls(offered_quantity, offered_product_id,"
    " offered_earliest) = 0) AND (answer_by IS NULL OR response = 'AMENDED')",
    "offered_whole": "num_nulls(offered_earliest, offered_latest, offered_zone) IN (0, 3)"
    " AND (offered_earliest IS NULL OR offered_earliest < offered_latest)",
}


def upgrade() -> None:
    """Apply."""
    for name, kind in COLUMNS.items():
        op.add_column(TABLE, sa.Column(name, kind))
    for name, rule in CHECKS.items():
        op.create_check_constraint(op.f(f"ck_{TABLE}_{name}"), TABLE, rule)
    for column in PRODUCTS:
        op.create_foreign_key(
            op.f(f"fk_{TABLE}_{column}"),
            TABLE,
            "products",
            ["merchant_id", column],
            ["merchant_id", "id"],
            ondelete="RESTRICT",
        )
        op.create_index(f"ix_{TABLE}_{column}", TABLE, ["merchant_id", column])
    waits = sa.text("answer_by IS NOT NULL")
    op.create_index(
        f"ix_{TABLE}_answer_by", TABLE, ["merchant_id", "answer_by"], postgresql_where=waits
    )


def downgrade() -> None:
    """Undo. What was said to lines is forgotten."""
    op.drop_index(f"ix_{TABLE}_answer_by", TABLE)
    for column in PRODUCTS:
        op.drop_index(f"ix_{TABLE}_{column}", TABLE)
        op.drop_constraint(op.f(f"fk_{TABLE}_{column}"), TABLE)
    for name in CHECKS:
        op.drop_constraint(op.f(f"ck_{TABLE}_{name}"), TABLE)
    for name in COLUMNS:
        op.drop_column(TABLE, name)
