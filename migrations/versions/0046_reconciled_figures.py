"""Periods of accounts know which figure of the customer was reconciled with ours last, and when."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0046"
down_revision = "0045"
branch_labels = None
depends_on = None

PERIODS = "account_periods"
FIGURES = "opening, opening_received, received"
LOCAL = "coalesce(told.calculated_at, told.issued_at) AT TIME ZONE contract.time_zone"
# As of the first release that told the figure which counts now.
RECONCILE = f"""
UPDATE account_periods period SET reconciled_received = period.received, reconciled_at = first.at
FROM (
    SELECT told.period_id, told.cumulative_received AS figure, min(coalesce(
        told.counted_until,
        least(
            coalesce(told.calculated_at, told.issued_at)
            + CASE WHEN {LOCAL} = date_trunc('day', {LOCAL}) THEN interval '1 day'
                ELSE interval '0' END,
            told.received_at
        )
    )) AS at
    FROM releases told
    JOIN contracts contract
        ON contract.merchant_id = told.merchant_id AND contract.id = told.contract_id
    WHERE told.merchant_id = nullif(current_setting('app.merchant'), '')::uuid
    AND told.tells_received AND told.state IN ('ACTIVE', 'SUPERSEDED')
    GROUP BY told.period_id, told.cumulative_received
) first
WHERE period.merchant_id = nullif(current_setting('app.merchant'), '')::uuid
AND first.period_id = period.id AND first.figure = period.received AND period.received > 0
"""


def _check(columns: str) -> None:
    name = op.f(f"ck_{PERIODS}_counters_not_negative")
    op.drop_constraint(name, PERIODS)
    op.create_check_constraint(name, PERIODS, f"least({columns}) >= 0")


def upgrade() -> None:
    """Apply."""
    figure = sa.Column(
        "reconciled_received", sa.Numeric(18, 6), server_default="0", nullable=False
    )
    op.add_column(PERIODS, figure)
    op.alter_column(PERIODS, figure.name, server_default=None)
    op.add_column(PERIODS, sa.Column("reconciled_at", sa.DateTime(timezone=True)))
    _check(f"{FIGURES}, {figure.name}")
    walls.for_each_merchant(RECONCILE)


def downgrade() -> None:
    """Undo."""
    _check(FIGURES)
    for name in ("reconciled_at", "reconciled_received"):
        op.drop_column(PERIODS, name)
