"""Buyers order over the channels of their party, and up to a limit each day.

A party that is there goes on ordering over the channels over which it has ordered; a channel that it
never used it gets from the merchant (`partiesUpsert`).
"""

from uuid import UUID

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import ARRAY

from migrations import walls

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

FORGETS = {"parties.approval_limit", "parties.approval_currency"}
"""A limit of the day is one of the order before."""
NAME = "ck_parties_approval_limit_whole"
BEFORE = (
    "num_nulls(approval_limit, approval_currency) IN (0, 2) AND coalesce(approval_limit, 0) >= 0"
)
NOW = (
    "(approval_currency IS NULL) = (num_nonnulls(approval_limit, approval_limit_per_day) = 0)"
    " AND least(approval_limit, approval_limit_per_day) >= 0"
)
USED = """
UPDATE parties SET channel_ids = used.ids FROM (
    SELECT party_id, array_agg(DISTINCT channel_id) AS ids FROM orders
    WHERE merchant_id = nullif(current_setting('app.merchant'), '')::uuid
        AND party_id IS NOT NULL GROUP BY party_id
) AS used
WHERE parties.merchant_id = nullif(current_setting('app.merchant'), '')::uuid
    AND parties.id = used.party_id
"""


def upgrade() -> None:
    """Apply."""
    channels: sa.Column[list[UUID]] = sa.Column("channel_ids", ARRAY(sa.Uuid()), server_default="{}", nullable=False)
    op.add_column("parties", channels)
    op.add_column("parties", sa.Column("approval_limit_per_day", sa.Numeric(18, 6)))
    op.drop_constraint(op.f(NAME), "parties")
    op.create_check_constraint(op.f(NAME), "parties", NOW)
    walls.for_each_merchant(USED)


def downgrade() -> None:
    """Undo. A limit of the day alone becomes one of the order, which is no more."""
    walls.for_each_merchant(
        "UPDATE parties SET approval_limit = approval_limit_per_day WHERE approval_limit IS NULL"
    )
    op.drop_constraint(op.f(NAME), "parties")
    op.drop_column("parties", "approval_limit_per_day")
    op.create_check_constraint(op.f(NAME), "parties", BEFORE)
    op.drop_column("parties", "channel_ids")
