"""Contract lines say what is guaranteed of their supply; call-offs keep what they were promised.

Nothing is guaranteed of what is there.
"""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TABLE = "guarantees"
EXCUSES = (
    "'FORCE_MAJEURE', 'CUSTOMER_REQUEST', 'CUSTOMER_NOT_READY', 'CUSTOMER_UNPAID', 'CUSTOMS',"
    " 'STRIKE'"
)
CHECKS = {
    "period_known": "period IN ('DAY', 'WEEK', 'MONTH')",
    "excuses_known": f"excuses <@ ARRAY[{EXCUSES}]",
    "quantity_of_period": "num_nulls(quantity, period) IN (0, 2) AND quantity > 0",
    "days_not_negative": "least(lead_time_days, grace_days) >= 0",
    "penalty_in_range": "penalty_per_unit >= 0 AND penalty_percent_per_day BETWEEN 0 AND 100"
    " AND penalty_cap_percent BETWEEN 0 AND 100",
}


def upgrade() -> None:
    """Apply."""
    op.create_table(
        TABLE,
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contract_id", sa.Uuid(), nullable=False),
        sa.Column("lead_time_days", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.Numeric(18, 6)),
        sa.Column("period", sa.Text()),
        sa.Column("grace_days", sa.BigInteger(), nullable=False),
        sa.Column("penalty_percent_per_day", sa.Numeric(9, 6)),
        sa.Column("penalty_per_unit", sa.Numeric(18, 6)),
        sa.Column("penalty_cap_percent", sa.Numeric(9, 6)),
        sa.Column("currency", sa.Text(), nullable=False),
        sa.Column("excuses", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("agreed_at", sa.DateTime(timezone=True), nullable=False),
        *(
            sa.CheckConstraint(sql, name=op.f(f"ck_{TABLE}_{name}"))
            for name, sql in CHECKS.items()
        ),
        _to("contracts", TABLE, "contract_id"),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f("pk_guarantees")),
    )
    op.create_index("ix_guarantees_contract_id", TABLE, ["merchant_id", "contract_id"])
    walls.build(TABLE)
    for table in ("contract_lines", "order_lines"):
        op.add_column(table, sa.Column("guarantee_id", sa.Uuid()))
        op.create_foreign_key(
            op.f(f"fk_{table}_guarantee_id"),
            table,
            TABLE,
            ["merchant_id", "guarantee_id"],
            ["merchant_id", "id"],
            ondelete="RESTRICT",
        )
        op.create_index(f"ix_{table}_guarantee_id", table, ["merchant_id", "guarantee_id"])
    op.add_column("deliveries", sa.Column("excuse", sa.Text()))
    op.create_check_constraint(
        op.f("ck_deliveries_excuse_known"), "deliveries", f"excuse IN ({EXCUSES})"
    )


def _to(table: str, of: str, column: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["merchant_id", column],
        [f"{table}.merchant_id", f"{table}.id"],
        name=op.f(f"fk_{of}_{column}"),
        ondelete="RESTRICT",
    )


def downgrade() -> None:
    """Undo."""
    op.drop_constraint(op.f("ck_deliveries_excuse_known"), "deliveries")
    op.drop_column("deliveries", "excuse")
    for table in ("order_lines", "contract_lines"):
        op.drop_column(table, "guarantee_id")
    op.drop_table(TABLE)
