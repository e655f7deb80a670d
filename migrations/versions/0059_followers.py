"""Followers of the journal: how far each has read, and what it has set aside."""

import sqlalchemy as sa
from alembic import op

from migrations import walls

revision = "0059"
down_revision = "0058"
branch_labels = None
depends_on = None

FOLLOWERS, LANES = "journal_followers", "follower_lanes"


def upgrade() -> None:
    """Apply."""
    op.create_table(
        FOLLOWERS,
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f(f"pk_{FOLLOWERS}")),
        sa.UniqueConstraint("merchant_id", "name", name=op.f(f"uq_{FOLLOWERS}_name")),
    )
    op.create_index(
        f"ix_{FOLLOWERS}_retry_at",
        FOLLOWERS,
        ["merchant_id", "retry_at"],
        postgresql_where=sa.text("retry_at IS NOT NULL"),
    )
    op.create_table(
        LANES,
        sa.Column("merchant_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("follower_id", sa.Uuid(), nullable=False),
        sa.Column("aggregate", sa.Text(), nullable=False),
        sa.Column("aggregate_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("failed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("merchant_id", "id", name=op.f(f"pk_{LANES}")),
        sa.UniqueConstraint(
            "merchant_id",
            "follower_id",
            "aggregate_id",
            name=op.f(f"uq_{LANES}_aggregate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["merchant_id", "follower_id"],
            [f"{FOLLOWERS}.merchant_id", f"{FOLLOWERS}.id"],
            name=op.f(f"fk_{LANES}_follower_id"),
            ondelete="RESTRICT",
        ),
    )
    op.create_index(
        f"ix_{LANES}_follower_id_retry_at", LANES, ["merchant_id", "follower_id", "retry_at"]
    )
    op.create_index(
        "ix_journal_aggregate_position", "journal", ["merchant_id", "aggregate", "position"]
    )
    for table in (FOLLOWERS, LANES):
        walls.build(table)
    for table in (FOLLOWERS, "merchant_counters"):
        walls.show_without_merchant(table)


def downgrade() -> None:
    """Undo."""
    op.execute("DROP POLICY nobody ON merchant_counters")
    op.drop_index("ix_journal_aggregate_position", "journal")
    op.drop_table(LANES)
    op.drop_table(FOLLOWERS)
