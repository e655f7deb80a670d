"""Call-offs keep the days of their guarantee, and the zone that those are of; accepted dates.

What is there keeps what its contract's zone says today.
"""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

PENALTY = "penalty_percent_per_day BETWEEN 0 AND 100 AND penalty_cap_percent BETWEEN 0 AND 100"
INDEX = "ix_order_lines_contract_line_id_wanted_on_called_off_on_id"[:54]
COLUMNS = ["merchant_id", "contract_line_id", "wanted_on", "called_off_on", "id"]


def upgrade() -> None:
    """Apply."""
    op.add_column("guarantees", sa.Column("time_zone", sa.Text()))
    op.add_column("guarantees", sa.Column("penalty_per_day", sa.Numeric(18, 6)))
    _limit_penalties(f"least(penalty_per_unit, penalty_per_day) >= 0 AND {PENALTY}")
    op.add_column("order_lines", sa.Column("called_off_on", sa.Date()))
    op.add_column("order_lines", sa.Column("wanted_on", sa.Date()))
    op.add_column("order_lines", sa.Column("agreed_latest", sa.DateTime(timezone=True)))
    walls.for_each_merchant(
        "UPDATE guarantees SET time_zone = contracts.time_zone FROM contracts"
        " WHERE contracts.merchant_id = guarantees.merchant_id"
        " AND contracts.id = guarantees.contract_id"
    )
    walls.for_each_merchant(
        "UPDATE order_lines SET"
        " called_off_on = (orders.placed_at AT TIME ZONE guarantees.time_zone)::date,"
        " wanted_on = (coalesce(order_lines.window_latest, orders.window_latest)"
        " AT TIME ZONE guarantees.time_zone)::date"
        " FROM orders, guarantees"
        " WHERE orders.merchant_id = order_lines.merchant_id AND orders.id = order_lines.order_id"
        " AND guarantees.merchant_id = order_lines.merchant_id"
        " AND guarantees.id = order_lines.guarantee_id"
    )
    op.alter_column("guarantees", "time_zone", nullable=False)
    op.create_check_constraint(
        op.f("ck_order_lines_guaranteed_days"),
        "order_lines",
        "num_nulls(guarantee_id, called_off_on, wanted_on) IN (0, 3)",
    )
    walls.for_each_merchant(
        "UPDATE order_lines SET replaced_product_id = NULL WHERE replaced_product_id = product_id"
    )
    op.create_check_constraint(
        op.f("ck_order_lines_replaced_by_another"), "order_lines", "replaced_product_id <> product_id"
    )
    op.create_index(
        INDEX, "order_lines", COLUMNS, postgresql_where=sa.text("guarantee_id IS NOT NULL")
    )


def _limit_penalties(rule: str) -> None:
    name = op.f("ck_guarantees_penalty_in_range")
    op.drop_constraint(name, "guarantees")
    op.create_check_constraint(name, "guarantees", rule)


def downgrade() -> None:
    """Undo."""
    op.drop_index(INDEX, "order_lines")
    for name in ("guaranteed_days", "replaced_by_another"):
        op.drop_constraint(op.f(f"ck_order_lines_{name}"), "order_lines")
    for name in ("called_off_on", "wanted_on", "agreed_latest"):
        op.drop_column("order_lines", name)
    _limit_penalties(f"penalty_per_unit >= 0 AND {PENALTY}")
    for name in ("time_zone", "penalty_per_day"):
        op.drop_column("guarantees", name)
