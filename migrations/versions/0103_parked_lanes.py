"""Followers know how many of their lanes are parked, so that metrics tell it of all merchants."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0103"
down_revision = "0102"
branch_labels = None
depends_on = None

_TABLE, _INDEX = "journal_followers", "ix_journal_followers_parked"
_HELD = "nullif(current_setting('app.merchant'), '')::uuid"
_COUNT = f"""
UPDATE journal_followers of SET parked = lanes.parked FROM (
    SELECT follower_id, count(*) AS parked FROM follower_lanes
    WHERE merchant_id = {_HELD} AND retry_at IS NULL GROUP BY follower_id
) lanes
WHERE of.merchant_id = {_HELD} AND of.id = lanes.follower_id
"""


def upgrade() -> None:
    """Apply."""
    op.add_column(
        _TABLE, sa.Column("parked", sa.BigInteger(), server_default="0", nullable=False)
    )
    walls.for_each_merchant(_COUNT)
    op.create_index(
        _INDEX, _TABLE, ["merchant_id", "parked"], postgresql_where=sa.text("parked > 0")
    )


def downgrade() -> None:
    """Undo."""
    op.drop_index(_INDEX, _TABLE)
    op.drop_column(_TABLE, "parked")
